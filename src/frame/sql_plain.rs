//! SQL in a form that Polars' SQL reads rightly.
//!
//! Polars takes a condition of `ON` that names a column of one table to the wrong table if both have it, makes other conditions of an outer
//! join conditions on its result, takes the keys of a RIGHT SEMI or ANTI join to the wrong tables, and fails at keys in `HAVING`, as it does
//! at [keys beside aggregates](super::sql_keys). Such conditions are written where they mean the same: in `WHERE`, or in a subquery in
//! place of the table. Where there is no such place, the query is refused. [Patterns](super::sql_like) are written as it knows them, and
//! the order of [windows](super::sql_window) so that it has nulls where they belong.

use crate::base::{Error, Result};
use crate::frame::sql_keys::ask_for_firsts;
use crate::frame::sql_like::readable;
use crate::frame::sql_subquery::check_subqueries;
use crate::frame::sql_window::{place_nulls, place_nulls_of_named};
use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, Join, JoinConstraint, JoinOperator, Select, SelectItem, Statement, TableFactor,
    TableWithJoins, VisitMut, VisitorMut, visit_expressions,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// The query with conditions where Polars reads them rightly; the text itself if nothing has to change, or if it is no SQL.
///
/// # Errors
/// Conditions that have no such place, named; statements that are no queries.
pub(super) fn plain(text: &str) -> Result<String> {
    let Ok(mut statements) = Parser::parse_sql(&GenericDialect, text) else { return Ok(text.into()) };
    let [statement] = statements.as_mut_slice() else { return Ok(text.into()) };
    let reads = matches!(
        statement,
        Statement::Query(_) | Statement::Explain { .. } | Statement::ExplainTable { .. } | Statement::ShowTables { .. }
    );
    if !reads {
        let text = statement.to_string();
        let verb = text.split_whitespace().next().unwrap_or_default();
        return Err(Error::usage(format!(
            "{verb} would change a table, and tables are only read here: SELECT the rows that are wanted"
        )));
    }
    let mut mover = Mover { moved: false };
    match VisitMut::visit(statement, &mut mover) {
        ControlFlow::Break(e) => Err(e),
        ControlFlow::Continue(()) if mover.moved => Ok(Statement::to_string(statement)),
        ControlFlow::Continue(()) => Ok(text.into()),
    }
}

struct Mover {
    /// Whether anything has changed.
    moved: bool,
}

impl Mover {
    /// Goes on after a part of the query that has changed or not.
    fn took(&mut self, part: Result<bool>) -> ControlFlow<Error> {
        match part {
            Ok(changed) => self.moved |= changed,
            Err(e) => return ControlFlow::Break(e),
        }
        ControlFlow::Continue(())
    }
}

impl VisitorMut for Mover {
    type Break = Error;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        self.took(check_subqueries(select).map(|()| false))?;
        let mut conditions = Vec::new();
        for from in &mut select.from {
            self.took(turned(from))?;
            // Rows that a later join adds would not meet what a join before it asks.
            let adds = |j: &Join| {
                use JoinOperator as J;
                matches!(j.join_operator, J::Right(_) | J::RightOuter(_) | J::FullOuter(_))
            };
            let last = from.joins.iter().rposition(adds);
            for (i, join) in from.joins.iter_mut().enumerate() {
                let before = conditions.len();
                let changed = moved(join, last.is_none_or(|last| i > last), &mut conditions);
                self.took(changed.map(|changed| changed || conditions.len() > before))?;
            }
        }
        self.moved |= keys_of_having(select, &mut conditions);
        self.moved |= ask_for_firsts(select);
        self.took(place_nulls_of_named(select))?;
        let all = select.selection.take().into_iter().chain(conditions);
        select.selection = all.reduce(|a, b| and(nested(a), nested(b)));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, e: &mut Expr) -> ControlFlow<Error> {
        self.took(readable(e))?;
        self.took(place_nulls(e))
    }
}

