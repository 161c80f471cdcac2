//! Random expressions of every node kind that arrays have, from a seed.

use std::sync::Arc;
use tilework::array::{DynArray, Index, arange, concatenate, where_};
use tilework::chunk::Tensor;
use tilework::expr::node::Boundary;
use tilework::expr::{Chunks, build};
use tilework::format::memory::MemorySource;
use tilework::{DType, Result, Scalar};

/// Numbers that look random (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }
}

/// An array over which some operations have been thrown.
pub fn expression(seed: u64) -> Result<DynArray> {
    let mut dice = Dice(seed);
    let mut x = leaf(&mut dice)?;
    for _ in 0..dice.below(8) {
        x = step(&x, &mut dice)?;
    }
    Ok(x)
}

fn leaf(dice: &mut Dice) -> Result<DynArray> {
    let (n, m) = (1 + dice.below(23), 1 + dice.below(17));
    let chunks = vec![1 + dice.below(9), 1 + dice.below(9)];
    if dice.below(3) == 0 {
        return arange(0, (n * m) as i64, 1, 1 + dice.below(9));
    }
    let values = (0..n * m).map(|_| dice.below(2001) as f64 / 8.0 - 125.0).collect();
    let x = in_memory(Tensor::from_vec(&[n, m], values)?, chunks)?;
    x.astype([DType::F64, DType::F32, DType::I32, DType::U8][dice.below(4)])
}

fn step(x: &DynArray, dice: &mut Dice) -> Result<DynArray> {
    let ndim = x.ndim();
    let axis = dice.below(ndim) as isize;
    match dice.below(15) {
        0 => x.multiply(3)?.add(1),
        1 => x.astype(DType::F64)?.sin(),
        2 => x.add(x),
        3 => where_(&x.less(5)?, x, 0),
        4 if ndim > 1 => x.sum(Some(&[axis])),
        5 if ndim > 1 => x.mean(Some(&[axis])),
        6 if ndim > 0 => x.cumsum(axis),
        7 => x.transpose(None),
        8 if ndim > 0 => {
            let parts = [Index::Slice(Some(dice.below(4) as isize), None, Some(1 + dice.below(3) as isize)), Index::Ellipsis];
            x.index(&parts)
        }
        9 if ndim > 0 => x.index(&[Index::Slice(None, None, Some(-1)), Index::Ellipsis, Index::NewAxis]),
        10 if ndim > 0 => concatenate(&[x.clone(), x.multiply(2)?], axis),
        11 => x.rechunk(1 + dice.below(7)),
        12 if ndim > 0 && x.shape().iter().all(|&n| n > 2) => {
            let border = [Boundary::Nearest, Boundary::Constant(Scalar::I64(1)), Boundary::Periodic, Boundary::None][dice.below(4)];
            DynArray::from_expr(build::halo(x.expr(), &vec![(1, 2); ndim], border)?)
        }
        13 if ndim > 0 => x.ravel()?.tile(&[2, 1])?.reshape(&[-1, 2]),
        _ => x.square(),
    }
}

/// A tensor of this process as an array.
pub fn in_memory(t: Tensor, chunks: impl Into<Chunks>) -> Result<DynArray> {
    DynArray::from_expr(build::source(Arc::new(MemorySource::new(t)), &chunks.into())?)
}
