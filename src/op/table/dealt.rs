//! Rows of an exchange in the buckets that a rule divides them into.
//!
//! Partitions are held with their rows in order of the buckets until there is no more room. Then all that are held are
//! written bucket by bucket, so that however many partitions and buckets there are, a block has about the bucket's share of all that is
//! held; and who waits for room meanwhile helps. What is still held at the end is taken apart when a bucket is read. Partitions that are large
//! are divided slice by slice, each as if it were one.

use crate::base::Result;
use crate::chunk::table_bound::{Bound, row_bytes};
use crate::chunk::table_bytes::table_bytes;
use crate::kernel::table::columns::Rows;
use crate::kernel::table::divide::Ends;
use crate::op::table::blocks::{Block, Blocks};
use crate::op::table::exchange::{Divide, RowPlace};
use crate::op::table::measured::{Measured, varying_of_all, varying_of_rows};
use crate::spill::Pool;
use crate::spill::pool::{Holder, Share};
use parking_lot::{Condvar, Mutex};
use polars::prelude::{DataFrame, SchemaRef};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The bucket that comes so many after the one that is read is fetched from the disk meanwhile. Threads read them about in order.
const AHEAD: usize = 4;

/// Slices of a partition that have numbers of their own, as a power of two.
const SLICES: u32 = 20;

/// All partitions.
pub(super) const ALL: Range<usize> = 0..usize::MAX;

/// Rows by bucket, those of a bucket in order of the partitions.
#[derive(Debug)]
pub(super) struct Dealt {
    schema: SchemaRef,
    divide: Arc<dyn Divide>,
    slice_bytes: u64,
    n_buckets: usize,
    blocks: Blocks,
    state: Mutex<State>,
    /// Told when a move is over.
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: Vec<Arc<Held>>,
    moving: Option<Moving>,
    n_moves: u64,
    buckets: Vec<Bucket>,
    /// Bytes of strings and lists of every partition.
    var_bytes: BTreeMap<usize, u64>,
}

#[derive(Clone, Debug, Default)]
struct Bucket {
    measured: Measured,
    filed: Vec<Arc<Filed>>,
}

/// A partition in memory.
#[derive(Debug)]
struct Held {
    partition: usize,
    /// In order of the buckets.
    rows: DataFrame,
    ends: Ends,
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

/// Partitions being written by all threads that need their room. They count as held until all their buckets are in the file.
#[derive(Debug)]
struct Moving {
    number: u64,
    held: Arc<Vec<Arc<Held>>>,
    /// The next bucket that a thread may take, and how many are not done.
    next: usize,
    left: usize,
    filed: Vec<(usize, Vec<Filed>)>,
    failed: bool,
}

/// A partition taken apart.
#[derive(Debug)]
pub(super) struct Parts {
    partition: usize,
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
    origin: Origin<'a>,
}

enum Origin<'a> {
    Held(&'a Held),
    File { block: Block, first: usize, n: usize },
}

impl Run<'_> {
    fn n_rows(&self, bucket: usize) -> usize {
        match &self.origin {
            Origin::Held(h) => h.ends.of(bucket).len(),
            Origin::File { n, .. } => *n,
        }
    }
}

impl Dealt {
    pub fn new(schema: SchemaRef, pool: Arc<Pool>, divide: Arc<dyn Divide>, slice_bytes: u64) -> Dealt {
        let n_buckets = divide.n_buckets();
        let state = State { buckets: vec![Bucket::default(); n_buckets], ..State::default() };
        Dealt {
            blocks: Blocks::new(schema.clone(), pool),
            schema,
            divide,
            slice_bytes,
            n_buckets,
            state: Mutex::new(state),
            moved: Condvar::new(),
        }
    }

    pub fn parts(&self, partition: usize, rows: &DataFrame) -> Result<Vec<Parts>> {
        let part = |(i, slice): (usize, Range<usize>)| {
            let place = RowPlace { partition, row: slice.start };
            self.part((partition << SLICES) + i, place, &rows.slice(slice.start as i64, slice.len()))
        };
        slices(rows, self.slice_bytes)?.into_iter().enumerate().map(part).collect()
    }

