//! `Select` and `Rechunk`: output chunks assembled from pieces of input chunks.
//!
//! Slices, halos and rechunks all work axis by axis: along each axis an output chunk is a list of segments, each from one input
//! chunk; the chunk is the product of its axes' segments. Concatenation needs no task at all, only other numbers.

use crate::base::grid::Coords;
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Region, Result, Scalar};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::Expr;
use crate::expr::build::slice_axis;
use crate::expr::node::{Boundary, Select};
use crate::for_dtype;
use crate::plan::blockwise::each_chunk;
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place, tensor};
use std::ops::Range;
use std::sync::Arc;

/// A run of one axis of an output chunk that comes from one input chunk.
#[derive(Clone, Debug)]
struct Segment {
    /// Input chunk along this axis.
    chunk: usize,
    /// Elements of that chunk (step 0: one element, repeated).
    from: AxisSlice,
    /// Where they go in the output chunk.
    to: Range<usize>,
}

/// Segments of every output chunk along one axis.
type AxisPlan = Vec<Vec<Segment>>;

struct Assemble {
    dtype: DType,
    grid: Grid,
    axes: Vec<AxisPlan>,
    /// Value where no segment lies.
    fill: Option<Scalar>,
}

impl Assemble {
    /// Calls `f` with every piece of the chunk at `coords`: input chunk position, elements, place.
    fn pieces(&self, coords: &[usize], mut f: impl FnMut(&[usize], &[AxisSlice], Region) -> Result<()>) -> Result<()> {
        let lists: Vec<&[Segment]> = coords.iter().zip(&self.axes).map(|(&c, a)| a[c].as_slice()).collect();
        if lists.iter().any(|l| l.is_empty()) {
            return Ok(());
        }
        let mut at: Coords = lists.iter().map(|_| 0).collect();
        loop {
            let now: Vec<&Segment> = lists.iter().zip(&at).map(|(l, &i)| &l[i]).collect();
            let chunk: Coords = now.iter().map(|s| s.chunk).collect();
            let from: Vec<AxisSlice> = now.iter().map(|s| s.from).collect();
            f(&chunk, &from, Region::new(now.iter().map(|s| s.to.clone())))?;
            let Some(a) = (0..at.len()).rev().find(|&a| at[a] + 1 < lists[a].len()) else { return Ok(()) };
            at[a] += 1;
            at[a + 1..].fill(0);
        }
    }
}

impl Step for Assemble {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let coords = self.grid.coords(index);
        let shape = self.grid.region(&coords).shape();
        let view = |i: usize, from: &[AxisSlice]| -> Result<Tensor> {
            let t = inputs.get(i).ok_or_else(|| Error::bug("a piece is missing"))?;
            Ok(from.iter().enumerate().fold(tensor(t)?.clone(), |t, (a, s)| t.slice_axis(a, *s)))
        };
        let mut next = 0;
        if inputs.len() == 1 && self.fill.is_none() {
            let mut whole = None;
            self.pieces(&coords, |_, from, to| {
                if to.shape() == shape {
                    whole = Some(view(0, from)?.contiguous());
                }
                Ok(())
            })?;
            if let Some(t) = whole {
                outputs.push(Chunk::Tensor(t));
                return Ok(());
            }
        }
        let n: usize = shape.iter().product();
        let mut buffer = BufferMut::for_overwrite(n * self.dtype.size());
        if let Some(v) = self.fill {
            for_dtype!(self.dtype, T => buffer.elements_mut::<T>().fill(<T as crate::base::Element>::from_scalar(v)));
        }
        self.pieces(&coords, |_, from, to| {
            copy_into(&view(next, from)?, &mut buffer, &shape, &to);
            next += 1;
            Ok(())
        })?;
        outputs.push(Chunk::Tensor(Tensor::new(self.dtype, &shape, buffer.freeze())?));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }
}

fn build(l: &mut Lowering, e: &Expr, axes: Vec<AxisPlan>, fill: Option<Scalar>) -> Result<Ids> {
    let (dtype, grid) = e.array()?;
    let (_, input) = e.inputs()[0].array()?;
    let ids = l.ids(&e.inputs()[0])?;
    let first = l.next_data();
    let step = Arc::new(Assemble { dtype, grid: grid.clone(), axes, fill });
    l.layer(e.label(), step.clone());
    let mut inputs = Vec::new();
    each_chunk(grid, |_, coords| {
        inputs.clear();
        step.pieces(coords, |chunk, _, _| {
            inputs.push(ids.at(input.index(chunk)));
            Ok(())
        })?;
        let bytes = (grid.region(coords).n_elements() * dtype.size()) as u64;
        l.task(&inputs, Cost { out_bytes: bytes, scratch_bytes: 0, ns: bytes / 4 + 100 });
        Ok(())
    })?;
    Ok(Ids::From(first))
}

/// The same elements in other chunks.
///
/// # Errors
/// Too many tasks.
pub fn rechunk(l: &mut Lowering, e: &Expr) -> Result<Ids> {
    let (_, grid) = e.array()?;
    let (_, input) = e.inputs()[0].array()?;
    let axes = grid
        .axes()
        .iter()
        .zip(input.axes())
        .map(|(out, have)| (0..out.n_chunks()).map(|c| cover(have, &out.range(c), 0)).collect());
    let axes = axes.collect();
    build(l, e, axes, None)
}

/// The segments that make `range` of an axis, placed from `at`.
fn cover(have: &Axis, range: &Range<usize>, at: usize) -> Vec<Segment> {
    have.chunks_over(range)
        .map(|c| {
            let r = have.range(c);
            let (lo, hi) = (range.start.max(r.start), range.end.min(r.end).max(range.start.max(r.start)));
            let to = at + lo - range.start..at + hi - range.start;
            Segment { chunk: c, from: AxisSlice { start: lo.saturating_sub(r.start), step: 1, len: hi - lo }, to }
        })
        .collect()
}

