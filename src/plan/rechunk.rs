//! `Rechunk`: the same elements in other chunks, by the cheapest way that the budget allows.
//!
//! A step goes straight from the old chunks to the new where the old ones that are in use at a time fit into memory. Else every old
//! chunk is split into the pieces that the new ones need, and these are merged: a task then holds one chunk and its pieces, and the
//! pieces wait in memory or in spill files, each written and read once. Where pieces would be too many, chunks between the old
//! and the new come first: `k` steps need about `n^(1/k)` pieces of a chunk that one step cuts into `n`. It knows nothing
//! of where chunks lie; pieces that do not fit into memory are the scheduler's to spill.

use crate::base::grid::each_position;
use crate::base::{Axis, DType, Error, Grid, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::Expr;
use crate::plan::assemble;
use crate::plan::blockwise::each_chunk;
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use std::ops::Range;
use std::sync::Arc;

/// Most steps between the old chunks and the new.
const MOST_STEPS: usize = 4;
/// What a byte costs in a step that copies it once, and in one that may write it to a file and read it again, in nanoseconds.
const COPY_NS: (f64, f64) = (0.3, 2.0);
/// What a piece costs: a call to copy it, or a file of its own.
const PIECE_NS: (f64, f64) = (200.0, 50_000.0);

/// The same elements in other chunks.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr) -> Result<Ids> {
    let (dtype, want) = e.array()?;
    let (_, have) = e.inputs()[0].array()?;
    let mut ids = l.ids(&e.inputs()[0])?;
    if want.unknown_axis().is_some() {
        // Pieces of a size that is found out are passed on whole.
        return assemble::in_one_step(l, (e.label(), dtype), (&ids, have), want);
    }
    let grids = steps(have, want, dtype.size() as u64, l.by_budget());
    for step in grids.windows(2) {
        let input = (&ids, &step[0]);
        ids = if straight(&step[0], &step[1], dtype.size() as u64, l.by_budget()) {
            assemble::in_one_step(l, (e.label(), dtype), input, &step[1])?
        } else {
            by_pieces(l, (e.label(), dtype), input, &step[1])?
        };
    }
    Ok(ids)
}

/// The chunks on the way that a plan takes under a budget, the first and the last included.
pub fn path(have: &Grid, want: &Grid, size: u64, budget_bytes: u64) -> Vec<Grid> {
    // Pieces of a size that is found out are passed on whole.
    if want.unknown_axis().is_some() { vec![have.clone(), want.clone()] } else { steps(have, want, size, budget_bytes) }
}

/// The chunks on the way, the first and the last included.
fn steps(have: &Grid, want: &Grid, size: u64, budget_bytes: u64) -> Vec<Grid> {
    let path = |k: usize| -> Vec<Grid> {
        let between =
            (1..k).map(|i| Grid::new(have.axes().iter().zip(want.axes()).map(|(a, b)| between(a, b, i as f64 / k as f64))));
        [have.clone()].into_iter().chain(between).chain([want.clone()]).collect()
    };
    let bytes = have.shape().iter().map(|&n| n as f64).product::<f64>() * size as f64;
    let cost = |path: &[Grid]| -> f64 {
        let step = |s: &[Grid]| {
            let in_memory = straight(&s[0], &s[1], size, budget_bytes);
            let (byte, piece) = if in_memory { (COPY_NS.0, PIECE_NS.0) } else { (COPY_NS.1, PIECE_NS.1) };
            bytes * byte + n_pieces(&s[0], &s[1]) * piece
        };
        path.windows(2).map(step).sum()
    };
    let paths = (1..=MOST_STEPS).map(path);
    paths.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or_else(|| vec![have.clone(), want.clone()])
}

/// The cut that lies `part` of the way from one to the other, in whole pieces of the finer one.
fn between(have: &Axis, want: &Axis, part: f64) -> Axis {
    let (a, b) = (have.max_size().max(1), want.max_size().max(1));
    if a == b {
        return if part < 0.5 { have.clone() } else { want.clone() };
    }
    let unit = a.min(b);
    let size = (a as f64).powf(1.0 - part) * (b as f64).powf(part);
    Axis::regular(have.len(), ((size / unit as f64).round() as usize).max(1) * unit)
}

