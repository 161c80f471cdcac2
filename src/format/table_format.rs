//! The formats of tables, by the endings of files.

use crate::base::{Error, Result};
use crate::format::remote_files::{expand, is_remote};
use std::path::{Path, PathBuf};

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// `.parquet`, `.pq`
    Parquet,
    /// `.csv`
    Csv,
    /// `.arrow`, `.ipc`, `.feather`
    Ipc,
    /// `.ndjson`, `.jsonl`
    Ndjson,
}

/// How deep folders are searched for a file whose ending tells.
const MOST_DEPTH: usize = 8;

impl TableFormat {
    /// The format that a name's ending tells, also of a pattern (`data/*.parquet`).
    pub fn of_name(path: &Path) -> Option<TableFormat> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "parquet" | "pq" => Some(TableFormat::Parquet),
            "csv" => Some(TableFormat::Csv),
            "arrow" | "ipc" | "feather" => Some(TableFormat::Ipc),
            "ndjson" | "jsonl" => Some(TableFormat::Ndjson),
            _ => None,
        }
    }

    /// The format of a file, a pattern, or the files in a folder.
    ///
    /// # Errors
    /// Endings that tell none.
    pub fn of(path: &Path) -> Result<TableFormat> {
        let inside = || -> Result<Option<TableFormat>> {
            match path.to_str().filter(|_| is_remote(path)) {
                Some(url) => Ok(expand(url)?.iter().find_map(|f| TableFormat::of_name(Path::new(f)))),
                None => Ok(if path.is_dir() { first_in(path, MOST_DEPTH) } else { None }),
            }
        };
        let found = TableFormat::of_name(path).map_or_else(inside, |f| Ok(Some(f)))?;
        found.ok_or_else(|| {
            let what = if path.is_dir() { "there are no tables in it" } else { "its ending tells no format of tables" };
            Error::usage(format!("{}: {what}: .parquet, .csv, .arrow or .ndjson", path.display()))
        })
    }
}

/// The format of the first file in a folder whose ending tells one.
fn first_in(folder: &Path, depth: usize) -> Option<TableFormat> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).ok()?.flatten().map(|e| e.path()).collect();
    entries.retain(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['.', '_'])));
    entries.sort_unstable();
    let file = entries.iter().filter(|p| p.is_file()).find_map(|p| TableFormat::of_name(p));
    let inside = || entries.iter().filter(|p| p.is_dir()).find_map(|p| first_in(p, depth - 1));
    file.or_else(|| if depth > 0 { inside() } else { None })
}
