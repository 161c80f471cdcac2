//! Which elements a take or a put names, and in which chunks they lie.
//!
//! Elements are named by one number: their position in C order over the axes that are picked from. A block of chunks along those
//! axes is a cell; a position is an element of one cell. How tasks are made of that is not known here.

use crate::base::{Axis, AxisSlice, Error, Grid, Result};
use std::fmt;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// Positions in any order, with repeats. Cloning shares them.
#[derive(Clone)]
pub struct Picks {
    list: List,
    key: u128,
}

#[derive(Clone)]
enum List {
    Slice(AxisSlice),
    At(Arc<[usize]>),
}

impl Picks {
    /// These positions.
    pub fn new(at: Vec<usize>) -> Picks {
        let mut h = Xxh3::new();
        h.update(b"at");
        at.iter().for_each(|&i| h.update(&(i as u64).to_le_bytes()));
        Picks { key: h.digest128(), list: List::At(at.into()) }
    }

    /// The positions of a slice.
    pub fn slice(s: AxisSlice) -> Picks {
        let mut h = Xxh3::new();
        h.update(format!("{s:?}").as_bytes());
        Picks { key: h.digest128(), list: List::Slice(s) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.list {
            List::Slice(s) => s.len,
            List::At(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Position number `i`.
    pub fn at(&self, i: usize) -> usize {
        match &self.list {
            List::Slice(s) => s.at(i),
            List::At(v) => v[i],
        }
    }

    /// The slice, if they are one.
    pub fn as_slice(&self) -> Option<AxisSlice> {
        match &self.list {
            List::Slice(s) => Some(*s),
            List::At(_) => None,
        }
    }

    /// Bytes held in memory.
    pub fn held_bytes(&self) -> u64 {
        match &self.list {
            List::Slice(_) => 0,
            List::At(v) => 8 * v.len() as u64,
        }
    }

    /// The largest position.
    pub fn max(&self) -> Option<usize> {
        match &self.list {
            List::Slice(s) => (s.len > 0).then(|| s.hull().end - 1),
            List::At(v) => v.iter().copied().max(),
        }
    }
}

impl PartialEq for Picks {
    fn eq(&self, other: &Picks) -> bool {
        self.key == other.key
    }
}

// Nodes are told apart by their debug text: the content's hash, not a million numbers.
impl fmt::Debug for Picks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} positions {:032x}", self.len(), self.key)
    }
}

/// The blocks of chunks along the picked axes, numbered in C order.
#[derive(Clone, Debug)]
pub struct Cells(Vec<Axis>);

impl Cells {
    /// The cells of `grid` along `axes`.
    pub fn of(grid: &Grid, axes: &[usize]) -> Cells {
        Cells(axes.iter().map(|&a| grid.axes()[a].clone()).collect())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.iter().map(Axis::n_chunks).product()
    }

    /// Elements along all picked axes together.
    pub fn n_elements(&self) -> usize {
        self.0.iter().map(Axis::len).product()
    }

    /// Elements of the largest cell.
    pub fn max_size(&self) -> usize {
        self.0.iter().map(Axis::max_size).product()
    }

    /// Elements of a cell.
    pub fn size(&self, cell: usize) -> usize {
        self.chunks(cell).iter().zip(&self.0).map(|(&c, a)| a.range(c).len()).product()
    }

    /// The chunk along each axis.
    pub fn chunks(&self, mut cell: usize) -> Vec<usize> {
        let mut out = vec![0; self.0.len()];
        for (o, a) in out.iter_mut().zip(&self.0).rev() {
            *o = cell % a.n_chunks();
            cell /= a.n_chunks();
        }
        out
    }

