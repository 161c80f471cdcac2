//! Tables in memory: a data frame as a source in slices, and a sink that collects partitions.

use crate::base::bytes::format_bytes;
use crate::base::{Error, Kind, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{stack, table};
use crate::chunk::table_bound::{Bound, varies};
use crate::chunk::table_bytes::{column_bytes, table_bytes};
use crate::expr::table::{TableSink, TableSource};
use crate::format::table_scan::Projection;
use crate::kernel::table::columns::{fitted, settled};
use parking_lot::Mutex;
use polars::prelude::DataFrame;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_128;

/// Slices of a data frame that is in memory already; it is shared, not copied.
pub struct FrameSource {
    df: Arc<DataFrame>,
    /// First row of every partition, and the end.
    cuts: Vec<usize>,
    projection: Projection,
}

impl std::fmt::Debug for FrameSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrameSource({:?} in {})", self.df.shape(), self.cuts.len() - 1)
    }
}

impl FrameSource {
    /// Partitions of about the size that `target_bytes` gives for all bytes there are.
    pub fn new(df: Arc<DataFrame>, target_bytes: impl FnOnce(u64) -> u64, projection: Projection) -> FrameSource {
        let n = df.height();
        let mut source = FrameSource { df, cuts: vec![0, n], projection };
        let all = source.bytes(0).0;
        let n_parts = all.div_ceil(target_bytes(all).max(1)).max(1);
        let rows = (n as u64).div_ceil(n_parts).max(1) as usize;
        source.cuts = (0..n.max(1)).step_by(rows).collect();
        source.cuts.push(n);
        source
    }

    /// What a partition holds at most. Strings are counted with all of what they were cut from.
    pub fn bound(&self) -> Bound {
        let rows = self.cuts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0) as u64;
        let columns = self.projection.read.iter_names().filter_map(|n| self.df.column(n).ok()).filter(|c| varies(c.dtype()));
        Bound { rows, var_bytes: columns.map(column_bytes).sum() }
    }
}

impl FrameSource {
    /// What all partitions hold together.
    pub fn total(&self) -> Bound {
        Bound { rows: self.df.height() as u64, ..self.bound() }
    }
}

impl TableSource for FrameSource {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(Error::unsupported("a table in this process's memory cannot be sent: write it to a file first"))
    }

    fn key(&self) -> u128 {
        // One frame at one address: it lives as long as the expression does.
        xxh3_128(format!("{:p} {:?} {}", Arc::as_ptr(&self.df), self.cuts, self.projection.describe()).as_bytes())
    }

    fn label(&self) -> String {
        "table".into()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.projection.columns()
    }

    fn n_partitions(&self) -> usize {
        self.cuts.len() - 1
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let names = self.projection.read_names();
        let part = self.df.select(names).map_err(crate::chunk::dataframe::table_error)?;
        self.projection.apply(part.slice(self.cuts[i] as i64, self.cuts[i + 1] - self.cuts[i]))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let bound = Bound { rows: (self.cuts[i + 1] - self.cuts[i]) as u64, ..self.bound() };
        let out = bound.bytes(&self.projection.read);
        (out, if self.projection.filter.is_some() { out } else { 0 })
    }

    fn stored_bytes(&self, _: usize) -> u64 {
        0
    }
}

/// Collects partitions into one table, up to a limit of bytes.
#[derive(Debug)]
pub struct CollectSink {
    limit_bytes: u64,
    partition_bytes: u64,
    parts: Mutex<Vec<Arc<DataFrame>>>,
    bytes: AtomicU64,
}

impl CollectSink {
    /// A sink for at most `limit_bytes`, in partitions of at most `partition_bytes` by themselves.
    pub fn new(limit_bytes: u64, partition_bytes: u64) -> CollectSink {
        CollectSink { limit_bytes, partition_bytes, parts: Mutex::default(), bytes: AtomicU64::new(0) }
    }

    /// The table.
    ///
    /// # Errors
    /// A bug: nothing was written.
    pub fn take(&self) -> Result<DataFrame> {
        stack(self.parts.lock().iter())
    }
}

impl TableSink for CollectSink {
    fn label(&self) -> String {
        "collect".into()
    }

    fn begin(&self) -> Result<()> {
        self.parts.lock().clear();
        self.bytes.store(0, Ordering::Relaxed);
        Ok(())
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        let (rows, _) = fitted(settled((**table(partition)?).clone())?, self.partition_bytes)?;
        Ok(Chunk::Table(Arc::new(rows)))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        (partition_bytes, 0)
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        let df = table(encoded)?;
        let bytes = self.bytes.fetch_add(table_bytes(df), Ordering::Relaxed) + table_bytes(df);
        if bytes > self.limit_bytes {
            return Err(Error::new(
                Kind::Budget,
                format!(
                    "the collected rows take more than the {} that the memory budget leaves for them: write them to a file \
                     (sink_parquet, or -o of the program), or raise the budget",
                    format_bytes(self.limit_bytes)
                ),
            ));
        }
        self.parts.lock().push(df.clone());
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }

    fn abort(&self) {
        self.parts.lock().clear();
    }

    fn held_bytes(&self) -> u64 {
        self.limit_bytes
    }
}
