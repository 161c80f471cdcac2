//! Chunk geometry: how each axis of an array is cut, and which chunk is where.
//!
//! A [`Grid`] is the shape of an array together with its chunks. Chunks are numbered in C order. A regular axis costs two
//! numbers whatever its count of chunks; irregular axes keep their boundaries. An axis of length 0 has exactly one, empty,
//! chunk, so that every array has at least one chunk.
//!
//! An axis whose size depends on data ([`Axis::Unknown`]) has upper bounds in place of sizes: what is planned with them is safe, what is
//! computed from them as if they were sizes would be wrong. Who takes such axes in must know it; others refuse them.

use crate::base::error::{Error, Result};
use crate::base::region::Region;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::ops::Range;
use std::sync::Arc;

/// The position of a chunk along each axis.
pub type Coords = SmallVec<[usize; 4]>;

/// How one axis is cut.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Axis {
    /// Pieces of `size` (at least 1), the last one what is left.
    Regular {
        /// Length of the axis.
        len: usize,
        /// Length of every piece but the last.
        size: usize,
    },
    /// Boundaries, from 0 to the length, strictly rising (or `[0, 0]`).
    Irregular(Arc<[usize]>),
    /// An axis whose size is found out when it is computed.
    Unknown(Arc<UnknownSizes>),
}

/// What is known of the pieces of an axis whose sizes depend on data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownSizes {
    /// Upper bounds of the boundaries, from 0 on, strictly rising (or `[0, 0]`): no piece is longer than its difference.
    pub bounds: Vec<usize>,
    /// What the sizes depend on: of two axes with one tag and the same bounds, every piece has the same size.
    pub tag: u128,
}

impl PartialEq for Axis {
    fn eq(&self, other: &Axis) -> bool {
        match (self, other) {
            (Axis::Unknown(a), Axis::Unknown(b)) => return a == b,
            (Axis::Unknown(_), _) | (_, Axis::Unknown(_)) => return false,
            _ => {}
        }
        if let (Axis::Regular { len: a, size: s }, Axis::Regular { len: b, size: t }) = (self, other) {
            return a == b && (s == t || (s >= a && t >= b));
        }
        self.n_chunks() == other.n_chunks() && (0..self.n_chunks()).all(|i| self.range(i) == other.range(i))
    }
}
impl Eq for Axis {}

impl Axis {
    /// Pieces of `size` along `len`; a size of 0 or beyond the length means one piece.
    pub fn regular(len: usize, size: usize) -> Axis {
        let size = if size == 0 || size > len { len.max(1) } else { size };
        Axis::Regular { len, size }
    }

    /// The axis as one piece.
    pub fn whole(len: usize) -> Axis {
        Axis::regular(len, len)
    }

    /// Pieces of the given sizes. Pieces of size 0 are dropped unless the axis is empty; equal pieces become a regular axis.
    pub fn from_sizes(sizes: &[usize]) -> Axis {
        let mut bounds = vec![0];
        let mut at = 0usize;
        for &s in sizes.iter().filter(|&&s| s > 0) {
            at += s;
            bounds.push(at);
        }
        Axis::from_bounds(bounds)
    }

    /// An axis of unknown size whose pieces have at most these sizes.
    pub fn unknown(most: impl IntoIterator<Item = usize>, tag: u128) -> Axis {
        let mut at = 0;
        let mut bounds = vec![0];
        bounds.extend(most.into_iter().filter(|&n| n > 0).map(|n| {
            at += n;
            at
        }));
        if bounds.len() == 1 {
            bounds.push(0);
        }
        Axis::Unknown(Arc::new(UnknownSizes { bounds, tag }))
    }

