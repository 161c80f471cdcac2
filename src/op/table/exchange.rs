//! An exchange: the rows of one stage of a query, kept for the next, in the buckets that they were divided into.
//!
//! Pieces stay in memory as long as the query's pool has room for them and go to one file as compressed Arrow IPC after that. A piece
//! is the rows of one partition that go to one bucket; pieces of a bucket are in order of the partitions. What is known of the rows
//! afterwards (how many, how many bytes, a sample of their keys) is what the next stage is planned by.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, column_bytes, compact, described, packed, settled, stack, table, table_bytes, unpacked};
use crate::chunk::table_bound::{Bound, varies};
use crate::chunk::{Chunk, Object};
use crate::expr::table::{TableSink, TableSource, not_sent};
use crate::kernel::table::divide::Buckets;
use crate::kernel::table::lookup::gather;
use crate::spill::pool::{Pool, Share};
use parking_lot::Mutex;
use polars::prelude::{DataFrame, SchemaRef};
use std::fmt::Debug;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// How rows are divided into buckets.
pub trait Divide: Send + Sync + Debug {
    /// Number of buckets.
    fn n_buckets(&self) -> usize;
    /// Rows of every bucket, rising, of partition `i`.
    ///
    /// # Errors
    /// Keys that cannot be divided by.
    fn buckets(&self, i: usize, rows: &DataFrame) -> Result<Buckets>;
    /// The rule in a word, for people.
    fn label(&self) -> String;
}

/// Takes samples of the keys of rows.
pub trait Sample: Send + Sync + Debug {
    /// Some keys of the rows of partition `i`.
    ///
    /// # Errors
    /// Keys that have no order.
    fn sample(&self, i: usize, rows: &DataFrame) -> Result<Vec<Vec<u8>>>;
}

/// Rows of one partition in one bucket.
#[derive(Debug)]
struct Piece {
    partition: usize,
    bound: Bound,
    bytes: u64,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Arc<DataFrame>, #[expect(dead_code, reason = "what holds the room")] Share),
    File { offset: u64, len: u64, checksum: u64 },
}

/// A partition's rows, by bucket, on their way in.
#[derive(Debug)]
struct Divided(Mutex<Vec<Option<Rows>>>);

#[derive(Debug)]
struct Rows {
    bound: Bound,
    bytes: u64,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Memory(Arc<DataFrame>, Share),
    Packed(Vec<u8>),
}

impl Object for Divided {
    fn n_bytes(&self) -> u64 {
        let packed = |r: &Rows| if let Form::Packed(b) = &r.form { b.len() as u64 } else { 0 };
        self.0.lock().iter().flatten().map(packed).sum()
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[derive(Debug, Default)]
struct State {
    /// By bucket, in order of the partitions.
    buckets: Vec<Vec<Piece>>,
    file: Option<Arc<File>>,
    file_bytes: u64,
    sample: Vec<Vec<u8>>,
}

/// Rows that one stage leaves for the next.
#[derive(Debug)]
pub struct Exchange {
    id: u64,
    schema: SchemaRef,
    label: String,
    pool: Arc<Pool>,
    divide: Option<Arc<dyn Divide>>,
    sampler: Option<Arc<dyn Sample>>,
    state: Mutex<State>,
}

/// What an exchange holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Rows and bytes of strings and lists.
    pub bound: Bound,
    /// Bytes in memory.
    pub bytes: u64,
}

impl std::ops::AddAssign<&Piece> for Measured {
    fn add_assign(&mut self, p: &Piece) {
        self.bound.rows += p.bound.rows;
        self.bound.var_bytes += p.bound.var_bytes;
        self.bytes += p.bytes;
    }
}

impl Exchange {
    /// An empty exchange of rows with these columns. Undivided, all rows are in one bucket, in order.
    pub fn new(
        schema: SchemaRef,
        label: String,
        pool: Arc<Pool>,
        divide: Option<Arc<dyn Divide>>,
        sampler: Option<Arc<dyn Sample>>,
    ) -> Exchange {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let n = divide.as_ref().map_or(1, |d| d.n_buckets());
        let state = State { buckets: (0..n).map(|_| vec![]).collect(), ..State::default() };
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Exchange { id, schema, label, pool, divide, sampler, state: Mutex::new(state) }
    }

