//! Padding: elements put around an array.
//!
//! Axes are padded one after the other, as NumPy does, so that corners follow from the axes padded last. What is put on is cut
//! as finely as the array; the array's own chunks stay as they are.

use crate::array::DynArray;
use crate::array::axes::{part, slice_axis};
use crate::array::join::with_axis;
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Result, Scalar};
use crate::expr::{Expr, build, reshape};
use crate::kernel::program::Builder;
use crate::kernel::reduce::ReduceOp;
use crate::op::element::{ADD, DIVIDE, FLOOR, MULTIPLY, RINT, SUBTRACT};
use crate::op::{creation, reduction};

/// What [`DynArray::pad`] puts around an array; NumPy's modes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// A value.
    Constant(Scalar),
    /// The element at the edge.
    Edge,
    /// Mirrored at the edge element, which is not repeated: `c b | a b c d`.
    Reflect,
    /// Mirrored behind the edge element, which is repeated: `b a | a b c d`.
    Symmetric,
    /// From the other end: `c d | a b c d`.
    Wrap,
    /// Equal steps between the edge element and a value at the outer end; rounded down where elements are integers.
    LinearRamp(Scalar),
    /// The largest element along the axis.
    Maximum,
    /// The smallest element along the axis.
    Minimum,
    /// The mean along the axis, rounded to the nearest where elements are integers.
    Mean,
    /// Zeros, where NumPy leaves open what is there.
    Empty,
}

impl DynArray {
    /// The array with elements put around it: `widths` are those before and after along each axis; one pair is for all axes.
    /// NumPy's `pad`.
    ///
    /// # Chunks
    /// As the input, and beside them those of what is put around it, none longer along the axis than the input's longest. A task
    /// holds the result and a chunk that it is taken from; the statistics are reductions.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{PadMode, arange};
    /// let x = arange(1, 4, 1, 2)?.pad(&[(2, 1)], PadMode::Reflect)?;
    /// assert_eq!(x.compute_as::<i64>()?.into_raw_vec_and_offset().0, [3, 2, 1, 2, 3, 2]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is neither one pair nor one for each axis, the value does not fit the dtype, or an axis without elements is to
    /// grow by a mode that needs some.
    pub fn pad(&self, widths: &[(usize, usize)], mode: PadMode) -> Result<DynArray> {
        let ndim = self.ndim();
        self.known("pad")?;
        if widths.len() != ndim && widths.len() != 1 {
            return Err(Error::usage(format!(
                "pad: {} widths for an array of shape {:?}: give one (before, after) for each axis, or one for all",
                widths.len(),
                self.shape()
            )));
        }
        let mut e = self.expr().clone();
        for axis in 0..ndim {
            let (before, after) = widths[if widths.len() == 1 { 0 } else { axis }];
            if before > 0 || after > 0 {
                e = pad_axis(&e, axis, (before, after), mode).map_err(|e| e.at("pad"))?;
            }
        }
        Ok(DynArray::wrap(e))
    }
}

fn pad_axis(x: &Expr, axis: usize, (before, after): (usize, usize), mode: PadMode) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let n = grid.axes()[axis].len();
    if before.checked_add(after).and_then(|w| w.checked_add(n)).is_none_or(|w| isize::try_from(w).is_err()) {
        return Err(Error::usage(format!("axis {axis} of length {n} cannot grow by {before} and {after}")));
    }
    if n == 0 && !matches!(mode, PadMode::Constant(_) | PadMode::Empty) {
        return Err(Error::usage(format!("axis {axis} has no elements to go by; {mode:?} needs some: use Constant or Empty")));
    }
    let sides = match mode {
        PadMode::Constant(v) => constant(dtype, grid, axis, [before, after], v)?,
        PadMode::Empty => constant(dtype, grid, axis, [before, after], Scalar::I64(0))?,
        PadMode::Maximum => like(&statistic(x, axis, &reduction::MAX)?, grid, axis, [before, after])?,
        PadMode::Minimum => like(&statistic(x, axis, &reduction::MIN)?, grid, axis, [before, after])?,
        PadMode::Mean => like(&statistic(x, axis, &reduction::MEAN)?, grid, axis, [before, after])?,
        PadMode::LinearRamp(end) => ramps(x, axis, [before, after], end)?,
        PadMode::Edge => edges(x, axis, [before, after])?,
        // One element is its own mirror image.
        _ if n == 1 => edges(x, axis, [before, after])?,
        PadMode::Reflect | PadMode::Symmetric | PadMode::Wrap => {
            [mirrored(x, axis, -(before as isize), before, mode)?, mirrored(x, axis, n as isize, after, mode)?]
        }
    };
    let [mut parts, last] = sides;
    parts.push(x.clone());
    parts.extend(last);
    build::concatenate(&parts, axis)
}

/// What is put before and after an axis.
type Sides = [Vec<Expr>; 2];

