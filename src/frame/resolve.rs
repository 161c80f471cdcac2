//! What Polars does not find out of scans by itself: the files and columns behind URLs, and columns in the names of folders of text files.

use crate::base::{Error, Result};
use crate::format::ipc::ipc_schema;
use crate::format::parquet::parquet_schema;
use crate::format::remote_files::{expand, is_remote, root};
use crate::format::table_text::first_records;
use crate::frame::error::query_error;
use either::Either;
use polars::lazy::frame::OptFlags;
use polars::prelude::{DataType, IDX_DTYPE, LazyFrame, PlRefPath, PolarsResult, SchemaRef};
use polars_plan::dsl::{DslPlan, FileScanDsl, FileScanIR, ScanSources, UnifiedScanArgs};
use polars_plan::plans::hive::hive_partitions_from_paths;
use polars_plan::plans::{FileInfo, IR, to_alp};
use polars_plan::prelude::Arena;
use std::path::Path;
use std::sync::{Arc, PoisonError};

/// Makes every scan of a query known, so that Polars can plan it.
///
/// # Errors
/// Files that are missing or broken.
pub(super) fn resolve(query: &LazyFrame) -> Result<()> {
    for node in &query.logical_plan {
        let DslPlan::Scan { sources: ScanSources::Paths(paths), unified_scan_args, scan_type, cached_ir } = node else { continue };
        let lock = || cached_ir.lock().unwrap_or_else(PoisonError::into_inner);
        if lock().is_some() {
            continue;
        }
        let texts: Vec<&str> = paths.iter().map(|p| p.as_str()).collect();
        let n_remote = texts.iter().filter(|t| is_remote(Path::new(t))).count();
        let is_text = matches!(&**scan_type, FileScanDsl::Csv { .. } | FileScanDsl::NDJson { .. });
        if n_remote == 0 && is_text && unified_scan_args.hive_options.enabled == Some(true) {
            let mut found = polars_plan(node)?;
            with_folders(&mut found, &texts)?;
            *lock() = Some(found);
        } else if n_remote == texts.len() && n_remote > 0 {
            let found = scan(&texts, unified_scan_args, scan_type)?;
            *lock() = Some(found);
        } else if n_remote > 0 {
            return Err(Error::unsupported(
                "a scan of files of which some are on disk and some behind URLs: scan them apart, and concatenate",
            ));
        }
    }
    Ok(())
}

/// What Polars makes of a scan of files on disk or of bytes.
fn polars_plan(scan: &DslPlan) -> Result<IR> {
    let (mut plans, mut exprs) = (Arena::new(), Arena::new());
    let planned: PolarsResult<_> = to_alp(scan.clone(), &mut exprs, &mut plans, &mut OptFlags::default());
    planned.map(|top| plans.take(top)).map_err(|e| query_error(e, &[]))
}

/// A scan of files behind URLs.
fn scan(texts: &[&str], args: &UnifiedScanArgs, of: &FileScanDsl) -> Result<IR> {
    let mut urls: Vec<String> = Vec::new();
    for text in texts {
        if args.glob || text.ends_with('/') || texts.len() == 1 {
            urls.extend(expand(text)?);
        } else {
            urls.push(text.to_string());
        }
    }
    let first = urls.first().ok_or_else(|| Error::usage("a scan of no files"))?;
    one_kind(&urls)?;
    let sources = ScanSources::Paths(urls.iter().map(|u| PlRefPath::new(u.as_str())).collect());
    let mut unified_scan_args = Box::new(args.clone());
    unified_scan_args.hive_options.enabled.get_or_insert(false);
    let stored = |schema: SchemaRef| FileInfo::new(schema.clone(), Some(Either::Right(schema)), (None, usize::MAX));
    let (file_info, scan_type) = match of {
        FileScanDsl::Parquet { options } => {
            let schema = options.schema.clone().map_or_else(|| parquet_schema(Path::new(first)).map(Arc::new), Ok)?;
            let options = options.clone();
            (stored(schema), FileScanIR::Parquet { options, first_metadata: None, metadata_per_source: None })
        }
        FileScanDsl::Ipc { options } => {
            let schema = ipc_schema(Path::new(first)).map(Arc::new)?;
            (stored(schema), FileScanIR::Ipc { options: options.clone(), metadata: None })
        }
        FileScanDsl::Csv { options } => {
            let wanted = options.infer_schema_length.map(|n| n + options.skip_rows + options.skip_rows_after_header + 1);
            text(first, args, of, wanted, (options.parse_options.quote_char, options.parse_options.eol_char))?
        }
        FileScanDsl::NDJson { options } => text(first, args, of, options.infer_schema_length.map(usize::from), (None, b'\n'))?,
        other => {
            let name: &'static str = other.into();
            return Err(Error::unsupported(format!("a scan of {name} behind a URL")));
        }
    };
    let mut found = IR::Scan {
        sources,
        file_info,
        hive_parts: None,
        predicate: None,
        predicate_file_skip_applied: None,
        output_schema: None,
        scan_type: Box::new(scan_type),
        unified_scan_args,
    };
    with_folders(&mut found, texts)?;
    with_labels(&mut found)?;
    Ok(found)
}

