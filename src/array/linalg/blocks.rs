//! How matrices are cut: from shapes alone.

use crate::base::Axis;

/// Elements of a factor's block; the result's block has at most half of them.
pub(super) const BLOCK: usize = 2 << 20;
/// Rows and columns of a result's block, and the length that is summed over at a time, where the matrices are large.
const SIDE: usize = 1024;
const DEPTH: usize = 2048;
/// Rows and columns of blocks are multiples of these where they are longer than twenty of them: what kernels work on at a time, or some
/// times of it.
const TILE: (usize, usize) = (24, 32);
/// Results with fewer elements are cut finer, so that there is something to do for several threads.
const SMALL: usize = 4 << 20;

/// Blocks of a product along the axes of all three, of the first factor only, of the second only, and those that are summed over.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub batch: Vec<usize>,
    pub rows: Vec<usize>,
    pub columns: Vec<usize>,
    pub inner: Vec<usize>,
}

/// The size at or below `most` that cuts `n` into pieces of nearly one size.
pub(super) fn evenly(n: usize, most: usize) -> usize {
    n.div_ceil(n.div_ceil(most.max(1)).max(1)).max(1)
}

/// Pieces of some axes that hold at most `most` elements together, the last axes whole as far as that goes.
fn spread(lens: &[usize], most: usize) -> Vec<usize> {
    let mut left = most.max(1);
    let mut out: Vec<usize> = lens
        .iter()
        .rev()
        .map(|&n| {
            let piece = evenly(n, left.min(n.max(1)));
            left = (left / piece).max(1);
            piece
        })
        .collect();
    out.reverse();
    out
}

fn product(lens: &[usize]) -> usize {
    lens.iter().fold(1usize, |p, &n| p.saturating_mul(n)).max(1)
}

/// Pieces along an axis of one size.
pub(super) fn cut_axes(lens: &[usize], pieces: &[usize]) -> Vec<Axis> {
    lens.iter().zip(pieces).map(|(&n, &p)| Axis::regular(n, p)).collect()
}

/// The blocks of a product of these lengths.
pub(super) fn cut(batch: &[usize], rows: &[usize], columns: &[usize], inner: &[usize]) -> Cut {
    let (m, n, k) = (product(rows), product(columns), product(inner));
    let side = if m.saturating_mul(n) > SMALL { SIDE } else { SIDE / 2 };
    let (mut mb, mut nb) = (m.min(side), n.min(side));
    // Where a result's blocks are small, the factors' may be longer.
    let kb = k.min((BLOCK / mb.max(nb)).max(DEPTH));
    mb = mb.max(m.min(BLOCK / kb).min(BLOCK / 2 / nb));
    nb = nb.max(n.min(BLOCK / kb).min(BLOCK / 2 / mb));
    let (mut rows, mut columns, inner) = (spread(rows, mb), spread(columns, nb), spread(inner, kb));
    for (side, tile) in [(&mut rows, TILE.0), (&mut columns, TILE.1)] {
        // One axis that is cut.
        if let [piece] = side.as_mut_slice()
            && *piece >= 20 * tile
            && piece.next_multiple_of(tile) <= SIDE
        {
            *piece = piece.next_multiple_of(tile);
        }
    }
    let (mb, nb, kb) = (product(&rows), product(&columns), product(&inner));
    let lanes = BLOCK / 2 / (mb * kb).max(nb * kb).max(mb * nb).max(1);
    Cut { batch: spread(batch, lanes.max(1)), rows, columns, inner }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_of_bounded_size_and_cover_small_matrices_whole() {
        let c = cut(&[], &[6000], &[6000], &[6000]);
        assert_eq!((c.rows[0], c.columns[0], c.inner[0]), (1008, 1024, 2000));
        let c = cut(&[], &[1_000_000], &[100], &[100]);
        assert_eq!((c.columns[0], c.inner[0]), (100, 100));
        assert!(c.rows[0] * 100 <= BLOCK && c.rows[0] > 9000, "{c:?}");
        let c = cut(&[1 << 20], &[3], &[3], &[3]);
        assert!(c.batch[0] * 9 <= BLOCK && c.batch[0] > 1000, "{c:?}");
        for lens in [[0, 0, 0], [1, 1, 1 << 40], [1 << 30, 1, 7], [5, 1 << 35, 1 << 20]] {
            let c = cut(&[7], &[lens[0], 2], &[lens[1]], &[lens[2], 3]);
            let (m, n, k) = (product(&c.rows), product(&c.columns), product(&c.inner));
            assert!(m * k <= BLOCK && n * k <= BLOCK && m * n <= BLOCK, "{lens:?}: {c:?}");
        }
    }
}
