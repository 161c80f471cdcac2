//! Rows of an exchange in the buckets that a rule divides them into.
//!
//! Partitions are held as they came, with the rows of each bucket beside them, until there is no more room. Then all that are held are
//! written bucket by bucket, so that however many partitions and buckets there are, a block has about the bucket's share of all that is
//! held; and who waits for room meanwhile helps. What is still held at the end is taken apart when a bucket is read.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{settled, table_bytes, table_error};
use crate::kernel::table::divide::Buckets;
use crate::kernel::table::rows::RowsOf;
use crate::op::table::blocks::{Block, Blocks};
use crate::op::table::exchange::Divide;
use crate::op::table::measured::Measured;
use crate::spill::Pool;
use crate::spill::pool::{Holder, Share};
use parking_lot::{Condvar, Mutex};
use polars::prelude::{Column, DataFrame, SchemaRef};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows by bucket, those of a bucket in order of the partitions.
#[derive(Debug)]
pub(super) struct Dealt {
    schema: SchemaRef,
    divide: Arc<dyn Divide>,
    n_buckets: usize,
    blocks: Blocks,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: Vec<Arc<Held>>,
    /// What is being written of what was held.
    moving: Option<Arc<Move>>,
    buckets: Vec<Bucket>,
}

#[derive(Clone, Debug, Default)]
struct Bucket {
    measured: Measured,
    filed: Vec<Arc<Filed>>,
    /// Whether what is moving is in the file already.
    moved: bool,
}

/// A partition in memory.
#[derive(Debug)]
struct Held {
    partition: usize,
    rows: DataFrame,
    buckets: Buckets,
    bytes: u64,
    _room: Share,
}

/// Rows of one bucket in the file.
#[derive(Debug)]
struct Filed {
    block: Block,
    /// Partitions that they come from, and how many of each.
    pieces: Vec<(usize, usize)>,
}

/// Partitions being written by all threads that need their room.
#[derive(Debug)]
struct Move {
    held: Mutex<Arc<Vec<Arc<Held>>>>,
    bytes: u64,
    next: AtomicUsize,
    left: Mutex<usize>,
    done: Condvar,
}

/// A partition taken apart.
#[derive(Debug)]
pub(super) struct Parts {
    measured: Vec<Measured>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Held(Held),
    Filed(Vec<Vec<Filed>>),
}

/// Rows of one partition, on their way out.
struct Run<'a> {
    partition: usize,
    from: From<'a>,
}

enum From<'a> {
    Held(&'a Held),
    File { block: Block, first: usize, n: usize },
}

impl Run<'_> {
    fn n_rows(&self, bucket: usize) -> usize {
        match &self.from {
            From::Held(h) => h.buckets.of(bucket).len(),
            From::File { n, .. } => *n,
        }
    }
}

impl Dealt {
    pub fn new(schema: SchemaRef, pool: Arc<Pool>, divide: Arc<dyn Divide>) -> Dealt {
        let n_buckets = divide.n_buckets();
        let state = State { buckets: vec![Bucket::default(); n_buckets], ..State::default() };
        Dealt { schema, divide, n_buckets, blocks: Blocks::new(pool), state: Mutex::new(state) }
    }

    pub fn parts(&self, partition: usize, rows: &DataFrame) -> Result<Parts> {
        let columns =
            settled(rows.clone())?.into_columns().into_iter().map(|c| Column::from(c.take_materialized_series().rechunk()));
        let rows = DataFrame::new(rows.height(), columns.collect()).map_err(table_error)?;
        let buckets = self.divide.buckets(partition, &rows)?;
        let measured = Measured::of_buckets(&rows, &buckets, self.n_buckets)?;
        let bytes = table_bytes(&rows) + buckets.n_bytes();
        let room = self.blocks.pool.take_or_move(bytes)?;
        let is_held = room.is_some();
        let held = Held { partition, rows, buckets, bytes, _room: room.unwrap_or_default() };
        let place = if is_held {
            Place::Held(held)
        } else {
            let held = [Arc::new(held)];
            Place::Filed((0..self.n_buckets).map(|b| self.written(b, &held)).collect::<Result<_>>()?)
        };
        Ok(Parts { measured, place })
    }