    /// What every bucket holds.
    pub fn measured(&self) -> Vec<Measured> {
        let sum = |pieces: &Vec<Piece>| {
            pieces.iter().fold(Measured::default(), |mut m, p| {
                m += p;
                m
            })
        };
        self.state.lock().buckets.iter().map(sum).collect()
    }

    /// What all buckets hold together.
    pub fn total(&self) -> Measured {
        self.measured().iter().fold(Measured::default(), |t, m| Measured {
            bound: Bound { rows: t.bound.rows + m.bound.rows, var_bytes: t.bound.var_bytes + m.bound.var_bytes },
            bytes: t.bytes + m.bytes,
        })
    }

    /// Stands for rows that were not computed: so much in all, in as many pieces.
    pub fn pretend(&self, total: Measured, n_pieces: usize) {
        let mut state = self.state.lock();
        let places = if self.divide.is_some() { state.buckets.len() } else { n_pieces }.max(1);
        let share = |n: u64| n.div_ceil(places as u64);
        let bound = Bound { rows: share(total.bound.rows), var_bytes: share(total.bound.var_bytes) };
        let divided = self.divide.is_some();
        for i in 0..places {
            let place = Place::File { offset: 0, len: 0, checksum: 0 };
            let bucket = if divided { i } else { 0 };
            state.buckets[bucket].push(Piece { partition: i, bound, bytes: share(total.bytes), place });
        }
    }

    /// The sampled keys.
    pub fn take_sample(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.state.lock().sample)
    }

    /// Columns of the rows.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows in partitions: a bucket each, or (undivided) those that were written, together up to about `target_bytes`.
    pub fn source(self: &Arc<Self>, target_bytes: u64) -> ExchangeSource {
        self.in_parts(|part, piece| self.divide.is_some() || part.measured.bytes.saturating_add(piece.bytes) <= target_bytes)
    }

    /// The rows in the partitions that were written.
    pub fn as_written(self: &Arc<Self>) -> ExchangeSource {
        self.in_parts(|_, _| false)
    }

    /// Pieces of a bucket in partitions: a piece joins the one before it where `joins` says so.
    fn in_parts(self: &Arc<Self>, joins: impl Fn(&Part, &Piece) -> bool) -> ExchangeSource {
        let state = self.state.lock();
        let mut parts: Vec<Part> = Vec::new();
        for (bucket, pieces) in state.buckets.iter().enumerate() {
            let mut open = Part { bucket, first: 0, end: 0, measured: Measured::default() };
            for (i, p) in pieces.iter().enumerate() {
                if i > open.first && !joins(&open, p) {
                    parts.push(open);
                    open = Part { bucket, first: i, end: i, measured: Measured::default() };
                }
                open.end = i + 1;
                open.measured += p;
            }
            parts.push(open);
        }
        ExchangeSource { exchange: self.clone(), parts }
    }

    fn pieces(&self, i: usize, partition: &Chunk) -> Result<Vec<DataFrame>> {
        let df = table(partition)?;
        let Some(divide) = &self.divide else {
            return Ok(vec![settled((**df).clone())?]);
        };
        divide.buckets(i, df)?.iter().map(|rows| compact(gather(df, rows))).collect()
    }
}

fn bound_of(df: &DataFrame) -> Bound {
    let var_bytes = df.columns().iter().filter(|c| varies(c.dtype())).map(column_bytes).sum();
    Bound { rows: df.height() as u64, var_bytes }
}

impl TableSink for Exchange {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn begin(&self) -> Result<()> {
        Ok(())
    }

    fn encode(&self, i: usize, partition: &Chunk) -> Result<Chunk> {
        // Once for all pieces, each of which would otherwise wait for a thread of its own.
        apart(|| self.divided(i, partition))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        // Divided rows, compressed; beside them the rows in pieces, and of every row its hash and its place.
        let divided = if self.divide.is_some() { partition_bytes.saturating_mul(2) } else { 0 };
        (partition_bytes.saturating_add(4096), partition_bytes.saturating_add(divided))
    }

    fn ordered(&self) -> bool {
        false
    }

