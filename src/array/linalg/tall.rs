//! Q R of matrices with many more rows than columns, by a tree: R of every block of rows, then of a few of these together, up to one;
//! Q on the way down again.

use crate::array::linalg::lanes::{by_rows, sides};
use crate::array::{DynArray, eye};
use crate::base::Result;
use crate::expr::Chunks;
use crate::op::linalg::{Qr, QrPanel, QrTimes, QrUpper};

/// Elements of a block of rows.
const BLOCK: usize = 1 << 19;
/// The most columns.
const WIDEST: usize = 2048;
/// Triangles that are joined at a time.
const JOIN: usize = 8;

/// Whether the tree is the way for a matrix.
pub(super) fn is_tall(m: usize, n: usize) -> bool {
    n > 0 && n <= WIDEST && m / 4 >= n && m * n > BLOCK / 8
}

/// Factors of a tall matrix: the reflections of every level of the tree, from the matrix up, with the rows of each block, and R.
pub(super) struct Tall {
    levels: Vec<(DynArray, Vec<usize>)>,
    pub r: DynArray,
}

/// `m` in pieces of nearly one size, none shorter than `least` if `m` is not.
fn pieces(m: usize, least: usize) -> Vec<usize> {
    let n = (m / least.max(1)).max(1);
    (0..n).map(|i| (i + 1) * m / n - i * m / n).collect()
}

/// The tree over a tall matrix; without Q where only R is wanted.
pub(super) fn factor(x: &DynArray, q: bool) -> Result<Tall> {
    let (m, n) = sides(x, "qr")?;
    let rows = pieces(m, (BLOCK / n.max(1)).max(4 * n));
    let mut now = x.rechunk(Chunks::Exact(vec![rows, vec![n]]))?;
    let mut levels = Vec::new();
    loop {
        let rows = now.chunks()[0].clone();
        let triangles: Vec<usize> = rows.iter().map(|_| n).collect();
        let r = if q {
            let packed: Vec<usize> = rows.iter().map(|r| r + n).collect();
            let packed = by_rows(QrPanel { block: n }, &[&now], &packed, n)?;
            let r = by_rows(QrUpper {}, &[&packed], &triangles, n)?;
            levels.push((packed, rows.clone()));
            r
        } else {
            by_rows(Qr { q: false }, &[&now], &triangles, n)?
        };
        if rows.len() == 1 {
            return Ok(Tall { levels, r });
        }
        let join = (4 * BLOCK / (n * n)).clamp(2, JOIN);
        let joined = triangles.chunks(join).map(|c| c.iter().sum()).collect();
        now = r.rechunk(Chunks::Exact(vec![joined, vec![n]]))?;
    }
}

impl Tall {
    /// Q, or Q times `right` (of as many rows as R).
    pub fn q(&self, right: Option<&DynArray>) -> Result<DynArray> {
        let mut down = match right {
            Some(x) => x.clone(),
            None => eye(self.r.shape()[0], self.r.shape()[1], 0, self.r.dtype(), Chunks::Whole)?,
        };
        for (level, rows) in self.levels.iter().rev() {
            let (n, columns) = (level.shape()[1], down.shape()[1]);
            let x = down.rechunk(Chunks::Exact(vec![vec![n; rows.len()], vec![columns]]))?;
            down = by_rows(QrTimes {}, &[level, &x], rows, columns)?;
        }
        Ok(down)
    }
}
