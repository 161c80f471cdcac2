//! Reads Polars' optimised plan: one scan and the steps over it. Projections and predicates have been pushed into the scan by then.

use crate::base::{Error, Result};
use crate::format::parquet::parquet_schema;
use crate::frame::decompose::{Staged, reads_column, shared, stages};
use crate::frame::error::query_error;
use crate::op::table::TableStep;
use polars::lazy::frame::OptFlags;
use polars::prelude::{
    CsvReadOptions, DataFrame, IdxSize, LazyCsvReader, LazyFileListReader, LazyFrame, PlRefPath, PlSmallStr, Schema, SchemaRef,
    col, len,
};
use polars_plan::dsl::{FileScanIR, ScanSources};
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{AExpr, FunctionIR, IR, IRPlan, is_elementwise_rec};
use polars_plan::prelude::{Arena, Node};
use std::path::PathBuf;
use std::sync::Arc;

/// A query: what is read, and what is done with it.
#[derive(Debug)]
pub(super) struct Chain {
    pub scan: Scan,
    pub steps: Vec<Step>,
    /// Columns of the result.
    pub schema: SchemaRef,
}

/// What is read.
#[derive(Debug)]
pub(super) struct Scan {
    pub from: From,
    /// All columns there are.
    pub all: SchemaRef,
    /// Columns handed on.
    pub output: SchemaRef,
    pub filter: Option<polars::prelude::Expr>,
}

/// Where a scan reads.
#[derive(Debug)]
pub(super) enum From {
    Parquet(Vec<PathBuf>),
    Csv(Vec<PathBuf>, Box<CsvReadOptions>),
    Memory(Arc<DataFrame>),
}

/// A step, and how it can be run on partitions.
#[derive(Debug)]
pub(super) struct Step {
    pub step: TableStep,
    /// Every row by itself; of a sort, what it sorts by.
    pub row_wise: bool,
    /// An aggregation that was taken apart.
    pub staged: Option<Staged>,
    /// Columns after it.
    pub schema: SchemaRef,
}

fn unsupported(what: &str) -> Error {
    Error::unsupported(format!("{what} is not run on partitions in this version"))
}

/// The query as a chain of steps.
///
/// # Errors
/// What Polars refuses (columns, types); plans of another shape, named.
pub(super) fn walk(query: &LazyFrame, columns: &[String]) -> Result<Chain> {
    // Slices stay where they are written, so that they can be taken of every partition; orders stay as they are promised; shared
    // parts stay in their expressions, since Polars puts shared aggregates into columns of another length.
    let flags = query.get_current_optimizations()
        - (OptFlags::SLICE_PUSHDOWN
            | OptFlags::CHECK_ORDER_OBSERVE
            | OptFlags::SORT_COLLAPSE
            | OptFlags::STREAMING
            | OptFlags::COMM_SUBEXPR_ELIM
            | OptFlags::COMM_SUBPLAN_ELIM);
    let plan = query.clone().with_optimizations(flags).to_alp_optimized().map_err(|e| query_error(e, columns))?;
    let IRPlan { lp_top, lp_arena: arena, mut expr_arena } = plan;
    let schema = arena.get(lp_top).schema(&arena).into_owned();
    let mut steps = Vec::new();
    let mut at = lp_top;
    let scan = loop {
        match node(at, &arena, &mut expr_arena)? {
            Found::Step(step, input) => {
                steps.extend(step.map(|s| *s));
                at = input;
            }
            Found::Scan(scan) => break scan,
            Found::Count(scan, name) => {
                let count = TableStep::Select(vec![len().alias(name)]);
                steps.push(counted(count, &scan.output, &arena.get(at).schema(&arena), &mut expr_arena));
                break scan;
            }
        }
    };
    steps.reverse();
    Ok(Chain { scan, steps, schema })
}

enum Found {
    Step(Option<Box<Step>>, Node),
    Scan(Scan),
    /// The number of rows of a scan, under a name.
    Count(Scan, PlSmallStr),
}

fn counted(step: TableStep, input: &Schema, output: &SchemaRef, arena: &mut Arena<AExpr>) -> Step {
    let name = output.iter_names().next().cloned().unwrap_or_else(|| "len".into());
    let node = arena.add(AExpr::Len);
    let staged = stages(&[], &[ExprIR::new(node, polars_plan::plans::expr_ir::OutputName::Alias(name))], input, output, arena);
    Step { step, row_wise: false, staged, schema: output.clone() }
}

