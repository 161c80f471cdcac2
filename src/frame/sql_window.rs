//! Where nulls are in the order of a window: Polars' SQL has them first whatever is asked, and gives them no rank.
//!
//! As in a query's own `ORDER BY` they are to be last, in descending order first, if it is not said otherwise. So that they are, a key that
//! tells nulls from values goes before the key itself. Of several keys Polars makes a struct, whose fields must have names of their own,
//! which such keys would not have: there nulls stay first.

use crate::base::{Error, Result};
use crate::frame::sql_plain::nested;
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, Expr, Function, NamedWindowExpr, OrderByExpr, OrderByOptions, Select, Value, WindowSpec, WindowType,
};

/// Puts nulls where they belong in the window of a function. Says whether anything has changed.
///
/// # Errors
/// Nulls that are asked to be last in one of several keys.
pub(super) fn place_nulls(e: &mut Expr) -> Result<bool> {
    let Expr::Function(function) = e else { return Ok(false) };
    let ranks = ranks(function);
    match &mut function.over {
        Some(WindowType::WindowSpec(spec)) => placed(spec, ranks),
        _ => Ok(false),
    }
}

/// The same for the windows that a query gives names to.
///
/// # Errors
/// The same.
pub(super) fn place_nulls_of_named(select: &mut Select) -> Result<bool> {
    let mut changed = false;
    for window in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
            changed |= placed(spec, false)?;
        }
    }
    Ok(changed)
}

fn ranks(function: &Function) -> bool {
    let name = function.name.to_string();
    ["rank", "dense_rank"].iter().any(|f| name.eq_ignore_ascii_case(f))
}

fn placed(spec: &mut WindowSpec, ranks: bool) -> Result<bool> {
    let [key] = spec.order_by.as_mut_slice() else {
        return match spec.order_by.iter().find(|key| key.options.nulls_first == Some(false)) {
            None => Ok(false),
            Some(key) => Err(Error::unsupported(format!(
                "'{key}' among several keys of a window is not supported in this version: nulls come first there; sort by one key, or put \
                 CASE WHEN {key} IS NULL THEN 1 ELSE 0 END before it",
                key = key.expr
            ))),
        };
    };
    let descends = key.options.asc == Some(false);
    let first = key.options.nulls_first.take().unwrap_or(descends);
    if first && !ranks {
        return Ok(false);
    }
    let is_null = Expr::IsNull(Box::new(nested(key.expr.clone())));
    let number = |n: &str| Expr::value(Value::Number(n.into(), false));
    let (of_null, other) = if first == descends { ("1", "0") } else { ("0", "1") };
    let when = CaseWhen { condition: is_null, result: number(of_null) };
    let else_result = Some(Box::new(number(other)));
    let (case_token, end_token) = (AttachedToken::empty(), AttachedToken::empty());
    let expr = Expr::Case { case_token, end_token, operand: None, conditions: vec![when], else_result };
    let options = OrderByOptions { asc: key.options.asc, nulls_first: None };
    spec.order_by.insert(0, OrderByExpr { expr, options, with_fill: None });
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::frame::sql_plain::plain;

    #[test]
    fn nulls_are_where_a_querys_own_order_has_them() {
        let last = |key: &str| format!("CASE WHEN {key} IS NULL THEN 1 ELSE 0 END");
        let first = |key: &str| format!("CASE WHEN {key} IS NULL THEN 0 ELSE 1 END");
        for (order, want) in [
            ("row_number() OVER (ORDER BY v)", format!("row_number() OVER (ORDER BY {}, v)", last("v"))),
            (
                "sum(x) OVER (PARTITION BY k ORDER BY a + b ASC)",
                format!("sum(x) OVER (PARTITION BY k ORDER BY {} ASC, a + b ASC)", last("(a + b)")),
            ),
            ("lag(x) OVER (ORDER BY v DESC NULLS LAST)", format!("lag(x) OVER (ORDER BY {} DESC, v DESC)", first("v"))),
            ("rank() OVER (ORDER BY v NULLS FIRST)", format!("rank() OVER (ORDER BY {}, v)", first("v"))),
            ("rank() OVER (ORDER BY v DESC)", format!("rank() OVER (ORDER BY {} DESC, v DESC)", last("v"))),
            ("DENSE_RANK() OVER (ORDER BY v)", format!("DENSE_RANK() OVER (ORDER BY {}, v)", last("v"))),
        ] {
            let query = |window: &str| format!("SELECT {window} AS r FROM t");
            assert_eq!(plain(&query(order)).unwrap(), query(&want));
        }
        let named = "SELECT sum(x) OVER w FROM t WINDOW w AS (ORDER BY v)";
        assert_eq!(plain(named).unwrap(), format!("SELECT sum(x) OVER w FROM t WINDOW w AS (ORDER BY {}, v)", last("v")));
        let several = plain("SELECT sum(x) OVER (ORDER BY v, w NULLS LAST) FROM t").unwrap_err().to_string();
        assert!(several.contains("'w' among several keys"), "{several}");
        for same in ["SELECT sum(x) OVER (PARTITION BY k) FROM t", "SELECT lag(x)  OVER (ORDER BY v DESC) FROM t"] {
            assert_eq!(plain(same).unwrap(), same);
        }
    }
}
