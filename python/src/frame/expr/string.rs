//! `Expr.str`: text, part by part.

use crate::error::Out;
use crate::frame::dtype::{DType, time_unit, time_zone};
use crate::frame::expr::{Col, Lit, PyExpr, example, namespace, plain};
use polars::prelude::{DataType, PlSmallStr, StrptimeOptions, TimeUnit, lit};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::PyResult;
use pyo3::pymethods;

namespace!(PyStr, "ExprStr", "What is done to text: ``Expr.str``.");

plain! { PyStr, "str.";
    len_chars: "How many characters.", "['abc', 'é']" => "[3, 1]", |e| e.str().len_chars();
    len_bytes: "How many bytes in UTF-8.", "['abc', 'é']" => "[3, 2]", |e| e.str().len_bytes();
    to_lowercase: "Small letters.", "['AbC']" => "['abc']", |e| e.str().to_lowercase();
    to_uppercase: "Capital letters.", "['AbC']" => "['ABC']", |e| e.str().to_uppercase();
    reverse: "Characters from last to first.", "['abc']" => "['cba']", |e| e.str().reverse();
    escape_regex: "Text that as a regular expression means itself.", "['a.b']" => "['a\\\\.b']", |e| e.str().escape_regex();
}

/// Characters to strip: all white space unless some are named.
fn stripped(characters: Option<Lit>) -> polars::prelude::Expr {
    characters.map_or_else(|| lit(polars::prelude::NULL), |c| c.0)
}

#[pymethods]
impl PyExpr {
    /// What is done to text.
    #[getter]
    fn str(&self) -> PyStr {
        PyStr(self.0.clone())
    }
}

#[pymethods]
impl PyStr {
    #[doc = concat!("Text without white space, or some characters, at both ends.", example!("[' a ', 'b']", "str.strip_chars()", "['a', 'b']"))]
    #[pyo3(signature = (characters=None))]
    fn strip_chars(&self, characters: Option<Lit>) -> PyExpr {
        self.0.clone().str().strip_chars(stripped(characters)).into()
    }

    #[doc = concat!("Text without white space, or some characters, at the start.", example!("[' a ']", "str.strip_chars_start()", "['a ']"))]
    #[pyo3(signature = (characters=None))]
    fn strip_chars_start(&self, characters: Option<Lit>) -> PyExpr {
        self.0.clone().str().strip_chars_start(stripped(characters)).into()
    }

    #[doc = concat!("Text without white space, or some characters, at the end.", example!("[' a ']", "str.strip_chars_end()", "[' a']"))]
    #[pyo3(signature = (characters=None))]
    fn strip_chars_end(&self, characters: Option<Lit>) -> PyExpr {
        self.0.clone().str().strip_chars_end(stripped(characters)).into()
    }

    #[doc = concat!("Text without this start.", example!("['ab', 'b']", "str.strip_prefix('a')", "['b', 'b']"))]
    fn strip_prefix(&self, prefix: Lit) -> PyExpr {
        self.0.clone().str().strip_prefix(prefix.0).into()
    }

    #[doc = concat!("Text without this end.", example!("['ab', 'a']", "str.strip_suffix('b')", "['a', 'a']"))]
    fn strip_suffix(&self, suffix: Lit) -> PyExpr {
        self.0.clone().str().strip_suffix(suffix.0).into()
    }

    #[doc = concat!("``length`` characters from ``offset`` on, which is counted from the end if it is negative.", example!("['abcd']", "str.slice(1, 2)", "['bc']"))]
    #[pyo3(signature = (offset, length=None))]
    fn slice(&self, offset: Col, length: Option<Col>) -> PyExpr {
        self.0.clone().str().slice(offset.0, length.map_or_else(|| lit(polars::prelude::NULL), |l| l.0)).into()
    }

    #[doc = concat!("The first ``n`` characters; all but the last ``-n`` if it is negative.", example!("['abcd']", "str.head(2)", "['ab']"))]
    fn head(&self, n: Col) -> PyExpr {
        self.0.clone().str().head(n.0).into()
    }

    #[doc = concat!("The last ``n`` characters; all but the first ``-n`` if it is negative.", example!("['abcd']", "str.tail(2)", "['cd']"))]
    fn tail(&self, n: Col) -> PyExpr {
        self.0.clone().str().tail(n.0).into()
    }