/// Makes a SEMI or ANTI join that keeps rows of the right table one that keeps rows of the left: Polars takes its keys to the wrong tables.
/// Says whether there was one.
fn turned(from: &mut TableWithJoins) -> Result<bool> {
    use JoinOperator as J;
    let mut changed = false;
    for (i, join) in from.joins.iter_mut().enumerate() {
        let (verb, operator) = match &join.join_operator {
            J::RightSemi(on) => ("SEMI", J::LeftSemi(on.clone())),
            J::RightAnti(on) => ("ANTI", J::LeftAnti(on.clone())),
            _ => continue,
        };
        if i > 0 {
            return Err(Error::unsupported(format!(
                "a RIGHT {verb} JOIN after another join is not supported in this version: write its right table first, as FROM {} {verb} JOIN \
                 (SELECT … what comes before it) AS …",
                join.relation
            )));
        }
        join.join_operator = operator;
        std::mem::swap(&mut from.relation, &mut join.relation);
        changed = true;
    }
    Ok(changed)
}

/// Takes conditions on one table out of a join's `ON`: into `conditions`, if they may be asked of the result, or into its table. Says whether
/// the join has changed.
fn moved(join: &mut Join, to_result: bool, conditions: &mut Vec<Expr>) -> Result<bool> {
    use JoinOperator as J;
    enum Place {
        Result,
        Table,
        TableOrResult,
        Nowhere,
    }
    let (place, on) = match &mut join.join_operator {
        J::Join(JoinConstraint::On(on)) | J::Inner(JoinConstraint::On(on)) => (Place::Result, on),
        J::Left(JoinConstraint::On(on)) | J::LeftOuter(JoinConstraint::On(on)) => (Place::Table, on),
        J::Anti(JoinConstraint::On(on)) | J::LeftAnti(JoinConstraint::On(on)) => (Place::Table, on),
        J::Semi(JoinConstraint::On(on)) | J::LeftSemi(JoinConstraint::On(on)) => (Place::TableOrResult, on),
        J::Right(JoinConstraint::On(on)) | J::RightOuter(JoinConstraint::On(on)) => (Place::Nowhere, on),
        J::FullOuter(JoinConstraint::On(on)) => (Place::Nowhere, on),
        _ => return Ok(false),
    };
    let (keys, others): (Vec<Expr>, Vec<Expr>) = parts(on).into_iter().partition(is_key);
    // Of two tables that share no key Polars makes all pairs, of which all is a condition.
    if others.is_empty() || keys.is_empty() && matches!(place, Place::Result) {
        return Ok(false);
    }
    let (mut kept, mut of_table) = (keys, Vec::new());
    for other in others {
        let tables = tables(&other);
        let is_of_right = tables.as_slice() == [name(&join.relation)];
        match place {
            // Polars reads comparisons of both tables' columns rightly here.
            Place::Result if !to_result || tables.len() > 1 => kept.push(other),
            Place::Result => conditions.push(other),
            Place::Table | Place::TableOrResult if is_of_right && !kept.is_empty() => of_table.push(other),
            Place::TableOrResult if !kept.is_empty() && to_result && tables.len() == 1 && tables[0].is_some() => {
                conditions.push(other)
            }
            _ => {
                return Err(Error::unsupported(format!(
                    "the condition '{other}' in ON of a join that keeps rows without a match is not supported in this version: ON takes \
                     equalities between both tables, and of a LEFT, SEMI or ANTI join also conditions on the right table, written with its \
                     name; put it into WHERE if that is what it means, or into a subquery"
                )));
            }
        }
    }
    *on = kept.into_iter().reduce(and).unwrap_or_else(|| on.clone());
    if let Some(condition) = of_table.into_iter().reduce(and) {
        join.relation = filtered(&join.relation, &condition)?;
        return Ok(true);
    }
    Ok(false)
}

