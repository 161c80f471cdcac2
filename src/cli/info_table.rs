//! What `tilework info` tells of tables: columns, rows, row groups or record batches, bytes, compression, partitions.

use crate::base::Result;
use crate::format::ipc::ipc_batches;
use crate::format::parquet::parquet_info;
use crate::format::table_format::TableFormat;
use crate::frame::{files, scan};
use crate::session::Session;
use polars::prelude::len;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The facts of a file, or of the files in a folder or of a pattern.
///
/// # Errors
/// Files that cannot be read.
pub fn describe(path: &Path, format: TableFormat) -> Result<Value> {
    let frame = scan(path)?;
    let files = files(path)?;
    let bytes: u64 = files.iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum();
    let columns: Vec<Value> =
        frame.schema()?.iter().map(|(n, d)| json!({ "name": n.as_str(), "dtype": d.to_string(), "kind": "column" })).collect();
    let name = match format {
        TableFormat::Parquet => "Parquet",
        TableFormat::Csv => "CSV",
        TableFormat::Ipc => "Arrow IPC",
        TableFormat::Ndjson => "NDJSON",
    };
    let mut out = Map::new();
    let mut tell = |key: &str, value: Value| drop(out.insert(key.into(), value));
    tell("path", json!(path));
    tell("format", json!(name));
    if files.len() > 1 {
        tell("n_files", json!(files.len()));
    }
    match format {
        TableFormat::Parquet => parquet(&files, &mut tell)?,
        TableFormat::Ipc => {
            let batches = files.iter().map(|f| ipc_batches(f)).collect::<Result<Vec<_>>>()?.concat();
            tell("n_rows", json!(batches.iter().sum::<u64>()));
            groups("record_batches", &batches, &mut tell);
        }
        TableFormat::Csv | TableFormat::Ndjson => {
            let count = frame.select([len()]).collect()?;
            tell("n_rows", json!(count.columns()[0].get(0).ok().and_then(|v| v.extract::<u64>())));
        }
    }
    tell("file_bytes", json!(bytes));
    tell("partitions", json!(frame.n_partitions(&Session::default())?));
    tell("members", json!(columns));
    Ok(Value::Object(out))
}

fn parquet(files: &[PathBuf], tell: &mut impl FnMut(&str, Value)) -> Result<()> {
    let infos = files.iter().map(|f| parquet_info(f)).collect::<Result<Vec<_>>>()?;
    let rows: Vec<u64> = infos.iter().flat_map(|i| i.group_rows.iter().copied()).collect();
    tell("n_rows", json!(rows.iter().sum::<u64>()));
    groups("row_groups", &rows, tell);
    let codecs: BTreeSet<&String> = infos.iter().flat_map(|i| &i.codecs).collect();
    tell("compression", json!(codecs.into_iter().cloned().collect::<Vec<_>>().join(", ")));
    tell("column_bytes", json!(infos.iter().map(|i| i.bytes.0).sum::<u64>()));
    tell("raw_bytes", json!(infos.iter().map(|i| i.bytes.1).sum::<u64>()));
    if let Some(by) = infos.first().and_then(|i| i.created_by.clone()) {
        tell("created_by", json!(by));
    }
    Ok(())
}

/// How many groups of rows there are, and how large they are.
fn groups(name: &str, rows: &[u64], tell: &mut impl FnMut(&str, Value)) {
    tell(name, json!(rows.len()));
    if let (Some(least), Some(most)) = (rows.iter().min(), rows.iter().max()) {
        tell("rows_in_each", if least == most { json!(most) } else { json!(format!("{least} to {most}")) });
    }
}
