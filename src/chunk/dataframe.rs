//! What tables need from Polars in every layer: errors in this library's words, joining partitions.

use crate::base::{Error, Kind, Result};
use crate::chunk::Chunk;
use polars::prelude::{DataFrame, PolarsError, Schema};
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

/// A message without the plan that Polars adds to it, with what helps where it says none of it.
fn without_plan(message: &str) -> String {
    let words = message.split("Resolved plan until failure").next().unwrap_or(message).trim_end();
    words.replace(
        " (and no other type was available to cast to)",
        ": cast one to the type of the other first, in SQL as CAST(x AS BIGINT)",
    )
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

/// The refusal of a table that has grown beyond what was set aside for it.
pub fn too_large(what: &str, bytes: u64, limit: u64, fix: &str) -> Error {
    let say = crate::base::bytes::format_bytes;
    Error::new(Kind::Budget, format!("{what} takes {}, but {} were set aside for it: {fix}", say(bytes), say(limit)))
}
