//! The product that all others are made of: sums over the axes that two arrays share and the result lacks.
//!
//! Axes have labels. Where the result has many blocks, each is added up over the inner axes block after block, in order; where it has
//! few, products of all inner blocks are made for themselves and added by a tree. Which of the two, and the blocks, follow from the
//! shapes alone.

use crate::array::DynArray;
use crate::array::linalg::blocks::{self, Cut};
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Result};
use crate::expr::{AxisMap, Expr, IndexMap, build};
use crate::for_dtype;
use crate::kernel::linalg::Multiply;
use crate::op::block::shared;
use crate::op::linalg::Contract;
use crate::op::reduction;
use std::sync::Arc;

/// From so many blocks of the result on there is enough to do beside the order of adding.
const MANY: usize = 8;
/// Larger results are added two at a time, so that few are held.
const LARGE: usize = 1 << 17;

/// An array whose axes have labels, each once.
#[derive(Clone)]
pub(super) struct Labelled {
    pub x: DynArray,
    pub labels: Vec<usize>,
}

impl Labelled {
    /// Where a label is.
    pub fn at(&self, label: usize) -> Option<usize> {
        self.labels.iter().position(|&l| l == label)
    }

    /// The length along a label, if it is there.
    pub fn len(&self, label: usize) -> Option<usize> {
        self.at(label).map(|a| self.x.shape()[a])
    }

    /// Without an axis, of which the first element stays.
    fn first_of(&self, axis: usize) -> Result<Labelled> {
        let at: Vec<Option<usize>> = (0..self.labels.len()).map(|a| (a == axis).then_some(0)).collect();
        let mut labels = self.labels.clone();
        labels.remove(axis);
        Ok(Labelled { x: DynArray::wrap(build::index(self.x.expr(), &at)?), labels })
    }

    /// The sum over all labels but those of `keep`, in the array's own dtype.
    pub fn sum_all_but(&self, keep: impl Fn(usize) -> bool) -> Result<Labelled> {
        let axes: Vec<isize> = (0..self.labels.len()).filter(|&a| !keep(self.labels[a])).map(|a| a as isize).collect();
        if axes.is_empty() {
            return Ok(self.clone());
        }
        let dtype = self.x.dtype();
        let x = if dtype == DType::Bool { self.x.any(Some(&axes))? } else { self.x.sum(Some(&axes))?.astype(dtype)? };
        Ok(Labelled { x, labels: self.labels.iter().copied().filter(|&l| keep(l)).collect() })
    }

    /// The axes in the order of these labels, which are all there.
    pub fn ordered(&self, labels: &[usize]) -> Result<DynArray> {
        if self.labels == labels {
            return Ok(self.x.clone());
        }
        let order: Vec<usize> = labels.iter().filter_map(|&l| self.at(l)).collect();
        self.x.transpose(Some(&order))
    }
}

/// The sum of products of `a` and `b` over the labels that `out` lacks. A length of 1 goes with any other.
pub(super) fn contract(a: &Labelled, b: &Labelled, out: &[usize]) -> Result<Labelled> {
    let dtype = a.x.dtype().promote(b.x.dtype());
    let (mut a, mut b) = (a.clone(), b.clone());
    for &label in &a.labels.clone() {
        match (a.len(label), b.len(label)) {
            (Some(1), Some(n)) if n != 1 => a = a.first_of(a.at(label).unwrap_or(0))?,
            (Some(n), Some(1)) if n != 1 => b = b.first_of(b.at(label).unwrap_or(0))?,
            (Some(n), Some(m)) if n != m => {
                return Err(Error::usage(format!(
                    "lengths {n} and {m} of shapes {:?} and {:?} do not go together",
                    a.x.shape(),
                    b.x.shape()
                )));
            }
            _ => {}
        }
    }
    a.x = a.x.astype(dtype)?;
    b.x = b.x.astype(dtype)?;
    a = a.sum_all_but(|l| out.contains(&l) || b.at(l).is_some())?;
    b = b.sum_all_but(|l| out.contains(&l) || a.at(l).is_some())?;
    let groups = Groups::new(&a, &b, out);
    let c = Product::new(&a, &b, groups, dtype)?;
    let x = if c.n_inner_blocks() > 1 && c.n_blocks() >= MANY { c.in_order()? } else { c.by_tree()? };
    Labelled { labels: c.groups.out(), x: DynArray::wrap(x) }.ordered(out).map(|x| Labelled { x, labels: out.to_vec() })
}

/// Labels by where they are.
struct Groups {
    batch: Vec<usize>,
    rows: Vec<usize>,
    columns: Vec<usize>,
    inner: Vec<usize>,
}

impl Groups {
    fn new(a: &Labelled, b: &Labelled, out: &[usize]) -> Groups {
        let (in_a, in_b) = (|l: &usize| a.at(*l).is_some(), |l: &usize| b.at(*l).is_some());
        let of = |wanted: &dyn Fn(&usize) -> bool| out.iter().copied().filter(|l| wanted(l)).collect::<Vec<_>>();
        Groups {
            batch: of(&|l| in_a(l) && in_b(l)),
            rows: of(&|l| in_a(l) && !in_b(l)),
            columns: of(&|l| !in_a(l) && in_b(l)),
            inner: a.labels.iter().copied().filter(|l| in_b(l) && !out.contains(l)).collect(),
        }
    }

    fn out(&self) -> Vec<usize> {
        [&self.batch[..], &self.rows, &self.columns].concat()
    }

