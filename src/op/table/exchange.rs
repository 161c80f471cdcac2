//! An exchange: the rows of one stage of a query, kept for the next, in partitions or in the buckets that they were divided into.
//!
//! Rows stay in memory as long as the query's pool has room for them and go to one file after that. Rows of a bucket are in order of the
//! partitions. What is known of the rows afterwards (how many, how many bytes, a sample of their keys) is what the next stage is planned by.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, described, table};
use crate::chunk::table_bound::Bound;
use crate::chunk::{Chunk, Object};
use crate::expr::table::{TableSink, TableSource, not_sent};
use crate::kernel::table::divide::Buckets;
use crate::kernel::table::order::{Sampled, thin};
use crate::op::table::dealt::{ALL, Dealt, Parts};
use crate::op::table::edge::is_rising;
use crate::op::table::joining::Joining;
use crate::op::table::measured::Measured;
use crate::op::table::rows::RowOp;
use crate::op::table::step::TableStep;
use crate::op::table::undivided::{Piece, Undivided};
use crate::op::table::wrap::{Chained, Cut, Joined, Piped, cuts};
use crate::spill::Pool;
use crate::spill::pool::Holder;
use parking_lot::Mutex;
use polars::prelude::{DataFrame, SchemaRef, col};
use std::fmt::Debug;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where rows come in the whole table.
#[derive(Clone, Copy, Debug)]
pub struct RowPlace {
    /// Their partition.
    pub partition: usize,
    /// The first of them in it.
    pub row: usize,
}

/// How rows are divided into buckets.
pub trait Divide: Send + Sync + Debug {
    /// Number of buckets.
    fn n_buckets(&self) -> usize;
    /// Rows of every bucket, rising, of rows of a partition.
    ///
    /// # Errors
    /// Keys that cannot be divided by.
    fn buckets(&self, place: RowPlace, rows: &DataFrame) -> Result<Buckets>;
    /// The rule in a word, for people.
    fn label(&self) -> String;
}

/// Takes samples of the keys of rows.
pub trait Sample: Send + Sync + Debug {
    /// Some keys of the rows of partition `i`.
    ///
    /// # Errors
    /// Keys that have no order.
    fn sample(&self, i: usize, rows: &DataFrame) -> Result<Vec<Sampled>>;
}

/// A sample has no more keys than this, which are enough for the most buckets there are.
const MOST_SAMPLES: usize = 1 << 15;

/// Rows that one stage leaves for the next.
#[derive(Debug)]
pub struct Exchange {
    id: u64,
    schema: SchemaRef,
    label: String,
    sampler: Option<Arc<dyn Sample>>,
    sample: Mutex<Vec<Sampled>>,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Undivided(Arc<Undivided>),
    Dealt(Arc<Dealt>),
}

/// A partition on its way in.
#[derive(Debug)]
enum Encoded {
    Pieces(Vec<Piece>),
    Parts(Vec<Parts>),
}

#[derive(Debug)]
struct Once(Mutex<Option<Encoded>>);

