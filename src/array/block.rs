//! Arrays put together from blocks.

use crate::array::DynArray;
use crate::array::axes::at_least;
use crate::array::join::joined;
use crate::base::{Error, Result};

/// Arrays nested as NumPy's `block` takes them.
#[derive(Clone, Debug)]
pub enum Block {
    /// A block.
    Array(DynArray),
    /// Blocks side by side along the axis of this depth; the innermost lists run along the last axis.
    List(Vec<Block>),
}

impl From<DynArray> for Block {
    fn from(a: DynArray) -> Block {
        Block::Array(a)
    }
}
impl From<&DynArray> for Block {
    fn from(a: &DynArray) -> Block {
        Block::Array(a.clone())
    }
}
impl<B: Into<Block>> From<Vec<B>> for Block {
    fn from(v: Vec<B>) -> Block {
        Block::List(v.into_iter().map(Into::into).collect())
    }
}
impl<B: Into<Block>, const N: usize> From<[B; N]> for Block {
    fn from(v: [B; N]) -> Block {
        Block::List(v.into_iter().map(Into::into).collect())
    }
}

/// An array put together from blocks: innermost lists run along the last axis, those around them along the one before, and so on.
/// NumPy's `block`.
///
/// # Chunks
/// As [`concatenate`](crate::array::concatenate) along each axis.
///
/// # Example
/// ```
/// use tilework::{DType, array::{block, ones, zeros}};
/// let (a, b) = (ones(&[2, 2], DType::I64, 1)?, zeros(&[2, 3], DType::I64, 1)?);
/// let x = block([[&a, &b], [&a, &b]])?;
/// assert_eq!((x.shape(), x.compute_as::<i64>()?.sum()), (vec![4, 5], 8));
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// When a list is empty, arrays lie at different depths, or blocks do not fit together.
pub fn block(blocks: impl Into<Block>) -> Result<DynArray> {
    let blocks = blocks.into();
    let (depth, ndim) = measure(&blocks)?;
    put_together(&blocks, depth, ndim.max(depth))
}

/// How deep the arrays lie, and the most dimensions of one.
fn measure(b: &Block) -> Result<(usize, usize)> {
    let Block::List(list) = b else {
        let Block::Array(a) = b else { return Ok((0, 0)) };
        return Ok((0, a.ndim()));
    };
    let all: Vec<(usize, usize)> = list.iter().map(measure).collect::<Result<_>>()?;
    let Some(&(depth, _)) = all.first() else { return Err(Error::usage("block: a list of blocks is empty")) };
    if let Some((other, _)) = all.iter().find(|(d, _)| *d != depth) {
        return Err(Error::usage(format!("block: arrays lie {depth} and {other} lists deep; all must lie equally deep")));
    }
    Ok((depth + 1, all.iter().map(|x| x.1).max().unwrap_or(0)))
}

fn put_together(b: &Block, depth: usize, ndim: usize) -> Result<DynArray> {
    match b {
        Block::Array(a) => Ok(DynArray::wrap(at_least(a.expr(), ndim)?)),
        Block::List(list) => {
            let parts: Vec<DynArray> = list.iter().map(|b| put_together(b, depth - 1, ndim)).collect::<Result<_>>()?;
            joined("block", &parts, (ndim - depth) as isize)
        }
    }
}
