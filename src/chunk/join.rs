//! The chunks of an array as one tensor, where the sizes of some are found in the chunks themselves.

use crate::base::{DType, Error, Grid, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use std::sync::Arc;

/// For every axis of unknown size, the sizes of its pieces.
///
/// # Errors
/// A bug: chunks beside each other that are not equally long, or longer than their bounds.
pub fn found_sizes(grid: &Grid, chunks: &[Chunk]) -> Result<Vec<Option<Arc<[usize]>>>> {
    if chunks.len() != grid.n_chunks() {
        return Err(Error::bug(format!("{} chunks of {}", chunks.len(), grid.n_chunks())));
    }
    let mut sizes: Vec<Vec<Option<usize>>> = grid.axes().iter().map(|a| vec![None; a.n_chunks()]).collect();
    for (i, c) in chunks.iter().enumerate() {
        let (coords, t) = (grid.coords(i), c.tensor()?);
        for (a, &at) in coords.iter().enumerate() {
            let (axis, n) = (&grid.axes()[a], t.shape().get(a).copied().unwrap_or(0));
            let most = axis.range(at).len();
            let fits = if axis.is_unknown() { n <= most } else { n == most };
            if !fits || sizes[a][at].is_some_and(|m| m != n) {
                return Err(Error::bug(format!("chunk {coords:?} has the shape {:?}", t.shape())));
            }
            sizes[a][at] = Some(n);
        }
    }
    let one = |(axis, s): (&crate::base::Axis, Vec<Option<usize>>)| axis.is_unknown().then(|| s.into_iter().flatten().collect());
    Ok(grid.axes().iter().zip(sizes).map(one).collect())
}

/// All chunks as one array of the size that they have together.
///
/// # Errors
/// As [`found_sizes`].
pub fn joined(dtype: DType, grid: &Grid, chunks: Vec<Chunk>) -> Result<Tensor> {
    let found = found_sizes(grid, &chunks)?;
    let ends = |a: usize| -> Vec<usize> {
        let sizes = found[a].as_ref().map_or_else(|| grid.axes()[a].sizes().collect(), |s| s.to_vec());
        std::iter::once(0)
            .chain(sizes.iter().scan(0, |at, n| {
                *at += n;
                Some(*at)
            }))
            .collect()
    };
    let ends: Vec<Vec<usize>> = (0..grid.ndim()).map(ends).collect();
    let shape: Vec<usize> = ends.iter().map(|e| e[e.len() - 1]).collect();
    let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * dtype.size());
    // Each chunk is let go once it is copied.
    for (i, c) in chunks.into_iter().enumerate() {
        let to = Region::new(grid.coords(i).iter().zip(&ends).map(|(&c, e)| e[c]..e[c + 1]));
        copy_into(c.tensor()?, &mut out, &shape, &to);
    }
    Tensor::new(dtype, &shape, out.freeze())
}
