//! Functions on blocks and rules that send rows to partitions: what a `Call` and a `Shuffle` node hold.

use crate::base::{Error, Region, Result};
use crate::chunk::{Chunk, Output, Window};
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

    /// What every thread that ran a block keeps, by a name that functions sharing it have in common, and its bytes.
    fn kept(&self) -> Option<(&'static str, u64)> {
        None
    }

    /// Whether results are made in [`BufferMut`](crate::chunk::BufferMut)s of their size.
    fn fills_buffers(&self) -> bool {
        false
    }

    /// About how long a block takes, in nanoseconds, if inputs and result have `bytes` together.
    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes
    }
}

/// Sends the elements of each chunk, or the rows of each partition, to output chunks.
///
/// Where the rule is by size, every chunk is first prepared (sorted, say) and sampled, and cuts are made of all samples; then every chunk
/// is split, and the pieces for an output chunk are merged. It must be pure, and its results must not depend on how the input is
/// cut beyond what its user was told.
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

    /// Which of the merge's results this node is, of how many, and what the nodes that share one shuffle have in common.
    fn part(&self) -> Part {
        Part { index: 0, n_parts: 1, shared_key: self.key() }
    }

    /// Upper bounds of the bytes of each part of an output chunk, where this node's has at most `out`.
    fn part_bytes(&self, out: u64) -> Vec<u64> {
        vec![out; self.part().n_parts]
    }

    /// Upper bounds of bytes for a chunk of `chunk_bytes`, of `all_bytes` in all chunks together.
    fn bytes(&self, chunk_bytes: u64, all_bytes: u64) -> ShuffleBytes;

    /// What is split later in place of chunk `i` (the chunk itself if [`ShuffleBytes::prepared`] is None), and a sample of it.
    ///
    /// # Errors
    /// When the rule does not apply.
    fn prepare(&self, _i: usize, chunk: &Chunk) -> Result<(Chunk, Chunk)> {
        Ok((chunk.clone(), Chunk::Unit))
    }

    /// Where to split, from the samples of all chunks in order.
    ///
    /// # Errors
    /// When samples do not fit together.
    fn cuts(&self, _samples: &[Chunk]) -> Result<Chunk> {
        Ok(Chunk::Unit)
    }

    /// The piece for output chunk `out` of what was made of chunk `i`: its tensors may be views of that.
    ///
    /// # Errors
    /// When the rule does not apply.
    fn piece(&self, i: usize, prepared: &Chunk, cuts: &Chunk, out: usize) -> Result<Chunk>;

    /// Whether pieces are but views of what was prepared, so that they are merged from there where that is kept.
    fn views(&self) -> bool {
        false
    }

    /// Output chunk `out` of every part, from its pieces in order of the input chunks.
    ///
    /// # Errors
    /// When pieces do not fit together.
    fn merge(&self, out: usize, pieces: &[Chunk]) -> Result<Vec<Chunk>>;

    /// Output chunk `out` of a rule with one part, into its place in a larger array.
    ///
    /// # Errors
    /// As [`merge`](ShuffleOp::merge).
    fn merge_into(&self, out: usize, pieces: &[Chunk], place: Window<'_>) -> Result<()> {
        let parts = self.merge(out, pieces)?;
        place.copy(parts.first().ok_or_else(|| Error::bug(format!("{} made nothing", self.label())))?.tensor()?)
    }

    /// Whether chunks are prepared, and merged, in [`BufferMut`](crate::chunk::BufferMut)s of their size.
    fn fills_buffers(&self) -> bool {
        false
    }

    /// How the rule fills an array in memory, if it can.
    fn fill(&self) -> Option<&dyn Fill> {
        None
    }
}

/// How a rule with one part fills an array in memory where its chunks can be had again: without a copy of all of them.
///
/// Chunks are sampled, and cuts are made of the samples; of every chunk is counted how many elements go to which part of the array, and
/// so every chunk has places of its own in every part, where it puts them; last, every part is finished where it lies.
pub trait Fill: Send + Sync {
    /// How many parts the array has.
    fn n_parts(&self) -> usize;

    /// What the steps take.
    fn bytes(&self) -> FillBytes;

    /// A sample of chunk `i`.
    ///
    /// # Errors
    /// When the rule does not apply.
    fn sample(&self, i: usize, chunk: &Chunk) -> Result<Chunk>;

    /// Where parts begin, from the samples of all chunks.
    ///
    /// # Errors
    /// When samples do not fit together.
    fn cuts(&self, samples: &[Chunk]) -> Result<Chunk>;

    /// How many elements of a chunk go to each part.
    ///
    /// # Errors
    /// When the rule does not apply.
    fn count(&self, chunk: &Chunk, cuts: &Chunk) -> Result<Chunk>;

    /// The places of every chunk in every part, from the counts of all chunks.
    ///
    /// # Errors
    /// When counts do not fit together.
    fn places(&self, counts: &[Chunk]) -> Result<Chunk>;

    /// Puts the elements of chunk `i` into their places.
    ///
    /// # Errors
    /// When the chunk is not what was counted.
    fn put(&self, i: usize, chunk: &Chunk, cuts: &Chunk, places: &Chunk, out: &Output) -> Result<()>;

    /// Finishes a part, to which all chunks have put their elements.
    ///
    /// # Errors
    /// When there are no such places.
    fn finish(&self, part: usize, places: &Chunk, out: &Output) -> Result<()>;
}

/// Upper bounds of what the steps of a [`Fill`] hold, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FillBytes {
    /// The sample of a chunk.
    pub sample: u64,
    /// The cuts.
    pub cuts: u64,
    /// The counts of a chunk.
    pub counts: u64,
    /// The places of all chunks.
    pub places: u64,
    /// Further memory while cuts are made.
    pub cuts_scratch: u64,
    /// Further memory while elements are counted, and put.
    pub put_scratch: u64,
    /// Further memory while a part is finished.
    pub finish_scratch: u64,
}

/// One of the results of a shuffle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub index: usize,
    /// Of how many.
    pub n_parts: usize,
    /// Equal for nodes that may share the work.
    pub shared_key: u128,
}

/// Upper bounds of what the steps of a shuffle hold, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShuffleBytes {
    /// What a chunk is prepared to; None: the chunk itself is split.
    pub prepared: Option<u64>,
    /// The sample of a chunk; None: the rule needs none.
    pub sample: Option<u64>,
    /// What the cuts take.
    pub cuts: u64,
    /// The share of a chunk in each output chunk. A piece may be larger, but all pieces for an output chunk together are not, nor, with
    /// `split_scratch`, all pieces of a chunk.
    pub piece: u64,
    /// Further memory while a chunk is prepared.
    pub prepare_scratch: u64,
    /// Further memory while cuts are made.
    pub cuts_scratch: u64,
    /// Further memory while a chunk is split.
    pub split_scratch: u64,
    /// Further memory while an output chunk is merged.
    pub merge_scratch: u64,
}