/// Slices, concatenations, halos and other shapes.
///
/// # Errors
/// Too many tasks.
pub fn select(l: &mut Lowering, e: &Expr, s: &Select) -> Result<Ids> {
    match s {
        Select::Concat(axis) => concat(l, e, *axis),
        Select::Slice(slices) => {
            let (_, input) = e.inputs()[0].array()?;
            let axes = input.axes().iter().zip(slices).map(|(a, s)| sliced(a, s)).collect();
            build(l, e, axes, None)
        }
        Select::Halo { depth, boundary } => {
            let (_, input) = e.inputs()[0].array()?;
            let axes = input.axes().iter().zip(depth).map(|(a, d)| with_halo(a, *d, *boundary)).collect();
            let fill = if let Boundary::Constant(v) = boundary { Some(*v) } else { None };
            build(l, e, axes, fill)
        }
        Select::Reshape => reshape(l, e),
    }
}

/// Chunks under another shape.
struct Reshape(Grid);

impl Step for Reshape {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let shape = self.0.chunk_region(index).shape();
        let t = inputs.first().ok_or_else(|| Error::bug("a piece is missing")).and_then(tensor)?;
        if t.len() != shape.iter().product::<usize>() {
            return Err(Error::bug(format!("a chunk of {:?} cannot become one of {shape:?}", t.shape())));
        }
        outputs.push(Chunk::Tensor(t.reshape(&shape)));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.0, index)
    }
}

fn reshape(l: &mut Lowering, e: &Expr) -> Result<Ids> {
    let (dtype, grid) = e.array()?;
    let ids = l.ids(&e.inputs()[0])?;
    let first = l.next_data();
    l.layer(e.label(), Reshape(grid.clone()));
    each_chunk(grid, |i, coords| {
        // The elements are shared, not copied, wherever they lie in C order; the bound holds if they do not.
        let out_bytes = (grid.region(coords).n_elements() * dtype.size()) as u64;
        l.task(&[ids.at(i)], Cost { out_bytes, scratch_bytes: 0, ns: 100 });
        Ok(())
    })?;
    Ok(Ids::From(first))
}

fn sliced(axis: &Axis, s: &AxisSlice) -> AxisPlan {
    let out = slice_axis(axis, s);
    (0..out.n_chunks())
        .map(|c| {
            let r = out.range(c);
            let chunk = if r.is_empty() { 0 } else { axis.chunk_of(s.at(r.start)) };
            let start = if r.is_empty() { 0 } else { s.at(r.start) - axis.range(chunk).start };
            vec![Segment { chunk, from: AxisSlice { start, step: s.step, len: r.len() }, to: 0..r.len() }]
        })
        .collect()
}

fn concat(l: &Lowering, e: &Expr, axis: usize) -> Result<Ids> {
    let (_, grid) = e.array()?;
    let mut list = Vec::with_capacity(grid.n_chunks());
    let parts: Vec<(Ids, &Grid)> = e.inputs().iter().map(|i| Ok((l.ids(i)?, i.array()?.1))).collect::<Result<_>>()?;
    each_chunk(grid, |_, coords| {
        let mut at: Coords = coords.into();
        for (ids, g) in &parts {
            let n = g.axes()[axis].n_chunks();
            if at[axis] < n {
                list.push(ids.at(g.index(&at)));
                return Ok(());
            }
            at[axis] -= n;
        }
        Err(Error::bug("a concatenation has more chunks than its parts"))
    })?;
    Ok(Ids::List(list.into()))
}

/// Every chunk of an axis with `(before, after)` elements around it.
fn with_halo(axis: &Axis, (before, after): (usize, usize), boundary: Boundary) -> AxisPlan {
    let n = axis.len();
    (0..axis.n_chunks())
        .map(|c| {
            let r = axis.range(c);
            let inner = r.start.saturating_sub(before)..(r.end + after).min(n);
            // What lies beyond the border on either side.
            let (left, right) = (before.saturating_sub(r.start), (r.end + after).saturating_sub(n));
            let (left, right) = if boundary == Boundary::None { (0, 0) } else { (left, right) };
            let mut out = beyond(axis, left, 0, boundary, true);
            out.extend(cover(axis, &inner, left));
            out.extend(beyond(axis, right, left + inner.len(), boundary, false));
            out
        })
        .collect()
}

/// `len` elements beyond the border, placed from `at`.
fn beyond(axis: &Axis, len: usize, at: usize, boundary: Boundary, left: bool) -> Vec<Segment> {
    let n = axis.len();
    if len == 0 || n == 0 {
        return vec![];
    }
    match boundary {
        Boundary::None | Boundary::Constant(_) => vec![],
        Boundary::Periodic if left => cover(axis, &(n - len..n), at),
        Boundary::Periodic => cover(axis, &(0..len), at),
        Boundary::Nearest => {
            let c = if left { 0 } else { axis.n_chunks() - 1 };
            let start = if left { 0 } else { axis.range(c).len() - 1 };
            vec![Segment { chunk: c, from: AxisSlice { start, step: 0, len }, to: at..at + len }]
        }
        Boundary::Reflect => {
            let near = if left { 0..len } else { n - len..n };
            let mirrored = cover(axis, &near, 0).into_iter().map(|s| {
                let to = at + len - s.to.end..at + len - s.to.start;
                Segment { chunk: s.chunk, from: AxisSlice { start: s.from.start + s.from.len - 1, step: -1, len: s.from.len }, to }
            });
            mirrored.collect()
        }
    }
}
