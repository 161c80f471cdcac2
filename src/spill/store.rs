//! What the executors ask of a place for spilled chunks.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::graph::DataId;

/// A place for spilled chunks, by data id. Called from several threads; each chunk is written once before it is read.
pub trait SpillStore: Send + Sync {
    /// Writes a chunk and returns its size in the store.
    ///
    /// # Errors
    /// A full disk or quota (`DiskFull`), a chunk that cannot be spilled (`Unsupported`), a failing disk (`Environment`).
    fn write(&self, data: DataId, chunk: &Chunk) -> Result<u64>;

    /// Reads a chunk back; best as a read-only mapping that takes no memory of its own.
    ///
    /// # Errors
    /// A file that is not what was written (`Corrupt`), a failing disk (`Environment`).
    fn read(&self, data: DataId) -> Result<Chunk>;

    /// Forgets a chunk. Chunks that were read stay valid.
    fn remove(&self, data: DataId);
}