    #[doc = concat!("Text made as long, by a character before it.", example!("['7']", "str.pad_start(3, '0')", "['007']"))]
    #[pyo3(signature = (length, fill_char=' '))]
    fn pad_start(&self, length: Col, fill_char: char) -> PyExpr {
        self.0.clone().str().pad_start(length.0, fill_char).into()
    }

    #[doc = concat!("Text made as long, by a character after it.", example!("['7']", "str.pad_end(3, '.')", "['7..']"))]
    #[pyo3(signature = (length, fill_char=' '))]
    fn pad_end(&self, length: Col, fill_char: char) -> PyExpr {
        self.0.clone().str().pad_end(length.0, fill_char).into()
    }

    #[doc = concat!("Text made as long, by zeros after its sign.", example!("['-7']", "str.zfill(4)", "['-007']"))]
    fn zfill(&self, length: Col) -> PyExpr {
        self.0.clone().str().zfill(length.0).into()
    }

    #[doc = concat!("All texts as one.\n\nParameters\n----------\ndelimiter : str\n    Between them.\nignore_nulls : bool\n    Otherwise a null makes the result null.", example!("['a', 'b']", "str.join('-')", "['a-b']"))]
    #[pyo3(signature = (delimiter="", *, ignore_nulls=true))]
    fn join(&self, delimiter: &str, ignore_nulls: bool) -> PyExpr {
        self.0.clone().str().join(delimiter, ignore_nulls).into()
    }

    #[doc = concat!("Pieces of text as lists.\n\nParameters\n----------\nby : str or expression\n    What lies between pieces.\ninclusive : bool\n    Whether it stays with the piece before.", example!("['a-b']", "str.split('-')", "[['a', 'b']]"))]
    #[pyo3(signature = (by, *, inclusive=false, literal=true, strict=true))]
    fn split(&self, by: Lit, inclusive: bool, literal: bool, strict: bool) -> PyExpr {
        let text = self.0.clone().str();
        match (literal, inclusive) {
            (true, true) => text.split_inclusive(by.0),
            (true, false) => text.split(by.0),
            (false, true) => text.split_regex_inclusive(by.0, strict),
            (false, false) => text.split_regex(by.0, strict),
        }
        .into()
    }

    #[doc = concat!("``n + 1`` pieces of text, as structs.", example!("['a-b-c']", "str.split_exact('-', 1)", "[{'field_0': 'a', 'field_1': 'b'}]"))]
    #[pyo3(signature = (by, n, *, inclusive=false))]
    fn split_exact(&self, by: Lit, n: usize, inclusive: bool) -> PyExpr {
        let text = self.0.clone().str();
        if inclusive { text.split_exact_inclusive(by.0, n) } else { text.split_exact(by.0, n) }.into()
    }

    #[doc = concat!("At most ``n`` pieces of text, as structs; the last has the rest.", example!("['a-b-c']", "str.splitn('-', 2)", "[{'field_0': 'a', 'field_1': 'b-c'}]"))]
    fn splitn(&self, by: Lit, n: usize) -> PyExpr {
        self.0.clone().str().splitn(by.0, n).into()
    }

    #[doc = concat!("Whole numbers that text means.\n\nParameters\n----------\nbase : int\ndtype : type\nstrict : bool\n    Whether other text is an error, else null.", example!("['ff']", "str.to_integer(base=16)", "[255]"))]
    #[pyo3(signature = (*, base=Col(lit(10)), dtype=DType(DataType::Int64), strict=true))]
    fn to_integer(&self, base: Col, dtype: DType, strict: bool) -> PyExpr {
        self.0.clone().str().to_integer(base.0.strict_cast(DataType::UInt32), Some(dtype.0), strict).into()
    }

    #[doc = concat!("Decimal numbers that text means, with so many digits after the point.", example!("['1.50']", "str.to_decimal(scale=1)", "[Decimal('1.5')]"))]
    #[pyo3(signature = (*, scale))]
    fn to_decimal(&self, scale: usize) -> PyExpr {
        self.0.clone().str().to_decimal(scale).into()
    }

    #[doc = concat!("Dates that text means.\n\nParameters\n----------\nformat : str, optional\n    As of chrono: ``\"%Y-%m-%d\"``; found out without it.\nstrict : bool\n    Whether other text is an error, else null.\nexact : bool\n    Whether the whole text must be a date.", example!("['2024-02-29']", "str.to_date()", "[datetime.date(2024, 2, 29)]"))]
    #[pyo3(signature = (format=None, *, strict=true, exact=true, cache=true))]
    fn to_date(&self, format: Option<String>, strict: bool, exact: bool, cache: bool) -> PyExpr {
        self.0.clone().str().to_date(parsing(format, strict, exact, cache)).into()
    }

