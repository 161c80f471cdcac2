//! A node of Polars' plan, run on tables in memory as Polars runs it: what this library has no step of its own for.

use crate::base::Result;
use crate::chunk::dataframe::{apart, table_error};
use crate::spill::pool::Share;
use polars::prelude::{DataFrame, SchemaRef};
use polars_expr::state::ExecutionState;
use polars_mem_engine::create_physical_plan;
use polars_plan::plans::{AExpr, IR};
use polars_plan::prelude::{Arena, Node};
use std::fmt;
use std::sync::Arc;

/// A table in memory, and the room that it is counted in.
#[derive(Debug)]
pub struct Held {
    table: DataFrame,
    _room: Share,
}

impl Held {
    /// The table, counted in `room`.
    pub fn new(table: DataFrame, room: Share) -> Held {
        Held { table, _room: room }
    }

    /// The table.
    pub fn table(&self) -> &DataFrame {
        &self.table
    }
}

/// A node of a plan over tables that are given when it is run.
pub struct Planned {
    name: &'static str,
    arena: Arena<IR>,
    exprs: Arena<AExpr>,
    top: Node,
    inputs: Vec<Node>,
}

impl Planned {
    /// The node `ir`, whose inputs have the columns `inputs`; its expressions are in `exprs`.
    ///
    /// # Panics
    /// With another number of inputs than the node has.
    pub fn new(name: &'static str, ir: &IR, inputs: &[SchemaRef], exprs: &Arena<AExpr>) -> Planned {
        let mut arena = Arena::with_capacity(inputs.len() + 1);
        let inputs: Vec<Node> = inputs.iter().map(|s| arena.add(scan(DataFrame::empty_with_schema(s)))).collect();
        let top = arena.add(ir.clone().with_inputs(inputs.iter().copied()));
        Planned { name, arena, exprs: exprs.clone(), top, inputs }
    }

    /// The node in a word.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The node's rows of these tables.
    ///
    /// # Errors
    /// Polars' own.
    pub fn run(&self, tables: impl IntoIterator<Item = DataFrame>) -> Result<DataFrame> {
        let (mut arena, mut exprs) = (self.arena.clone(), self.exprs.clone());
        for (node, table) in self.inputs.iter().zip(tables) {
            arena.replace(*node, scan(table));
        }
        apart(|| create_physical_plan(self.top, &mut arena, &mut exprs, None)?.execute(&mut ExecutionState::new()))
            .map_err(table_error)
    }
}

fn scan(df: DataFrame) -> IR {
    let schema = df.schema().clone();
    IR::DataFrameScan { df: Arc::new(df), schema, output_schema: None }
}

/// Two are the same if they are one: plans have functions in them that cannot be compared.
impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Told by where it lies, as long as there are steps that run it.
impl fmt::Debug for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:p}", self.name, self)
    }
}
