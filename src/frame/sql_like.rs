//! Patterns of SQL that Polars' SQL has no form for.

use crate::base::{Error, Result};
use sqlparser::ast::{Expr, Value, ValueWithSpan};

/// Writes `LIKE` with an `ESCAPE` as the regular expression that it stands for, which is the one that Polars makes of a `LIKE` without. Says
/// whether it did.
///
/// # Errors
/// `SIMILAR TO`, and escapes that stand for nothing.
pub(super) fn readable(e: &mut Expr) -> Result<bool> {
    let (negated, expr, pattern, escape, flags) = match e {
        Expr::SimilarTo { .. } => {
            return Err(Error::unsupported(format!(
                "'{e}': SIMILAR TO is not supported in this version: write LIKE, or RLIKE with a regular expression"
            )));
        }
        Expr::Like { negated, any: false, expr, pattern, escape_char: Some(c) } => (*negated, expr, pattern, c, "s"),
        Expr::ILike { negated, any: false, expr, pattern, escape_char: Some(c) } => (*negated, expr, pattern, c, "is"),
        _ => return Ok(false),
    };
    let wrong = |why: &str| Error::usage(format!("LIKE {pattern} ESCAPE {escape}: {why}"));
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = &**pattern else {
        return Err(wrong("the pattern has to be a text in quotes"));
    };
    let one = |v: &Value| match v {
        Value::SingleQuotedString(s) => s.chars().next().filter(|_| s.chars().count() == 1),
        _ => None,
    };
    let escape = one(&escape.value).ok_or_else(|| wrong("ESCAPE takes one character in quotes"))?;
    let mut regex = format!("^(?{flags})");
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            c if c == escape => chars
                .next()
                .filter(|&c| c == '%' || c == '_' || c == escape)
                .ok_or_else(|| wrong("the escape character stands before %, _ or itself"))?,
            '%' => {
                regex.push_str(".*");
                continue;
            }
            '_' => {
                regex.push('.');
                continue;
            }
            c => c,
        };
        if r"\.+*?()|[]{}^$#&-~".contains(literal) {
            regex.push('\\');
        }
        regex.push(literal);
    }
    regex.push('$');
    let pattern = Box::new(Expr::Value(Value::SingleQuotedString(regex).into()));
    *e = Expr::RLike { negated, expr: expr.clone(), pattern, regexp: false };
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::frame::Frame;
    use polars::prelude::{IntoLazy, df};

    #[test]
    fn escaped_wildcards_are_characters() {
        let texts = ["a%b", "axb", "A%B", "a%", "a_b", "a.b", r"a\b", "50%_x", ""];
        let table = crate::frame::frame(df!("s" => texts).unwrap().lazy());
        let found = |condition: &str| {
            let query = format!("SELECT s FROM t WHERE {condition}");
            let rows = Frame::sql(&query, &[("t", table.clone())]).unwrap().collect().unwrap();
            rows.column("s").unwrap().str().unwrap().iter().flatten().map(String::from).collect::<Vec<_>>()
        };
        assert_eq!(found("s LIKE 'a!%b' ESCAPE '!'"), ["a%b"]);
        assert_eq!(found("s LIKE 'a!%%' ESCAPE '!'"), ["a%b", "a%"]);
        assert_eq!(found("s ILIKE 'a!%b' ESCAPE '!'"), ["a%b", "A%B"]);
        assert_eq!(found("s LIKE 'a|_b' ESCAPE '|'"), ["a_b"]);
        assert_eq!(found(r"s LIKE 'a\\b' ESCAPE '\'"), [r"a\b"]);
        assert_eq!(found("s LIKE 'a.b' ESCAPE '!'"), ["a.b"]);
        assert_eq!(found("s NOT LIKE '%a%' ESCAPE '!'"), ["A%B", "50%_x", ""]);
        for wrong in ["s LIKE 'a!b' ESCAPE '!'", "s LIKE 'a!' ESCAPE '!'", "s LIKE 'a' ESCAPE '!!'", "s LIKE s ESCAPE '!'"] {
            let e = Frame::sql(&format!("SELECT s FROM t WHERE {wrong}"), &[("t", table.clone())]).unwrap_err();
            assert!(e.to_string().contains("ESCAPE"), "{e}");
        }
        let e = Frame::sql("SELECT s FROM t WHERE s SIMILAR TO 'a+'", &[("t", table)]).unwrap_err();
        assert!(e.to_string().contains("RLIKE"), "{e}");
    }
}
