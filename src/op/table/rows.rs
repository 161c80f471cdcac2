//! Work on every partition by itself: row-wise steps, joins with a table in memory, numbers of rows.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{table, table_error, too_large};
use crate::expr::call::{BlockInfo, CallOp};
use crate::expr::table::not_sent;
use crate::kernel::table::columns::fitted;
use crate::kernel::table::order::Sampled;
use crate::op::table::edge::{below, edges};
use crate::op::table::exchange::Sample;
use crate::op::table::joining::Counter;
use crate::op::table::mark::{Find, Marks};
use crate::op::table::probe::Probe;
use crate::op::table::step::{TableStep, apply};
use polars::prelude::{Column, DataFrame, IdxSize, NamedFrom, PlSmallStr, Series};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// One thing that is done with a partition.
#[derive(Clone, Debug)]
pub enum RowOp {
    /// A step that looks at one row at a time, or (for a table of one partition) any step.
    Step(TableStep),
    /// A join with a table in memory.
    Probe(Arc<Probe>),
    /// How many rows become of a partition's when they are joined with a table in memory.
    Count(Arc<Counter>),
    /// The numbers of rows of a table in memory that a partition's rows match.
    Find(Arc<Find>),
    /// The rows that are marked.
    Marked(Arc<Marks>),
    /// A column that tells where a row comes in the whole table: the partition's number and the row's in it.
    Number(PlSmallStr),
    /// Where the values of the only column change.
    Edges,
    /// How many values of the only column are less than these.
    Below(Arc<[i64]>),
    /// Some keys of every partition.
    Sample(Arc<dyn Sample>),
    /// A step of every partition's own.
    Each(Arc<[TableStep]>),
    /// Of every partition, so many rows from a first one.
    Trim(Arc<[(usize, usize)]>),
    /// A first column of rows' numbers, counted through all partitions.
    Index {
        /// The column's name.
        name: PlSmallStr,
        /// Number of the first row of every partition.
        firsts: Arc<[u64]>,
    },
}

impl RowOp {
    /// Whether a column comes out as it was, for rows that do.
    pub fn hands_on(&self, name: &PlSmallStr) -> bool {
        match self {
            RowOp::Step(s) => s.hands_on(name),
            RowOp::Probe(p) => p.hands_on(name),
            _ => false,
        }
    }

    /// Whether columns come out as they are, without a copy.
    fn shares(&self) -> bool {
        matches!(self, RowOp::Number(_) | RowOp::Index { .. } | RowOp::Trim(_))
    }

    fn label(&self) -> &'static str {
        match self {
            RowOp::Step(s) => s.name(),
            RowOp::Edges | RowOp::Below(_) => "edges",
            RowOp::Sample(_) => "sample",
            RowOp::Each(steps) => steps.first().map_or("step", TableStep::name),
            RowOp::Trim(_) => "trim",
            RowOp::Probe(_) | RowOp::Count(_) | RowOp::Find(_) | RowOp::Marked(_) => "join",
            RowOp::Number(_) => "number",
            RowOp::Index { .. } => "with_row_index",
        }
    }
}

/// The column that sampled keys are in.
pub const SAMPLED: &str = "sampled";

/// Where a row comes in the whole table: row `row` of partition `partition`.
pub fn row_number(partition: usize, row: usize) -> u64 {
    // A partition has fewer rows than its index type counts, which is 32 bits wide.
    (partition as u64) << 32 | row as u64
}

