//! Subqueries that ask for columns of the query around them, which Polars' SQL takes for columns of their own tables: refused.

use crate::base::{Error, Result};
use crate::frame::sql_plain::{column, name};
use sqlparser::ast::{Expr, ObjectName, Query, Select, TableFactor, Visit, Visitor, visit_expressions};
use std::ops::ControlFlow;

/// Refuses `IN (SELECT …)` with columns of tables that are not in its own `FROM` but in that of the query around it. (`EXISTS` may have them.)
///
/// # Errors
/// Such a subquery.
pub(super) fn check_subqueries(select: &Select) -> Result<()> {
    let outer: Vec<String> = select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|j| &j.relation)))
        .filter_map(name)
        .collect();
    let found = visit_expressions(select, |e| match e {
        Expr::InSubquery { subquery, .. } => foreign(subquery, &outer).map_or(ControlFlow::Continue(()), ControlFlow::Break),
        _ => ControlFlow::Continue(()),
    });
    match found {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(column) => Err(Error::unsupported(format!(
            "'{column}' in a subquery of IN is a column of the query around it, which is not supported in this version: write EXISTS with an \
             equality, or a join"
        ))),
    }
}

/// A column of one of the tables `outer` that a subquery asks for without having a table of that name.
fn foreign(subquery: &Query, outer: &[String]) -> Option<String> {
    let mut own = Own(vec![]);
    let _: ControlFlow<()> = subquery.visit(&mut own);
    let found = visit_expressions(subquery, |e| match column(e) {
        Some((Some(table), name)) if outer.contains(&table) && !own.0.contains(&table) => {
            ControlFlow::Break(format!("{table}.{name}"))
        }
        _ => ControlFlow::Continue(()),
    });
    if let ControlFlow::Break(column) = found { Some(column) } else { None }
}

/// Names of tables, wherever they stand.
struct Own(Vec<String>);

impl Visitor for Own {
    type Break = ();

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        self.0.extend(name(table));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.0.extend(relation.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()));
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use crate::frame::sql_plain::plain;

    #[test]
    fn columns_of_the_query_around_are_refused() {
        for text in [
            "SELECT * FROM c WHERE x IN (SELECT y FROM d WHERE d.x > c.x)",
            "SELECT * FROM a JOIN c AS o ON a.k = o.k WHERE a.x NOT IN (SELECT y FROM d WHERE d.x > o.x)",
        ] {
            assert!(plain(text).unwrap_err().to_string().contains("the query around it"), "{text}");
        }
        for text in [
            "SELECT * FROM c WHERE x IN (SELECT y FROM c WHERE c.x > 1)",
            "SELECT * FROM c WHERE x IN (SELECT e.y FROM d AS e WHERE e.x > 1)",
            "SELECT * FROM c WHERE EXISTS (SELECT 1 FROM d WHERE d.y = c.x)",
            "SELECT * FROM c WHERE x IN (SELECT s.field FROM d)",
        ] {
            assert_eq!(plain(text).unwrap(), text);
        }
    }
}
