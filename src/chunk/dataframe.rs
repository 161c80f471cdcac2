//! What tables need from Polars in every layer: errors in this library's words, sizes that count what is held, joining partitions.
//!
//! Polars' own size of a string column leaves out the views and counts a shared string once per row; [`table_bytes`] counts
//! views and buffers as they lie in memory.

use crate::base::{Error, Kind, Result};
use crate::chunk::Chunk;
use crate::chunk::table_bound::varies;
use polars::prelude::{Column, DataFrame, DataType, PolarsError, Schema, StringChunked};
use polars_core::series::IsSorted;
use std::sync::Arc;

/// Polars' error in this library's kinds: what the query asks for wrongly is the user's mistake.
pub fn table_error(e: PolarsError) -> Error {
    match e {
        PolarsError::IO { error, msg } => match msg {
            Some(m) => Error::io(m.to_string(), &error),
            None => Error::io("a table's file", &error),
        },
        PolarsError::Context { error, msg } => table_error(*error).at(msg.to_string()),
        PolarsError::ColumnNotFound(m) | PolarsError::SchemaFieldNotFound(m) => {
            Error::usage(format!("there is no column '{}'", column_name(&m)))
        }
        PolarsError::SQLSyntax(m) => Error::usage(format!("the query is not SQL: {}", without_plan(&m))),
        e => Error::usage(without_plan(&e.to_string())),
    }
}

/// A message without the plan that Polars adds to it.
fn without_plan(message: &str) -> String {
    message.split("Resolved plan until failure").next().unwrap_or(message).trim_end().to_string()
}

/// The name in Polars' message about a missing column, which quotes it or is it.
fn column_name(message: &str) -> String {
    let quoted = |q: char| message.split(q).nth(1).filter(|s| !s.is_empty()).map(str::to_string);
    quoted('"').or_else(|| quoted('\'')).unwrap_or_else(|| message.lines().next().unwrap_or_default().to_string())
}

/// Runs work that may use Polars' pool of threads, and waits for it without taking up other work.
///
/// The engine's own threads are in no pool, and just do it. A program's own pool may be where a query was asked for: a thread of it that
/// waits for Polars' would run other jobs of the program meanwhile, and the query's caller would have to wait for these.
pub fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if rayon::current_thread_index().is_none() {
        return work();
    }
    std::thread::scope(|s| s.spawn(work).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The chunk as a table.
///
/// # Errors
/// A bug: it is something else.
pub fn table(chunk: &Chunk) -> Result<&Arc<DataFrame>> {
    match chunk {
        Chunk::Table(t) => Ok(t),
        other => Err(Error::bug(format!("a partition of a table was expected, not {other:?}"))),
    }
}

/// Names and types of columns, for people.
pub fn described(schema: &Schema) -> Arc<[(String, String)]> {
    schema.iter().map(|(n, d)| (n.to_string(), d.to_string())).collect()
}

/// Bytes a table holds in memory: all buffers its columns keep alive.
pub fn table_bytes(table: &DataFrame) -> u64 {
    table.columns().iter().map(column_bytes).sum()
}

/// Bytes a column holds in memory.
pub fn column_bytes(column: &Column) -> u64 {
    match (column, column.dtype()) {
        (Column::Series(s), DataType::String) => s.str().map_or(0, |ca| {
            ca.downcast_iter().map(|a| (a.len_views() * 16 + a.total_buffer_len() + a.len_views() / 8) as u64).sum()
        }),
        (Column::Series(s), _) => s.estimated_size() as u64,
        // One value for all rows; whoever takes rows of it copies a text or a list for each.
        (Column::Scalar(s), dtype) if varies(dtype) => {
            (s.as_single_value_series().estimated_size() as u64).saturating_mul(s.len() as u64).max(64)
        }
        (Column::Scalar(_), _) => 64,
    }
}

/// Number of views of an array of strings.
trait Views {
    fn len_views(&self) -> usize;
}

impl Views for <polars::prelude::StringType as polars::prelude::PolarsDataType>::Array {
    fn len_views(&self) -> usize {
        self.views().len()
    }
}

/// Tables of the same columns one below the other, without copying. Nothing is known of the order of floats in them: each of `[null]` and
/// `[NaN]` is sorted, so Polars takes both together for sorted, and the null for the maximum.
///
/// # Errors
/// A bug: there are none, or their columns differ.
pub fn stack<'a>(tables: impl IntoIterator<Item = &'a Arc<DataFrame>>) -> Result<DataFrame> {
    let mut tables = tables.into_iter();
    let mut out: DataFrame = (**tables.next().ok_or_else(|| Error::bug("no partitions to join"))?).clone();
    let mut n = 1;
    for t in tables {
        out.vstack_mut(t).map_err(|e| Error::bug(format!("partitions do not fit together: {e}")))?;
        n += 1;
    }
    if n == 1 {
        return Ok(out);
    }
    let height = out.height();
    let columns = out.into_columns().into_iter().map(|mut c| {
        if c.dtype().is_float() {
            c.set_sorted_flag(IsSorted::Not);
        }
        c
    });
    DataFrame::new(height, columns.collect()).map_err(table_error)
}

/// The same rows with strings copied out of what they were cut from, so that a few rows don't keep a partition alive.
pub fn compact(table: DataFrame) -> Result<DataFrame> {
    if !table.columns().iter().any(|c| c.dtype() == &DataType::String) {
        return Ok(table);
    }
    let height = table.height();
    let columns = table.into_columns().into_iter().map(|c| match c.dtype() {
        DataType::String => {
            let copied: StringChunked = c.str().map_err(table_error)?.iter().collect();
            Ok(Column::from(polars::prelude::IntoSeries::into_series(copied.with_name(c.name().clone()))))
        }
        _ => Ok(c),
    });
    DataFrame::new(height, columns.collect::<Result<_>>()?).map_err(table_error)
}

/// The same rows; strings are [copied out](compact) where they keep much more alive than they say.
///
/// # Errors
/// A bug: columns that differ from their type.
pub fn settled(table: DataFrame) -> Result<DataFrame> {
    let sparse = table.columns().iter().any(|c| {
        let Ok(s) = c.str() else { return false };
        let said: u64 = s.downcast_iter().map(|a| a.total_bytes_len() as u64 + 16 * a.len() as u64).sum();
        column_bytes(c) > 2 * said + 1024
    });
    if sparse { compact(table) } else { Ok(table) }
}

/// The same rows with their bytes; strings are [copied out](compact) if these are more than `limit`, since a few may keep many alive.
///
/// # Errors
/// A bug: columns that differ from their type.
pub fn fitted(table: DataFrame, limit: u64) -> Result<(DataFrame, u64)> {
    let bytes = table_bytes(&table);
    if bytes <= limit {
        return Ok((table, bytes));
    }
    let table = compact(table)?;
    let bytes = table_bytes(&table);
    Ok((table, bytes))
}

/// The refusal of a table that has grown beyond what was set aside for it.
pub fn too_large(what: &str, bytes: u64, limit: u64, fix: &str) -> Error {
    let say = crate::base::bytes::format_bytes;
    Error::new(Kind::Budget, format!("{what} takes {}, but {} were set aside for it: {fix}", say(bytes), say(limit)))
}