    /// Bytes that [`parts`](Dealt::parts) needs for partitions of so many, beside them.
    pub fn scratch_bytes(&self, partition_bytes: u64) -> u64 {
        // Columns in one piece; of every row its key, hash and place; of a block that makes room, its rows by themselves and packed.
        partition_bytes.saturating_mul(3).saturating_add(self.blocks.most_bytes().saturating_mul(3))
    }

    pub fn add(&self, parts: Parts) {
        let mut state = self.state.lock();
        for (bucket, m) in state.buckets.iter_mut().zip(parts.measured) {
            bucket.measured += m;
        }
        match parts.place {
            Place::Held(held) => state.held.push(Arc::new(held)),
            Place::Filed(filed) => {
                for (bucket, filed) in state.buckets.iter_mut().zip(filed) {
                    bucket.filed.extend(filed.into_iter().map(Arc::new));
                }
            }
        }
    }

    pub fn clear(&self) {
        *self.state.lock() = State { buckets: vec![Bucket::default(); self.n_buckets], ..State::default() };
        self.blocks.clear();
    }

    /// Stands for buckets of so much each, which were not computed.
    pub fn pretend(&self, each: Measured) {
        for bucket in &mut self.state.lock().buckets {
            bucket.measured = each;
        }
    }

    pub fn measured(&self) -> Vec<Measured> {
        self.state.lock().buckets.iter().map(|b| b.measured).collect()
    }

    /// Writes the rows of a bucket of some partitions.
    fn written(&self, bucket: usize, held: &[Arc<Held>]) -> Result<Vec<Filed>> {
        let held: Vec<&Arc<Held>> = held.iter().filter(|h| !h.buckets.of(bucket).is_empty()).collect();
        let mut rest = held.as_slice();
        let mut filed = vec![];
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |h: &&Arc<Held>| {
                bytes += h.bytes * h.buckets.of(bucket).len() as u64 / h.rows.height().max(1) as u64;
                bytes <= self.blocks.most_bytes()
            };
            let n = rest.iter().copied().take_while(fits).count().max(1);
            let (now, then) = rest.split_at(n);
            rest = then;
            let pieces: Vec<_> = now.iter().map(|h| (h.partition, h.buckets.of(bucket).len())).collect();
            let mut rows = RowsOf::new(self.schema.clone(), pieces.iter().map(|p| p.1).sum());
            for h in now {
                rows.gather(&h.rows, h.buckets.of(bucket))?;
            }
            filed.push(Filed { block: self.blocks.write(&rows.finish())?, pieces });
        }
        Ok(filed)
    }

    pub fn read(&self, bucket: usize) -> Result<DataFrame> {
        let (held, filed) = {
            let state = self.state.lock();
            let b = &state.buckets[bucket];
            let moving = state.moving.as_ref().filter(|_| !b.moved).map(|m| m.held.lock().clone());
            let held: Vec<_> = moving.iter().flat_map(|m| m.iter()).chain(&state.held).cloned().collect();
            (held, b.filed.clone())
        };
        let mut runs: Vec<Run<'_>> = vec![];
        for h in &held {
            if !h.buckets.of(bucket).is_empty() {
                runs.push(Run { partition: h.partition, from: From::Held(h) });
            }
        }
        for f in &filed {
            let mut first = 0;
            for &(partition, n) in &f.pieces {
                runs.push(Run { partition, from: From::File { block: f.block, first, n } });
                first += n;
            }
        }
        runs.sort_by_key(|r| r.partition);
        let n_rows = runs.iter().map(|r| r.n_rows(bucket)).sum();
        self.put_together(bucket, merged(runs), n_rows)
    }

    fn put_together(&self, bucket: usize, runs: Vec<From<'_>>, n_rows: usize) -> Result<DataFrame> {
        let mut blocks: HashMap<u64, DataFrame> = HashMap::new();
        let mut rows = RowsOf::new(self.schema.clone(), n_rows);
        let is_one = runs.len() == 1;
        for run in runs {
            match run {
                From::Held(h) => rows.gather(&h.rows, h.buckets.of(bucket))?,
                From::File { block, first, n } => {
                    let read = match blocks.entry(block.offset) {
                        Entry::Occupied(o) => o.into_mut(),
                        Entry::Vacant(v) => v.insert(self.blocks.read(&block)?),
                    };
                    if is_one && read.height() == n {
                        return Ok(read.clone());
                    }
                    rows.slice(read, first, n)?;
                }
            }
        }
        Ok(rows.finish())
    }
}