    fn commit(&self, i: usize, encoded: &Chunk) -> Result<()> {
        let Chunk::Object(o) = encoded else { return Err(Error::bug(format!("an exchange was given {encoded:?}"))) };
        let divided = o.as_any().downcast_ref::<Divided>().ok_or_else(|| Error::bug("another sink's rows"))?;
        for (bucket, rows) in std::mem::take(&mut *divided.0.lock()).into_iter().enumerate() {
            let Some(Rows { bound, bytes, form }) = rows else { continue };
            let place = match form {
                Form::Memory(df, share) => Place::Memory(df, share),
                Form::Packed(packed) => self.write(&packed)?,
            };
            self.state.lock().buckets[bucket].push(Piece { partition: i, bound, bytes, place });
        }
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        self.state.lock().buckets.iter_mut().for_each(|pieces| pieces.sort_by_key(|p| p.partition));
        Ok(())
    }

    fn abort(&self) {
        *self.state.lock() = State::default();
    }
}

impl Exchange {
    fn divided(&self, i: usize, partition: &Chunk) -> Result<Chunk> {
        let sample = match &self.sampler {
            Some(s) => s.sample(i, table(partition)?)?,
            None => vec![],
        };
        if !sample.is_empty() {
            self.state.lock().sample.extend(sample);
        }
        let pieces = self.pieces(i, partition)?;
        let mut share = self.pool.take(pieces.iter().map(table_bytes).sum());
        let rows = pieces.into_iter().map(|df| {
            // Undivided, every partition is a piece, so that partitions keep their numbers.
            if df.height() == 0 && self.divide.is_some() {
                return Ok(None);
            }
            let (bound, bytes) = (bound_of(&df), table_bytes(&df));
            let form = match &mut share {
                Some(share) => Form::Memory(Arc::new(df), share.split(bytes)),
                None => Form::Packed(packed(&df)?),
            };
            Ok(Some(Rows { bound, bytes, form }))
        });
        Ok(Chunk::Object(Arc::new(Divided(Mutex::new(rows.collect::<Result<_>>()?)))))
    }

    fn write(&self, bytes: &[u8]) -> Result<Place> {
        let len = bytes.len() as u64;
        self.pool.on_disk(len)?;
        let (file, offset) = {
            let mut state = self.state.lock();
            let file = match &state.file {
                Some(f) => f.clone(),
                None => state.file.insert(Arc::new(self.pool.file()?)).clone(),
            };
            let offset = state.file_bytes;
            state.file_bytes += len;
            (file, offset)
        };
        file.write_all_at(bytes, offset).map_err(|e| Error::io("writing rows of a query to the spill folder", &e))?;
        Ok(Place::File { offset, len, checksum: xxh3_64(bytes) })
    }

    fn read(&self, part: &Part) -> Result<DataFrame> {
        // Rows are read without the lock held: a piece never changes.
        enum Found {
            Memory(Arc<DataFrame>),
            File(u64, u64, u64),
        }
        let (found, file) = {
            let state = self.state.lock();
            let found = state.buckets[part.bucket][part.first..part.end].iter().map(|p| match &p.place {
                Place::Memory(df, _) => Found::Memory(df.clone()),
                Place::File { offset, len, checksum } => Found::File(*offset, *len, *checksum),
            });
            (found.collect::<Vec<_>>(), state.file.clone())
        };
        let tables = found.into_iter().map(|f| match (f, &file) {
            (Found::Memory(df), _) => Ok(df),
            (Found::File(offset, len, checksum), Some(file)) => {
                let mut bytes = vec![0; len as usize];
                file.read_exact_at(&mut bytes, offset)
                    .map_err(|e| Error::io("reading rows of a query from the spill folder", &e))?;
                if xxh3_64(&bytes) != checksum {
                    return Err(Error::corrupt("rows of a query in the spill folder are not those that were written"));
                }
                unpacked(bytes).map(Arc::new)
            }
            _ => Err(Error::bug("rows of a query without their file")),
        });
        let tables = tables.collect::<Result<Vec<_>>>()?;
        if tables.is_empty() {
            return Ok(DataFrame::empty_with_schema(&self.schema));
        }
        stack(&tables)
    }
}

#[derive(Clone, Debug)]
struct Part {
    bucket: usize,
    first: usize,
    end: usize,
    measured: Measured,
}

/// The rows of an exchange in partitions.
#[derive(Debug)]
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
        Ok(Chunk::Table(Arc::new(self.exchange.read(&self.parts[i])?)))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let bytes = self.parts[i].measured.bytes;
        (bytes + 1024, bytes)
    }

    fn stored_bytes(&self, _: usize) -> u64 {
        0
    }
}
