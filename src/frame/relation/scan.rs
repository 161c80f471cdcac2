//! Scans: what is read, and how it is cut into partitions. The cut depends on the data and the frame's own setting alone.

use crate::base::{Error, Result};
use crate::format::table_memory::FrameSource;
use crate::frame::decompose::stages;
use crate::frame::error::query_error;
use crate::frame::likely::share;
use crate::frame::pipe::Pipe;
use crate::frame::relation::aggregate::Aggregate;
use crate::frame::relation::scan_files::{Asked, Files};
use crate::frame::resolve::resolve;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree, unsupported};
use crate::op::table::TableStep;
use polars::prelude::{DataFrame, LazyCsvReader, LazyFileListReader, PlRefPath, Schema, SchemaRef, len};
use polars_plan::dsl::{FileScanIR, ScanSources};
use polars_plan::plans::expr_ir::{ExprIR, OutputName};
use polars_plan::plans::{AExpr, FunctionIR, IR, MintermIter, is_elementwise_rec};
use polars_plan::prelude::node_to_expr;
use std::sync::Arc;

/// What is read.
#[derive(Debug)]
struct Scan {
    from: From,
    asked: Asked,
}

/// Where a scan reads.
#[derive(Debug)]
enum From {
    Files(Box<Files>),
    Memory(Arc<DataFrame>, SchemaRef),
}

/// Reads a scan.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader) -> Result<Box<dyn Relation>> {
    let (from, output, predicate) = match ir {
        IR::DataFrameScan { df, schema, output_schema } => {
            (From::Memory(df.clone(), schema.clone()), output_schema.as_ref().unwrap_or(schema), None)
        }
        IR::Scan {
            sources,
            file_info,
            hive_parts,
            predicate,
            predicate_file_skip_applied: skipped,
            output_schema,
            scan_type,
            unified_scan_args: args,
        } => {
            let files = Files::new(sources, scan_type, &file_info.schema, hive_parts.as_ref(), args, skipped.as_ref())?;
            (From::Files(Box::new(files)), output_schema.as_ref().unwrap_or(&file_info.schema), predicate.as_ref())
        }
        other => return Err(Error::bug(format!("{other:?} is no scan"))),
    };
    if predicate.is_some_and(|p| !is_elementwise_rec(p.node(), &r.exprs)) {
        return Err(unsupported("a filter that is not row-wise"));
    }
    let filters = predicate.iter().flat_map(|p| MintermIter::new(p.node(), &r.exprs)).map(|n| node_to_expr(n, &r.exprs));
    let asked = Asked { output: output.clone(), filters: filters.collect() };
    Ok(Box::new(Scan { from, asked }))
}

/// Reads a count of the rows of a scan, of which Polars keeps no columns.
pub(in crate::frame) fn read_count(ir: &IR, r: &mut Reader, output: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::MapFunction { function: FunctionIR::FastCount { sources, scan_type, alias, .. }, .. } = ir else {
        return Err(Error::bug("no count of rows"));
    };
    let scan = counted_scan(sources, scan_type)?;
    let name = alias.clone().unwrap_or_else(|| "len".into());
    let schema = scan.asked.output.clone();
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
    let FileScanIR::Csv { options } = scan_type else { return Err(unsupported("a count of rows of this format")) };
    let first = sources.as_paths().and_then(|p| p.first()).ok_or_else(|| Error::usage("a scan of no files"))?;
    let parse = &options.parse_options;
    let reader = LazyCsvReader::new(PlRefPath::new(first.as_str()))
        .with_glob(false)
        .with_has_header(options.has_header)
        .with_skip_rows(options.skip_rows)
        .with_skip_rows_after_header(options.skip_rows_after_header)
        .with_separator(parse.separator)
        .with_quote_char(parse.quote_char);
    let mut scan = reader.finish().map_err(|e| query_error(e, &[]))?;
    resolve(&scan)?;
    let all = scan.collect_schema().map_err(|e| query_error(e, &[]))?;
    let output = all.iter().take(1).map(|(n, d)| (n.clone(), d.clone())).collect::<Schema>();
    let asked = Asked { output: Arc::new(output), filters: vec![] };
    Ok(Scan { from: From::Files(Box::new(Files::counted(sources, scan_type, all)?)), asked })
}

impl Relation for Scan {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let pipe = match &self.from {
            From::Files(files) => {
                let (source, schema) = files.source(&self.asked, run)?;
                let (bound, total) = (source.bound(), source.total());
                Pipe::of(source, schema, bound, total)
            }
            From::Memory(df, all) => {
                let projection = self.asked.projection(all);
                let schema = projection.output.clone();
                let s = FrameSource::new(df.clone(), |all| run.target_bytes(all), projection);
                let (bound, total) = (s.bound(), s.total());
                Pipe::of(Arc::new(s), schema, bound, total)
            }
        };
        let rows = pipe.total.rows as f64;
        let share: f64 = self.asked.filters.iter().map(share).product();
        Ok(pipe.with_likely(rows * share, rows))
    }
}
