//! Reductions of partitions into one table: every partition is made a state, states are merged in order, the last is finished.
//!
//! A state has a bound of rows (one, of a whole table's aggregates; so many as are asked for, of the first rows). States are merged in the
//! order of the partitions and along a tree that depends on their number alone, so results have the same bits and the same order of
//! rows however they are run.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::chunk::dataframe::{stack, table, too_large};
use crate::chunk::table_bound::Bound;
use crate::chunk::table_bytes::table_bytes;
use crate::expr::table::{TableReduce, not_sent};
use crate::kernel::table::columns::compact;
use crate::op::table::step::{TableStep, apply};
use polars::prelude::SchemaRef;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// How partitions become one table.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The operation in a word, for people.
    pub name: String,
    /// A partition's state.
    pub map: Vec<TableStep>,
    /// A state of several, one below the other.
    pub combine: Vec<TableStep>,
    /// The result of the last state.
    pub finish: Vec<TableStep>,
    /// Columns of a state, and of what the finish makes of it step by step: bounds hold for the widest.
    pub schemas: Vec<SchemaRef>,
}

/// Rows of a state have at most so many bytes of strings each, or all together this part of a partition's; a state that has more is refused.
const ROW_BYTES: u64 = 16 << 10;
const PART: u64 = 8;
const FEW_BYTES: u64 = 1 << 20;

/// A [`Merge`] with the bounds that hold for a source.
#[derive(Debug)]
pub struct Reduction {
    merge: Merge,
    /// Of one partition.
    partition: Bound,
    /// Columns that the bound's bytes of strings are in.
    n_varying: u64,
    partition_bytes: u64,
    /// No state has more rows.
    most_rows: u64,
}

impl Reduction {
    /// A reduction of partitions that are at most `partition` with strings in `n_varying` columns, of `partition_bytes`; a state has at most
    /// `most_rows`.
    pub fn new(merge: Merge, partition: Bound, n_varying: u64, partition_bytes: u64, most_rows: u64) -> Reduction {
        Reduction { merge, partition, n_varying, partition_bytes: partition_bytes.max(1), most_rows: most_rows.max(1) }
    }

    /// Bytes of strings and lists of a state.
    fn var_bytes(&self) -> u64 {
        let var_bytes = self.partition.var_bytes;
        self.most_rows.saturating_mul(ROW_BYTES.min(var_bytes)).max(FEW_BYTES.min(var_bytes)).max(var_bytes / PART)
    }

    /// Bytes of a state of `n` partitions. An aggregate makes a row of none.
    fn widest_state(&self, n: u64) -> u64 {
        let bound = self.partition.times(n);
        let var_bytes = bound.var_bytes.min(self.var_bytes());
        let bound = Bound { rows: bound.rows.clamp(1, self.most_rows), var_bytes };
        // Columns of a state may be of the same strings.
        self.merge.schemas.iter().map(|s| bound.bytes_from(s, self.n_varying)).max().unwrap_or(0)
    }

    fn n_partitions(&self, input_bytes: u64) -> u64 {
        input_bytes.div_ceil(self.partition_bytes).max(1)
    }

    fn state(&self, df: polars::prelude::DataFrame) -> Result<Chunk> {
        let state = compact(df)?;
        let (bytes, most) = (table_bytes(&state), self.widest_state(u64::MAX));
        if bytes > most {
            let what = format!("a state of '{}' with {} rows", self.merge.name, state.height());
            return Err(too_large(&what, bytes, most, "its texts are very long: cut them, or ask for fewer rows"));
        }
        Ok(Chunk::Table(Arc::new(state)))
    }
}

impl TableReduce for Reduction {
    fn name(&self) -> &'static str {
        "table_reduce"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        let m = &self.merge;
        xxh3_128(format!("reduce {:?} {:?} {:?}", m.map, m.combine, m.finish).as_bytes())
    }

    fn label(&self) -> String {
        self.merge.name.clone()
    }

    fn map(&self, partition: &Chunk) -> Result<Chunk> {
        self.state(apply(table(partition)?, &self.merge.map)?)
    }

    fn combine(&self, states: &[Chunk]) -> Result<Chunk> {
        if let [one] = states {
            return Ok(one.clone());
        }
        let tables = states.iter().map(table).collect::<Result<Vec<_>>>()?;
        self.state(apply(&stack(tables)?, &self.merge.combine)?)
    }

    fn finish(&self, state: &Chunk) -> Result<Chunk> {
        self.state(apply(table(state)?, &self.merge.finish)?)
    }

    fn state_bytes(&self, input_bytes: u64) -> u64 {
        self.widest_state(self.n_partitions(input_bytes))
    }

    fn scratch_bytes(&self, input_bytes: u64) -> u64 {
        let n = self.n_partitions(input_bytes);
        let state_bytes = self.widest_state(n);
        if n == 1 {
            // Columns of the steps; row numbers, a hash table and copied keys: about 48 bytes a row.
            return self.partition_bytes + self.partition.rows * 48 + state_bytes;
        }
        // States below one another, and what comes of them.
        state_bytes.saturating_mul(3)
    }
}