    fn part(&self, partition: usize, place: RowPlace, rows: &DataFrame) -> Result<Parts> {
        let (order, ends) = self.divide.buckets(place, rows)?.into_parts();
        let mut divided = Rows::new(self.schema.clone(), rows.height());
        divided.gather(rows, &order)?;
        drop(order);
        let rows = divided.finish()?;
        let measured = Measured::of_buckets(&rows, &ends);
        let bytes = table_bytes(&rows) + ends.n_bytes();
        let room = self.blocks.pool.take_or_move(bytes)?;
        let is_held = room.is_some();
        let held = Held { partition, rows, ends, bytes, _room: room.unwrap_or_default() };
        let place = if is_held {
            Place::Held(held)
        } else {
            let held = [Arc::new(held)];
            Place::Filed((0..self.n_buckets).map(|b| self.written(b, &held)).collect::<Result<_>>()?)
        };
        Ok(Parts { partition, measured, place })
    }

    /// Bytes that [`parts`](Dealt::parts) needs for partitions of so many, beside them.
    pub fn scratch_bytes(&self, partition_bytes: u64) -> u64 {
        // Rows in order of the buckets; of every row its key, hash and place; of a block that makes room, its columns and bytes.
        partition_bytes.min(self.slice_bytes).saturating_mul(3).saturating_add(self.blocks.most_bytes().saturating_mul(3))
    }

    pub fn add(&self, parts: Parts) {
        let mut state = self.state.lock();
        state.var_bytes.insert(parts.partition, parts.measured.iter().map(|m| m.bound.var_bytes).sum());
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
        let held: Vec<&Arc<Held>> = held.iter().filter(|h| !h.ends.of(bucket).is_empty()).collect();
        let bytes = |h: &Held| h.bytes * h.ends.of(bucket).len() as u64 / h.rows.height().max(1) as u64;
        let mut rest = held.as_slice();
        let mut filed = vec![];
        while !rest.is_empty() {
            let mut sum = 0;
            let fits = |h: &&Arc<Held>| {
                sum += bytes(h);
                sum <= self.blocks.most_bytes()
            };
            let n = rest.iter().copied().take_while(fits).count().max(1);
            let (now, then) = rest.split_at(n);
            rest = then;
            let pieces = now.iter().map(|h| (h.partition, h.ends.of(bucket).len())).collect();
            let rows: Vec<_> = now.iter().map(|h| (&h.rows, h.ends.of(bucket))).collect();
            let row_bytes = now.iter().map(|h| bytes(h)).sum();
            filed.push(Filed { block: self.blocks.write(&rows, row_bytes)?, pieces });
        }
        Ok(filed)
    }

    /// A bucket, if it weighs more than `most_bytes` in pieces of about half of that, each the rows of some partitions, with what it holds at
    /// most.
    pub fn pieces(&self, bucket: usize, most_bytes: u64) -> Vec<(Range<usize>, Measured)> {
        let state = self.state.lock();
        let of_bucket = &state.buckets[bucket];
        if of_bucket.measured.weight() <= most_bytes {
            return vec![(ALL, of_bucket.measured)];
        }
        let mut rows: BTreeMap<usize, u64> = BTreeMap::new();
        for h in state.all_held() {
            *rows.entry(h.partition).or_default() += h.ends.of(bucket).len() as u64;
        }
        for &(partition, n) in of_bucket.filed.iter().flat_map(|f| &f.pieces) {
            *rows.entry(partition).or_default() += n as u64;
        }
        let mut pieces: Vec<(Range<usize>, Measured)> = vec![];
        for (partition, rows) in rows {
            // How its texts are spread over the buckets is not known.
            let var_bytes = state.var_bytes.get(&partition).copied().unwrap_or(0);
            let bound = Bound { rows, var_bytes };
            let more = Measured { bound, bytes: bound.bytes(&self.schema) };
            match pieces.last_mut().filter(|(_, m)| m.weight().saturating_add(more.weight()) <= most_bytes / 2) {
                Some((partitions, m)) => {
                    partitions.end = partition + 1;
                    *m += more;
                }
                None => pieces.push((partition..partition + 1, more)),
            }
        }
        for (_, m) in &mut pieces {
            m.bound.var_bytes = m.bound.var_bytes.min(of_bucket.measured.bound.var_bytes);
            m.bytes = m.bytes.min(of_bucket.measured.bytes);
        }
        if pieces.is_empty() { vec![(ALL, of_bucket.measured)] } else { pieces }
    }

