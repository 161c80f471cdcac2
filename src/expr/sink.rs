//! Where arrays go: chunks are encoded in parallel and committed into one output, which appears whole or not at all.

use crate::base::{DType, Error, Grid, Region, Result};
use crate::chunk::{Chunk, Output, Tensor};
use std::fmt::Debug;
use std::sync::Arc;

/// A writable output for one array: a file, a Zarr array.
///
/// A run calls [`begin`](Sink::begin) once, then for every chunk [`encode`](Sink::encode) (any thread, any order, pure) and
/// [`commit`](Sink::commit) (in the process that owns the output), at last [`finish`](Sink::finish), or
/// [`abort`](Sink::abort) if anything failed. Until `finish` the output's own name is untouched.
pub trait Sink: Send + Sync + Debug {
    /// Name in the registry of formats.
    fn name(&self) -> &'static str;

    /// What a worker needs to encode for the same output.
    ///
    /// # Errors
    /// When this output can be written from this process only.
    fn params(&self) -> Result<Vec<u8>>;

    /// A short name for people: a file name, say.
    fn label(&self) -> String;

    /// The chunks by which an array of this dtype and grid must be written: whole multiples of the output's own blocks, near
    /// the chunks the array has. Called when the expression is made.
    ///
    /// # Errors
    /// When the output cannot hold such an array.
    fn write_grid(&self, dtype: DType, grid: &Grid) -> Result<Grid>;

    /// Creates the output under a temporary name.
    ///
    /// # Errors
    /// When it exists and may not be overwritten, or cannot be created.
    fn begin(&self) -> Result<()>;

    /// Turns chunk `i` of the write grid into what will be written. Pure.
    ///
    /// # Errors
    /// When the chunk cannot be encoded.
    fn encode(&self, i: usize, region: &Region, chunk: &Tensor) -> Result<Chunk>;

    /// Upper bound of the bytes of an encoded chunk of `region`, and of the memory that encoding needs beside it.
    fn encode_bytes(&self, region: &Region) -> (u64, u64);

    /// Memory that the output keeps from `begin` to `finish`, in bytes (tables of offsets, overviews being built).
    fn held_bytes(&self) -> u64 {
        0
    }

    /// Memory that a thread keeps once it has encoded a chunk, in bytes (a codec's tables).
    fn thread_bytes(&self) -> u64 {
        0
    }

    /// Writes an encoded chunk. Chunks come one at a time and in order where [`ordered`](Sink::ordered) says so.
    ///
    /// # Errors
    /// When the storage fails (disk full is told apart).
    fn commit(&self, i: usize, region: &Region, encoded: &Chunk) -> Result<()>;

    /// Whether commits come one at a time in chunk order.
    fn ordered(&self) -> bool;

    /// Whether kernels may write the elements of chunks into the output's own memory, instead of `encode` and `commit`. Such an
    /// output is in the process that runs the kernels.
    fn in_place(&self) -> bool {
        false
    }

    /// That memory, from `begin` to `finish`.
    ///
    /// # Errors
    /// Where there is none (a bug of the caller).
    fn output(&self) -> Result<Arc<Output>> {
        Err(Error::bug("an output without elements in memory"))
    }

    /// Makes the output visible under its own name.
    ///
    /// # Errors
    /// When the storage fails.
    fn finish(&self) -> Result<()>;

    /// Removes what `begin` and `commit` left.
    fn abort(&self);
}
