//! Frames of files: one, all in a folder (with the keys of its folders as columns), or those that a pattern matches.

use crate::base::{Error, Result};
use crate::format::ipc::ipc_schema;
use crate::format::parquet::parquet_schema;
use crate::format::remote_files::{is_file, is_pattern, is_remote, on_disk};
use crate::format::table_format::TableFormat;
use crate::frame::error::query_error;
use crate::frame::lazy::Frame;
use crate::frame::resolve::resolve;
use polars::prelude::{CsvReadOptions, IpcScanOptions, LazyFrame, ParquetOptions, PlRefPath};
use polars_plan::dsl::{DslPlan, FileScanDsl, ScanSources, UnifiedScanArgs};
use polars_plan::plans::IR;
use polars_plan::prelude::NDJsonReadOptions;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Rows that types of text are told from.
const SAMPLED_ROWS: usize = 1000;

/// A Parquet file, all in a folder, or those that a pattern (`data/*.parquet`) matches. Only footers are read now.
///
/// In a folder, names like `year=2024` of the folders within it are columns. Hidden files (`.name`, `_name`) are left out. A path may be a
/// URL (`s3://bucket/data/*.parquet`, `https://host/file.parquet`; what is behind HTTP cannot be listed), with credentials from the environment.
///
/// # Errors
/// A file that is missing, or broken; a folder or pattern without files.
pub fn scan_parquet(path: impl AsRef<Path>) -> Result<Frame> {
    let options = ParquetOptions::default();
    scan_as(path.as_ref(), FileScanDsl::Parquet { options })
}

/// Arrow IPC files, as [`scan_parquet`] takes them.
///
/// # Errors
/// As [`scan_parquet`].
pub fn scan_ipc(path: impl AsRef<Path>) -> Result<Frame> {
    scan_as(path.as_ref(), FileScanDsl::Ipc { options: IpcScanOptions::default() })
}

/// CSV files with a header and commas, as [`scan_parquet`] takes them; types come from the first 1000 records. For other kinds of CSV,
/// make a scan with `LazyCsvReader` and give it to [`frame`](crate::frame::frame).
///
/// # Errors
/// As [`scan_parquet`]; a file that has no header.
pub fn scan_csv(path: impl AsRef<Path>) -> Result<Frame> {
    let options = CsvReadOptions::default().with_infer_schema_length(Some(SAMPLED_ROWS));
    // Other files have to be like the first.
    let options = options.with_infer_schema_files(std::num::NonZeroUsize::MIN);
    scan_as(path.as_ref(), FileScanDsl::Csv { options: options.into() })
}

/// NDJSON files (a JSON object per line), as [`scan_parquet`] takes them; types come from the first 1000 lines.
///
/// # Errors
/// As [`scan_parquet`]; lines that are no JSON.
pub fn scan_ndjson(path: impl AsRef<Path>) -> Result<Frame> {
    let options = NDJsonReadOptions {
        n_threads: None,
        infer_schema_length: SAMPLED_ROWS.try_into().ok(),
        chunk_size: std::num::NonZeroUsize::MIN.saturating_add(1 << 18),
        low_memory: false,
        ignore_errors: false,
        schema: None,
        schema_overwrite: None,
    };
    scan_as(path.as_ref(), FileScanDsl::NDJson { options })
}