    /// The rows of a bucket that come from some partitions.
    pub fn read(&self, bucket: usize, partitions: &Range<usize>) -> Result<DataFrame> {
        let (held, filed, soon) = {
            let state = self.state.lock();
            let held: Vec<_> = state.all_held().filter(|h| partitions.contains(&h.partition)).cloned().collect();
            let soon = state.buckets.get(bucket + AHEAD).map(|b| b.filed.clone()).unwrap_or_default();
            (held, state.buckets[bucket].filed.clone(), soon)
        };
        soon.iter().for_each(|f| self.blocks.fetch_soon(&f.block));
        let mut runs: Vec<Run<'_>> = vec![];
        for h in &held {
            if !h.ends.of(bucket).is_empty() {
                runs.push(Run { partition: h.partition, origin: Origin::Held(h) });
            }
        }
        for f in &filed {
            let mut first = 0;
            for &(partition, n) in &f.pieces {
                if partitions.contains(&partition) {
                    runs.push(Run { partition, origin: Origin::File { block: f.block, first, n } });
                }
                first += n;
            }
        }
        runs.sort_by_key(|r| r.partition);
        let mut rows = Rows::new(self.schema.clone(), runs.iter().map(|r| r.n_rows(bucket)).sum());
        let mut scratch = vec![];
        for run in merged(runs) {
            match run {
                Origin::Held(h) => rows.slice(&h.rows, h.ends.of(bucket))?,
                Origin::File { block, first, n } => self.blocks.read(&block, Some(first..first + n), &mut rows, &mut scratch)?,
            }
        }
        rows.finish()
    }
}

/// The rows of a partition in slices of at most so many bytes each, or of one row.
fn slices(rows: &DataFrame, slice_bytes: u64) -> Result<Vec<Range<usize>>> {
    let n = rows.height();
    // Texts that rows share count for each of them: they are copied.
    let row_bytes = row_bytes(rows.schema());
    let bound = |n: usize, var_bytes| Bound { rows: n as u64, var_bytes };
    let weight = |n, var_bytes| Measured { bound: bound(n, var_bytes), bytes: row_bytes * n as u64 + var_bytes }.weight();
    let all_bytes = weight(n, varying_of_all(rows)?);
    if all_bytes <= slice_bytes {
        return Ok(std::iter::once(0..n).collect());
    }
    let slice_bytes = slice_bytes.max(all_bytes >> (SLICES - 1));
    let varying = varying_of_rows(rows)?;
    let (mut all, mut first, mut bytes) = (vec![], 0, 0);
    for row in 0..n {
        let more = weight(1, varying.get(row).map_or(0, |&n| n.into()));
        if row > first && bytes + more > slice_bytes {
            all.push(first..row);
            (first, bytes) = (row, 0);
        }
        bytes += more;
    }
    all.push(first..n);
    Ok(all)
}