/// Into how many pieces the elements are cut where either has a boundary.
fn n_pieces(have: &Grid, want: &Grid) -> f64 {
    have.axes().iter().zip(want.axes()).map(|(a, b)| a.common(b).n_chunks() as f64).product()
}

/// Whether what is in use at a time fits into half of the budget if new chunks are made straight from old ones, in order.
fn straight(have: &Grid, want: &Grid, size: u64, budget_bytes: u64) -> bool {
    // Elements of the old chunks that one new chunk touches, and how many new chunks lie between the first and the last that
    // touch one old chunk.
    let (mut touched, mut span) = (1f64, 0f64);
    let counts = want.counts();
    for (i, (old, new)) in have.axes().iter().zip(want.axes()).enumerate() {
        let hull = |c: usize| {
            let over = old.chunks_over(&new.range(c));
            old.range(over.end - 1).end - old.range(over.start).start
        };
        touched *= (0..new.n_chunks()).map(hull).max().unwrap_or(0) as f64;
        let apart = (0..old.n_chunks()).map(|c| new.chunks_over(&old.range(c)).len() - 1).max().unwrap_or(0);
        span += apart as f64 * counts[i + 1..].iter().map(|&n| n as f64).product::<f64>();
    }
    let chunk = want.max_chunk_elements() as f64;
    let all = have.shape().iter().map(|&n| n as f64).product::<f64>();
    let in_use = (touched + span * chunk).min(all) + chunk;
    in_use * size as f64 <= budget_bytes as f64 / 2.0
}

/// Both cuts, and what of a chunk of one lies in which chunk of the other.
struct Pieces {
    dtype: DType,
    have: Grid,
    want: Grid,
}

impl Pieces {
    /// The new chunks that an old one is split among, along each axis.
    fn parts(&self, old: &[usize]) -> Vec<Range<usize>> {
        let axes = old.iter().zip(self.have.axes()).zip(self.want.axes());
        axes.map(|((&c, have), want)| want.chunks_over(&have.range(c))).collect()
    }

    /// The old chunks that a new one is merged of, along each axis.
    fn sources(&self, new: &[usize]) -> Vec<Range<usize>> {
        let axes = new.iter().zip(self.want.axes()).zip(self.have.axes());
        axes.map(|((&c, want), have)| have.chunks_over(&want.range(c))).collect()
    }

    /// The elements that both chunks hold, in the coordinates of the whole array.
    fn shared(&self, old: &[usize], new: &[usize]) -> Region {
        let (a, b) = (self.have.region(old), self.want.region(new));
        Region::new(a.ranges().iter().zip(b.ranges()).map(|(a, b)| {
            let start = a.start.max(b.start);
            start..a.end.min(b.end).max(start)
        }))
    }
}

struct Split {
    pieces: Arc<Pieces>,
    /// The old chunk that each task splits.
    chunks: Vec<u32>,
}

impl Step for Split {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let p = &self.pieces;
        let old = p.have.coords(self.chunks[index] as usize);
        let t = inputs.first().ok_or_else(|| Error::bug("a chunk to split is missing")).and_then(Chunk::tensor)?;
        let start = p.have.region(&old).start();
        each_position(&p.parts(&old), |new| {
            outputs.push(Chunk::Tensor(t.slice(&p.shared(&old, new).relative_to(&start)).contiguous()));
            Ok(())
        })
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.pieces.have, self.chunks[index] as usize)
    }

    fn page_bytes(&self, out_bytes: u64, _: u64) -> u64 {
        out_bytes
    }
}

struct Merge(Arc<Pieces>);

impl Step for Merge {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let p = &self.0;
        let new = p.want.coords(index);
        let region = p.want.region(&new);
        let shape = region.shape();
        let mut buffer = BufferMut::for_overwrite(region.n_elements() * p.dtype.size());
        let mut pieces = inputs.iter();
        each_position(&p.sources(&new), |old| {
            let piece = pieces.next().ok_or_else(|| Error::bug("a piece is missing")).and_then(Chunk::tensor)?;
            copy_into(piece, &mut buffer, &shape, &p.shared(old, &new).relative_to(&region.start()));
            Ok(())
        })?;
        outputs.push(Chunk::Tensor(Tensor::new(p.dtype, &shape, buffer.freeze())?));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.0.want, index)
    }

    fn page_bytes(&self, out_bytes: u64, _: u64) -> u64 {
        out_bytes
    }
}

