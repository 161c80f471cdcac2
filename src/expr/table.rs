//! Tables as the engine sees them: partitions of rows under named columns. What a column holds is Polars' business.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
#[cfg(feature = "frame")]
use crate::kernel::table::dense::KeySet;
use std::fmt::Debug;
use std::sync::Arc;

/// What is known of a table before anything runs.
#[derive(Clone, Debug, PartialEq)]
pub struct TableMeta {
    /// Names and types of the columns, for people.
    pub columns: Arc<[(String, String)]>,
    /// Number of partitions, at least 1.
    pub n_partitions: usize,
    /// Upper bound of the bytes of a partition in memory.
    pub partition_bytes: u64,
}

/// Why what queries on tables are made of has no parameters.
pub fn not_sent() -> Error {
    Error::unsupported("queries on tables do not run on remote workers in this version")
}

/// A readable table.
pub trait TableSource: Send + Sync + Debug {
    /// Name in the registry of formats.
    fn name(&self) -> &'static str;
    /// What a worker needs to open the same source.
    ///
    /// # Errors
    /// When the table exists only in this process.
    fn params(&self) -> Result<Vec<u8>>;
    /// What tells this source's content from any other's.
    fn key(&self) -> u128;
    /// A short name for people.
    fn label(&self) -> String;
    /// Names and types of the columns, for people.
    fn columns(&self) -> Arc<[(String, String)]>;
    /// Number of partitions, at least 1.
    fn n_partitions(&self) -> usize;
    /// Columns and partitions.
    fn meta(&self) -> TableMeta {
        let n_partitions = self.n_partitions();
        let partition_bytes = (0..n_partitions).map(|i| self.bytes(i).0).max().unwrap_or(0);
        TableMeta { columns: self.columns(), n_partitions, partition_bytes }
    }
    /// Partition `i`.
    ///
    /// # Errors
    /// When the storage cannot be read or is broken; the message names file and place.
    fn read(&self, i: usize) -> Result<Chunk>;
    /// Upper bounds of the bytes of partition `i` in memory and of what reading needs beside it.
    fn bytes(&self, i: usize) -> (u64, u64);
    /// About how many bytes partition `i` takes in storage.
    fn stored_bytes(&self, i: usize) -> u64;
    /// A column of all rows, before any filter, in the same partitions, if it has whole numbers and rises from partition to partition by
    /// what storage says of it without its rows being read.
    fn rising(&self, _column: &str) -> Option<Arc<dyn TableSource>> {
        None
    }
    /// The same rows in partitions that begin at other rows, which are counted through the table before any filter: `starts` never fall,
    /// and the first is 0. Also upper bounds of a partition's rows and of its bytes of strings and lists.
    fn recut(&self, _starts: &[u64]) -> Option<(Arc<dyn TableSource>, u64, u64)> {
        None
    }
    /// Whether the source leaves out rows by their keys, so that a set of them is worth its making.
    fn takes_keys(&self) -> bool {
        false
    }
    /// The same partitions, whose rows may be without those that have a value in a column that is not among `keys`.
    #[cfg(feature = "frame")]
    fn with_keys(&self, _column: &str, _keys: &Arc<KeySet>) -> Option<Arc<dyn TableSource>> {
        None
    }
    /// The same rows with only these of their columns, in the same partitions.
    fn narrow(&self, _columns: &[&str]) -> Option<Arc<dyn TableSource>> {
        None
    }
}

/// A reduction of partitions into one: group-by, count, sums.
pub trait TableReduce: Send + Sync + Debug {
    /// Name in the registry.
    fn name(&self) -> &'static str;
    /// What a worker needs to make the same reduction.
    ///
    /// # Errors
    /// When it cannot be sent.
    fn params(&self) -> Result<Vec<u8>>;
    /// What tells this reduction from any other.
    fn key(&self) -> u128;
    /// A short name for people.
    fn label(&self) -> String;
    /// The state of one partition.
    ///
    /// # Errors
    /// When the rows do not allow it.
    fn map(&self, partition: &Chunk) -> Result<Chunk>;
    /// One state from several, in order.
    ///
    /// # Errors
    /// When states do not fit together.
    fn combine(&self, states: &[Chunk]) -> Result<Chunk>;
    /// The result.
    ///
    /// # Errors
    /// When the state does not allow it.
    fn finish(&self, state: &Chunk) -> Result<Chunk>;
    /// Upper bound of the bytes of a state made of partitions of `input_bytes` in all.
    fn state_bytes(&self, input_bytes: u64) -> u64;
    /// Upper bound of the memory needed beside inputs and result for making a state of partitions of `input_bytes` in all.
    fn scratch_bytes(&self, input_bytes: u64) -> u64 {
        self.state_bytes(input_bytes)
    }
}

/// A writable output for one table. The life of an output is that of [`Sink`](crate::expr::Sink).
pub trait TableSink: Send + Sync + Debug {
    /// A short name for people.
    fn label(&self) -> String;
    /// Creates the output under a temporary name.
    ///
    /// # Errors
    /// When it exists and may not be overwritten, or cannot be created.
    fn begin(&self) -> Result<()>;
    /// Turns partition `i` into what will be written. Pure.
    ///
    /// # Errors
    /// When the partition cannot be encoded.
    fn encode(&self, i: usize, partition: &Chunk) -> Result<Chunk>;
    /// Upper bounds of the bytes of an encoded partition and of the memory that encoding needs beside it.
    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64);
    /// Writes an encoded partition. Partitions come one at a time and in order where [`ordered`](TableSink::ordered) says so.
    ///
    /// # Errors
    /// When the storage fails (disk full is told apart).
    fn commit(&self, i: usize, encoded: &Chunk) -> Result<()>;
    /// Whether commits come one at a time in order of the partitions.
    fn ordered(&self) -> bool {
        true
    }
    /// Makes the output visible under its own name.
    ///
    /// # Errors
    /// When the storage fails.
    fn finish(&self) -> Result<()>;
    /// Removes what `begin` and `commit` left.
    fn abort(&self);
    /// Upper bound of the bytes that the output itself holds in memory from start to end.
    fn held_bytes(&self) -> u64 {
        0
    }
}
