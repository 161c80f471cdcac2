//! `Select`: output chunks assembled from pieces of input chunks.
//!
//! Slices, halos and rechunks in one step all work axis by axis: along each axis an output chunk is a list of segments, each from one input
//! chunk; the chunk is the product of its axes' segments. Concatenation needs no task at all, only other numbers.

use crate::base::grid::{Coords, each_position};
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Region, Result, Scalar};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Chunk, Tensor};
use crate::expr::Expr;
use crate::expr::build::slice_axis;
use crate::expr::node::{Boundary, Select};
use crate::for_dtype;
use crate::plan::blockwise::each_chunk;
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use crate::plan::{resolve, take};
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
        let ranges: Vec<Range<usize>> = lists.iter().map(|l| 0..l.len()).collect();
        each_position(&ranges, |at| {
            let now: Vec<&Segment> = lists.iter().zip(at).map(|(l, &i)| &l[i]).collect();
            let chunk: Coords = now.iter().map(|s| s.chunk).collect();
            let from: Vec<AxisSlice> = now.iter().map(|s| s.from).collect();
            f(&chunk, &from, Region::new(now.iter().map(|s| s.to.clone())))
        })
    }
}

impl Step for Assemble {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let coords = self.grid.coords(index);
        let mut shape = self.grid.region(&coords).shape();
        // Along an axis of unknown size every piece is whole, and as long as it was found to be.
        let unknown: Vec<usize> = (0..shape.len()).filter(|&a| self.grid.axes()[a].is_unknown()).collect();
        if !unknown.is_empty() {
            let first = inputs.first().ok_or_else(|| Error::bug("a piece is missing")).and_then(Chunk::tensor)?;
            unknown.iter().for_each(|&a| shape[a] = first.shape()[a]);
        }
        let view = |i: usize, from: &[AxisSlice]| -> Result<Tensor> {
            let t = inputs.get(i).ok_or_else(|| Error::bug("a piece is missing"))?;
            let sliced = |t: Tensor, (a, s): (usize, &AxisSlice)| if unknown.contains(&a) { t } else { t.slice_axis(a, *s) };
            Ok(from.iter().enumerate().fold(t.tensor()?.clone(), sliced))
        };
        let found = |to: Region| {
            if unknown.is_empty() {
                return to;
            }
            Region::new(to.ranges().iter().enumerate().map(|(a, r)| if unknown.contains(&a) { 0..shape[a] } else { r.clone() }))
        };
        let mut next = 0;
        if inputs.len() == 1 && self.fill.is_none() {
            let mut whole = None;
            self.pieces(&coords, |_, from, to| {
                if found(to).shape() == shape {
                    let (part, chunk) = (view(0, from)?, inputs[0].tensor()?);
                    // What is no smaller than its chunk keeps nothing alive that is not needed.
                    let all = part.shape() == chunk.shape() && part.strides() == chunk.strides();
                    whole = Some(if all { part } else { part.contiguous() });
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
            copy_into(&view(next, from)?, &mut buffer, &shape, &found(to));
            next += 1;
            Ok(())
        })?;
        outputs.push(Chunk::Tensor(Tensor::new(self.dtype, &shape, buffer.freeze())?));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }

    fn page_bytes(&self, out_bytes: u64, _: u64) -> u64 {
        out_bytes
    }
}

fn build(l: &mut Lowering, e: &Expr, axes: Vec<AxisPlan>, fill: Option<Scalar>) -> Result<Ids> {
    let (dtype, grid) = e.array()?;
    let (_, input) = e.inputs()[0].array()?;
    let ids = l.ids(&e.inputs()[0])?;
    assemble(l, (e.label(), dtype), (&ids, input), grid, (axes, fill))
}

/// Chunks of `grid` from those of `input` that `ids` names, each straight from all chunks it touches.
///
/// # Errors
/// Too many tasks.
pub(super) fn in_one_step(l: &mut Lowering, label: (&str, DType), input: (&Ids, &Grid), grid: &Grid) -> Result<Ids> {
    let cut = |(out, have): (&Axis, &Axis)| (0..out.n_chunks()).map(|c| cover(have, &out.range(c), 0)).collect();
    let axes = grid.axes().iter().zip(input.1.axes()).map(cut).collect();
    assemble(l, label, input, grid, (axes, None))
}

fn assemble(
    l: &mut Lowering,
    (label, dtype): (&str, DType),
    (ids, input): (&Ids, &Grid),
    grid: &Grid,
    (axes, fill): (Vec<AxisPlan>, Option<Scalar>),
) -> Result<Ids> {
    let first = l.next_data();
    let step = Arc::new(Assemble { dtype, grid: grid.clone(), axes, fill });
    l.layer(label, step.clone());
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
        Select::Resolve(sizes) => resolve::lower(l, e, sizes),
        Select::Take { axes, index } => take::take(l, e, axes, index),
        Select::Put { axes, index } => take::put(l, e, axes, index),
    }
}

/// Chunks under another shape.
struct Reshape(Grid);

impl Step for Reshape {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let shape = self.0.chunk_region(index).shape();
        let t = inputs.first().ok_or_else(|| Error::bug("a piece is missing")).and_then(Chunk::tensor)?;
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
        Boundary::Nearest => nearest(axis, len, at, left),
        // One element is its own mirror image.
        Boundary::Mirror if n == 1 => nearest(axis, len, at, left),
        // The continuation repeats after so many elements; the first of them run forwards.
        Boundary::Periodic => continued(axis, len, at, left, (n, n), 0),
        Boundary::Reflect => continued(axis, len, at, left, (2 * n, n), 1),
        Boundary::Mirror => continued(axis, len, at, left, (2 * n - 2, n - 1), 0),
    }
}

fn nearest(axis: &Axis, len: usize, at: usize, left: bool) -> Vec<Segment> {
    let chunk = if left { 0 } else { axis.n_chunks() - 1 };
    let start = if left { 0 } else { axis.range(chunk).len() - 1 };
    vec![Segment { chunk, from: AxisSlice { start, step: 0, len }, to: at..at + len }]
}

/// The axis continued by copies or mirror images of itself, as often as `len` asks for: run by run, each from within the axis.
/// Place `p` of a period is element `p` where it runs forwards, else `period - skip - p`.
fn continued(axis: &Axis, len: usize, at: usize, left: bool, (period, forth): (usize, usize), skip: usize) -> Vec<Segment> {
    let first = if left { (period - len % period) % period } else { axis.len() % period };
    let mut out = Vec::new();
    let mut done = 0;
    while done < len {
        let place = (first + done) % period;
        let forwards = place < forth;
        let run = if forwards { forth - place } else { period - place }.min(len - done);
        let to = at + done;
        if forwards {
            out.extend(cover(axis, &(place..place + run), to));
        } else {
            let end = period - skip - place + 1;
            out.extend(cover(axis, &(end - run..end), 0).into_iter().rev().map(|s| Segment {
                chunk: s.chunk,
                from: AxisSlice { start: s.from.start + s.from.len - 1, step: -1, len: s.from.len },
                to: to + run - s.to.end..to + run - s.to.start,
            }));
        }
        done += run;
    }
    out
}