fn by_pieces(l: &mut Lowering, (label, dtype): (&str, DType), (ids, have): (&Ids, &Grid), want: &Grid) -> Result<Ids> {
    let size = dtype.size() as u64;
    let pieces = Arc::new(Pieces { dtype, have: have.clone(), want: want.clone() });
    // The first piece of every old chunk; a chunk that lies in one new chunk is its own piece.
    let mut first_piece = Vec::with_capacity(have.n_chunks());
    let is_split = |old: &[usize]| pieces.parts(old).iter().any(|r| r.len() > 1);
    let mut chunks = Vec::new();
    each_chunk(have, |i, old| {
        if is_split(old) {
            chunks.push(i as u32);
        }
        Ok(())
    })?;
    l.layer(format!("{label} split"), Split { pieces: pieces.clone(), chunks });
    let mut bytes = Vec::new();
    each_chunk(have, |i, old| {
        if !is_split(old) {
            first_piece.push(ids.at(i));
            return Ok(());
        }
        bytes.clear();
        each_position(&pieces.parts(old), |new| {
            bytes.push(pieces.shared(old, new).n_elements() as u64 * size);
            Ok(())
        })?;
        let ns = bytes.iter().sum::<u64>() / 4 + 100 * bytes.len() as u64;
        first_piece.push(l.task_with_outputs(&[ids.at(i)], &bytes, Cost { ns, ..Cost::default() }));
        Ok(())
    })?;
    l.layer(format!("{label} merge"), Merge(pieces.clone()));
    let first = l.next_data();
    let mut inputs = Vec::new();
    each_chunk(want, |_, new| {
        inputs.clear();
        each_position(&pieces.sources(new), |old| {
            let parts = pieces.parts(old);
            let at = parts.iter().zip(new).fold(0, |n, (r, &c)| n * r.len() + (c - r.start));
            inputs.push(first_piece[have.index(old)] + at as u32);
            Ok(())
        })?;
        let out_bytes = want.region(new).n_elements() as u64 * size;
        l.task(&inputs, Cost { out_bytes, scratch_bytes: 0, ns: out_bytes / 4 + 100 * inputs.len() as u64 });
        Ok(())
    })?;
    Ok(Ids::From(first))
}

#[cfg(test)]
mod tests {
    use super::{n_pieces, steps, straight};
    use crate::base::Grid;

    fn grid(shape: &[usize], chunks: &[usize]) -> Grid {
        Grid::regular(shape, chunks).unwrap()
    }

    #[test]
    fn merging_neighbours_needs_little_memory() {
        let (a, b) = (grid(&[20_000, 20_000], &[200, 20_000]), grid(&[20_000, 20_000], &[400, 20_000]));
        assert!(straight(&a, &b, 8, 400 << 20));
        assert_eq!(steps(&a, &b, 8, 400 << 20).len(), 2);
    }

    #[test]
    fn a_transposing_rechunk_goes_by_pieces_when_it_does_not_fit() {
        let (a, b) = (grid(&[20_000, 20_000], &[200, 20_000]), grid(&[20_000, 20_000], &[20_000, 200]));
        assert!(straight(&a, &b, 8, 16 << 30));
        assert!(!straight(&a, &b, 8, 1 << 30));
        assert_eq!(steps(&a, &b, 8, 1 << 30).len(), 2);
        assert_eq!(n_pieces(&a, &b), 10_000.0);
    }

    #[test]
    fn tiny_pieces_are_avoided_by_chunks_between() {
        let (a, b) = (grid(&[20_000, 20_000], &[1, 20_000]), grid(&[20_000, 20_000], &[20_000, 1]));
        for budget in [1 << 28, 1 << 40] {
            let path = steps(&a, &b, 8, budget);
            assert!(path.len() > 2);
            assert!(path.windows(2).map(|s| n_pieces(&s[0], &s[1])).sum::<f64>() < 1e7);
            // Chunks between are no larger than those at the ends.
            assert!(path.iter().all(|g| g.max_chunk_elements() <= 20_000 * 4));
        }
    }
}