/// Refuses files with different endings: what is in a folder by chance is no table.
fn one_kind(urls: &[String]) -> Result<()> {
    let ending = |url: &str| Path::new(url).extension().map(|e| e.to_ascii_lowercase());
    let Some(first) = urls.first() else { return Ok(()) };
    match urls.iter().find(|u| ending(u) != ending(first)) {
        Some(other) => {
            Err(Error::usage(format!("{first} and {other} are files of different kinds: name those that are meant by a pattern")))
        }
        None => Ok(()),
    }
}

/// What Polars tells of a text by its first records, of which it needs `n_records`; these have quotes, if any, and an end.
fn text(
    url: &str,
    args: &UnifiedScanArgs,
    of: &FileScanDsl,
    n_records: Option<usize>,
    of_records: (Option<u8>, u8),
) -> Result<(FileInfo, FileScanIR)> {
    let (quote, end) = of_records;
    let start = first_records(Path::new(url), quote, end, n_records)?;
    let sources = ScanSources::Buffers([start.into()].into_iter().collect());
    let mut args = UnifiedScanArgs { row_index: None, include_file_paths: None, ..args.clone() };
    args.hive_options.enabled = Some(false);
    let plan =
        DslPlan::Scan { sources, unified_scan_args: args.into(), scan_type: Box::new(of.clone()), cached_ir: Default::default() };
    match polars_plan(&plan).map_err(|e| e.at(url))? {
        IR::Scan { file_info, scan_type, .. } => Ok((file_info, *scan_type)),
        _ => Err(Error::corrupt(format!("{url}: it is empty"))),
    }
}

/// Adds the columns that folders' names say (`year=2024`), where a scan asks for them.
fn with_folders(of: &mut IR, texts: &[&str]) -> Result<()> {
    let IR::Scan { sources: ScanSources::Paths(paths), file_info, hive_parts, unified_scan_args: args, .. } = of else {
        return Ok(());
    };
    let options = &args.hive_options;
    if options.enabled != Some(true) {
        return Ok(());
    }
    let start = if let [one] = texts { root(one).len() } else { 0 };
    let (schema, dates) = (options.schema.clone(), options.try_parse_dates);
    let found = hive_partitions_from_paths(paths, start, schema, &file_info.schema, dates).map_err(|e| query_error(e, &[]))?;
    if let Some(found) = &found {
        file_info.update_schema_with_hive_schema(found.schema().clone());
    }
    *hive_parts = found;
    Ok(())
}

/// Adds the columns of files' names and rows' numbers, where a scan asks for them.
fn with_labels(of: &mut IR) -> Result<()> {
    let IR::Scan { file_info, unified_scan_args: args, .. } = of else { return Ok(()) };
    let schema = Arc::make_mut(&mut file_info.schema);
    let twice =
        |name: &str| Error::usage(format!("the files have a column '{name}' already: give the one of the scan another name"));
    if let Some(name) = &args.include_file_paths
        && schema.insert(name.clone(), DataType::String).is_some()
    {
        return Err(twice(name));
    }
    if let Some(index) = &args.row_index {
        if schema.contains(&index.name) {
            return Err(twice(&index.name));
        }
        *schema =
            std::iter::once((index.name.clone(), IDX_DTYPE)).chain(schema.iter().map(|(n, d)| (n.clone(), d.clone()))).collect();
    }
    Ok(())
}
