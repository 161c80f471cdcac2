//! SQL on frames, through Polars' own SQL. `mean` is understood beside `avg`.

use crate::base::near::suggestion;
use crate::base::{Error, Result};
use crate::frame::error::query_error;
use crate::frame::lazy::Frame;
use crate::frame::resolve::resolve;
use crate::frame::sql_plain::plain;
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
        let lazy = context.execute(&plain(&with_avg(query))?).map_err(|e| {
            let text = e.to_string();
            match text.strip_prefix("relation '").or_else(|| text.split("relation '").nth(1)).and_then(|t| t.split('\'').next()) {
                Some(name) if text.contains("was not found") => {
                    let known: Vec<String> = tables.iter().map(|t| t.0.to_string()).collect();
                    Error::usage(format!("there is no table '{name}'{}", suggestion(name, &known, known.len())))
                }
                _ => match (column_of_table(&text), text.contains("unsupported SQL join constraint")) {
                    (Some((column, table)), _) => {
                        let known = tables.iter().find(|t| t.0 == table).map_or(&columns, |t| &t.1.columns);
                        let hint = suggestion(column, known, known.len());
                        Error::usage(format!("there is no column '{column}' in the table '{table}'{hint}"))
                    }
                    (None, true) => Error::usage(
                        "a join needs ON with columns that are equal, or USING: a JOIN b ON a.k = b.k (for every pair of rows: CROSS JOIN)",
                    ),
                    (None, false) => query_error(e, &columns),
                },
            }
        })?;
        let partition_bytes = tables.iter().filter_map(|t| t.1.partition_bytes).min();
        let kept = tables.iter().flat_map(|t| t.1.kept.iter().cloned()).collect();
        let frame = Frame { query: lazy, columns, partition_bytes, kept, compression: Default::default() };
        frame.schema()?;
        Ok(frame)
    }
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