    /// Whether sizes are upper bounds only.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Axis::Unknown(_))
    }

    fn from_bounds(mut bounds: Vec<usize>) -> Axis {
        if bounds.len() == 1 {
            bounds.push(0);
        }
        let (len, size) = (bounds[bounds.len() - 1], bounds[1]);
        let candidate = Axis::regular(len, size);
        let n = bounds.len() - 1;
        if candidate.n_chunks() == n && (0..n).all(|i| candidate.range(i) == (bounds[i]..bounds[i + 1])) {
            return candidate;
        }
        Axis::Irregular(bounds.into())
    }

    /// Length of the axis; its upper bound if it is unknown.
    pub fn len(&self) -> usize {
        match self {
            Axis::Regular { len, .. } => *len,
            Axis::Irregular(b) => b[b.len() - 1],
            Axis::Unknown(u) => u.bounds[u.bounds.len() - 1],
        }
    }

    /// Whether the axis has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of pieces, at least 1.
    pub fn n_chunks(&self) -> usize {
        match self {
            Axis::Regular { len, size } => len.div_ceil(*size).max(1),
            Axis::Irregular(b) => b.len() - 1,
            Axis::Unknown(u) => u.bounds.len() - 1,
        }
    }

    /// The elements of piece `i`.
    pub fn range(&self, i: usize) -> Range<usize> {
        match self {
            Axis::Regular { len, size } => (i * size).min(*len)..((i + 1) * size).min(*len),
            Axis::Irregular(b) => b[i]..b[i + 1],
            Axis::Unknown(u) => u.bounds[i]..u.bounds[i + 1],
        }
    }

    /// Which piece holds element `pos` (which must lie on the axis).
    pub fn chunk_of(&self, pos: usize) -> usize {
        match self {
            Axis::Regular { size, .. } => pos / size,
            Axis::Irregular(b) => b.partition_point(|&e| e <= pos) - 1,
            Axis::Unknown(u) => u.bounds.partition_point(|&e| e <= pos) - 1,
        }
    }

    /// The pieces that overlap `range` (an empty range gives one piece).
    pub fn chunks_over(&self, range: &Range<usize>) -> Range<usize> {
        if range.is_empty() {
            let i = if self.is_empty() { 0 } else { self.chunk_of(range.start.min(self.len() - 1)) };
            return i..i + 1;
        }
        self.chunk_of(range.start)..self.chunk_of(range.end - 1) + 1
    }

    /// Sizes of all pieces.
    pub fn sizes(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.n_chunks()).map(|i| self.range(i).len())
    }

    /// Size of the largest piece.
    pub fn max_size(&self) -> usize {
        match self {
            Axis::Regular { len, size } => (*size).min(*len),
            Axis::Irregular(_) | Axis::Unknown(_) => self.sizes().max().unwrap_or(0),
        }
    }

    /// The coarsest axis whose boundaries hold all boundaries of both (both of the same length).
    pub fn common(&self, other: &Axis) -> Axis {
        // Unknown axes have no boundaries in common but their own: who aligns axes has seen that they are the same.
        if self == other || self.is_unknown() || other.n_chunks() == 1 {
            return self.clone();
        }
        if self.n_chunks() == 1 {
            return other.clone();
        }
        let ends = |a: &Axis| (0..a.n_chunks()).map(|i| a.range(i).end).collect::<Vec<_>>();
        let mut bounds = vec![0];
        bounds.extend(ends(self));
        bounds.extend(ends(other));
        bounds.sort_unstable();
        bounds.dedup();
        Axis::from_bounds(bounds)
    }
}

/// Calls `f` with every position of the box, in C order.
///
/// # Errors
/// `f`'s own.
pub fn each_position(ranges: &[Range<usize>], mut f: impl FnMut(&[usize]) -> Result<()>) -> Result<()> {
    if ranges.iter().any(Range::is_empty) {
        return Ok(());
    }
    let mut at: Coords = ranges.iter().map(|r| r.start).collect();
    loop {
        f(&at)?;
        let Some(a) = (0..at.len()).rev().find(|&a| at[a] + 1 < ranges[a].end) else { return Ok(()) };
        at[a] += 1;
        for b in a + 1..at.len() {
            at[b] = ranges[b].start;
        }
    }
}

