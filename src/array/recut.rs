//! Cuts: arrays cut alike, and shapes changed within chunks.

use crate::array::DynArray;
use crate::array::axes::part;
use crate::base::{Axis, Error, Result};
use crate::expr::{Chunks, Expr, build, reshape};
use std::ops::Range;

/// The arrays cut alike along the axes that they share by NumPy's broadcasting, none of them repeated. Dask's `unify_chunks`.
///
/// # Chunks
/// Along each axis the boundaries of all that have it (or the finest cut, where those would be more than twice as many).
///
/// # Example
/// ```
/// use tilework::array::{arange, unify_chunks};
/// let both = unify_chunks(&[arange(0, 6, 1, 4)?, arange(0, 6, 1, 3)?])?;
/// assert_eq!(both[0].chunks(), both[1].chunks());
/// assert_eq!(both[0].chunks(), [[3, 1, 2]]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When shapes do not broadcast.
pub fn unify_chunks(arrays: &[DynArray]) -> Result<Vec<DynArray>> {
    if arrays.is_empty() {
        return Ok(Vec::new());
    }
    let exprs: Vec<Expr> = arrays.iter().map(|a| a.expr().clone()).collect();
    let (alike, _, _) = build::align(&exprs).map_err(|e| e.at("unify_chunks"))?;
    Ok(alike.into_iter().map(DynArray::wrap).collect())
}

/// The parts of an array that lie in one chunk along each of some axes, in C order.
fn parts(x: &Expr, axes: Range<usize>) -> Result<Vec<Expr>> {
    let mut all = vec![x.clone()];
    for a in axes {
        let axis = x.array()?.1.axes()[a].clone();
        let cut = |x: &Expr| (0..axis.n_chunks()).map(|i| part(x, a, axis.range(i).start, axis.range(i).len())).collect();
        all = all.iter().map(cut).collect::<Result<Vec<Vec<Expr>>>>()?.concat();
    }
    Ok(all)
}

/// Some axes as one, chunk by chunk.
fn merged(x: &Expr, axes: Range<usize>) -> Result<Expr> {
    let flat = |piece: &Expr| {
        let mut shape = piece.array()?.1.shape().to_vec();
        let n = shape[axes.clone()].iter().product();
        shape.splice(axes.clone(), [n]);
        reshape::reshape(piece, &shape)
    };
    let pieces: Vec<Expr> = parts(x, axes.clone())?.iter().map(flat).collect::<Result<_>>()?;
    build::concatenate(&pieces, axes.start)
}

/// One axis as several, chunk by chunk: those of `axes` in C order are the axis's own.
fn parted(x: &Expr, axis: usize, axes: &[Axis]) -> Result<Expr> {
    let mut shapes = vec![vec![]];
    for a in axes {
        let longer = |s: &Vec<usize>| a.sizes().map(|n| [&s[..], &[n]].concat()).collect::<Vec<_>>();
        shapes = shapes.iter().flat_map(longer).collect();
    }
    let own = x.array()?.1.axes()[axis].clone();
    let sizes: Vec<usize> = shapes.iter().map(|s| s.iter().product()).collect();
    if own.sizes().ne(sizes.iter().copied()) {
        let have: Vec<usize> = own.sizes().collect();
        return Err(Error::usage(format!("chunks of {sizes:?} elements cannot be made of chunks of {have:?} along axis {axis}")));
    }
    let pieces = parts(x, axis..axis + 1)?.into_iter().zip(&shapes).map(|(piece, own)| {
        let mut shape = piece.array()?.1.shape().to_vec();
        shape.splice(axis..=axis, own.iter().copied());
        reshape::reshape(&piece, &shape)
    });
    let mut pieces: Vec<Expr> = pieces.collect::<Result<_>>()?;
    for (i, a) in axes.iter().enumerate().rev() {
        pieces = pieces.chunks(a.n_chunks()).map(|row| build::concatenate(row, axis + i)).collect::<Result<_>>()?;
    }
    pieces.pop().ok_or_else(|| Error::bug("an axis without chunks"))
}

impl DynArray {
    /// Another shape that every chunk takes for itself, so that no element leaves its chunk: the order of elements is not that of
    /// [`reshape`](DynArray::reshape) where chunks are no runs in C order. Neighbouring axes may merge into one, or one may become
    /// several, whose chunks must be given. Dask's `reshape_blockwise`, which undoes itself.
    ///
    /// # Chunks
    /// Of merged axes one for each combination of their chunks, in C order; of others as `chunks` says, and there must be one for each
    /// chunk of the axis with as many elements. A plan has a node for each.
    ///
    /// # Example
    /// ```
    /// use tilework::array::arange;
    /// let x = arange(0, 8, 1, 8)?.reshape(&[2, 4])?.rechunk([2, 2])?;
    /// let y = x.reshape_blockwise(&[8], None)?;
    /// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 1, 4, 5, 2, 3, 6, 7]);
    /// let back = y.reshape_blockwise(&[2, 4], Some([2, 2].into()))?;
    /// assert_eq!(back.compute()?.to_ndarray::<i64>()?, x.compute()?.to_ndarray::<i64>()?);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A shape of another number of elements, or one in which several axes become several others; chunks that are missing or do not
    /// match; an array of unknown size.
    pub fn reshape_blockwise(&self, shape: &[usize], chunks: Option<Chunks>) -> Result<DynArray> {
        let named = |e: Error| e.at("reshape_blockwise");
        self.known("reshape_blockwise")?;
        let own = self.shape();
        let n = |s: &[usize]| s.iter().try_fold(1usize, |p, &n| p.checked_mul(n));
        if n(shape) != n(&own) {
            return Err(named(Error::usage(format!("{own:?} cannot take the shape {shape:?} of another number of elements"))));
        }
        let groups = if own.contains(&0) { None } else { reshape::groups(&own, shape) };
        let Some(groups) = groups else { return Ok(DynArray::wrap(reshape::reshape(self.expr(), shape)?)) };
        let grid = chunks.map(|c| c.grid(shape, self.dtype(), None)).transpose().map_err(named)?;
        let mut x = self.expr().clone();
        for reshape::Group { old, new } in groups.into_iter().rev() {
            let lengths = (old.len(), new.len());
            x = match (lengths, &grid) {
                ((1, 1) | (0, _) | (_, 0), _) => Ok(x),
                ((_, 1), _) => merged(&x, old),
                ((1, _), Some(grid)) => parted(&x, old.start, &grid.axes()[new]),
                ((1, _), None) => {
                    return Err(named(Error::usage(format!("axis {} becomes several: give the chunks of the result", old.start))));
                }
                _ => {
                    let message =
                        format!("axes {old:?} of {own:?} become axes {new:?} of {shape:?}: merge them first, then part them");
                    return Err(named(Error::usage(message)));
                }
            }
            .map_err(named)?;
        }
        Ok(DynArray::wrap(reshape::reshape(&x, shape)?))
    }
}
