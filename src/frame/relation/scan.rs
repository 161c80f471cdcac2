//! Scans: what is read, and how it is cut into partitions. The cut depends on the data and the frame's own setting alone.

use crate::base::{Error, Result};
use crate::chunk::table_bound::{row_bytes, varies};
use crate::format::csv::CsvSource;
use crate::format::parquet::{ParquetSource, parquet_schema};
use crate::format::table_memory::FrameSource;
use crate::format::table_scan::Projection;
use crate::frame::decompose::{shared, stages};
use crate::frame::error::query_error;
use crate::frame::pipe::Pipe;
use crate::frame::relation::aggregate::Aggregate;
use crate::frame::relation::rows::LIKELY;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree, unsupported};
use crate::op::table::TableStep;
use polars::prelude::{CsvReadOptions, DataFrame, LazyCsvReader, LazyFileListReader, PlRefPath, Schema, SchemaRef, len};
use polars_plan::dsl::{FileScanIR, ScanSources};
use polars_plan::plans::expr_ir::{ExprIR, OutputName};
use polars_plan::plans::{AExpr, FunctionIR, IR, is_elementwise_rec};
use std::path::PathBuf;
use std::sync::Arc;

/// What is read.
#[derive(Debug)]
struct Scan {
    from: From,
    /// All columns there are.
    all: SchemaRef,
    /// Columns handed on.
    output: SchemaRef,
    filter: Option<polars::prelude::Expr>,
}

/// Where a scan reads.
#[derive(Debug)]
enum From {
    Parquet(Vec<PathBuf>),
    Csv(Vec<PathBuf>, Box<CsvReadOptions>),
    Memory(Arc<DataFrame>),
}

/// Reads a scan.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader) -> Result<Box<dyn Relation>> {
    Ok(Box::new(scan(ir, r)?))
}

fn paths(sources: &ScanSources) -> Result<Vec<PathBuf>> {
    match sources {
        ScanSources::Paths(p) => Ok(p.iter().map(|p: &PlRefPath| PathBuf::from(p.as_str())).collect()),
        _ => Err(unsupported("a scan of open files or buffers")),
    }
}

fn scan(ir: &IR, r: &Reader) -> Result<Scan> {
    match ir {
        IR::DataFrameScan { df, schema, output_schema } => Ok(Scan {
            from: From::Memory(df.clone()),
            all: schema.clone(),
            output: output_schema.clone().unwrap_or_else(|| schema.clone()),
            filter: None,
        }),
        IR::Scan { sources, file_info, hive_parts, predicate, output_schema, scan_type, unified_scan_args: args, .. } => {
            let odd = [
                (hive_parts.is_some(), "a scan of a partitioned folder"),
                (args.row_index.is_some(), "a scan with row numbers"),
                (args.pre_slice.is_some(), "a scan with a limit of rows"),
                (args.include_file_paths.is_some(), "a scan with file names"),
                (args.column_mapping.is_some() || args.deletion_files.is_some() || args.default_values.is_some(), "a lake table"),
            ];
            if let Some((_, what)) = odd.iter().find(|o| o.0) {
                return Err(unsupported(what));
            }
            let filter = match predicate {
                Some(p) if !is_elementwise_rec(p.node(), &r.exprs) => {
                    return Err(unsupported("a filter that is not row-wise"));
                }
                p => p.as_ref().map(|p| p.to_expr(&r.exprs)),
            };
            let from = match scan_type.as_ref() {
                FileScanIR::Parquet { .. } => From::Parquet(paths(sources)?),
                FileScanIR::Csv { options } => From::Csv(paths(sources)?, Box::new((**options).clone())),
                other => {
                    let name: &'static str = other.into();
                    return Err(unsupported(&format!("a scan of {name}")));
                }
            };
            Ok(Scan {
                from,
                all: file_info.schema.clone(),
                output: output_schema.clone().unwrap_or_else(|| file_info.schema.clone()),
                filter,
            })
        }
        other => Err(Error::bug(format!("{other:?} is no scan"))),
    }
}