/// The shape of an array and how it is cut into chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    axes: SmallVec<[Axis; 4]>,
}

impl Grid {
    /// A grid of the given axes; none of them makes a 0-dimensional array of one chunk.
    pub fn new(axes: impl IntoIterator<Item = Axis>) -> Grid {
        Grid { axes: axes.into_iter().collect() }
    }

    /// `shape` cut regularly by `chunks` (0 or too large means the whole axis).
    ///
    /// # Errors
    /// When the counts of dimensions differ.
    pub fn regular(shape: &[usize], chunks: &[usize]) -> Result<Grid> {
        if shape.len() != chunks.len() {
            return Err(Error::usage(format!(
                "chunks {chunks:?} have {} dimensions but the shape {shape:?} has {}: give one chunk size per axis",
                chunks.len(),
                shape.len()
            )));
        }
        Ok(Grid::new(shape.iter().zip(chunks).map(|(&n, &c)| Axis::regular(n, c))))
    }

    /// `shape` as a single chunk.
    pub fn whole(shape: &[usize]) -> Grid {
        Grid::new(shape.iter().map(|&n| Axis::whole(n)))
    }

    /// The axes.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.axes.len()
    }

    /// The first axis of unknown size.
    pub fn unknown_axis(&self) -> Option<usize> {
        self.axes.iter().position(Axis::is_unknown)
    }

    /// The region of a block of this grid that holds `shape`: the sizes found where they were unknown, and the bounds' places.
    pub fn found(&self, coords: &[usize], shape: &[usize]) -> Region {
        let ranges = coords.iter().zip(&self.axes).zip(shape).map(|((&c, a), &n)| {
            let r = a.range(c);
            if a.is_unknown() { r.start..r.start + n } else { r }
        });
        Region::new(ranges)
    }

    /// Length of each axis, upper bounds where it is unknown.
    pub fn shape(&self) -> Coords {
        self.axes.iter().map(Axis::len).collect()
    }

    /// Number of elements.
    ///
    /// # Errors
    /// When it does not fit into 63 bits.
    pub fn n_elements(&self) -> Result<usize> {
        self.axes
            .iter()
            .try_fold(1usize, |n, a| n.checked_mul(a.len()).filter(|n| isize::try_from(*n).is_ok()))
            .ok_or_else(|| Error::usage(format!("an array of shape {:?} has more than 2^63 elements", self.shape())))
    }

    /// Number of chunks along each axis.
    pub fn counts(&self) -> Coords {
        self.axes.iter().map(Axis::n_chunks).collect()
    }

    /// Number of chunks.
    pub fn n_chunks(&self) -> usize {
        self.axes.iter().map(Axis::n_chunks).product()
    }

    /// Position of chunk `i` (C order).
    pub fn coords(&self, mut i: usize) -> Coords {
        let mut out: Coords = self.axes.iter().map(|_| 0).collect();
        for (o, a) in out.iter_mut().zip(&self.axes).rev() {
            let n = a.n_chunks();
            *o = i % n;
            i /= n;
        }
        out
    }

    /// Number of the chunk at `coords` (C order).
    pub fn index(&self, coords: &[usize]) -> usize {
        coords.iter().zip(&self.axes).fold(0, |i, (&c, a)| i * a.n_chunks() + c)
    }

    /// The elements of the chunk at `coords`.
    pub fn region(&self, coords: &[usize]) -> Region {
        Region::new(coords.iter().zip(&self.axes).map(|(&c, a)| a.range(c)))
    }

    /// The elements of chunk `i`.
    pub fn chunk_region(&self, i: usize) -> Region {
        self.region(&self.coords(i))
    }

    /// Elements of the largest chunk.
    pub fn max_chunk_elements(&self) -> usize {
        self.axes.iter().map(Axis::max_size).product()
    }
}
