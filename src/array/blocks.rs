//! User functions on blocks.

use crate::array::DynArray;
use crate::base::{DType, Error, Grid, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::build;
use crate::expr::call::{BlockInfo, CallOp};
use crate::expr::node::Boundary;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A closure as a block function. It runs in this process only.
struct Closure<F> {
    f: F,
    name: String,
    id: u64,
}

impl<F> fmt::Debug for Closure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<F: Fn(&BlockInfo, &[Tensor]) -> Result<Tensor> + Send + Sync> CallOp for Closure<F> {
    fn name(&self) -> Option<&'static str> {
        None
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(Error::usage(format!(
            "{} is a closure of this process and cannot be sent to a worker: use ops, or run on threads",
            self.name
        )))
    }

    fn key(&self) -> u128 {
        u128::from(self.id)
    }

    fn label(&self) -> String {
        self.name.clone()
    }

    fn run(&self, block: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        let tensors = inputs.iter().map(|c| match c {
            Chunk::Tensor(t) => Ok(t.clone()),
            other => Err(Error::bug(format!("{other:?} is no piece of an array"))),
        });
        Ok(Chunk::Tensor((self.f)(block, &tensors.collect::<Result<Vec<_>>>()?)?))
    }
}

/// Every closure is its own function: two are never taken for the same.
fn closure<F: Fn(&BlockInfo, &[Tensor]) -> Result<Tensor> + Send + Sync + 'static>(name: &str, f: F) -> Arc<dyn CallOp> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Arc::new(Closure { f, name: name.to_string(), id: NEXT.fetch_add(1, Ordering::Relaxed) })
}

/// `f` on every block of the aligned arrays. The result's dtype is declared, and its chunks too if they differ from the
/// inputs'; `f` is never run to find out. `f` must be pure.
///
/// # Example
/// ```
/// use tilework::{DType, array::{arange, map_blocks}, chunk::Tensor};
/// let x = arange(0, 6, 1, 4)?;
/// let y = map_blocks("doubled", &[&x], DType::I64, None, |_, b| {
///     Ok(Tensor::from_ndarray(b[0].to_ndarray::<i64>()? * 2))
/// })?;
/// assert_eq!(y.compute_as::<i64>()?.into_raw_vec_and_offset().0, [0, 2, 4, 6, 8, 10]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When shapes do not broadcast, or declared chunks are not as many as the inputs'. A block of another shape or dtype than
/// declared fails the run, with the block named.
pub fn map_blocks(
    name: &str,
    inputs: &[&DynArray],
    dtype: DType,
    grid: Option<Grid>,
    f: impl Fn(&BlockInfo, &[Tensor]) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<DynArray> {
    let exprs: Vec<_> = inputs.iter().map(|a| a.expr().clone()).collect();
    Ok(DynArray::wrap(build::call(closure(name, f), &exprs, dtype, grid)?))
}

/// `f` on every block with `depth` (before, after) elements of its neighbours along each axis. `f` returns the block with or
/// without the halo: what it returns with the halo is trimmed.
///
/// # Errors
/// When a depth is larger than an axis, or there is not one depth per axis.
pub fn map_overlap(
    name: &str,
    x: &DynArray,
    depth: &[(usize, usize)],
    boundary: Boundary,
    dtype: DType,
    f: impl Fn(&BlockInfo, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<DynArray> {
    let halo = build::halo(x.expr(), depth, boundary)?;
    let (_, grid) = x.expr().array()?;
    let (inner, cut, shape) = (grid.clone(), depth.to_vec(), grid.shape());
    let trimmed = move |block: &BlockInfo, inputs: &[Tensor]| {
        let out = f(block, &inputs[0])?;
        let want = inner.chunk_region(block.index);
        if out.shape() == want.shape().as_slice() {
            return Ok(out);
        }
        if out.shape() != inputs[0].shape() {
            return Err(Error::usage(format!(
                "the function gave {:?}; for this block it must give {:?}, or {:?} with the halo",
                out.shape(),
                want.shape().as_slice(),
                inputs[0].shape()
            )));
        }
        let start = want
            .ranges()
            .iter()
            .zip(&cut)
            .map(|(r, &(before, _))| if boundary == Boundary::None { before.min(r.start) } else { before });
        let start: Vec<usize> = start.collect();
        debug_assert_eq!(shape.len(), start.len());
        Ok(out.slice(&want.relative_to(&want.start()).shifted(&start)))
    };
    Ok(DynArray::wrap(build::call(closure(name, trimmed), &[halo], dtype, Some(grid.clone()))?))
}
