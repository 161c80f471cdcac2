//! Region arithmetic: boxes of elements, and Python-like slices of an axis.

use crate::base::error::{Error, Result};
use crate::base::grid::Coords;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt;
use std::ops::Range;

/// A box of elements: a half-open range along every axis.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Region {
    ranges: SmallVec<[Range<usize>; 4]>,
}

impl Region {
    /// The box of these ranges.
    pub fn new(ranges: impl IntoIterator<Item = Range<usize>>) -> Region {
        Region { ranges: ranges.into_iter().collect() }
    }

    /// The whole of `shape`.
    pub fn whole(shape: &[usize]) -> Region {
        Region::new(shape.iter().map(|&n| 0..n))
    }

    /// The ranges.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.ranges.len()
    }

    /// Length along each axis.
    pub fn shape(&self) -> Coords {
        self.ranges.iter().map(ExactSizeIterator::len).collect()
    }

    /// First element along each axis.
    pub fn start(&self) -> Coords {
        self.ranges.iter().map(|r| r.start).collect()
    }

    /// Number of elements.
    pub fn n_elements(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).product()
    }

    /// Whether the box holds nothing.
    pub fn is_empty(&self) -> bool {
        self.ranges.iter().any(|r| r.start >= r.end)
    }

    /// What both boxes hold.
    pub fn intersect(&self, other: &Region) -> Region {
        Region::new(self.ranges.iter().zip(&other.ranges).map(|(a, b)| {
            let start = a.start.max(b.start);
            start..a.end.min(b.end).max(start)
        }))
    }

    /// The box seen from `origin`, which must not lie behind its start.
    pub fn relative_to(&self, origin: &[usize]) -> Region {
        Region::new(self.ranges.iter().zip(origin).map(|(r, &o)| r.start - o..r.end - o))
    }

    /// The box moved away from zero by `by`.
    pub fn shifted(&self, by: &[usize]) -> Region {
        Region::new(self.ranges.iter().zip(by).map(|(r, &o)| r.start + o..r.end + o))
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, r) in self.ranges.iter().enumerate() {
            write!(f, "{}{}:{}", if i > 0 { ", " } else { "" }, r.start, r.end)?;
        }
        f.write_str("]")
    }
}

/// A normalised slice of one axis: elements `start`, `start + step`, … , `len` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AxisSlice {
    /// First element.
    pub start: usize,
    /// Distance between elements, not 0.
    pub step: isize,
    /// Number of elements.
    pub len: usize,
}

impl AxisSlice {
    /// The whole of an axis.
    pub fn whole(len: usize) -> AxisSlice {
        AxisSlice { start: 0, step: 1, len }
    }

    /// Python's `start:stop:step` on an axis of length `n`, bounds clipped as Python clips them.
    ///
    /// # Errors
    /// A step of 0.
    pub fn python(n: usize, start: Option<isize>, stop: Option<isize>, step: Option<isize>) -> Result<AxisSlice> {
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(Error::usage("slice step cannot be zero"));
        }
        let n_i = n as isize;
        let clip = |v: isize, lo: isize, hi: isize| if v < 0 { (v + n_i).max(lo) } else { v.min(hi) };
        let (start, stop) = if step > 0 {
            (start.map_or(0, |v| clip(v, 0, n_i)), stop.map_or(n_i, |v| clip(v, 0, n_i)))
        } else {
            (start.map_or(n_i - 1, |v| clip(v, -1, n_i - 1)), stop.map_or(-1, |v| clip(v, -1, n_i - 1)))
        };
        let span = if step > 0 { stop - start } else { start - stop };
        let len = if span <= 0 { 0 } else { (span as usize).div_ceil(step.unsigned_abs()) };
        Ok(AxisSlice { start: if len == 0 { 0 } else { start as usize }, step, len })
    }

    /// The element at position `i`.
    pub fn at(&self, i: usize) -> usize {
        (self.start as isize + self.step * i as isize) as usize
    }

    /// The smallest range that holds all its elements.
    pub fn hull(&self) -> Range<usize> {
        if self.len == 0 {
            return self.start..self.start;
        }
        let (a, b) = (self.start, self.at(self.len - 1));
        a.min(b)..a.max(b) + 1
    }

    /// `inner` applied to what this slice selects.
    pub fn compose(&self, inner: &AxisSlice) -> AxisSlice {
        AxisSlice { start: if inner.len == 0 { 0 } else { self.at(inner.start) }, step: self.step * inner.step, len: inner.len }
    }

    /// Whether it selects all of an axis of length `n` in order.
    pub fn is_whole(&self, n: usize) -> bool {
        self.start == 0 && self.len == n && (self.step == 1 || n <= 1)
    }
}