/// The grid of a pad of `len` elements along an axis.
fn grid_of(grid: &Grid, axis: usize, len: usize) -> Grid {
    with_axis(grid, axis, Axis::regular(len, grid.axes()[axis].max_size().max(1)))
}

fn constant(dtype: DType, grid: &Grid, axis: usize, widths: [usize; 2], value: Scalar) -> Result<Sides> {
    let program = creation::full(value, dtype)?;
    Ok(widths.map(|len| vec![build::generate(program.clone(), grid_of(grid, axis, len), "full")]))
}

/// One layer repeated on both sides.
fn like(layer: &Expr, grid: &Grid, axis: usize, [before, after]: [usize; 2]) -> Result<Sides> {
    let side = |len| -> Result<Vec<Expr>> { Ok(vec![reshape::broadcast_cut(layer, &grid_of(grid, axis, len))?]) };
    Ok([side(before)?, side(after)?])
}

fn edges(x: &Expr, axis: usize, [before, after]: [usize; 2]) -> Result<Sides> {
    let (_, grid) = x.array()?;
    let side =
        |at, len| -> Result<Vec<Expr>> { Ok(vec![reshape::broadcast_cut(&part(x, axis, at, 1)?, &grid_of(grid, axis, len))?]) };
    Ok([side(0, before)?, side(grid.axes()[axis].len() - 1, after)?])
}

/// A reduction along the axis, which stays with length 1, as the array's dtype.
fn statistic(x: &Expr, axis: usize, op: &'static ReduceOp) -> Result<Expr> {
    let (dtype, _) = x.array()?;
    let mut e = build::reduce(x, op, Some(&[axis as isize]), true, 0.0, 8)?;
    if e.array()?.0.is_float() && dtype.is_integer() {
        e = build::elementwise(&RINT, &[build::Operand::Array(e)])?;
    }
    build::cast(&e, dtype)
}

/// Steps from `end` to the edge elements, computed in float64.
fn ramps(x: &Expr, axis: usize, widths: [usize; 2], end: Scalar) -> Result<Sides> {
    let (dtype, _) = x.array()?;
    if dtype.is_complex() {
        return Err(Error::dtype(format!("a ramp does not take {dtype}: pad .real() and .imag() one by one")));
    }
    if !end.fits(dtype) {
        return Err(end.misfit(format!("a ramp to {end} does not fit {dtype}; cast the array with astype first")));
    }
    let edges = edges(x, axis, widths)?;
    let mut sides = [vec![], vec![]];
    for (s, (edge, len)) in edges.iter().zip(widths).enumerate() {
        let mut b = Builder::new();
        let (edge_value, index) = (b.input(dtype), b.index(axis));
        let number = |b: &mut Builder, v: f64| b.constant(Scalar::F64(v), DType::F64);
        let (edge_value, mut place) = (b.cast(edge_value, DType::F64), b.cast(index, DType::F64));
        if s == 1 {
            let last = number(&mut b, len as f64 - 1.0);
            place = b.apply(&SUBTRACT, &[last, place])?;
        }
        let (outer, n) = (number(&mut b, end.as_f64()), number(&mut b, len as f64));
        let rise = b.apply(&SUBTRACT, &[edge_value, outer])?;
        let step = b.apply(&DIVIDE, &[rise, n])?;
        let risen = b.apply(&MULTIPLY, &[place, step])?;
        let mut v = b.apply(&ADD, &[risen, outer])?;
        if dtype.is_integer() {
            v = b.apply(&FLOOR, &[v])?;
        }
        let v = b.cast(v, dtype);
        sides[s].push(build::apply_program(b.finish(v), edge, "linear_ramp")?);
    }
    Ok(sides)
}

/// `len` elements of the array continued beyond its ends (by mirror images or copies), from position `from`: as slices, each as
/// long as the continuation runs one way. The axis has at least two elements.
fn mirrored(x: &Expr, axis: usize, from: isize, len: usize, mode: PadMode) -> Result<Vec<Expr>> {
    let n = x.array()?.1.axes()[axis].len();
    // The continuation repeats after this many elements; `forth` of them run forwards.
    let (period, forth) = match mode {
        PadMode::Wrap => (n, n),
        PadMode::Symmetric => (2 * n, n),
        _ => (2 * n - 2, n - 1),
    };
    let mut parts = Vec::new();
    let mut done = 0;
    while done < len {
        let at = (from + done as isize).rem_euclid(period as isize) as usize;
        let (start, step, run) = if at < forth {
            (at, 1, forth - at)
        } else {
            (if mode == PadMode::Symmetric { period - 1 - at } else { period - at }, -1, period - at)
        };
        let run = run.min(len - done);
        parts.push(slice_axis(x, axis, AxisSlice { start, step, len: run })?);
        done += run;
    }
    Ok(parts)
}
