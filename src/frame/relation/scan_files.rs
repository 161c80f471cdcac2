//! Files of a scan: which they are and how they are read, from Polars' plan; and the source that reads what a query asks of them.

use crate::base::Result;
use crate::chunk::table_bound::{row_bytes, varies};
use crate::expr::table::TableSource;
use crate::format::csv::CsvSource;
use crate::format::ipc::IpcSource;
use crate::format::ndjson::NdjsonSource;
use crate::format::parquet::ParquetSource;
use crate::format::table_files::{FileRules, FileSet, FileSource};
use crate::format::table_labels::{Labelled, Labels};
use crate::format::table_scan::Projection;
use crate::frame::run::Run;
use crate::frame::walk::unsupported;
use polars::polars_utils::slice_enum::Slice;
use polars::prelude::{
    Column, CsvReadOptions, DataFrame, DataType, Expr, IDX_DTYPE, IdxCa, IdxSize, PlSmallStr, Schema, SchemaRef,
};
use polars_plan::dsl::{FileScanIR, PredicateFileSkip, ScanSources, UnifiedScanArgs};
use polars_plan::plans::hive::HivePartitionsDf;
use std::path::PathBuf;
use std::sync::Arc;

/// How much larger a part of a row group behind a URL is.
const REMOTE_PARTS: u64 = 4;

/// Files and what is added to their rows.
#[derive(Debug)]
pub(super) struct Files {
    set: FileSet,
    format: Format,
    labels: Labels,
    slice: Option<Slice>,
    /// How many files there are with those that the keys of their folders rule out.
    n_all: usize,
}

#[derive(Debug)]
enum Format {
    Parquet,
    Ipc,
    Csv(Box<CsvReadOptions>),
    Ndjson { lenient: bool },
}

/// What a query asks of a table.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Columns handed on.
    pub output: SchemaRef,
    /// Conditions, all of which rows that are handed on meet.
    pub filters: Vec<Expr>,
}

impl Asked {
    fn filter(filters: &[Expr]) -> Option<Expr> {
        filters.iter().cloned().reduce(Expr::and)
    }

    /// The columns read of `all`: those handed on and those of the filter; at least one, since rows must be counted by something.
    pub fn projection(&self, all: &Schema) -> Projection {
        let filter = Asked::filter(&self.filters);
        let mut names: Vec<_> = self.output.iter_names().cloned().collect();
        names.extend(filter.iter().flat_map(polars_plan::utils::expr_to_leaf_column_names));
        let mut read: Schema = all.iter().filter(|(n, _)| names.contains(n)).map(|(n, d)| (n.clone(), d.clone())).collect();
        let mut output = self.output.clone();
        if read.is_empty() {
            let cost = |d: &DataType| (varies(d), row_bytes(&Schema::from_iter([("".into(), d.clone())])));
            let cheapest = all.iter().min_by_key(|(_, d)| cost(d));
            read = cheapest.map(|(n, d)| (n.clone(), d.clone())).into_iter().collect();
        }
        if output.is_empty() {
            output = Arc::new(read.iter().take(1).map(|(n, d)| (n.clone(), d.clone())).collect());
        }
        Projection { read: Arc::new(read), output, filter }
    }
}

fn format(of: &FileScanIR) -> Result<Format> {
    Ok(match of {
        FileScanIR::Parquet { .. } => Format::Parquet,
        FileScanIR::Ipc { .. } => Format::Ipc,
        FileScanIR::Csv { options } => Format::Csv(Box::new((**options).clone())),
        FileScanIR::NDJson { options } => Format::Ndjson { lenient: options.ignore_errors },
        other => {
            let name: &'static str = other.into();
            return Err(unsupported(&format!("a scan of {name}")));
        }
    })
}

/// The files, and which of those that Polars found they are: not those that are being written.
fn paths(sources: &ScanSources) -> Result<(Vec<PathBuf>, Vec<IdxSize>)> {
    let ScanSources::Paths(paths) = sources else { return Err(unsupported("a scan of open files or buffers")) };
    let mut kept = (vec![], vec![]);
    for (i, path) in paths.iter().enumerate() {
        let local = path.as_str().strip_prefix("file://").unwrap_or(path.as_str());
        let name = local.rsplit('/').next().unwrap_or_default();
        if !(name.starts_with('.') && name.ends_with(".part")) {
            kept.0.push(PathBuf::from(local));
            kept.1.push(i as IdxSize);
        }
    }
    Ok(kept)
}

impl Files {
    /// The files of a scan whose rows have the columns `all`.
    ///
    /// # Errors
    /// What is not run on partitions, named.
    pub fn new(
        sources: &ScanSources,
        of: &FileScanIR,
        all: &Schema,
        hive: Option<&HivePartitionsDf>,
        args: &UnifiedScanArgs,
        skipped: Option<&PredicateFileSkip>,
    ) -> Result<Files> {
        if args.column_mapping.is_some() || args.deletion_files.is_some() || args.default_values.is_some() {
            return Err(unsupported("a lake table"));
        }
        let (paths, kept) = paths(sources)?;
        let n_all = skipped.map_or(0, |s| s.original_len);
        let mut labels = Labels::default();
        let mut columns: Vec<Column> = Vec::new();
        if let Some(hive) = hive {
            let kept = IdxCa::from_vec("".into(), kept);
            let found = hive.df().take(&kept).map_err(crate::chunk::dataframe::table_error)?;
            columns.extend(found.columns().iter().filter(|c| all.contains(c.name())).cloned());
        }
        if let Some(name) = &args.include_file_paths {
            columns.push(Column::new(name.clone(), paths.iter().map(|p| p.to_string_lossy()).collect::<Vec<_>>()));
        }
        labels.files = DataFrame::new(paths.len(), columns).map_err(crate::chunk::dataframe::table_error)?;
        labels.numbers = args.row_index.as_ref().map(|r| (r.name.clone(), r.offset));
        let hidden: Vec<PlSmallStr> = labels.files.get_column_names_owned();
        let number = labels.numbers.as_ref().map(|n| &n.0);
        let schema = all.iter().filter(|(n, _)| !hidden.contains(n) && Some(*n) != number);
        let schema = Arc::new(schema.map(|(n, d)| (n.clone(), d.clone())).collect::<Schema>());
        let rules = FileRules {
            cast: args.cast_columns_policy.clone(),
            missing: args.missing_columns_policy,
            extra: args.extra_columns_policy,
            hidden,
        };
        Ok(Files { set: FileSet::new(paths, schema, rules), format: format(of)?, labels, slice: args.pre_slice.clone(), n_all })
    }

