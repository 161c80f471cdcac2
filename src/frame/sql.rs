//! SQL on frames, through Polars' own SQL. `mean` is understood beside `avg`.

use crate::base::near::suggestion;
use crate::base::{Error, Result};
use crate::frame::error::query_error;
use crate::frame::lazy::Frame;
use crate::frame::resolve::resolve;
use crate::frame::sql_plain::plain;
use polars::prelude::PolarsError;
use polars::sql::SQLContext;

impl Frame {
    /// A query in SQL on tables by name.
    ///
    /// # Errors
    /// A text that is not SQL, a table or column that does not exist, types that do not fit.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, df};
    /// use tilework::frame::{Frame, frame};
    /// let flights = frame(df!("origin" => ["JFK", "EWR", "JFK"], "delay" => [4.0, 1.0, 8.0])?.lazy());
    /// let out = Frame::sql("SELECT origin, mean(delay) AS delay FROM flights GROUP BY origin", &[("flights", flights)])?;
    /// assert_eq!(out.collect()?, df!("origin" => ["JFK", "EWR"], "delay" => [6.0, 1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sql(query: &str, tables: &[(&str, Frame)]) -> Result<Frame> {
        let mut context = SQLContext::new();
        let mut columns: Vec<String> = Vec::new();
        for (name, frame) in tables {
            resolve(&frame.query)?;
            context.register(name, frame.query.clone());
            let new: Vec<String> = frame.columns.iter().filter(|c| !columns.contains(c)).cloned().collect();
            columns.extend(new);
        }
        let lazy = context.execute(&plain(&with_avg(query))?).map_err(|e| sql_error(e, query, tables, &columns))?;
        let partition_bytes = tables.iter().filter_map(|t| t.1.partition_bytes).min();
        let kept = tables.iter().flat_map(|t| t.1.kept.iter().cloned()).collect();
        let frame = Frame { query: lazy, columns, partition_bytes, kept, compression: Default::default() };
        frame.schema()?;
        Ok(frame)
    }
}

/// What is wrong with a query on these tables, which have these columns together.
fn sql_error(e: PolarsError, query: &str, tables: &[(&str, Frame)], columns: &[String]) -> Error {
    let text = e.to_string();
    let has = |what: &str| text.contains(what);
    if has("one (and only one) statement") {
        return Error::usage(if query.trim().is_empty() {
            "the query is empty: give a SELECT, like 'SELECT origin, count(*) FROM flights GROUP BY origin'"
        } else {
            "there are several statements in the query: give one SELECT (a step before it goes into WITH name AS (SELECT …))"
        });
    }
    if has("was not found")
        && let Some(name) = text.split("relation '").nth(1).and_then(|t| t.split('\'').next())
    {
        let known: Vec<String> = tables.iter().map(|t| t.0.to_string()).collect();
        return Error::usage(format!("there is no table '{name}'{}", suggestion(name, &known, known.len())));
    }
    if let Some((column, table)) = column_of_table(&text) {
        let known = tables.iter().find(|t| t.0 == table).map_or(columns, |t| &t.1.columns);
        let hint = suggestion(column, known, known.len());
        return Error::usage(format!("there is no column '{column}' in the table '{table}'{hint}"));
    }
    if has("unsupported SQL join constraint") {
        return Error::usage(
            "a join needs ON with columns that are equal, or USING: a JOIN b ON a.k = b.k (for every pair of rows: CROSS JOIN)",
        );
    }
    if has("unsupported join constraint operator 'Or'") {
        return Error::usage(
            "a join's ON takes conditions with AND between them: for an OR join by what all rows have in common and put the OR into WHERE, or give \
             each side of it a join of its own with UNION between them",
        );
    }
    if has("unexpected subquery") || has("subquery comparisons") {
        return Error::unsupported(
            "a subquery as a value is not supported in this version: make it a table of one row beside the others, as WITH q AS (SELECT avg(y) AS m \
             FROM b) SELECT … FROM a CROSS JOIN q WHERE x > q.m",
        );
    }
    if has("expression Rollup(") || has("expression Cube(") || has("expression GroupingSets(") {
        return Error::unsupported(
            "ROLLUP, CUBE and GROUPING SETS are not supported in this version: write each grouping by itself, with UNION ALL between them",
        );
    }
    query_error(e, columns)
}

/// The column and the table of a message about a column that a table has not.
fn column_of_table(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once("no column named '")?;
    let (column, rest) = rest.split_once("' found in table '")?;
    Some((column, rest.split('\'').next()?))
}

/// The query with `mean(` written as `avg(`, outside of quotes and comments.
fn with_avg(query: &str) -> String {
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    let mut inside_word = false;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '\'' | '"' | '`' => Some(rest[1..].find(c).map_or(rest.len(), |i| i + 2)),
            '-' if rest.starts_with("--") => Some(rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => Some(rest.find("*/").map_or(rest.len(), |i| i + 2)),
            _ => None,
        };
        if let Some(n) = skipped {
            out.push_str(&rest[..n]);
            rest = &rest[n..];
            inside_word = false;
            continue;
        }
        let is_mean = rest.get(..4).is_some_and(|w| w.eq_ignore_ascii_case("mean"));
        if !inside_word && is_mean && rest[4..].trim_start().starts_with('(') {
            out.push_str("avg");
            rest = &rest[4..];
            continue;
        }
        inside_word = c.is_alphanumeric() || c == '_' || c == '.';
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::with_avg;
    use crate::frame::{Frame, frame};
    use polars::prelude::{IntoLazy, df};

    #[test]
    fn what_is_wrong_with_a_query_is_said_with_what_helps() {
        let table = || frame(df!("k" => [1i64], "s" => ["a"]).unwrap().lazy());
        let refused = |query: &str| Frame::sql(query, &[("a", table()), ("b", table())]).unwrap_err().to_string();
        for (query, words) in [
            ("", "query is empty"),
            (" \n", "query is empty"),
            ("SELECT k FROM a; SELECT k FROM b", "several statements"),
            ("SELECT k FROM c", "there is no table 'c'; there are a, b"),
            ("SELECT a.kk FROM a", "no column 'kk' in the table 'a'; did you mean 'k'?"),
            ("SELECT a.k FROM a JOIN b", "a join needs ON"),
            ("SELECT a.k FROM a JOIN b ON a.k = b.k OR a.s = b.s", "put the OR into WHERE"),
            ("SELECT k FROM a WHERE k > (SELECT avg(k) FROM b)", "CROSS JOIN q"),
            ("SELECT k, (SELECT max(k) FROM b) AS m FROM a", "CROSS JOIN q"),
            ("SELECT k, count(*) FROM a GROUP BY ROLLUP (k)", "UNION ALL"),
            ("SELECT k, count(*) FROM a GROUP BY CUBE (k)", "UNION ALL"),
            ("SELECT k, count(*) FROM a GROUP BY GROUPING SETS ((k), ())", "UNION ALL"),
            ("SELECT a.k FROM a JOIN b ON a.k = b.s", "CAST(x AS BIGINT)"),
        ] {
            let said = refused(query);
            assert!(said.contains(words), "{query}: {said}");
        }
    }

    #[test]
    fn mean_is_avg_where_it_is_called() {
        assert_eq!(with_avg("SELECT mean(x), Mean (y) FROM t"), "SELECT avg(x), avg (y) FROM t");
        for same in
            ["SELECT 'mean(x)' FROM t", "SELECT my_mean(x), mean FROM t", "SELECT \"mean(x)\" FROM t -- mean(x)", "'unclosed mean("]
        {
            assert_eq!(with_avg(same), same);
        }
    }
}
