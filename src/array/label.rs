//! Connected components of arrays in chunks.
//!
//! Every chunk labels what it sees; neighbours tell which labels are one across their borders; one task joins what all of them tell.
//! Then components are counted, row by row in C order, and get their numbers.

use crate::array::blocks::halo;
use crate::array::filter::connected;
use crate::array::{DynArray, Index};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::node::Boundary;
use crate::expr::{AxisMap, Chunks, IndexMap, build};
use crate::kernel::filter::label::most_edges;
use crate::op::block::{NamedBlock, shared};
use crate::op::filter::{Field, LabelCounts, LabelEdges, LabelJoin, LabelLocal, LabelMerge, LabelNumbers, LabelRoots};
use ndarray::ArrayD;

impl DynArray {
    /// Connected components of the elements that are not 0: their numbers, from 1 in the C order of their first elements (0: no component), and how
    /// many there are (int64, as lazy as the rest). SciPy's `label`; numbers are int32 as there, or int64 for 2³¹ - 2 elements and more.
    ///
    /// `structure` says which neighbours are connected, with 3 places along every axis and the same on opposite sides; without one,
    /// those along the axes are. `find_objects` is not there.
    ///
    /// # Chunks
    /// As the input. A task holds a chunk of int64 labels a few times. Besides, one task holds a list of the pairs of labels that meet at
    /// borders, and tasks of the last step share the joined list: how long those are depends on the data; there is room for as many as
    /// chunks have elements at their borders, 16 bytes each for a few copies. Larger chunks make that less.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, from_ndarray};
    /// let x = from_ndarray(ndarray::array![[1, 0, 1], [1, 0, 1], [0, 0, 1], [1, 0, 0]].into_dyn(), 2)?;
    /// let (labels, count) = x.label(None)?;
    /// assert_eq!(labels.compute_as::<i32>()?, ndarray::array![[1, 0, 2], [1, 0, 2], [0, 0, 2], [3, 0, 0]].into_dyn());
    /// assert_eq!(count.compute_as::<i64>()?.into_scalar(), 3);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// A structure that has not 3 places along every axis of the array, or other places on opposite sides.
    pub fn label(&self, structure: Option<&ArrayD<bool>>) -> Result<(DynArray, DynArray)> {
        let run = || {
            let structure = structure.map_or_else(|| connected(self.ndim(), 1), Clone::clone);
            check(&structure, self.ndim())?;
            self.known("label")?;
            let x = self.astype(DType::Bool)?;
            match self.ndim() {
                0 => {
                    let (labels, count) = labelled(&x.reshape(&[1])?, &connected(1, 1))?;
                    Ok((labels.reshape(&[])?, count))
                }
                _ => labelled(&x, &structure),
            }
        };
        run().map_err(|e: Error| e.at("label"))
    }
}

fn check(structure: &ArrayD<bool>, ndim: usize) -> Result<()> {
    if structure.ndim() != ndim || structure.shape().iter().any(|&n| n != 3) {
        return Err(Error::usage(format!(
            "a structure of shape {:?} for an array of {ndim} dimensions: it must have 3 places along each",
            structure.shape()
        )));
    }
    let places: Vec<bool> = structure.iter().copied().collect();
    if !places.iter().eq(places.iter().rev()) {
        return Err(Error::usage("the structure must be the same on opposite sides of its middle"));
    }
    Ok(())
}

/// A function on blocks with an axis behind those of the array: pieces of the array run along the first axes, lists along the last.
fn call(op: impl NamedBlock, pieces: &[&DynArray], lists: &[&DynArray], dtype: DType, axes: Vec<Axis>) -> Result<DynArray> {
    let along = |x: &&DynArray| IndexMap::identity(x.ndim());
    let behind = IndexMap([AxisMap::Out(axes.len() - 1)].into_iter().collect());
    let maps = pieces.iter().map(along).chain(lists.iter().map(|_| behind.clone())).collect();
    let inputs = pieces.iter().chain(lists).map(|x| x.expr().clone()).collect();
    Ok(DynArray::wrap(build::call_mapped(shared(op)?, inputs, maps, dtype, Grid::new(axes))?))
}

/// Lists of all blocks as one, made by `op`.
fn gathered(lists: &DynArray, op: impl NamedBlock, room: usize) -> Result<DynArray> {
    let flat = lists.rechunk(Chunks::Whole)?.reshape(&[-1])?;
    let n = flat.shape()[0] / (1 + 2 * room) * room;
    let grid = Grid::new([Axis::whole(1 + 2 * n)]);
    Ok(DynArray::wrap(build::call_mapped(shared(op)?, vec![flat.expr().clone()], vec![IndexMap::identity(1)], DType::I64, grid)?))
}

fn labelled(x: &DynArray, structure: &ArrayD<bool>) -> Result<(DynArray, DynArray)> {
    let (_, grid) = x.parts();
    let wide = grid.n_elements()? >= i32::MAX as usize - 1;
    let dtype = if wide { DType::I64 } else { DType::I32 };
    if x.shape().contains(&0) {
        return Ok((x.astype(dtype)?, x.astype(DType::I64)?.sum(None)?));
    }
    let ndim = x.ndim();
    let ends = |axis: &Axis| [0].into_iter().chain((0..axis.n_chunks()).map(|c| axis.range(c).end)).collect();
    let field =
        Field { shape: x.shape(), structure: structure.iter().copied().collect(), bounds: grid.axes().iter().map(ends).collect() };
    let largest: Vec<usize> = grid.axes().iter().map(Axis::max_size).collect();
    let room = most_edges(&largest, &field.structure);
    let blocks = || grid.axes().iter().map(|a| Axis::regular(a.n_chunks(), 1));
    let behind = |n: usize| [Axis::whole(n)];

    let labels = DynArray::wrap(build::call(shared(LabelLocal(field.clone()))?, &[x.expr().clone()], DType::I64, None)?);
    let depth: Vec<(usize, usize)> = (0..ndim).map(|a| (1, usize::from(a > 0))).collect();
    let around = DynArray::wrap(halo(labels.expr(), &depth, &vec![Boundary::None; ndim])?);
    let axes: Vec<Axis> = blocks().chain(behind(1 + 2 * room)).collect();
    let pairs = call(LabelEdges(field.clone()), &[&around], &[], DType::I64, axes.clone())?;
    let later = gathered(&pairs, LabelJoin { room }, room)?;

    let rows = grid.axes()[..ndim - 1].iter().cloned();
    let rows: Vec<Axis> = rows.chain(blocks().skip(ndim - 1)).chain(behind(1)).collect();
    let counts = call(LabelCounts(field.clone()), &[&labels], &[&later], DType::I64, rows)?;
    let counts = counts.index(&[Index::Ellipsis, Index::At(0)])?;
    let flat = counts.ravel()?;
    let shape: Vec<isize> = counts.shape().iter().map(|&n| n as isize).collect();
    let skipped = flat.cumsum(0)?.subtract(&flat)?.reshape(&shape)?.rechunk(Chunks::Exact(counts.chunks()))?;

    let roots = call(LabelRoots(field.clone()), &[&labels, &skipped], &[&later], DType::I64, axes)?;
    let known = gathered(&roots, LabelMerge { room }, room)?;
    let out = grid.axes().iter().cloned().chain(behind(1)).collect();
    let numbers = call(LabelNumbers { field, wide }, &[&labels, &skipped], &[&later, &known], dtype, out)?
        .index(&[Index::Ellipsis, Index::At(0)])?;
    Ok((numbers, counts.sum(None)?))
}