/// The table in a subquery that asks for a condition, under the same name.
fn filtered(table: &TableFactor, condition: &Expr) -> Result<TableFactor> {
    let fail = || Error::unsupported(format!("the condition '{condition}' in ON of a join with {table}: put it into a subquery"));
    let name = name(table).ok_or_else(fail)?;
    let text = format!("(SELECT * FROM {table} WHERE {condition}) AS {name}");
    let mut parser = Parser::new(&GenericDialect).try_with_sql(&text).map_err(|_| fail())?;
    parser.parse_table_factor().map_err(|_| fail())
}

/// Takes conditions on keys alone out of `HAVING`.
fn keys_of_having(select: &mut Select, conditions: &mut Vec<Expr>) -> bool {
    let GroupByExpr::Expressions(keys, _) = &select.group_by else { return false };
    // A column made in the selection is not there before it.
    let made = |name: &str| {
        select.projection.iter().any(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } => {
                alias.value == name && column(expr).map(|(_, n)| n) != Some(alias.value.clone())
            }
            _ => false,
        })
    };
    let is_key = |e: &Expr| {
        let Some((_, name)) = column(e) else { return false };
        !made(&name) && keys.iter().filter_map(column).any(|(_, key)| key == name)
    };
    let on_keys = |e: &Expr| {
        let mut all = true;
        let _: ControlFlow<()> = visit_expressions(e, |part| {
            all &= match part {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => is_key(part),
                Expr::Function(_) | Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => false,
                _ => true,
            };
            ControlFlow::Continue(())
        });
        all && !tables(e).is_empty()
    };
    let Some(having) = &select.having else { return false };
    let (of_keys, rest): (Vec<Expr>, Vec<Expr>) = parts(having).into_iter().partition(|e| on_keys(e));
    if of_keys.is_empty() {
        return false;
    }
    conditions.extend(of_keys);
    select.having = rest.into_iter().reduce(and);
    true
}

/// The conditions that are all true where this one is.
fn parts(e: &Expr) -> Vec<Expr> {
    match e {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => [parts(left), parts(right)].concat(),
        Expr::Nested(inner) => match &**inner {
            Expr::BinaryOp { op: BinaryOperator::And, .. } => parts(inner),
            _ => vec![e.clone()],
        },
        _ => vec![e.clone()],
    }
}

/// Whether a condition is an equality between two tables, or between columns of which it is not said whose they are.
fn is_key(e: &Expr) -> bool {
    match e {
        Expr::Nested(inner) => is_key(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let (left, right) = (tables(left), tables(right));
            match (left.as_slice(), right.as_slice()) {
                ([Some(a)], [Some(b)]) => a != b,
                ([_], [_]) => true,
                _ => false,
            }
        }
        _ => false,
    }
}

/// The tables whose columns an expression names, each once; None stands for columns without one.
fn tables(e: &Expr) -> Vec<Option<String>> {
    let mut out: Vec<Option<String>> = Vec::new();
    for (table, _) in columns(e) {
        if !out.contains(&table) {
            out.push(table);
        }
    }
    out
}

/// The tables and the names of the columns of an expression.
pub(super) fn columns(e: &Expr) -> Vec<(Option<String>, String)> {
    let mut out = Vec::new();
    let _: ControlFlow<()> = visit_expressions(e, |part| {
        out.extend(column(part));
        ControlFlow::Continue(())
    });
    out
}