impl Object for Once {
    fn n_bytes(&self) -> u64 {
        // Rows are in the pool or on disk.
        0
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Exchange {
    /// An empty exchange of rows with these columns. Undivided, they stay in their partitions; else they are divided by a rule, about so many
    /// bytes of a partition at once.
    pub fn new(
        schema: SchemaRef,
        label: String,
        pool: Arc<Pool>,
        divide: Option<(Arc<dyn Divide>, u64)>,
        sampler: Option<Arc<dyn Sample>>,
    ) -> Exchange {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let kept = match divide {
            None => Kept::Undivided(Arc::new(Undivided::new(schema.clone(), pool.clone()))),
            Some((by, slice_bytes)) => Kept::Dealt(Arc::new(Dealt::new(schema.clone(), pool.clone(), by, slice_bytes))),
        };
        let holder: Arc<dyn Holder> = match &kept {
            Kept::Undivided(u) => u.clone(),
            Kept::Dealt(d) => d.clone(),
        };
        pool.ask(Arc::downgrade(&holder));
        Exchange { id, schema, label, sampler, sample: Mutex::default(), kept }
    }

    /// What every bucket, or partition, holds.
    pub fn measured(&self) -> Vec<Measured> {
        match &self.kept {
            Kept::Undivided(u) => u.measured(),
            Kept::Dealt(d) => d.measured(),
        }
    }

    /// What all hold together.
    pub fn total(&self) -> Measured {
        self.measured().into_iter().sum()
    }

    /// Stands for rows that were not computed: so much in all, in as many pieces.
    pub fn pretend(&self, total: Measured, n_pieces: usize) {
        let each = |n: usize| {
            let share = |all: u64| all.div_ceil(n as u64);
            Measured {
                bound: Bound { rows: share(total.bound.rows), var_bytes: share(total.bound.var_bytes) },
                bytes: share(total.bytes),
            }
        };
        match &self.kept {
            Kept::Undivided(u) => u.pretend(n_pieces, each(n_pieces.max(1))),
            Kept::Dealt(d) => d.pretend(each(d.measured().len().max(1))),
        }
    }

    fn take_samples_of(&self, i: usize, rows: &DataFrame) -> Result<()> {
        let Some(sampler) = &self.sampler else { return Ok(()) };
        let sample = sampler.sample(i, rows)?;
        let mut all = self.sample.lock();
        all.extend(sample);
        if all.len() > MOST_SAMPLES {
            thin(&mut all);
        }
        Ok(())
    }

    /// The sampled keys.
    pub fn take_sample(&self) -> Vec<Sampled> {
        std::mem::take(&mut self.sample.lock())
    }

    /// Columns of the rows.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows in partitions: a bucket each, or (undivided) those that were written, together up to about `target_bytes`.
    pub fn source(self: &Arc<Self>, target_bytes: u64) -> ExchangeSource {
        let divided = matches!(self.kept, Kept::Dealt(_));
        self.in_parts(|part, next| !divided && part.measured.bytes.saturating_add(next.bytes) <= target_bytes)
    }

    /// The rows in the partitions that were written.
    pub fn as_written(self: &Arc<Self>) -> ExchangeSource {
        self.in_parts(|_, _| false)
    }

    /// What was written in partitions: one joins the one before it where `joins` says so.
    fn in_parts(self: &Arc<Self>, joins: impl Fn(&Part, &Measured) -> bool) -> ExchangeSource {
        let mut parts: Vec<Part> = Vec::new();
        for (i, measured) in self.measured().into_iter().enumerate() {
            match parts.last_mut() {
                Some(open) if joins(open, &measured) => {
                    open.end = i + 1;
                    open.measured += measured;
                }
                _ => parts.push(Part { first: i, end: i + 1, of: ALL, measured }),
            }
        }
        if parts.is_empty() {
            parts.push(Part { first: 0, end: 0, of: ALL, measured: Measured::default() });
        }
        ExchangeSource { exchange: self.clone(), parts }
    }

    /// The buckets as partitions, and the bucket of each: one of more than `most_bytes` in several, rows in the order of those that were
    /// written.
    pub fn in_pieces(self: &Arc<Self>, most_bytes: u64) -> (ExchangeSource, Vec<usize>) {
        let Kept::Dealt(dealt) = &self.kept else {
            let source = self.as_written();
            let all = (0..source.parts.len()).collect();
            return (source, all);
        };
        let (mut parts, mut buckets) = (vec![], vec![]);
        for bucket in 0..dealt.measured().len() {
            for (of, measured) in dealt.pieces(bucket, most_bytes) {
                parts.push(Part { first: bucket, end: bucket + 1, of, measured });
                buckets.push(bucket);
            }
        }
        (ExchangeSource { exchange: self.clone(), parts }, buckets)
    }
}

impl TableSink for Exchange {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn begin(&self) -> Result<()> {
        Ok(())
    }

    fn encode(&self, i: usize, partition: &Chunk) -> Result<Chunk> {
        let encoded = apart(|| match (&self.kept, partition) {
            (Kept::Undivided(u), Chunk::Object(o)) => {
                let joining = o.as_any().downcast_ref::<Joining>().ok_or_else(|| Error::bug("another object's rows"))?;
                let mut pieces = vec![];
                joining.each_piece(|rows| {
                    self.take_samples_of(i, &rows)?;
                    pieces.push(u.piece((i, pieces.len()), &rows)?);
                    Ok(ControlFlow::Continue(()))
                })?;
                Ok(Encoded::Pieces(pieces))
            }
            (Kept::Undivided(u), rows) => {
                self.take_samples_of(i, table(rows)?)?;
                Ok(Encoded::Pieces(vec![u.piece((i, 0), table(rows)?)?]))
            }
            (Kept::Dealt(d), rows) => Ok::<_, Error>(Encoded::Parts(d.parts(i, table(rows)?)?)),
        });
        Ok(Chunk::Object(Arc::new(Once(Mutex::new(Some(encoded?))))))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        let scratch = match &self.kept {
            Kept::Undivided(u) => u.scratch_bytes(partition_bytes),
            Kept::Dealt(d) => d.scratch_bytes(partition_bytes),
        };
        (4096, scratch)
    }

    fn ordered(&self) -> bool {
        false
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        let Chunk::Object(o) = encoded else { return Err(Error::bug(format!("an exchange was given {encoded:?}"))) };
        let once = o.as_any().downcast_ref::<Once>().ok_or_else(|| Error::bug("another sink's rows"))?;
        match (once.0.lock().take(), &self.kept) {
            (Some(Encoded::Pieces(pieces)), Kept::Undivided(u)) => pieces.into_iter().for_each(|p| u.add(p)),
            (Some(Encoded::Parts(parts)), Kept::Dealt(d)) => parts.into_iter().for_each(|p| d.add(p)),
            _ => return Err(Error::bug("rows that are committed twice, or to another exchange")),
        }
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        if let Kept::Undivided(u) = &self.kept {
            u.finish();
        }
        Ok(())
    }

    fn abort(&self) {
        match &self.kept {
            Kept::Undivided(u) => u.clear(),
            Kept::Dealt(d) => d.clear(),
        }
    }
}

#[derive(Clone, Debug)]
struct Part {
    first: usize,
    end: usize,
    /// Whose rows of the bucket it has.
    of: Range<usize>,
    measured: Measured,
}

/// The rows of an exchange in partitions.
#[derive(Clone, Debug)]
pub struct ExchangeSource {
    exchange: Arc<Exchange>,
    parts: Vec<Part>,
}

impl ExchangeSource {
    /// What each partition holds.
    pub fn measured(&self) -> impl Iterator<Item = Measured> {
        self.parts.iter().map(|p| p.measured)
    }
}

impl TableSource for ExchangeSource {
    fn name(&self) -> &'static str {
        "exchange"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        (u128::from(self.exchange.id) << 64) | self.parts.len() as u128
    }

    fn label(&self) -> String {
        self.exchange.label.clone()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        described(&self.exchange.schema)
    }

    fn n_partitions(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let part = &self.parts[i];
        let rows = match &self.exchange.kept {
            Kept::Undivided(u) => u.read(part.first..part.end)?,
            Kept::Dealt(d) => d.read(part.first, &part.of)?,
        };
        Ok(Chunk::Table(Arc::new(rows)))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let bytes = self.parts[i].measured.bytes;
        (bytes + 1024, bytes)
    }

    fn stored_bytes(&self, _: usize) -> u64 {
        0
    }

    /// Of rows that are in memory alone: it takes several readings.
    fn rising(&self, column: &str) -> Option<Arc<dyn TableSource>> {
        let Kept::Undivided(u) = &self.exchange.kept else { return None };
        if !u.is_held() || !self.read(0).is_ok_and(|first| table(&first).is_ok_and(|first| is_rising(first, column))) {
            return None;
        }
        let source = Arc::new(self.clone());
        let bytes = self.parts.iter().map(|p| p.measured.bytes).max().unwrap_or(0);
        let alone = Piped { source, ops: vec![RowOp::Step(TableStep::Select(vec![col(column)]))], bytes: (bytes, bytes) };
        let columns = self.columns().iter().filter(|(name, _)| name == column).cloned().collect();
        Some(Arc::new(Chained::new(vec![alone], columns)))
    }

    fn recut(&self, starts: &[u64]) -> Option<(Arc<dyn TableSource>, u64, u64)> {
        let sizes: Vec<u64> = self.parts.iter().map(|p| p.measured.bound.rows).collect();
        let parts = cuts(&sizes, starts);
        let of = |cuts: &Vec<Cut>| {
            let rows: u64 = cuts.iter().map(|c| c.rows.map_or(sizes[c.partition], |(_, n)| n as u64)).sum();
            let var_bytes: u64 = cuts.iter().map(|c| self.parts[c.partition].measured.bound.var_bytes).sum();
            (rows, var_bytes)
        };
        let (rows, var_bytes) = parts.iter().map(of).fold((0, 0), |(rows, bytes), (r, b)| (rows.max(r), bytes.max(b)));
        let source = Arc::new(self.clone());
        Some((Arc::new(Joined { source, parts }), rows, var_bytes))
    }
}