/// Runs that follow each other in their block as one.
fn merged(runs: Vec<Run<'_>>) -> Vec<From<'_>> {
    let mut out: Vec<From<'_>> = vec![];
    for run in runs {
        if let (Some(From::File { block, first, n }), From::File { block: next, first: start, n: more }) =
            (out.last_mut(), &run.from)
            && block.offset == next.offset
            && *first + *n == *start
        {
            *n += more;
        } else {
            out.push(run.from);
        }
    }
    out
}

impl Holder for Dealt {
    fn movable_bytes(&self) -> u64 {
        let state = self.state.lock();
        state.moving.as_ref().map_or(0, |m| m.bytes) + state.held.iter().map(|h| h.bytes).sum::<u64>()
    }

    fn make_room(&self) -> Result<bool> {
        let to_move = {
            let mut state = self.state.lock();
            match &state.moving {
                Some(m) => m.clone(),
                None if state.held.is_empty() => return Ok(false),
                None => {
                    let mut held = std::mem::take(&mut state.held);
                    held.sort_by_key(|h| h.partition);
                    let m = Arc::new(Move::new(held, self.n_buckets));
                    state.buckets.iter_mut().for_each(|b| b.moved = false);
                    state.moving = Some(m.clone());
                    m
                }
            }
        };
        self.take_part(&to_move)?;
        Ok(true)
    }
}

impl Dealt {
    /// Writes buckets until there are no more, and waits for those that other threads write.
    fn take_part(&self, m: &Arc<Move>) -> Result<()> {
        loop {
            let bucket = m.next.fetch_add(1, Ordering::Relaxed);
            if bucket >= self.n_buckets {
                break;
            }
            // Whatever happens, nobody waits for ever.
            let _turn = Turn { of: self, m };
            let held = m.held.lock().clone();
            let filed = self.written(bucket, &held)?;
            let mut state = self.state.lock();
            let b = state.buckets.get_mut(bucket).ok_or_else(|| Error::bug("a bucket that has gone"))?;
            b.filed.extend(filed.into_iter().map(Arc::new));
            b.moved = true;
        }
        let mut left = m.left.lock();
        while *left > 0 {
            m.done.wait(&mut left);
        }
        Ok(())
    }
}

impl Move {
    fn new(held: Vec<Arc<Held>>, n_buckets: usize) -> Move {
        let bytes = held.iter().map(|h| h.bytes).sum();
        let held = Mutex::new(Arc::new(held));
        Move { held, bytes, next: AtomicUsize::new(0), left: Mutex::new(n_buckets), done: Condvar::new() }
    }
}

/// A bucket's turn.
struct Turn<'a> {
    of: &'a Dealt,
    m: &'a Arc<Move>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut left = self.m.left.lock();
        *left -= 1;
        if *left > 0 {
            return;
        }
        // The last to go takes the partitions along, before anybody looks for their room.
        let mut state = self.of.state.lock();
        if state.moving.as_ref().is_some_and(|m| Arc::ptr_eq(m, self.m)) {
            state.moving = None;
        }
        drop(state);
        *self.m.held.lock() = Arc::default();
        self.m.done.notify_all();
    }
}
