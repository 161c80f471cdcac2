//! Queries of files.

use crate::error::{Out, value};
use crate::frame::Frame;
use crate::frame::dtype::DType;
use polars::io::ipc::IpcScanOptions;
use polars::prelude::{
    DslPlan, LazyCsvReader, LazyFileListReader, LazyFrame, LazyJsonLineReader, NullValues, PlRefPath, PlSmallStr, ScanArgsParquet,
    ScanSources, Schema, UnifiedScanArgs,
};
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, Python, wrap_pyfunction};
use pyo3::pyfunction;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tilework::chunk::dataframe::table_error;
use tilework::format::parquet::parquet_schema;
use tilework::format::remote_files::{expand, is_remote};

fn sources(paths: &[PathBuf]) -> Out<ScanSources> {
    let text = |p: &PathBuf| {
        let text = p.to_str().ok_or_else(|| value(format!("{} is not a name in UTF-8", p.display())))?;
        Ok(PlRefPath::new(text))
    };
    Ok(ScanSources::Paths(paths.iter().map(text).collect::<Out<_>>()?))
}

fn first(paths: &[PathBuf]) -> Out<&Path> {
    Ok(paths.first().ok_or_else(|| value("a scan needs a file at least"))?)
}

/// A query of files, with the first of them in what is wrong; with `hive`, of a folder with folders whose names say values of columns.
fn scanned(mut query: LazyFrame, paths: &[PathBuf], partition_bytes: u64, hive: bool) -> Out<Frame> {
    if let DslPlan::Scan { unified_scan_args: args, .. } = &mut query.logical_plan {
        args.hive_options.enabled = Some(hive);
        args.glob = hive;
        args.hidden_file_prefix = hive.then(|| [".".into(), "_".into()].into());
    }
    let frame = Frame::new(query, partition_bytes);
    frame.query.schema().map_err(|e| e.at(first(paths).map_or_else(|_| String::new(), |p| p.display().to_string())))?;
    Ok(frame)
}

/// Parquet files of the same columns, one after the other; with `hive`, folders whose names say values of columns.
#[pyfunction]
fn scan_parquet(py: Python<'_>, paths: Vec<PathBuf>, partition_bytes: u64, hive: bool) -> Out<Frame> {
    py.detach(|| {
        // What is wrong with a file is said better than Polars says it; what is behind a URL is not looked at by it.
        let first = first(&paths)?;
        if !hive && !is_remote(first) {
            parquet_schema(first)?;
        }
        let args = ScanArgsParquet { glob: false, ..Default::default() };
        let query = LazyFrame::scan_parquet_sources(sources(&paths)?, args).map_err(table_error)?;
        scanned(query, &paths, partition_bytes, hive)
    })
}

/// Arrow IPC files of the same columns, one after the other.
#[pyfunction]
fn scan_ipc(py: Python<'_>, paths: Vec<PathBuf>, partition_bytes: u64, hive: bool) -> Out<Frame> {
    py.detach(|| {
        let args = UnifiedScanArgs { glob: false, ..Default::default() };
        let query = LazyFrame::scan_ipc_sources(sources(&paths)?, IpcScanOptions::default(), args).map_err(table_error)?;
        scanned(query, &paths, partition_bytes, hive)
    })
}

/// Types of columns by name.
type Types = Vec<(String, DType)>;

fn declared(types: Types) -> Option<Arc<Schema>> {
    let types: Schema = types.into_iter().map(|(n, t)| (PlSmallStr::from_string(n), t.0)).collect();
    (!types.is_empty()).then(|| Arc::new(types))
}

/// Files of a JSON object in each line; types of all columns by name, or of some.
#[pyfunction]
#[pyo3(signature = (paths, partition_bytes, infer_rows, types, ignore_errors, hive))]
fn scan_ndjson(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    partition_bytes: u64,
    infer_rows: Option<usize>,
    types: (Types, Types),
    ignore_errors: bool,
    hive: bool,
) -> Out<Frame> {
    py.detach(|| {
        let query = LazyJsonLineReader::new_with_sources(sources(&paths)?)
            .with_infer_schema_length(infer_rows.and_then(NonZeroUsize::new))
            .with_schema(declared(types.0))
            .with_schema_overwrite(declared(types.1))
            .with_ignore_errors(ignore_errors)
            .finish()
            .map_err(table_error)?;
        scanned(query, &paths, partition_bytes, hive)
    })
}

/// How text is read as a table.
#[derive(pyo3::FromPyObject)]
#[pyo3(from_item_all)]
struct CsvFormat {
    separator: u8,
    has_header: bool,
    quote: Option<u8>,
    comment: Option<String>,
    null_values: Option<Vec<String>>,
    infer_rows: Option<usize>,
    skip_rows: usize,
    n_rows: Option<usize>,
    dates: bool,
    ignore_errors: bool,
    schema: Types,
    types: Types,
}

/// CSV files of the same columns, one after the other.
#[pyfunction]
fn scan_csv(py: Python<'_>, paths: Vec<PathBuf>, partition_bytes: u64, format: CsvFormat, hive: bool) -> Out<Frame> {
    py.detach(|| {
        let nulls = format.null_values.map(|v| NullValues::AllColumns(v.into_iter().map(Into::into).collect()));
        let query = LazyCsvReader::new_with_sources(sources(&paths)?)
            .with_glob(false)
            .with_separator(format.separator)
            .with_has_header(format.has_header)
            .with_quote_char(format.quote)
            .with_comment_prefix(format.comment.map(PlSmallStr::from_string))
            .with_null_values(nulls)
            .with_infer_schema_length(format.infer_rows)
            .with_skip_rows(format.skip_rows)
            .with_n_rows(format.n_rows)
            .with_try_parse_dates(format.dates)
            .with_ignore_errors(format.ignore_errors)
            .with_schema(declared(format.schema))
            .with_dtype_overwrite(declared(format.types))
            .finish()
            .map_err(table_error)?;
        scanned(query, &paths, partition_bytes, hive)
    })
}

/// The files that a URL names.
#[pyfunction]
fn url_files(py: Python<'_>, url: String) -> Out<Vec<String>> {
    Ok(py.detach(|| expand(&url))?)
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(scan_parquet, m)?)?;
    m.add_function(wrap_pyfunction!(url_files, m)?)?;
    m.add_function(wrap_pyfunction!(scan_ipc, m)?)?;
    m.add_function(wrap_pyfunction!(scan_ndjson, m)?)?;
    m.add_function(wrap_pyfunction!(scan_csv, m)?)
}
