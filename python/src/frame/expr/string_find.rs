//! `Expr.str`: what is found in text, and put in its place. Patterns are regular expressions of Rust's `regex`.

use crate::error::Out;
use crate::frame::expr::string::PyStr;
use crate::frame::expr::{Lit, PyExpr, checked, example};
use polars::prelude::lit;
use pyo3::prelude::PyResult;
use pyo3::pymethods;

#[pymethods]
impl PyStr {
    #[doc = concat!("Whether text has a pattern.\n\nParameters\n----------\npattern : str or expression\nliteral : bool\n    Whether the pattern is text, not a regular expression.\nstrict : bool\n    Whether a pattern that is none is an error, else null.", example!("['abc', 'xyz']", "str.contains('b.')", "[True, False]"))]
    #[pyo3(signature = (pattern, *, literal=false, strict=true))]
    fn contains(&self, pattern: Lit, literal: bool, strict: bool) -> PyExpr {
        let text = self.0.clone().str();
        if literal { text.contains_literal(pattern.0) } else { text.contains(pattern.0, strict) }.into()
    }

    #[doc = concat!("Where a pattern starts, in bytes; null if nowhere.", example!("['abc', 'xyz']", "str.find('c')", "[2, None]"))]
    #[pyo3(signature = (pattern, *, literal=false, strict=true))]
    fn find(&self, pattern: Lit, literal: bool, strict: bool) -> PyExpr {
        let text = self.0.clone().str();
        if literal { text.find_literal(pattern.0) } else { text.find(pattern.0, strict) }.into()
    }

    #[doc = concat!("Whether text starts with another.", example!("['abc', 'xyz']", "str.starts_with('a')", "[True, False]"))]
    fn starts_with(&self, prefix: Lit) -> PyExpr {
        self.0.clone().str().starts_with(prefix.0).into()
    }

    #[doc = concat!("Whether text ends with another.", example!("['abc', 'xyz']", "str.ends_with('z')", "[False, True]"))]
    fn ends_with(&self, suffix: Lit) -> PyExpr {
        self.0.clone().str().ends_with(suffix.0).into()
    }

    #[doc = concat!("The first match of a pattern replaced, or the first ``n``.\n\nParameters\n----------\npattern : str or expression\nvalue : str or expression\n    ``$1`` in it means the first group.\nliteral : bool\n    Whether both are text.\nn : int", example!("['aab']", "str.replace('a', 'x')", "['xab']"))]
    #[pyo3(signature = (pattern, value, *, literal=false, n=1))]
    fn replace(&self, pattern: Lit, value: Lit, literal: bool, n: i64) -> PyExpr {
        self.0.clone().str().replace_n(pattern.0, value.0, literal, n).into()
    }

    #[doc = concat!("All matches of a pattern replaced.", example!("['aab']", "str.replace_all('a', 'x')", "['xxb']"))]
    #[pyo3(signature = (pattern, value, *, literal=false))]
    fn replace_all(&self, pattern: Lit, value: Lit, literal: bool) -> PyExpr {
        self.0.clone().str().replace_all(pattern.0, value.0, literal).into()
    }

    #[doc = concat!("What a group of a pattern matched; group 0 is the whole match.", example!("['id=7']", "str.extract('id=(.)')", "['7']"))]
    #[pyo3(signature = (pattern, group_index=1))]
    fn extract(&self, pattern: Lit, group_index: usize) -> PyExpr {
        self.0.clone().str().extract(pattern.0, group_index).into()
    }

    #[doc = concat!("All matches of a pattern, as lists.", example!("['a1b2']", "str.extract_all('[0-9]')", "[['1', '2']]"))]
    fn extract_all(&self, pattern: Lit) -> PyExpr {
        self.0.clone().str().extract_all(pattern.0).into()
    }

    #[doc = concat!("What all groups of a pattern matched, as structs.", example!("['a1']", "str.extract_groups('(?<letter>.)(?<digit>.)')", "[{'letter': 'a', 'digit': '1'}]"))]
    fn extract_groups(&self, pattern: &str) -> Out<PyExpr> {
        checked(self.0.clone().str().extract_groups(pattern))
    }

    #[doc = concat!("How many matches of a pattern there are.", example!("['banana']", "str.count_matches('an')", "[2]"))]
    #[pyo3(signature = (pattern, *, literal=false))]
    fn count_matches(&self, pattern: Lit, literal: bool) -> PyExpr {
        self.0.clone().str().count_matches(pattern.0, literal).into()
    }

    #[doc = concat!("Words with a capital letter first.", example!("['the tile work']", "str.to_titlecase()", "['The Tile Work']"))]
    fn to_titlecase(&self) -> PyResult<PyExpr> {
        // Words and what lies between them as pieces: letters after the first are small.
        let pieces = self.0.clone().str().to_lowercase().str().extract_all(lit(r"[\p{L}\p{M}\p{N}'’]+|[^\p{L}\p{M}\p{N}'’]+"));
        let piece = polars::prelude::element;
        let title = piece().str().head(lit(1)).str().to_uppercase() + piece().str().slice(lit(1), lit(polars::prelude::NULL));
        Ok(pieces.list().eval(title).list().join(lit(""), true).into())
    }
}