/// The table and the name of a column.
pub(super) fn column(e: &Expr) -> Option<(Option<String>, String)> {
    match e {
        Expr::Identifier(name) => Some((None, name.value.clone())),
        Expr::CompoundIdentifier(names) => match names.as_slice() {
            [.., table, name] => Some((Some(table.value.clone()), name.value.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// The name that a table has in a query.
pub(super) fn name(table: &TableFactor) -> Option<String> {
    match table {
        TableFactor::Table { name, alias, .. } => match alias {
            Some(alias) => Some(alias.name.value.clone()),
            None => name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone()),
        },
        TableFactor::Derived { alias, .. } => alias.as_ref().map(|alias| alias.name.value.clone()),
        _ => None,
    }
}

fn and(left: Expr, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) }
}

pub(super) fn nested(e: Expr) -> Expr {
    match e {
        e @ (Expr::Nested(_) | Expr::Identifier(_)) => e,
        e => Expr::Nested(Box::new(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn conditions_go_where_they_mean_the_same() {
        let of_left = "SELECT a.x FROM a LEFT JOIN b ON a.k = b.k AND b.y > 5 WHERE a.x < 3";
        assert_eq!(
            plain(of_left).unwrap(),
            "SELECT a.x FROM a LEFT JOIN (SELECT * FROM b WHERE b.y > 5) AS b ON a.k = b.k WHERE a.x < 3"
        );
        let aliased = "SELECT t.x FROM a AS t SEMI JOIN b AS u ON t.k = u.k AND u.g = 'red' AND t.x = 1";
        let want = "SELECT t.x FROM a AS t SEMI JOIN (SELECT * FROM b AS u WHERE u.g = 'red') AS u ON t.k = u.k WHERE t.x = 1";
        assert_eq!(plain(aliased).unwrap(), want);
        let inner = "SELECT a.x FROM a JOIN b ON a.k = b.k AND (b.g = 'red' OR b.g IS NULL) AND a.x < b.x WHERE a.x < 3";
        let want = "SELECT a.x FROM a JOIN b ON a.k = b.k AND a.x < b.x WHERE (a.x < 3) AND (b.g = 'red' OR b.g IS NULL)";
        assert_eq!(plain(inner).unwrap(), want);
        let right = "SELECT * FROM a RIGHT SEMI JOIN b ON a.k = b.k AND b.x > 5 AND a.x > 3 JOIN c ON b.k = c.k";
        let want =
            "SELECT * FROM b LEFT SEMI JOIN (SELECT * FROM a WHERE a.x > 3) AS a ON a.k = b.k JOIN c ON b.k = c.k WHERE b.x > 5";
        assert_eq!(plain(right).unwrap(), want);
        let having = "SELECT k, sum(x) AS s FROM t GROUP BY k HAVING k > 10 AND sum(x) > 3";
        assert_eq!(plain(having).unwrap(), "SELECT k, sum(x) AS s FROM t WHERE k > 10 GROUP BY k HAVING sum(x) > 3");
    }

    #[test]
    fn what_is_well_stays_as_it_is_written() {
        for same in [
            "SELECT a.x  FROM a JOIN b ON a.k = b.k AND a.i = b.j",
            "select * from a join b on k = i",
            "select * from a join b on a.x < b.y and a.x > 3",
            "SELECT y AS k, sum(x) FROM t GROUP BY k HAVING k > 10",
            "SELECT k, sum(x) AS s FROM t GROUP BY k HAVING s > 10",
            "no SQL at all",
        ] {
            assert_eq!(plain(same).unwrap(), same);
        }
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let late = plain("SELECT * FROM a JOIN b ON a.k = b.k RIGHT ANTI JOIN c ON b.k = c.k").unwrap_err().to_string();
        assert!(late.contains("FROM c ANTI JOIN"), "{late}");
        for text in [
            "SELECT a.x FROM a LEFT JOIN b ON a.k = b.k AND a.x > 5",
            "SELECT a.x FROM a LEFT JOIN b ON a.k = b.k AND a.x > b.x",
            "SELECT a.x FROM a LEFT JOIN b ON a.x > b.x",
            "SELECT a.x FROM a LEFT JOIN b ON a.k = b.k AND y > 5",
            "SELECT a.x FROM a FULL JOIN b ON a.k = b.k AND b.x = 5",
            "SELECT a.x FROM (SELECT * FROM a ANTI JOIN b ON a.k = b.k AND a.x = 5) AS a",
        ] {
            assert!(plain(text).unwrap_err().to_string().contains("in ON"), "{text}");
        }
    }
}
