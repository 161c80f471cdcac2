//! What runs the tasks of one layer.

use crate::base::Result;
use crate::chunk::Chunk;
use smallvec::SmallVec;
use std::sync::Arc;

/// The values a task leaves, in order of its outputs.
pub type Outputs = SmallVec<[Chunk; 1]>;

/// Runs the tasks of one layer. Pure but for sources and sinks.
pub trait Step: Send + Sync {
    /// Runs task `index` of the layer on its inputs.
    ///
    /// # Errors
    /// The kernel's, source's or sink's own.
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()>;

    /// Where task `index` works, for error messages: `chunk (0, 3) [0:512, 1536:2048]`.
    fn place(&self, index: usize) -> String;

    /// How many bytes of [`BufferMut`](crate::chunk::BufferMut)s a task takes that has large outputs of `out_bytes` and scratch of
    /// `scratch_bytes`: memory that was given back may wait for it.
    fn page_bytes(&self, out_bytes: u64, scratch_bytes: u64) -> u64 {
        let _ = (out_bytes, scratch_bytes);
        0
    }
}

/// What plans tasks and then runs them may be held for both.
impl<S: Step> Step for Arc<S> {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        self.as_ref().run(index, inputs, outputs)
    }

    fn place(&self, index: usize) -> String {
        self.as_ref().place(index)
    }

    fn page_bytes(&self, out_bytes: u64, scratch_bytes: u64) -> u64 {
        self.as_ref().page_bytes(out_bytes, scratch_bytes)
    }
}

/// The words for a chunk's place.
pub fn chunk_place(grid: &crate::base::Grid, index: usize) -> String {
    let coords = grid.coords(index);
    format!("chunk {:?} {:?}", coords.as_slice(), grid.region(&coords))
}