    /// Files of which only the rows are counted, so that their columns may differ.
    ///
    /// # Errors
    /// As [`new`](Files::new).
    pub fn counted(sources: &ScanSources, of: &FileScanIR, schema: SchemaRef) -> Result<Files> {
        let rules = FileRules {
            missing: polars_plan::dsl::MissingColumnsPolicy::Insert,
            extra: polars_plan::dsl::ExtraColumnsPolicy::Ignore,
            ..FileRules::default()
        };
        let set = FileSet::new(paths(sources)?.0, schema, rules);
        Ok(Files { set, format: format(of)?, labels: Labels::default(), slice: None, n_all: 0 })
    }

    /// A source of what is asked, and the columns that it hands on.
    ///
    /// # Errors
    /// Files that cannot be read, or differ from each other.
    pub fn source(&self, asked: &Asked, run: &mut Run<'_>) -> Result<(Arc<dyn FileSource>, SchemaRef)> {
        if self.n_all > self.set.paths.len() {
            let n = self.n_all - self.set.paths.len();
            run.note(format!("{}: {n} of {} files are left unread, by the keys of their folders", self.set.label(), self.n_all));
        }
        let counts = self.labels.numbers.is_some() || self.slice.is_some();
        if self.labels.files.width() == 0 && !counts {
            let projection = asked.projection(&self.set.schema);
            let schema = projection.output.clone();
            return Ok((self.read(projection, run)?, schema));
        }
        let mut labels: Schema = (**self.labels.files.schema()).clone();
        if let Some((name, _)) = &self.labels.numbers {
            labels.with_column(name.clone(), IDX_DTYPE);
        }
        // Conditions on what is in the files are met while they are read; but rows are counted before any is left out.
        let leaves = polars_plan::utils::expr_to_leaf_column_names;
        let inside = |f: &Expr| !counts && leaves(f).iter().all(|n| !labels.contains(n));
        let (inner, outer): (Vec<Expr>, Vec<Expr>) = asked.filters.iter().cloned().partition(inside);
        let mut names: Vec<PlSmallStr> = asked.output.iter_names().cloned().collect();
        names.extend(outer.iter().flat_map(leaves));
        let wanted = self.set.schema.iter().filter(|(n, _)| names.contains(n)).map(|(n, d)| (n.clone(), d.clone()));
        let inner = Asked { output: Arc::new(wanted.collect()), filters: inner }.projection(&self.set.schema);
        let mut all: Schema = (*inner.output).clone();
        all.extend(labels.iter().map(|(n, d)| (n.clone(), d.clone())));
        let output = if asked.output.is_empty() { inner.output.clone() } else { asked.output.clone() };
        let projection = Projection { read: Arc::new(all), output: output.clone(), filter: Asked::filter(&outer) };
        let source = self.read(inner, run)?;
        let labels = Labels { rows: self.slice.as_ref().map(|s| rows(s, &*source)), ..self.labels.clone() };
        Ok((Arc::new(Labelled::new(source, labels, projection)), output))
    }

    fn read(&self, projection: Projection, run: &mut Run<'_>) -> Result<Arc<dyn FileSource>> {
        let set = self.set.clone();
        Ok(match &self.format {
            Format::Parquet => {
                // Every part of a row group reads all its columns' bytes, which is dear from behind a URL.
                let most = run.partition_bytes * if set.are_remote() { REMOTE_PARTS } else { 1 };
                let source = ParquetSource::new(set, projection, |all| (run.target_bytes(all), most))?;
                if let (n @ 1.., all) = source.pruned() {
                    run.note(format!("{}: {n} of {all} row groups are left unread, by their statistics", source.label()));
                }
                Arc::new(source)
            }
            Format::Ipc => Arc::new(IpcSource::new(set, projection, |all| run.target_bytes(all))?),
            Format::Csv(options) => Arc::new(CsvSource::new(set, projection, (**options).clone(), run.partition_bytes)?),
            Format::Ndjson { lenient } => Arc::new(NdjsonSource::new(set, projection, *lenient, run.partition_bytes)?),
        })
    }
}

/// A run of rows as how many are before it and in it.
fn rows(slice: &Slice, source: &dyn FileSource) -> (u64, u64) {
    match *slice {
        Slice::Positive { offset, len } => (offset as u64, len as u64),
        Slice::Negative { offset_from_end, len } => {
            let all: u64 = (0..source.n_partitions()).map(|i| source.place(i).n_rows).sum();
            let before = all.saturating_sub(offset_from_end as u64);
            let missing = (offset_from_end as u64).saturating_sub(all);
            (before, (len as u64).saturating_sub(missing))
        }
    }
}