    /// The cell of a position, and which of the cell's elements (in C order) it is.
    pub fn locate(&self, mut position: usize) -> (usize, usize) {
        if let [axis] = self.0.as_slice() {
            let c = axis.chunk_of(position);
            return (c, position - axis.range(c).start);
        }
        let (mut cell, mut within, mut cells, mut elements) = (0, 0, 1, 1);
        for axis in self.0.iter().rev() {
            let i = position % axis.len();
            position /= axis.len();
            let c = axis.chunk_of(i);
            let r = axis.range(c);
            cell += c * cells;
            within += (i - r.start) * elements;
            cells *= axis.n_chunks();
            elements *= r.len();
        }
        (cell, within)
    }
}

/// How the picked elements are cut: at most as many as a cell has, at the borders of cells where that does not shatter them.
pub fn cut(cells: &Cells, index: &Picks) -> Axis {
    let most = cells.max_size().max(1);
    let n = index.len();
    if let (Some(s), [axis]) = (index.as_slice(), cells.0.as_slice()) {
        return crate::expr::build::slice_axis(axis, &s);
    }
    let mut sizes = Vec::new();
    let (mut open, mut last, mut before, mut sorted) = (0, None, 0, cells.0.len() == 1);
    let shattered = 2 * n.div_ceil(most) + 2;
    for i in 0..n {
        let at = index.at(i);
        let cell = cells.locate(at).0;
        sorted &= at >= before;
        before = at;
        if last.is_some_and(|l| l != cell) || open == most {
            sizes.push(open);
            open = 0;
            if sizes.len() > shattered && !sorted {
                return Axis::regular(n, most);
            }
        }
        (last, open) = (Some(cell), open + 1);
    }
    sizes.push(open);
    if sizes.len() > shattered && !sorted { Axis::regular(n, most) } else { Axis::from_sizes(&sizes) }
}

/// The grid of what is picked along `axes` (rising) of `grid`: the picked elements lie along one axis in place of the first.
pub fn picked_grid(grid: &Grid, axes: &[usize], points: Axis) -> Grid {
    let mut points = Some(points);
    Grid::new(grid.axes().iter().enumerate().filter_map(|(a, own)| match axes.contains(&a) {
        false => Some(own.clone()),
        true => points.take(),
    }))
}

/// Checks that positions lie on axes that are there.
///
/// # Errors
/// They do not.
pub fn check(grid: &Grid, axes: &[usize], index: &Picks) -> Result<()> {
    let rising = !axes.is_empty() && axes.windows(2).all(|w| w[0] < w[1]) && axes.iter().all(|&a| a < grid.ndim());
    if !rising {
        return Err(Error::usage(format!("axes {axes:?} to pick from must rise and lie below {}", grid.ndim())));
    }
    let n = axes.iter().try_fold(1usize, |n, &a| n.checked_mul(grid.axes()[a].len()));
    match (n, index.max()) {
        (None, _) => Err(Error::usage(format!("axes {axes:?} have too many elements together"))),
        (Some(n), Some(last)) if last >= n => Err(Error::index(format!("position {last} is out of bounds for {n} elements"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Cells, Picks, cut};
    use crate::base::{Axis, Grid};

    #[test]
    fn positions_are_found_in_their_cells() {
        let grid = Grid::new([Axis::regular(7, 3), Axis::whole(2), Axis::from_sizes(&[1, 4])]);
        let cells = Cells::of(&grid, &[0, 2]);
        assert_eq!((cells.count(), cells.n_elements(), cells.max_size()), (6, 35, 12));
        let mut seen = std::collections::BTreeSet::new();
        for i in 0..35 {
            let (cell, within) = cells.locate(i);
            assert!(within < cells.size(cell) && seen.insert((cell, within)));
        }
        assert_eq!(cells.locate(4 * 5 + 3), (3, 4 + 2));
    }

    #[test]
    fn cuts_follow_the_cells_where_they_can() {
        let cells = Cells::of(&Grid::new([Axis::regular(100, 10)]), &[0]);
        let sizes = |v: Vec<usize>| cut(&cells, &Picks::new(v)).sizes().collect::<Vec<_>>();
        assert_eq!(sizes(vec![1, 2, 11, 50, 99]), [2, 1, 1, 1]);
        assert_eq!(sizes((0..100).rev().collect()), [10; 10]);
        assert_eq!(sizes(vec![5; 25]), [10, 10, 5]);
        assert_eq!(sizes((0..40).map(|i| i * 37 % 100).collect()), [10; 4]);
        assert_eq!(sizes(vec![]), [0]);
    }

    #[test]
    fn equal_positions_are_equal() {
        assert_eq!(Picks::new(vec![1, 2]), Picks::new(vec![1, 2]));
        assert_ne!(Picks::new(vec![1, 2]), Picks::new(vec![2, 1]));
        assert!(format!("{:?}", Picks::new((0..1000).collect())).len() < 60);
    }
}
