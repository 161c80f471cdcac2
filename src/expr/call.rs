//! Functions on blocks and rules that send rows to partitions: what a `Call` and a `Shuffle` node hold.

use crate::base::{Region, Result};
use crate::chunk::Chunk;
use std::fmt::Debug;

/// Where a block lies.
#[derive(Clone, Debug)]
pub struct BlockInfo {
    /// Number of the output chunk (C order) or partition.
    pub index: usize,
    /// The output chunk's place in the whole output; for a table, empty.
    pub region: Region,
}

/// A function from blocks to a block. It must be pure: the same blocks give the same bits.
pub trait CallOp: Send + Sync + Debug {
    /// Name in the registry of functions; None for a closure of this process, which cannot be sent to a worker.
    fn name(&self) -> Option<&'static str>;

    /// What a worker needs to make the same function.
    ///
    /// # Errors
    /// When it cannot be sent.
    fn params(&self) -> Result<Vec<u8>>;

    /// What tells this function from any other.
    fn key(&self) -> u128;

    /// A short name for people.
    fn label(&self) -> String;

    /// Computes a block. Array inputs are tensors in the output's axis order where the node has maps.
    ///
    /// # Errors
    /// The function's own.
    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk>;

    /// Upper bounds of the bytes of the result and of the memory needed beside inputs and result, for a block whose inputs
    /// have at most `input_bytes`; None for the result where it is an array (its shape says).
    fn bytes(&self, input_bytes: &[u64]) -> (Option<u64>, u64) {
        (None, input_bytes.iter().sum())
    }

    /// Bytes that the function itself holds while a plan runs: lists it looks up in.
    fn held_bytes(&self) -> u64 {
        0
    }

    /// About how long a block takes, in nanoseconds, if inputs and result have `bytes` together.
    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes
    }
}

/// Sends the rows of each partition to output partitions.
pub trait ShuffleOp: Send + Sync + Debug {
    /// Name in the registry.
    fn name(&self) -> &'static str;

    /// What a worker needs to make the same rule.
    ///
    /// # Errors
    /// When it cannot be sent.
    fn params(&self) -> Result<Vec<u8>>;

    /// What tells this rule from any other.
    fn key(&self) -> u128;

    /// A short name for people.
    fn label(&self) -> String;

    /// Number of output partitions.
    fn n_out(&self) -> usize;

    /// The pieces of a partition, one for each output partition, in order.
    ///
    /// # Errors
    /// When the rule does not apply to the rows.
    fn split(&self, partition: &Chunk) -> Result<Vec<Chunk>>;

    /// An output partition from its pieces, in order of the input partitions.
    ///
    /// # Errors
    /// When pieces do not fit together.
    fn merge(&self, pieces: &[Chunk]) -> Result<Chunk>;
}
