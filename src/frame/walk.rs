//! Reads Polars' optimised plan into a tree of relations, each of which knows how it is run on partitions.
//! Projections and predicates have been pushed into the scans by then.

use crate::base::{Error, Result};
use crate::frame::derive::optimised;
use crate::frame::error::query_error;
use crate::frame::pipe::Pipe;
use crate::frame::relation::{aggregate, function, join, rows, scan, shared, slice, sort, union, unique, whole};
use crate::frame::resolve::resolve;
use crate::frame::run::Run;
use polars::lazy::frame::OptFlags;
use polars::prelude::{LazyFrame, SchemaRef};
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{AExpr, FunctionIR, IR, IRPlan, is_elementwise_rec};
use polars_plan::prelude::{Arena, Node};
use std::collections::HashMap;
use std::fmt::Debug;
use std::rc::Rc;

/// One relation of a query over those it reads.
#[derive(Debug)]
pub(super) struct Tree {
    pub relation: Box<dyn Relation>,
    /// Columns of its rows.
    pub schema: SchemaRef,
}

/// How a relation is run on partitions.
pub(super) trait Relation: Debug {
    /// The relation's partitions. What has to be known before is computed here.
    ///
    /// # Errors
    /// Sources that cannot be read, rows that do not fit the budget.
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe>;

    /// The sort that this is: a limit over it needs only the first rows.
    fn as_sort(&self) -> Option<&sort::Sort> {
        None
    }
}

impl Tree {
    pub fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        self.relation.pipe(run)
    }
}

/// Polars' plan while it is read.
pub(super) struct Reader {
    pub arena: Arena<IR>,
    pub exprs: Arena<AExpr>,
    /// Parts that are there several times, by their number.
    pub shared: HashMap<u128, Rc<Tree>>,
}

pub(super) fn unsupported(what: &str) -> Error {
    Error::unsupported(format!("{what} is not run on partitions in this version"))
}

/// The query as a tree.
///
/// # Errors
/// What Polars refuses (columns, types); relations that cannot be run, named.
pub(super) fn walk(query: &LazyFrame, columns: &[String]) -> Result<Tree> {
    // Slices stay where they are written, so that they can be taken of every partition; orders stay as they are promised; shared
    // parts stay in their expressions, since Polars puts shared aggregates into columns of another length.
    let flags = query.get_current_optimizations()
        - (OptFlags::SLICE_PUSHDOWN
            | OptFlags::CHECK_ORDER_OBSERVE
            | OptFlags::SORT_COLLAPSE
            | OptFlags::STREAMING
            | OptFlags::COMM_SUBEXPR_ELIM);
    resolve(query)?;
    let plan = optimised(query, flags).map_err(|e| query_error(e, columns))?;
    let IRPlan { lp_top, lp_arena, expr_arena } = plan;
    Reader { arena: lp_arena, exprs: expr_arena, shared: HashMap::new() }.tree(lp_top)
}

impl Reader {
    /// The tree at a node of the plan.
    pub fn tree(&mut self, at: Node) -> Result<Tree> {
        let schema = self.schema(at);
        let ir = self.arena.get(at).clone();
        let relation: Box<dyn Relation> = match &ir {
            IR::Scan { .. } | IR::DataFrameScan { .. } => scan::read(&ir, self)?,
            // `SELECT *` makes every column of itself.
            IR::HStack { input, exprs, .. } if exprs.iter().all(|e| self.is_itself(e)) => return self.tree(*input),
            IR::Filter { .. } | IR::SimpleProjection { .. } | IR::HStack { .. } => rows::read(&ir, self)?,
            IR::Select { .. } | IR::GroupBy { .. } => aggregate::read(&ir, self, &schema)?,
            IR::Sort { .. } => sort::read(&ir, self, &schema)?,
            IR::Slice { .. } => slice::read(&ir, self)?,
            IR::Distinct { .. } => unique::read(&ir, self, &schema)?,
            IR::Join { .. } => join::read(&ir, self, &schema)?,
            IR::Union { .. } => union::read(&ir, self, &schema)?,
            IR::Cache { input, id } => shared::read(id.as_u128(), *input, self)?,
            IR::MapFunction { input, function: FunctionIR::Rechunk | FunctionIR::Hint(_) } => return self.tree(*input),
            IR::MapFunction { function: FunctionIR::FastCount { .. }, .. } => scan::read_count(&ir, self, &schema)?,
            IR::MapFunction { .. } => function::read(&ir, self, &schema)?,
            IR::HConcat { .. } | IR::Gather { .. } | IR::UnoptimizedDispatch { .. } => whole::read(&ir, self, &schema)?,
            other => return Err(refused(other)),
        };
        Ok(Tree { relation, schema })
    }

    /// The columns at a node of the plan.
    pub fn schema(&self, at: Node) -> SchemaRef {
        self.arena.get(at).schema(&self.arena).into_owned()
    }

    /// Expressions under the names of their columns.
    pub fn named(&self, irs: &[ExprIR]) -> Vec<polars::prelude::Expr> {
        irs.iter().map(|e| e.to_expr(&self.exprs).alias(e.output_name().clone())).collect()
    }

    /// Expressions as they are.
    pub fn plain(&self, irs: &[ExprIR]) -> Vec<polars::prelude::Expr> {
        irs.iter().map(|e| e.to_expr(&self.exprs)).collect()
    }

    /// Whether an expression is a column under its own name.
    fn is_itself(&self, e: &ExprIR) -> bool {
        matches!(self.exprs.get(e.node()), AExpr::Column(name) if name == e.output_name())
    }

    /// Whether every row's value depends on that row alone.
    pub fn row_wise(&self, irs: &[ExprIR]) -> bool {
        irs.iter().all(|e| is_elementwise_rec(e.node(), &self.exprs))
    }
}

fn refused(ir: &IR) -> Error {
    let name: &'static str = ir.into();
    unsupported(&format!("{} in a query", name.to_lowercase().replace('_', " ")))
}