fn exprs(irs: &[ExprIR], arena: &Arena<AExpr>) -> Vec<polars::prelude::Expr> {
    irs.iter().map(|e| e.to_expr(arena).alias(e.output_name().clone())).collect()
}

fn row_wise(irs: &[ExprIR], arena: &Arena<AExpr>) -> bool {
    irs.iter().all(|e| is_elementwise_rec(e.node(), arena))
}

fn node(at: Node, arena: &Arena<IR>, expr_arena: &mut Arena<AExpr>) -> Result<Found> {
    let ir = arena.get(at);
    let schema = ir.schema(arena).into_owned();
    let step =
        |step, row_wise, staged, input: Node| Ok(Found::Step(Some(Box::new(Step { step, row_wise, staged, schema })), input));
    match ir {
        IR::Filter { input, predicate } => {
            let wise = is_elementwise_rec(predicate.node(), expr_arena);
            step(TableStep::Filter(predicate.to_expr(expr_arena)), wise, None, *input)
        }
        IR::SimpleProjection { input, columns } => {
            step(TableStep::Select(columns.iter_names().map(|n| col(n.clone())).collect()), true, None, *input)
        }
        IR::Select { input, expr, schema: output, .. } => {
            // Literals alone make one row, not one per partition.
            let wise = row_wise(expr, expr_arena) && expr.iter().any(|e| reads_column(e.node(), expr_arena));
            let step_exprs = exprs(expr, expr_arena);
            let before = arena.get(*input).schema(arena).into_owned();
            let staged = if wise { None } else { stages(&[], expr, &before, output, expr_arena) };
            step(TableStep::Select(step_exprs), wise, staged, *input)
        }
        IR::HStack { input, exprs: e, options, .. } if options.should_broadcast => {
            step(TableStep::WithColumns(exprs(e, expr_arena)), row_wise(e, expr_arena), None, *input)
        }
        IR::GroupBy { input, keys, aggs, schema: output, options, apply: None, .. }
            if !options.is_rolling() && !options.is_dynamic() && options.slice.is_none() =>
        {
            let group = TableStep::GroupBy { keys: exprs(keys, expr_arena), aggs: exprs(aggs, expr_arena) };
            let before = arena.get(*input).schema(arena).into_owned();
            let staged = stages(keys, aggs, &before, output, expr_arena);
            step(group, false, staged, *input)
        }
        IR::Sort { input, by_column, slice: None, sort_options } => {
            let sort = TableStep::Sort { by: exprs(by_column, expr_arena), options: sort_options.clone() };
            step(sort, row_wise(by_column, expr_arena), None, *input)
        }
        IR::Slice { input, offset, len } => step(TableStep::Slice { offset: *offset, len: *len as IdxSize }, false, None, *input),
        IR::Distinct { input, options } if options.slice.is_none() => {
            let subset = options.subset.as_ref().map(|s| s.to_vec());
            step(TableStep::Unique { subset, keep: options.keep_strategy }, false, None, *input)
        }
        IR::MapFunction { input, function: FunctionIR::Rechunk | FunctionIR::Hint(_) } => Ok(Found::Step(None, *input)),
        IR::MapFunction { function: FunctionIR::FastCount { sources, scan_type, alias, .. }, .. } => {
            Ok(Found::Count(counted_scan(sources, scan_type)?, alias.clone().unwrap_or_else(|| "len".into())))
        }
        IR::Scan { .. } | IR::DataFrameScan { .. } => scan(ir, expr_arena).map(Found::Scan),
        other => Err(refused(other)),
    }
}

fn refused(ir: &IR) -> Error {
    match ir {
        IR::MapFunction { function, .. } => unsupported(&format!("'{function}'")),
        other => {
            let name: &'static str = other.into();
            unsupported(&format!("{} in a query", name.to_lowercase().replace('_', " ")))
        }
    }
}

fn paths(sources: &ScanSources) -> Result<Vec<PathBuf>> {
    match sources {
        ScanSources::Paths(p) => Ok(p.iter().map(|p: &PlRefPath| PathBuf::from(p.as_str())).collect()),
        _ => Err(unsupported("a scan of open files or buffers")),
    }
}

fn scan(ir: &IR, arena: &Arena<AExpr>) -> Result<Scan> {
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
                Some(p) if !is_elementwise_rec(p.node(), arena) => return Err(unsupported("a filter that is not row-wise")),
                p => p.as_ref().map(|p| p.to_expr(arena)),
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
        other => Err(refused(other)),
    }
}

/// The scan behind a count of rows, of which Polars keeps no columns.
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
