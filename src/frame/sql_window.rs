//! Where nulls are in the order of a window: Polars' SQL has them first whatever is asked, and gives them no rank.
//!
//! As in a query's own `ORDER BY` they are to be last, in descending order first, if it is not said otherwise. So that they are, a key that
//! tells nulls from values goes before the key itself.

use crate::frame::sql_plain::nested;
use sqlparser::ast::{Expr, Function, NamedWindowExpr, OrderByExpr, OrderByOptions, Select, WindowSpec, WindowType};

/// Puts nulls where they belong in the window of a function. Says whether anything has changed.
pub(super) fn place_nulls(e: &mut Expr) -> bool {
    let Expr::Function(function) = e else { return false };
    let ranks = ranks(function);
    match &mut function.over {
        Some(WindowType::WindowSpec(spec)) => placed(spec, ranks),
        _ => false,
    }
}

/// The same for the windows that a query gives names to.
pub(super) fn place_nulls_of_named(select: &mut Select) -> bool {
    let mut changed = false;
    for window in &mut select.named_window {
        if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
            changed |= placed(spec, false);
        }
    }
    changed
}

fn ranks(function: &Function) -> bool {
    let name = function.name.to_string();
    ["rank", "dense_rank"].iter().any(|f| name.eq_ignore_ascii_case(f))
}

fn placed(spec: &mut WindowSpec, ranks: bool) -> bool {
    let n_keys = spec.order_by.len();
    let keys = std::mem::take(&mut spec.order_by);
    for mut key in keys {
        let descends = key.options.asc == Some(false);
        let first = key.options.nulls_first.take().unwrap_or(descends);
        if !first || ranks {
            let of = Box::new(nested(key.expr.clone()));
            let expr = if first == descends { Expr::IsNull(of) } else { Expr::IsNotNull(of) };
            let options = OrderByOptions { asc: key.options.asc, nulls_first: None };
            spec.order_by.push(OrderByExpr { expr, options, with_fill: None });
        }
        spec.order_by.push(key);
    }
    spec.order_by.len() > n_keys
}

#[cfg(test)]
mod tests {
    use crate::frame::sql_plain::plain;

    #[test]
    fn nulls_are_where_a_querys_own_order_has_them() {
        for (order, want) in [
            ("row_number() OVER (ORDER BY v)", "row_number() OVER (ORDER BY v IS NULL, v)"),
            (
                "sum(x) OVER (PARTITION BY k ORDER BY a + b ASC)",
                "sum(x) OVER (PARTITION BY k ORDER BY (a + b) IS NULL ASC, a + b ASC)",
            ),
            ("lag(x) OVER (ORDER BY v DESC NULLS LAST)", "lag(x) OVER (ORDER BY v IS NOT NULL DESC, v DESC)"),
            ("rank() OVER (ORDER BY v NULLS FIRST)", "rank() OVER (ORDER BY v IS NOT NULL, v)"),
            ("rank() OVER (ORDER BY v DESC)", "rank() OVER (ORDER BY v IS NULL DESC, v DESC)"),
            ("DENSE_RANK() OVER (ORDER BY v)", "DENSE_RANK() OVER (ORDER BY v IS NULL, v)"),
        ] {
            let query = |window: &str| format!("SELECT {window} AS r FROM t");
            assert_eq!(plain(&query(order)).unwrap(), query(want));
        }
        let named = "SELECT sum(x) OVER w FROM t WINDOW w AS (ORDER BY v)";
        assert_eq!(plain(named).unwrap(), "SELECT sum(x) OVER w FROM t WINDOW w AS (ORDER BY v IS NULL, v)");
        for same in ["SELECT sum(x) OVER (PARTITION BY k) FROM t", "SELECT lag(x)  OVER (ORDER BY v DESC) FROM t"] {
            assert_eq!(plain(same).unwrap(), same);
        }
    }
}