/// Reads a count of the rows of a scan, of which Polars keeps no columns.
pub(in crate::frame) fn read_count(ir: &IR, r: &mut Reader, output: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::MapFunction { function: FunctionIR::FastCount { sources, scan_type, alias, .. }, .. } = ir else {
        return Err(Error::bug("no count of rows"));
    };
    let scan = counted_scan(sources, scan_type)?;
    let name = alias.clone().unwrap_or_else(|| "len".into());
    let schema = scan.output.clone();
    let node = r.exprs.add(AExpr::Len);
    let staged = stages(&[], &[ExprIR::new(node, OutputName::Alias(name.clone()))], &schema, output, &mut r.exprs);
    Ok(Box::new(Aggregate {
        input: Tree { relation: Box::new(scan), schema },
        keys: vec![],
        step: TableStep::Select(vec![len().alias(name)]),
        staged,
        schema: output.clone(),
    }))
}

fn counted_scan(sources: &ScanSources, scan_type: &FileScanIR) -> Result<Scan> {
    let files = paths(sources)?;
    let first = files.first().ok_or_else(|| Error::usage("a scan of no files"))?;
    let (from, all) = match scan_type {
        FileScanIR::Parquet { .. } => {
            let all = shared(&parquet_schema(first)?);
            (From::Parquet(files), all)
        }
        FileScanIR::Csv { options } => {
            let parse = &options.parse_options;
            let reader = LazyCsvReader::new(PlRefPath::new(first.to_string_lossy()))
                .with_has_header(options.has_header)
                .with_separator(parse.separator)
                .with_quote_char(parse.quote_char);
            let all = reader.finish().and_then(|mut l| l.collect_schema()).map_err(|e| query_error(e, &[]))?;
            (From::Csv(files, Box::new((**options).clone())), all)
        }
        _ => return Err(unsupported("a count of rows of this format")),
    };
    let output = all.iter().take(1).map(|(n, d)| (n.clone(), d.clone())).collect::<Schema>();
    Ok(Scan { from, all, output: Arc::new(output), filter: None })
}

impl Scan {
    /// The columns read: those handed on and those of the filter; at least one, since rows must be counted by something.
    fn projection(&self) -> Projection {
        let mut names: Vec<_> = self.output.iter_names().cloned().collect();
        if let Some(f) = &self.filter {
            names.extend(polars_plan::utils::expr_to_leaf_column_names(f));
        }
        let mut read: Schema = self.all.iter().filter(|(n, _)| names.contains(n)).map(|(n, d)| (n.clone(), d.clone())).collect();
        let mut output = self.output.clone();
        if read.is_empty() {
            let cost = |d: &polars::prelude::DataType| (varies(d), row_bytes(&Schema::from_iter([("".into(), d.clone())])));
            let cheapest = self.all.iter().min_by_key(|(_, d)| cost(d));
            read = cheapest.map(|(n, d)| (n.clone(), d.clone())).into_iter().collect();
        }
        if output.is_empty() {
            output = Arc::new(read.iter().take(1).map(|(n, d)| (n.clone(), d.clone())).collect());
        }
        Projection { read: Arc::new(read), output, filter: self.filter.clone() }
    }
}

impl Relation for Scan {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let projection = self.projection();
        let schema = projection.output.clone();
        let likely = if self.filter.is_some() { LIKELY } else { 1.0 };
        Ok(match &self.from {
            From::Parquet(files) => {
                let s = ParquetSource::new(files.clone(), projection, |all| (run.target_bytes(all), run.partition_bytes))?;
                let (bound, total) = (s.bound(), s.total());
                Pipe::of(Arc::new(s), schema, bound, total, total.rows as f64 * likely)
            }
            From::Csv(files, options) => {
                let s = CsvSource::new(files.clone(), projection, self.all.clone(), (**options).clone(), run.partition_bytes)?;
                let (bound, total) = (s.bound(), s.total());
                Pipe::of(Arc::new(s), schema, bound, total, total.rows as f64 * likely)
            }
            From::Memory(df) => {
                let s = FrameSource::new(df.clone(), |all| run.target_bytes(all), projection);
                let (bound, total) = (s.bound(), s.total());
                Pipe::of(Arc::new(s), schema, bound, total, total.rows as f64 * likely)
            }
        })
    }
}
