//! Where arrays come from: a thing of known shape and dtype that gives the elements of any box of it.
//!
//! A source says what a read costs before it is made: that is how reads are admitted by bytes, and how the scheduler knows
//! whether reading again is cheaper than keeping. A source must give the same bits for the same box, always.

use crate::base::{DType, Grid, Region, Result};
use crate::chunk::Tensor;
use std::fmt::Debug;

/// A readable array: a file, a Zarr array, an array in memory.
pub trait Source: Send + Sync + Debug {
    /// Name in the registry of formats, by which a worker finds the same source (`geotiff`, `npy`).
    fn name(&self) -> &'static str;

    /// What a worker needs to open the same source.
    ///
    /// # Errors
    /// When the source exists only in this process (what `persist` has left, say).
    fn params(&self) -> Result<Vec<u8>>;

    /// What tells this source's content from any other's: equal keys must mean equal elements.
    fn key(&self) -> u128;

    /// A short name for people: a file name, say.
    fn label(&self) -> String;

    /// Element type.
    fn dtype(&self) -> DType;

    /// The shape, cut as the storage is cut (tiles, Zarr chunks or shards); one chunk where it is not cut.
    fn storage_grid(&self) -> Grid;

    /// Whether the elements lie in this process's memory, so that reading is no work and `params` are the elements.
    fn in_memory(&self) -> bool {
        false
    }

    /// The elements of `region`, which lies within the shape. The tensor may be a view in any layout.
    ///
    /// # Errors
    /// When the storage cannot be read or is broken; the message names file and place.
    fn read(&self, region: &Region) -> Result<Tensor>;

    /// Upper bound of the bytes that the tensor of [`read`](Source::read) keeps alive (more than its elements where it is a
    /// view; 0 where it is mapped from a file).
    fn result_bytes(&self, region: &Region) -> u64 {
        (region.n_elements() * self.dtype().size()) as u64
    }

    /// Upper bound of the memory that a read needs beside its result, in bytes (compressed blocks, a block partly used).
    fn scratch_bytes(&self, region: &Region) -> u64;

    /// Memory that a thread keeps once it has read from a source like this, in bytes (buffers that serve again).
    fn thread_bytes(&self) -> u64 {
        0
    }

    /// About how many bytes a read of `region` takes from storage.
    fn stored_bytes(&self, region: &Region) -> u64;

    /// About how long a read of `region` takes, in nanoseconds.
    fn cost_ns(&self, region: &Region) -> u64 {
        // A local disk and a light codec move about 1 GB/s.
        (region.n_elements() * self.dtype().size()) as u64
    }
}