    fn all(&self) -> Vec<usize> {
        [&self.out()[..], &self.inner].concat()
    }
}

/// A product that is about to be built: its factors are cut.
struct Product {
    a: Expr,
    b: Expr,
    maps: [IndexMap; 2],
    groups: Groups,
    /// Axes of batch, rows and columns.
    outer: Vec<Axis>,
    /// Axes that are summed over.
    inner: Vec<Axis>,
    op: Arc<dyn crate::expr::call::CallOp>,
    dtype: DType,
}

impl Product {
    fn new(a: &Labelled, b: &Labelled, groups: Groups, dtype: DType) -> Result<Product> {
        let lens = |list: &[usize]| list.iter().map(|&l| a.len(l).or(b.len(l)).unwrap_or(1)).collect::<Vec<_>>();
        let (batch, rows, columns, inner) = (lens(&groups.batch), lens(&groups.rows), lens(&groups.columns), lens(&groups.inner));
        let cut = blocks::cut(&batch, &rows, &columns, &inner);
        let Cut { batch: pb, rows: pr, columns: pc, inner: pi } = &cut;
        let outer = [blocks::cut_axes(&batch, pb), blocks::cut_axes(&rows, pr), blocks::cut_axes(&columns, pc)].concat();
        let inner = blocks::cut_axes(&inner, pi);
        let all = groups.all();
        let axes = [&outer[..], &inner].concat();
        let place = |l: usize| all.iter().position(|&o| o == l).unwrap_or(0);
        let map = |x: &Labelled| IndexMap(x.labels.iter().map(|&l| AxisMap::Out(place(l))).collect());
        let fit = |x: &Labelled| build::rechunk(x.x.expr(), Grid::new(x.labels.iter().map(|&l| axes[place(l)].clone())));
        let sides: [usize; 3] = [pr, pc, pi].map(|pieces| pieces.iter().product());
        let op = shared(Contract {
            batch: groups.batch.len(),
            rows: groups.rows.len(),
            columns: groups.columns.len(),
            lower: false,
            kept: for_dtype!(dtype, T => <T as Multiply>::kept_bytes(sides[0], sides[1], sides[2])),
        })?;
        Ok(Product { a: fit(a)?, b: fit(b)?, maps: [map(a), map(b)], groups, outer, inner, op, dtype })
    }

    fn n_blocks(&self) -> usize {
        self.outer.iter().map(Axis::n_chunks).product()
    }

    fn n_inner_blocks(&self) -> usize {
        self.inner.iter().map(Axis::n_chunks).product()
    }

    /// Products of all inner blocks, added by a tree.
    fn by_tree(&self) -> Result<Expr> {
        let counts = self.inner.iter().map(|a| Axis::regular(a.n_chunks(), 1));
        let grid = Grid::new(self.outer.iter().cloned().chain(counts));
        grid.n_elements()?;
        let largest: usize = self.outer.iter().map(Axis::max_size).product();
        let c = build::call_mapped(self.op.clone(), vec![self.a.clone(), self.b.clone()], self.maps.to_vec(), self.dtype, grid)?;
        if self.n_inner_blocks() == 1 {
            return self.result(&c);
        }
        let axes: Vec<isize> = (self.outer.len()..self.outer.len() + self.inner.len()).map(|a| a as isize).collect();
        let add = if self.dtype == DType::Bool { &reduction::ANY } else { &reduction::SUM };
        let at_once = if largest > LARGE { 2 } else { 8 };
        build::cast(&build::reduce(&c, add, Some(&axes), false, 0.0, at_once)?, self.dtype)
    }

    /// Every block of the result added up over the inner blocks, one after the other.
    fn in_order(&self) -> Result<Expr> {
        let ones = self.inner.iter().map(|_| Axis::whole(1));
        let grid = Grid::new(self.outer.iter().cloned().chain(ones));
        grid.n_elements()?;
        let steps = Grid::new(self.inner.iter().cloned());
        let mut sum: Option<Expr> = None;
        for i in 0..steps.n_chunks() {
            let at = steps.chunk_region(i);
            let mut inputs = vec![self.part(&self.a, 0, &at)?, self.part(&self.b, 1, &at)?];
            let mut maps = self.maps.to_vec();
            if let Some(sum) = sum {
                inputs.push(sum);
                maps.push(IndexMap::identity(grid.ndim()));
            }
            sum = Some(build::call_mapped(self.op.clone(), inputs, maps, self.dtype, grid.clone())?);
        }
        self.result(&sum.ok_or_else(|| Error::bug("a product over no blocks"))?)
    }

    /// The part of a factor that lies in a block of the inner axes.
    fn part(&self, x: &Expr, which: usize, at: &crate::base::Region) -> Result<Expr> {
        let grid = x.array()?.1;
        let slices = self.maps[which].0.iter().zip(grid.axes()).map(|(m, axis)| match m {
            AxisMap::Out(o) if *o >= self.outer.len() => {
                let r = &at.ranges()[o - self.outer.len()];
                AxisSlice { start: r.start, step: 1, len: r.len() }
            }
            _ => AxisSlice::whole(axis.len()),
        });
        build::slice(x, &slices.collect::<Vec<_>>())
    }

    /// Without the axes that are summed over, each of length 1 by now.
    fn result(&self, c: &Expr) -> Result<Expr> {
        if self.inner.is_empty() {
            return Ok(c.clone());
        }
        let n = self.outer.len();
        build::index(c, &(0..n + self.inner.len()).map(|a| (a >= n).then_some(0)).collect::<Vec<_>>())
    }
}
