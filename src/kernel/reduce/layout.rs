//! Where the elements of a chunk go when some of its axes are reduced.
//!
//! Adjacent axes of one kind are joined and axes of length 1 dropped, which leaves kept and reduced groups in turn. From the
//! innermost group follows how the chunk is walked; everything here depends on the shape alone.

use crate::base::{Coords, Error, Result};
use crate::kernel::reduce::BLOCK;
use smallvec::SmallVec;

/// How the innermost groups are folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Runs of `run` elements go to one result each, block by block.
    Runs { run: usize },
    /// The same, but so short that they are folded element by element.
    Short { run: usize },
    /// Slabs of rows of `k` elements, each row folded onto the same `k` results. If `wide > k`, a slab is first folded
    /// onto `wide` columns (a multiple of `k`), so that rows of a few elements vectorise.
    Cols { k: usize, slab: usize, wide: usize },
}

/// A chunk's shape seen from a reduction.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub total: usize,
    /// Keepdims: reduced axes have length 1.
    pub state_shape: Coords,
    pub n_out: usize,
    pub mode: Mode,
    /// Groups outside of a run (or slab), outermost first: length, and step among the results (0: reduced).
    pub outer: SmallVec<[(usize, usize); 4]>,
}

/// Shorter runs are folded one element at a time.
const SHORT: usize = 32;
/// Narrower rows are widened.
const NARROW: usize = 512;

impl Layout {
    /// # Errors
    /// An axis that is out of bounds or named twice.
    pub fn new(shape: &[usize], axes: &[usize]) -> Result<Layout> {
        for (i, &a) in axes.iter().enumerate() {
            if a >= shape.len() {
                return Err(Error::axis(format!("axis {a} is out of bounds for an array of {} dimensions", shape.len())));
            }
            if axes[..i].contains(&a) {
                return Err(Error::usage(format!("axis {a} is named twice")));
            }
        }
        let state_shape: Coords = shape.iter().enumerate().map(|(a, &n)| if axes.contains(&a) { 1 } else { n }).collect();
        let mut groups: SmallVec<[(usize, bool); 4]> = SmallVec::new();
        for (a, &n) in shape.iter().enumerate().filter(|(_, n)| **n != 1) {
            let reduced = axes.contains(&a);
            match groups.last_mut() {
                Some((len, r)) if *r == reduced => *len *= n,
                _ => groups.push((n, reduced)),
            }
        }
        let (mode, n_inner) = Layout::mode(&groups);
        let inner_out = if let Mode::Cols { k, .. } = mode { k } else { 1 };
        let mut step = inner_out;
        let mut outer: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        for &(len, reduced) in groups[..groups.len() - n_inner].iter().rev() {
            outer.push((len, if reduced { 0 } else { step }));
            step *= if reduced { 1 } else { len };
        }
        outer.reverse();
        Ok(Layout { total: shape.iter().product(), n_out: state_shape.iter().product(), state_shape, mode, outer })
    }

    /// The mode, and how many groups it takes up.
    fn mode(groups: &[(usize, bool)]) -> (Mode, usize) {
        match *groups {
            [] => (Mode::Cols { k: 1, slab: 1, wide: 1 }, 0),
            [.., (run, true)] => (if run < SHORT { Mode::Short { run } } else { Mode::Runs { run } }, 1),
            [(k, false)] => (Mode::Cols { k, slab: k, wide: k }, 1),
            [.., (rows, _), (k, _)] => {
                // Folding the wide columns at the end of the slab must not cost more than it saved.
                let m = if k < NARROW && k > 0 { (BLOCK / k).min(rows / 8).max(1) } else { 1 };
                (Mode::Cols { k, slab: rows * k, wide: k * m }, 2)
            }
        }
    }
}

/// The length of the runs that pieces are best cut at, for a chunk of `shape` reduced over `axes`: pieces should not straddle a
/// multiple of it (and start at multiples of [`BLOCK`] in it), which spares a copy but never changes a bit. It is the length
/// of the innermost group of axes of one kind, or the whole chunk where that group is so short that pieces better straddle it.
///
/// ```
/// use tilework::kernel::reduce::run_len;
/// assert_eq!(run_len(&[100, 20, 5000], &[2]), 5000);
/// assert_eq!(run_len(&[100, 20, 5000], &[1, 2]), 100_000);
/// assert_eq!(run_len(&[100_000, 3], &[0]), 300_000);
/// ```
pub fn run_len(shape: &[usize], axes: &[usize]) -> usize {
    let total = shape.iter().product::<usize>();
    match Layout::new(shape, axes).map(|l| l.mode) {
        Ok(Mode::Runs { run }) => run,
        Ok(Mode::Cols { k, .. }) if k >= NARROW => k,
        _ => total,
    }
    .max(1)
}

/// Counts through the groups outside of the runs, keeping the position of the first result.
#[derive(Debug)]
pub(super) struct Walk {
    at: SmallVec<[usize; 4]>,
    /// Where the results of the current run start.
    pub out: usize,
}

impl Walk {
    pub fn new(layout: &Layout) -> Walk {
        Walk { at: layout.outer.iter().map(|_| 0).collect(), out: 0 }
    }

    /// Goes on to the next run (behind the last one: to the first).
    #[inline]
    pub fn advance(&mut self, layout: &Layout) {
        for (i, &(len, step)) in layout.outer.iter().enumerate().rev() {
            self.at[i] += 1;
            self.out += step;
            if self.at[i] < len {
                return;
            }
            self.out -= step * len;
            self.at[i] = 0;
        }
    }

    /// How many more runs there are in the innermost outer group, and how far apart their results are.
    #[inline]
    pub fn ahead(&self, layout: &Layout) -> (usize, usize) {
        match (layout.outer.last(), self.at.last()) {
            (Some(&(len, step)), Some(&at)) => (len - at, step),
            _ => (1, 0),
        }
    }

    /// Goes on by `n` runs, at least one and not beyond those [`ahead`](Walk::ahead).
    #[inline]
    pub fn skip(&mut self, layout: &Layout, n: usize) {
        if let (Some(&(_, step)), Some(at)) = (layout.outer.last(), self.at.last_mut()) {
            *at += n - 1;
            self.out += step * (n - 1);
        }
        self.advance(layout);
    }
}
