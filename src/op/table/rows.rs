//! Row-wise steps on every partition by itself.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::table;
use crate::expr::call::{BlockInfo, CallOp};
use crate::op::table::step::{TableStep, apply};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Steps that look at one row at a time, or (for a table of one partition) any steps.
#[derive(Debug)]
pub struct Rows {
    steps: Vec<TableStep>,
    out_bytes: u64,
}

impl Rows {
    /// These steps, whose result has at most `out_bytes`.
    pub fn new(steps: Vec<TableStep>, out_bytes: u64) -> Rows {
        Rows { steps, out_bytes }
    }
}

impl CallOp for Rows {
    fn name(&self) -> Option<&'static str> {
        None
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(Error::unsupported("queries on tables do not run on remote workers in this version"))
    }

    fn key(&self) -> u128 {
        xxh3_128(format!("rows {:?}", self.steps).as_bytes())
    }

    fn label(&self) -> String {
        self.steps.iter().map(TableStep::name).collect::<Vec<_>>().join(" + ")
    }

    fn run(&self, _: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        Ok(Chunk::Table(Arc::new(apply(table(&inputs[0])?, &self.steps)?)))
    }

    fn bytes(&self, input_bytes: &[u64]) -> (Option<u64>, u64) {
        (Some(self.out_bytes), input_bytes.iter().sum::<u64>() + self.out_bytes)
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes / 2 + 100_000
    }
}