/// Runs that follow each other in their block as one.
fn merged(runs: Vec<Run<'_>>) -> Vec<Origin<'_>> {
    let mut out: Vec<Origin<'_>> = vec![];
    for run in runs {
        if let (Some(Origin::File { block, first, n }), Origin::File { block: next, first: start, n: more }) =
            (out.last_mut(), &run.origin)
            && block.offset == next.offset
            && *first + *n == *start
        {
            *n += more;
        } else {
            out.push(run.origin);
        }
    }
    out
}

impl Holder for Dealt {
    fn movable_bytes(&self) -> u64 {
        self.state.lock().all_held().map(|h| h.bytes).sum()
    }

    fn make_room(&self) -> Result<bool> {
        let mut state = self.state.lock();
        if state.moving.is_none() {
            if state.held.is_empty() {
                return Ok(false);
            }
            state.move_held();
        }
        let number = state.n_moves;
        while let Some(bucket) = state.claim(number) {
            drop(state);
            self.move_bucket(number, bucket)?;
            state = self.state.lock();
        }
        while state.is_moving(number) {
            self.moved.wait(&mut state);
        }
        Ok(true)
    }
}

impl Dealt {
    /// Writes a bucket of the partitions that are moving.
    fn move_bucket(&self, number: u64, bucket: usize) -> Result<()> {
        // Whatever happens, nobody waits for ever.
        let mut turn = Turn { of: self, number, bucket, filed: None };
        // Given up before the turn is over, so that there is room when there is word of it.
        let held = self.state.lock().moving.as_ref().map(|m| m.held.clone()).unwrap_or_default();
        turn.filed = Some(self.written(bucket, &held)?);
        Ok(())
    }
}

impl State {
    /// Partitions in memory, those that are moving among them.
    fn all_held(&self) -> impl Iterator<Item = &Arc<Held>> {
        let moving = self.moving.iter().flat_map(|m| m.held.iter());
        moving.chain(&self.held)
    }

    fn move_held(&mut self) {
        let mut held = std::mem::take(&mut self.held);
        held.sort_by_key(|h| h.partition);
        self.n_moves += 1;
        let left = self.buckets.len();
        self.moving = Some(Moving { number: self.n_moves, held: Arc::new(held), next: 0, left, filed: vec![], failed: false });
    }

    fn is_moving(&self, number: u64) -> bool {
        self.moving.as_ref().is_some_and(|m| m.number == number)
    }

    /// A bucket of a move that nobody writes yet.
    fn claim(&mut self, number: u64) -> Option<usize> {
        let n = self.buckets.len();
        let m = self.moving.as_mut().filter(|m| m.number == number && m.next < n)?;
        m.next += 1;
        Some(m.next - 1)
    }

    /// A bucket of a move has been written, or could not be. Says whether that was the last. If one could not be, the partitions are held as
    /// before: a task that fails for the disk may be tried again.
    fn bucket_done(&mut self, number: u64, bucket: usize, filed: Option<Vec<Filed>>) -> bool {
        let Some(m) = self.moving.as_mut().filter(|m| m.number == number) else { return false };
        m.left -= 1;
        match filed {
            Some(filed) => m.filed.push((bucket, filed)),
            None => m.failed = true,
        }
        let Some(over) = self.moving.take_if(|m| m.left == 0) else { return false };
        if over.failed {
            self.held.extend(over.held.iter().cloned());
        } else {
            for (bucket, filed) in over.filed {
                self.buckets[bucket].filed.extend(filed.into_iter().map(Arc::new));
            }
        }
        true
    }
}

/// A bucket's turn in a move.
struct Turn<'a> {
    of: &'a Dealt,
    number: u64,
    bucket: usize,
    filed: Option<Vec<Filed>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.of.state.lock().bucket_done(self.number, self.bucket, self.filed.take()) {
            self.of.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Dealt;
    use crate::base::Config;
    use crate::op::table::key::ByHash;
    use crate::spill::Pool;
    use polars::prelude::{DataFrame, SchemaRef, col, df};
    use std::sync::Arc;

    fn partition(i: i64) -> DataFrame {
        let keys: Vec<i64> = (0..1000).map(|k| i * 1000 + k).collect();
        df!("k" => &keys, "s" => keys.iter().map(|k| format!("the text of row {k}")).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn rows_that_cannot_be_written_are_still_there() {
        // Partitions whole, and in slices.
        [u64::MAX, 20_000].into_iter().for_each(written_later);
    }

    fn written_later(slice_bytes: u64) {
        let dir = tempfile::tempdir().unwrap();
        let spill_dir = dir.path().join("spill");
        // No folder can be made where a file is.
        std::fs::write(&spill_dir, "").unwrap();
        let pool = Arc::new(Pool::new(80_000, &Config { spill_dir: spill_dir.clone(), ..Config::default() }));
        let schema: SchemaRef = partition(0).schema().clone();
        let dealt = Arc::new(Dealt::new(schema, pool.clone(), Arc::new(ByHash { of: vec![col("k")], n_buckets: 7 }), slice_bytes));
        let holder: Arc<dyn super::Holder> = dealt.clone();
        pool.ask(Arc::downgrade(&holder));
        dealt.parts(0, &partition(0)).unwrap().into_iter().for_each(|p| dealt.add(p));
        dealt.parts(1, &partition(1)).unwrap_err();
        dealt.parts(1, &partition(1)).unwrap_err();
        std::fs::remove_file(&spill_dir).unwrap();
        for i in 1..5 {
            dealt.parts(i, &partition(i as i64)).unwrap().into_iter().for_each(|p| dealt.add(p));
        }
        let buckets: Vec<DataFrame> = (0..7).map(|b| dealt.read(b, &super::ALL).unwrap()).collect();
        let keys = |b: &DataFrame| b.column("k").unwrap().i64().unwrap().iter().flatten().collect::<Vec<_>>();
        assert!(buckets.iter().all(|b| keys(b).is_sorted()));
        let mut all: Vec<i64> = buckets.iter().flat_map(keys).collect();
        all.sort_unstable();
        assert_eq!(all, (0..5000).collect::<Vec<_>>());
        let measured: u64 = dealt.measured().iter().map(|m| m.bound.rows).sum();
        assert_eq!(measured, 5000);
    }
}
