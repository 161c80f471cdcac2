//! Sources made of sources: some partitions or rows of one, several one after the other.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::chunk::dataframe::{stack, table};
use crate::expr::table::{TableSource, not_sent};
use crate::op::table::rows::{RowOp, run};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Rows of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The partition.
    pub partition: usize,
    /// First row and number of rows; None for all.
    pub rows: Option<(usize, usize)>,
}

/// The rows of partitions, of which each has so many (`sizes`), in parts that begin at other rows: `starts` never fall, and the last part
/// ends with the last row.
pub fn cuts(sizes: &[u64], starts: &[u64]) -> Vec<Vec<Cut>> {
    let ends = starts.iter().skip(1).copied().chain([sizes.iter().sum()]);
    let (mut partition, mut before) = (0, 0);
    let mut parts = Vec::new();
    for (&start, end) in starts.iter().zip(ends) {
        let mut cuts = Vec::new();
        let mut row = start;
        while row < end {
            while before + sizes[partition] <= row {
                before += sizes[partition];
                partition += 1;
            }
            let stop = end.min(before + sizes[partition]);
            let is_whole = stop - row == sizes[partition];
            cuts.push(Cut { partition, rows: (!is_whole).then_some(((row - before) as usize, (stop - row) as usize)) });
            row = stop;
        }
        if cuts.is_empty() {
            // A part has its columns also where it has no rows.
            cuts.push(Cut { partition: 0, rows: Some((0, 0)) });
        }
        parts.push(cuts);
    }
    parts
}

/// Some rows of a source, a partition per cut.
#[derive(Debug)]
pub struct Cuts {
    /// What is cut.
    pub source: Arc<dyn TableSource>,
    /// The partitions there are.
    pub cuts: Vec<Cut>,
}

impl TableSource for Cuts {
    fn name(&self) -> &'static str {
        "cuts"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        xxh3_128(format!("{} {:?}", self.source.key(), self.cuts).as_bytes())
    }

    fn label(&self) -> String {
        self.source.label()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.source.columns()
    }

    fn n_partitions(&self) -> usize {
        self.cuts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        read_cut(&*self.source, self.cuts[i])
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        self.source.bytes(self.cuts[i].partition)
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.source.stored_bytes(self.cuts[i].partition)
    }
}

/// Partitions of a source with some rows of their neighbours.
#[derive(Debug)]
pub struct Joined {
    /// What is read.
    pub source: Arc<dyn TableSource>,
    /// The rows of every partition, one cut below the other.
    pub parts: Vec<Vec<Cut>>,
}

impl TableSource for Joined {
    fn name(&self) -> &'static str {
        "joined"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        xxh3_128(format!("joined {} {:?}", self.source.key(), self.parts).as_bytes())
    }

    fn label(&self) -> String {
        self.source.label()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.source.columns()
    }

    fn n_partitions(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let tables = self.parts[i].iter().map(|cut| table(&read_cut(&*self.source, *cut)?).cloned()).collect::<Result<Vec<_>>>()?;
        Ok(Chunk::Table(Arc::new(stack(&tables)?)))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let all = self.parts[i].iter().map(|c| self.source.bytes(c.partition));
        // Whole partitions are read of which only some rows are taken.
        let (rows, scratch) = all.fold((0u64, 0u64), |(rows, most), (r, s)| (rows.saturating_add(r), most.max(s)));
        (rows, scratch.saturating_add(rows))
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.parts[i].iter().map(|c| self.source.stored_bytes(c.partition)).sum()
    }
}

fn read_cut(source: &dyn TableSource, cut: Cut) -> Result<Chunk> {
    let whole = source.read(cut.partition)?;
    Ok(match cut.rows {
        None => whole,
        Some((first, n)) => Chunk::Table(Arc::new(table(&whole)?.slice(first as i64, n))),
    })
}

/// A source whose rows go through some ops.
#[derive(Debug)]
pub struct Piped {
    /// What is read.
    pub source: Arc<dyn TableSource>,
    /// What is done with every partition.
    pub ops: Vec<RowOp>,
    /// Upper bound of the bytes of a partition, and on the way to it.
    pub bytes: (u64, u64),
}

/// Sources one after the other, each with its ops.
#[derive(Debug)]
pub struct Chained {
    parts: Vec<Piped>,
    columns: Arc<[(String, String)]>,
}

impl Chained {
    /// The rows of `parts`, which have these columns.
    pub fn new(parts: Vec<Piped>, columns: Arc<[(String, String)]>) -> Chained {
        Chained { parts, columns }
    }

    fn find(&self, mut i: usize) -> (&Piped, usize) {
        for p in &self.parts {
            let n = p.source.n_partitions();
            if i < n {
                return (p, i);
            }
            i -= n;
        }
        unreachable!("partitions are counted by n_partitions")
    }
}

impl TableSource for Chained {
    fn name(&self) -> &'static str {
        "chained"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        let describe = |p: &Piped| format!("{} {}", p.source.key(), crate::op::table::rows::describe(&p.ops));
        xxh3_128(self.parts.iter().map(describe).collect::<Vec<_>>().join("; ").as_bytes())
    }

    fn label(&self) -> String {
        self.parts.iter().map(|p| p.source.label()).collect::<Vec<_>>().join(" and ")
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.columns.clone()
    }

    fn n_partitions(&self) -> usize {
        self.parts.iter().map(|p| p.source.n_partitions()).sum()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let (part, i) = self.find(i);
        let rows = part.source.read(i)?;
        Ok(Chunk::Table(Arc::new(run(&part.ops, i, table(&rows)?)?)))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let (part, i) = self.find(i);
        let (read, scratch) = part.source.bytes(i);
        (part.bytes.0, scratch + read + part.bytes.1)
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        let (part, i) = self.find(i);
        part.source.stored_bytes(i)
    }
}