/// Rows of partition `index` through `ops`.
///
/// # Errors
/// The ops' own.
pub fn run(ops: &[RowOp], index: usize, rows: &DataFrame) -> Result<DataFrame> {
    let mut out = rows.clone();
    let mut steps: Vec<TableStep> = Vec::new();
    for op in ops {
        let step = match op {
            RowOp::Step(s) => Some(s),
            RowOp::Each(steps) => steps.get(index),
            _ => None,
        };
        if let Some(s) = step {
            steps.push(s.clone());
            continue;
        }
        out = apply(&out, &std::mem::take(&mut steps))?;
        match op {
            RowOp::Step(_) | RowOp::Each(_) => {}
            RowOp::Edges => out = edges(&out)?,
            RowOp::Below(values) => out = below(&out, values)?,
            RowOp::Sample(sampler) => {
                let keys: Vec<Vec<u8>> = sampler.sample(index, &out)?.into_iter().map(Sampled::into_bytes).collect();
                let n = keys.len();
                out = DataFrame::new(n, vec![Column::from(Series::new(SAMPLED.into(), keys))]).map_err(table_error)?;
            }
            RowOp::Trim(rows) => {
                if let Some(&(first, n)) = rows.get(index) {
                    out = out.slice(first as i64, n);
                }
            }
            RowOp::Probe(p) => out = p.run(&out)?,
            RowOp::Count(c) => out = c.run(index, &out)?,
            RowOp::Find(f) => out = f.run(&out)?,
            RowOp::Marked(m) => out = m.run(index, &out),
            RowOp::Number(name) => {
                let numbers: Vec<u64> = (0..out.height()).map(|row| row_number(index, row)).collect();
                out.with_column(Column::from(Series::new(name.clone(), numbers))).map_err(table_error)?;
            }
            RowOp::Index { name, firsts } => {
                let first = firsts.get(index).copied().unwrap_or(0);
                let past =
                    |_| Error::usage(format!("row numbers in '{name}' go beyond the {} that their type counts", IdxSize::MAX));
                let numbers = (first..first + out.height() as u64).map(|n| IdxSize::try_from(n).map_err(past));
                let numbers = numbers.collect::<Result<Vec<_>>>()?;
                out.insert_column(0, Column::from(Series::new(name.clone(), numbers))).map_err(table_error)?;
            }
        }
    }
    apply(&out, &steps)
}

/// What tells ops from any others. What is in memory is told by where it lies: it lives as long as the ops.
pub fn describe(ops: &[RowOp]) -> String {
    let one = |op: &RowOp| match op {
        RowOp::Probe(p) => format!("probe {:p}", Arc::as_ptr(p)),
        RowOp::Count(c) => format!("count {:p}", Arc::as_ptr(c)),
        RowOp::Find(f) => format!("find {:p}", Arc::as_ptr(f)),
        RowOp::Marked(m) => format!("marked {:p}", Arc::as_ptr(m)),
        other => format!("{other:?}"),
    };
    ops.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Ops on every partition by itself.
#[derive(Debug)]
pub struct Rows {
    ops: Vec<RowOp>,
    out_bytes: u64,
    widest_bytes: u64,
}

impl Rows {
    /// These ops, whose result has at most `out_bytes`, and at most `widest_bytes` on the way.
    pub fn new(ops: Vec<RowOp>, out_bytes: u64, widest_bytes: u64) -> Rows {
        Rows { ops, out_bytes, widest_bytes }
    }
}

impl CallOp for Rows {
    fn name(&self) -> Option<&'static str> {
        None
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        xxh3_128(describe(&self.ops).as_bytes())
    }

    fn label(&self) -> String {
        self.ops.iter().map(RowOp::label).collect::<Vec<_>>().join(" + ")
    }

    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        let mut out = run(&self.ops, block.index, table(&inputs[0])?)?;
        if self.ops.iter().any(|op| matches!(op, RowOp::Step(TableStep::Planned { .. }))) {
            // How much a function makes of its rows is not known before.
            let bytes;
            (out, bytes) = fitted(out, self.out_bytes)?;
            if bytes > self.out_bytes {
                let fix = "it makes more of its rows than that; raise the memory budget, or cut the rows into smaller partitions";
                return Err(too_large(
                    &format!("what '{}' makes of partition {}", self.label(), block.index),
                    bytes,
                    self.out_bytes,
                    fix,
                ));
            }
        }
        Ok(Chunk::Table(Arc::new(out)))
    }

    fn bytes(&self, input_bytes: &[u64]) -> (Option<u64>, u64) {
        // Between ops there may be copies.
        let scratch = match &self.ops[..] {
            ops if ops.iter().all(RowOp::shares) => 0,
            _ => input_bytes.iter().sum::<u64>() + self.widest_bytes,
        };
        (Some(self.out_bytes), scratch)
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes / 2 + 100_000
    }
}