    #[doc = concat!("Times of day that text means.", example!("['12:30:00']", "str.to_time()", "[datetime.time(12, 30)]"))]
    #[pyo3(signature = (format=None, *, strict=true, cache=true))]
    fn to_time(&self, format: Option<String>, strict: bool, cache: bool) -> PyExpr {
        self.0.clone().str().to_time(parsing(format, strict, true, cache)).into()
    }

    #[doc = concat!("Points in time that text means.\n\nParameters\n----------\nformat : str, optional\n    As of chrono: ``\"%Y-%m-%d %H:%M\"``; found out without it.\ntime_unit : {'us', 'ns', 'ms'}, optional\ntime_zone : str, optional\nstrict, exact\n    As of :meth:`to_date`.\nambiguous : {'raise', 'earliest', 'latest', 'null'}\n    What becomes of times that a zone has twice.", example!("['2024-02-29 12:00']", "str.to_datetime('%Y-%m-%d %H:%M')", "[datetime.datetime(2024, 2, 29, 12, 0)]"))]
    #[pyo3(signature = (format=None, *, time_unit=None, time_zone=None, strict=true, exact=true, cache=true, ambiguous=Lit(lit("raise"))))]
    #[expect(clippy::too_many_arguments, reason = "Polars' arguments")]
    fn to_datetime(
        &self,
        format: Option<String>,
        time_unit: Option<&str>,
        time_zone: Option<&str>,
        strict: bool,
        exact: bool,
        cache: bool,
        ambiguous: Lit,
    ) -> PyResult<PyExpr> {
        let unit = match (time_unit, &format) {
            (Some(u), _) => Some(self::time_unit(u)?),
            // Formats with so many digits of seconds have their unit.
            (None, Some(f)) if f.contains("%9f") || f.contains("%.9f") => Some(TimeUnit::Nanoseconds),
            (None, Some(f)) if f.contains("%3f") || f.contains("%.3f") => Some(TimeUnit::Milliseconds),
            _ => Some(TimeUnit::Microseconds),
        };
        let zone = self::time_zone(time_zone)?;
        let options = parsing(format, strict, exact, cache);
        Ok(self.0.clone().str().to_datetime(unit, zone, options, ambiguous.0).into())
    }

    #[doc = concat!("Dates or times of a type that text means.", example!("['2024-02-29']", "str.strptime(tf.Date, '%Y-%m-%d')", "[datetime.date(2024, 2, 29)]"))]
    #[pyo3(signature = (dtype, format=None, *, strict=true, exact=true, cache=true, ambiguous=Lit(lit("raise"))))]
    fn strptime(
        &self,
        dtype: DType,
        format: Option<String>,
        strict: bool,
        exact: bool,
        cache: bool,
        ambiguous: Lit,
    ) -> Out<PyExpr> {
        let text = self.0.clone().str();
        let options = parsing(format, strict, exact, cache);
        Ok(match dtype.0 {
            DataType::Date => text.to_date(options),
            DataType::Time => text.to_time(options),
            DataType::Datetime(unit, zone) => text.to_datetime(Some(unit), zone, options, ambiguous.0),
            other => return Err(PyTypeError::new_err(format!("strptime makes dates and times, not {other}")).into()),
        }
        .into())
    }

    #[doc = concat!("Text in a normal form of Unicode.", example!("['e\\u0301']", "str.normalize('NFC').str.len_chars()", "[1]"))]
    #[pyo3(signature = (form="NFC"))]
    fn normalize(&self, form: &str) -> PyResult<PyExpr> {
        use polars::prelude::UnicodeForm;
        let form = match form {
            "NFC" => UnicodeForm::NFC,
            "NFKC" => UnicodeForm::NFKC,
            "NFD" => UnicodeForm::NFD,
            "NFKD" => UnicodeForm::NFKD,
            _ => return Err(PyValueError::new_err(format!("'{form}' is no normal form: there are 'NFC', 'NFKC', 'NFD', 'NFKD'"))),
        };
        Ok(self.0.clone().str().normalize(form).into())
    }
}

fn parsing(format: Option<String>, strict: bool, exact: bool, cache: bool) -> StrptimeOptions {
    StrptimeOptions { format: format.map(PlSmallStr::from_string), strict, exact, cache }
}
