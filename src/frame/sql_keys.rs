//! Keys beside aggregates in SQL (`sum(x) - key`, also in `HAVING`): in a form that Polars' SQL reads rightly.
//!
//! Within a group Polars takes a key for a value of every row, so that what is made of it and an aggregate is a list. Of a group's keys any
//! is as good as the others: the first is asked for.

use crate::frame::sql_plain::{column, columns};
use sqlparser::ast::{Expr, GroupByExpr, Ident, Query, Select, SelectItem, Value, VisitMut, VisitorMut};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// What makes one value of a group's.
const AGGREGATES: [&str; 29] = [
    "avg",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "covar",
    "first",
    "last",
    "max",
    "median",
    "min",
    "quantile_cont",
    "quantile_disc",
    "stdev",
    "stddev",
    "stdev_samp",
    "stddev_samp",
    "string_agg",
    "listagg",
    "group_concat",
    "sum",
    "total",
    "var",
    "variance",
    "var_samp",
    "array_agg",
    "first_value",
    "last_value",
    "mean",
];

/// Asks for the first of each key that stands beside an aggregate. Says whether there is any.
pub(super) fn ask_for_firsts(select: &mut Select) -> bool {
    let GroupByExpr::Expressions(keys, _) = &select.group_by else { return false };
    let mut of_keys = Columns(vec![]);
    for key in keys {
        of_keys.0.extend(columns(key));
        let made = match key {
            Expr::Value(v) => match &v.value {
                Value::Number(n, _) => n.parse::<usize>().ok().and_then(|n| select.projection.get(n.checked_sub(1)?)),
                _ => None,
            },
            Expr::Identifier(name) => select.projection.iter().find(|item| alias(item) == Some(name)),
            _ => None,
        };
        if let Some(SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. }) = made {
            of_keys.0.extend(columns(e));
        }
    }
    if of_keys.0.is_empty() {
        return false;
    }
    let mut changed = false;
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(e) | SelectItem::ExprWithAlias { expr: e, .. } = item {
            changed |= of_keys.ask_in(e);
        }
    }
    if let Some(having) = &mut select.having {
        changed |= of_keys.ask_in(having);
    }
    changed
}

fn alias(item: &SelectItem) -> Option<&Ident> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias),
        _ => None,
    }
}

/// Columns that keys are made of, with their tables where these are named.
struct Columns(Vec<(Option<String>, String)>);

impl Columns {
    fn has(&self, e: &Expr) -> bool {
        column(e).is_some_and(|(table, name)| {
            self.0.iter().any(|(of, key)| *key == name && (of.is_none() || table.is_none() || *of == table))
        })
    }

    fn ask_in(&self, e: &mut Expr) -> bool {
        let mut asked = e.clone();
        let mut asker = Asker { keys: self, inside: 0, n_aggregates: 0, n_keys: 0 };
        let _: ControlFlow<()> = VisitMut::visit(&mut asked, &mut asker);
        let is_beside = asker.n_aggregates > 0 && asker.n_keys > 0;
        if is_beside {
            *e = asked;
        }
        is_beside
    }
}

/// Asks for the first of keys outside of aggregates, and counts both.
struct Asker<'a> {
    keys: &'a Columns,
    /// How many aggregates, windows and subqueries what is visited stands in.
    inside: usize,
    n_aggregates: usize,
    n_keys: usize,
}

fn is_aggregate(e: &Expr) -> bool {
    matches!(e, Expr::Function(f) if f.over.is_none() && AGGREGATES.contains(&f.name.to_string().to_ascii_lowercase().as_str()))
}

fn is_apart(e: &Expr) -> bool {
    is_aggregate(e) || matches!(e, Expr::Function(f) if f.over.is_some())
}

impl VisitorMut for Asker<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        self.n_aggregates += usize::from(self.inside == 0 && is_aggregate(e));
        self.inside += usize::from(is_apart(e));
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<()> {
        if is_apart(e) {
            self.inside -= 1;
        } else if self.inside == 0 && self.keys.has(e) {
            self.n_keys += 1;
            let first = || Parser::new(&GenericDialect).try_with_sql(&format!("first({e})")).ok()?.parse_expr().ok();
            if let Some(first) = first() {
                *e = first;
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use crate::frame::sql_plain::plain;

    #[test]
    fn the_first_key_is_asked_for_beside_aggregates() {
        for (text, want) in [
            ("SELECT g, sum(h) - g AS a FROM e GROUP BY g", "SELECT g, sum(h) - first(g) AS a FROM e GROUP BY g"),
            (
                "SELECT sum(h - g) - (g + 1) FROM e GROUP BY g + 1 HAVING count(*) > g OR g < 3",
                "SELECT sum(h - g) - (first(g) + 1) FROM e GROUP BY g + 1 HAVING count(*) > first(g) OR first(g) < 3",
            ),
            (
                "SELECT e.g % 2 AS p, CASE WHEN g < 3 THEN max(h) ELSE 0 END AS m FROM e GROUP BY p",
                "SELECT e.g % 2 AS p, CASE WHEN first(g) < 3 THEN max(h) ELSE 0 END AS m FROM e GROUP BY p",
            ),
            ("SELECT g, coalesce(max(h), g) AS a FROM e GROUP BY 1", "SELECT g, coalesce(max(h), first(g)) AS a FROM e GROUP BY 1"),
        ] {
            assert_eq!(plain(text).unwrap(), want);
        }
        for same in [
            "SELECT g * 2 AS a, sum(h) FROM e  GROUP BY g",
            "SELECT sum(h - g), count(*) + max(x) FROM e  GROUP BY g",
            "SELECT g + h, sum(h) - x FROM e  GROUP BY g",
            "SELECT h - sum(h) OVER (PARTITION BY g) FROM e",
        ] {
            assert_eq!(plain(same).unwrap(), same);
        }
    }
}
