//! Functions of tables: rows made of lists, columns made of structs, rows made of columns, numbers of rows, functions of the user's own.

use crate::base::{Error, Result};
use crate::chunk::table_bound::{Bound, row_bytes, varies};
use crate::frame::pipe::{MOST_GROWTH, Pipe};
use crate::frame::relation::union::below;
use crate::frame::relation::{repartition, whole};
use crate::frame::repartition::Partitioning;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::planned::Planned;
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{DataType, Expr, PlSmallStr, Schema, SchemaRef, col, lit};
use polars_plan::plans::{FunctionIR, IR};
use std::sync::Arc;

/// A function of a table.
#[derive(Debug)]
struct Function {
    input: Tree,
    plan: Arc<Planned>,
    kind: Kind,
    schema: SchemaRef,
}

/// How many rows come of a partition.
#[derive(Debug)]
enum Kind {
    /// As many.
    Same,
    /// One for every element of these columns' lists.
    Explode(Arc<[PlSmallStr]>),
    /// As many as the function likes.
    Any,
}

/// Numbers of rows.
#[derive(Debug)]
struct RowIndex {
    input: Tree,
    name: PlSmallStr,
    first: u64,
    schema: SchemaRef,
}

/// A row for every one of some columns.
#[derive(Debug)]
struct Unpivot {
    input: Tree,
    /// The columns of every one.
    selects: Vec<Vec<Expr>>,
    schema: SchemaRef,
}

/// Reads a function.
pub(in crate::frame) fn read(ir: &IR, r: &mut Reader, schema: &SchemaRef) -> Result<Box<dyn Relation>> {
    let IR::MapFunction { input, function } = ir else { return Err(Error::bug("no function")) };
    let kind = match function {
        FunctionIR::Unnest { .. } => Kind::Same,
        FunctionIR::Explode { columns, .. } => Kind::Explode(columns.clone()),
        FunctionIR::Opaque { streamable: true, fmt_str, .. } => match Partitioning::named(fmt_str) {
            Some(to) => return repartition::read(*input, to, r),
            None => Kind::Any,
        },
        FunctionIR::RowIndex { name, offset, .. } => {
            let first = offset.unwrap_or(0).into();
            return Ok(Box::new(RowIndex { input: r.tree(*input)?, name: name.clone(), first, schema: schema.clone() }));
        }
        FunctionIR::Unpivot { args, .. } if !args.on.is_empty() => {
            let kept = args.index.iter().map(|n| col(n.clone()));
            let value = schema.get(&args.value_name).cloned().unwrap_or(DataType::Null);
            let select = |on: &PlSmallStr| {
                let variable = lit(on.to_string()).alias(args.variable_name.clone());
                let value = col(on.clone()).cast(value.clone()).alias(args.value_name.clone());
                kept.clone().chain([variable, value]).collect()
            };
            let selects = args.on.iter().map(select).collect();
            return Ok(Box::new(Unpivot { input: r.tree(*input)?, selects, schema: schema.clone() }));
        }
        _ => return whole::read(ir, r, schema),
    };
    let input = r.tree(*input)?;
    let plan = Arc::new(whole::planned(ir, std::slice::from_ref(&input), r));
    Ok(Box::new(Function { input, plan, kind, schema: schema.clone() }))
}

impl Relation for Function {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let pipe = self.input.pipe(run)?;
        let mut pipe = run.measured(pipe, self.plan.name())?;
        let step = RowOp::Step(TableStep::Planned { plan: self.plan.clone(), beside: vec![], number: None });
        let grown = |b: Bound| match &self.kind {
            Kind::Same => b,
            Kind::Explode(columns) => exploded(b, columns, &self.input.schema),
            Kind::Any => b.times(MOST_GROWTH),
        };
        let (bound, total) = (grown(pipe.bound), grown(pipe.total));
        pipe.push_bounded(step, self.schema.clone(), bound, total);
        Ok(pipe)
    }
}

/// The bound of rows whose lists in `columns` become rows.
fn exploded(bound: Bound, columns: &[PlSmallStr], schema: &Schema) -> Bound {
    let least = columns.iter().filter_map(|c| schema.get(c)).map(|d| match d.inner_dtype() {
        Some(DataType::Boolean) | None => 0,
        Some(d) if varies(d) => 16,
        // Without the byte for validity, which need not be there.
        Some(d) => row_bytes(&Schema::from_iter([("".into(), d.clone())])).saturating_sub(1),
    });
    // Of a list of truth values every bit is a row.
    let elements = match least.min().unwrap_or(0) {
        0 => bound.var_bytes.saturating_mul(8),
        bytes => bound.var_bytes / bytes,
    };
    let repeats = schema.iter().any(|(n, d)| varies(d) && !columns.contains(n));
    let var_bytes = if repeats { bound.var_bytes.saturating_mul(MOST_GROWTH) } else { bound.var_bytes };
    Bound { rows: bound.rows.saturating_add(elements), var_bytes }
}

impl Relation for RowIndex {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let pipe = self.input.pipe(run)?;
        let (mut pipe, sizes) = run.computed(&pipe, "with_row_index")?;
        let firsts = sizes.iter().scan(self.first, |first, n| Some(std::mem::replace(first, *first + n))).collect();
        pipe.push(RowOp::Index { name: self.name.clone(), firsts }, self.schema.clone(), 1);
        Ok(pipe)
    }
}

impl Relation for Unpivot {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let pipe = self.input.pipe(run)?;
        let pipe = run.readable(pipe, "unpivot")?;
        let parts = self.selects.iter().map(|select| {
            let mut part = pipe.clone();
            part.push(RowOp::Step(TableStep::Select(select.clone())), self.schema.clone(), 1);
            part
        });
        below(run, parts.collect())
    }
}