/// Files of the format that their endings tell, as [`scan_parquet`] takes them.
///
/// # Errors
/// As [`scan_parquet`]; endings that tell no format.
pub fn scan(path: impl AsRef<Path>) -> Result<Frame> {
    let path = &*on_disk(path.as_ref())?;
    match TableFormat::of(path)? {
        TableFormat::Parquet => scan_parquet(path),
        TableFormat::Csv => scan_csv(path),
        TableFormat::Ipc => scan_ipc(path),
        TableFormat::Ndjson => scan_ndjson(path),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    File,
    Folder,
    Pattern,
}

fn place(path: &Path) -> Result<Place> {
    let text = path.to_string_lossy();
    if is_remote(path) {
        return Ok(match is_pattern(&text) {
            true => Place::Pattern,
            false if is_file(&text)? => Place::File,
            false => Place::Folder,
        });
    }
    match path.metadata() {
        Ok(meta) if meta.is_dir() => Ok(Place::Folder),
        Ok(_) => Ok(Place::File),
        Err(_) if is_pattern(&text) => Ok(Place::Pattern),
        Err(e) => Err(Error::io(path.display(), &e)),
    }
}

fn scan_as(path: &Path, scan_type: FileScanDsl) -> Result<Frame> {
    let path = &*on_disk(path)?;
    let place = place(path)?;
    // What is wrong with a file is said better than Polars says it.
    match scan_type {
        FileScanDsl::Parquet { .. } if place == Place::File && !is_remote(path) => drop(parquet_schema(path)?),
        FileScanDsl::Ipc { .. } if place == Place::File && !is_remote(path) => drop(ipc_schema(path)?),
        _ => {}
    }
    let text = path.to_str().ok_or_else(|| Error::usage(format!("{} is not a name in UTF-8", path.display())))?;
    let mut args = UnifiedScanArgs { glob: place == Place::Pattern, ..UnifiedScanArgs::default() };
    if place != Place::File {
        args.hidden_file_prefix = Some([".".into(), "_".into()].into());
    }
    // Of one file, the folders above say nothing.
    args.hive_options.enabled = Some(place == Place::Folder || place == Place::Pattern && text.contains('='));
    let is_json = matches!(scan_type, FileScanDsl::NDJson { .. });
    let sources = ScanSources::Paths([PlRefPath::new(text)].into_iter().collect());
    let plan =
        DslPlan::Scan { sources, unified_scan_args: args.into(), scan_type: scan_type.into(), cached_ir: Default::default() };
    let query = LazyFrame::from(plan);
    resolve(&query)?;
    let schema = query.clone().collect_schema().map_err(|e| {
        let reason = e.to_string();
        if reason.contains("expanded paths were empty") {
            return Error::usage(format!("{}: there are no files", path.display()));
        }
        match e {
            e @ (polars::prelude::PolarsError::IO { .. } | polars::prelude::PolarsError::Context { .. }) => {
                query_error(e, &[]).at(path.display().to_string())
            }
            _ => {
                let name = path.display();
                Error::corrupt(match if is_json { bad_line(path) } else { None } {
                    Some((line, what)) => format!("{name}, line {line}: {what}"),
                    None => format!("{name}: {}", reason.lines().next().unwrap_or_default()),
                })
            }
        }
    })?;
    let columns = schema.iter_names().map(ToString::to_string).collect();
    Ok(Frame { query, columns, partition_bytes: None, kept: vec![], compression: Default::default() })
}

/// The first line that is no JSON of those that columns are told by, and what is wrong with it.
fn bad_line(path: &Path) -> Option<(usize, String)> {
    let lines = BufReader::new(File::open(path).ok()?).lines().take(SAMPLED_ROWS);
    let mut texts = lines.map_while(std::io::Result::ok).enumerate().filter(|(_, text)| !text.trim().is_empty());
    texts.find_map(|(i, text)| {
        let e = serde_json::from_str::<serde::de::IgnoredAny>(&text).err()?;
        // Lines are counted already.
        let what = e.to_string();
        Some((i + 1, what.replace(" at line 1 column ", " at character ")))
    })
}

/// The files that a scan of a path reads, in their order.
///
/// # Errors
/// As [`scan`].
pub fn files(path: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let frame = scan(path)?;
    let plan = frame.query.to_alp().map_err(|e| query_error(e, &[]))?;
    Ok(match plan.lp_arena.get(plan.lp_top) {
        IR::Scan { sources: ScanSources::Paths(paths), .. } => paths.iter().map(|p| PathBuf::from(p.as_str())).collect(),
        _ => vec![],
    })
}
