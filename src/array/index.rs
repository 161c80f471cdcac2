//! What stands between the brackets of an index, and what it means against a shape.
//!
//! NumPy's rules: whole numbers take an axis away, slices keep it, arrays of positions are broadcast together and pick element by
//! element; their axes stand where the arrays stood if these are beside each other (numbers count as arrays then), else in front.

use crate::array::DynArray;
use crate::base::{AxisSlice, Error, Result};
use crate::expr::build;
use ndarray::{ArrayD, IxDyn};
use std::ops::Range;

/// One part of an index, as Python writes it between brackets.
#[derive(Clone, Debug)]
pub enum Index {
    /// One element; the axis goes away. Negative: from the end.
    At(isize),
    /// `start:stop:step`, bounds clipped as Python clips them.
    Slice(Option<isize>, Option<isize>, Option<isize>),
    /// A new axis of length 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
    /// Positions along an axis, in any order, with repeats. Negative: from the end.
    Array(ArrayD<isize>),
    /// What to take of as many axes as the mask has: the elements where it is true, in C order.
    Mask(ArrayD<bool>),
    /// Positions (integers) or a mask (bool) that are computed by the plan itself.
    Lazy(DynArray),
}

impl From<isize> for Index {
    fn from(i: isize) -> Index {
        Index::At(i)
    }
}
impl From<i32> for Index {
    fn from(i: i32) -> Index {
        Index::At(i as isize)
    }
}
impl From<std::ops::RangeFull> for Index {
    fn from(_: std::ops::RangeFull) -> Index {
        Index::Slice(None, None, None)
    }
}
impl From<Range<isize>> for Index {
    fn from(r: Range<isize>) -> Index {
        Index::Slice(Some(r.start), Some(r.end), None)
    }
}
impl From<std::ops::RangeFrom<isize>> for Index {
    fn from(r: std::ops::RangeFrom<isize>) -> Index {
        Index::Slice(Some(r.start), None, None)
    }
}
impl From<std::ops::RangeTo<isize>> for Index {
    fn from(r: std::ops::RangeTo<isize>) -> Index {
        Index::Slice(None, Some(r.end), None)
    }
}
impl From<Vec<isize>> for Index {
    fn from(v: Vec<isize>) -> Index {
        Index::Array(flat(v))
    }
}
impl From<&[isize]> for Index {
    fn from(v: &[isize]) -> Index {
        Index::Array(flat(v.to_vec()))
    }
}
impl<const N: usize> From<[isize; N]> for Index {
    fn from(v: [isize; N]) -> Index {
        Index::Array(flat(v.to_vec()))
    }
}
impl From<ArrayD<isize>> for Index {
    fn from(v: ArrayD<isize>) -> Index {
        Index::Array(v)
    }
}
impl From<Vec<bool>> for Index {
    fn from(v: Vec<bool>) -> Index {
        Index::Mask(flat(v))
    }
}
impl From<&[bool]> for Index {
    fn from(v: &[bool]) -> Index {
        Index::Mask(flat(v.to_vec()))
    }
}
impl<const N: usize> From<[bool; N]> for Index {
    fn from(v: [bool; N]) -> Index {
        Index::Mask(flat(v.to_vec()))
    }
}
impl From<ArrayD<bool>> for Index {
    fn from(v: ArrayD<bool>) -> Index {
        Index::Mask(v)
    }
}
impl From<DynArray> for Index {
    fn from(v: DynArray) -> Index {
        Index::Lazy(v)
    }
}
impl From<&DynArray> for Index {
    fn from(v: &DynArray) -> Index {
        Index::Lazy(v.clone())
    }
}

fn flat<T>(v: Vec<T>) -> ArrayD<T> {
    ndarray::Array1::from_vec(v).into_dyn()
}

/// The element that `i` means on an axis of `n`, which may also be `end` - 1 where things are put in.
pub(super) fn element(i: isize, n: usize, end: usize, axis: usize) -> Result<usize> {
    let at = if i < 0 { i + n as isize } else { i };
    if at < 0 || at as usize >= end {
        return Err(Error::index(format!("index {i} is out of bounds for axis {axis} of length {n}")));
    }
    Ok(at as usize)
}

impl Index {
    /// The places along an axis of length `n` as ranges, in the order given; all must lie before `end`.
    pub(super) fn ranges(&self, n: usize, end: usize, name: &str, axis: usize) -> Result<Vec<Range<usize>>> {
        let one = |i: isize| {
            element(i, n, end, axis)
                .map(|at| at..at + 1)
                .map_err(|_| Error::index(format!("{name}: position {i} is out of bounds for axis {axis} of length {n}")))
        };
        match self {
            Index::At(i) => Ok(vec![one(*i)?]),
            Index::Array(list) if list.ndim() == 1 => list.iter().map(|&i| one(i)).collect(),
            Index::Mask(m) if m.shape() == [n] => Ok(m.iter().enumerate().filter(|(_, on)| **on).map(|(i, _)| i..i + 1).collect()),
            Index::Slice(a, b, step) => {
                let s = AxisSlice::python(n, *a, *b, *step).map_err(|e| e.at(name.to_string()))?;
                if s.step == 1 && s.len > 0 { Ok(vec![s.hull()]) } else { Ok((0..s.len).map(|i| s.at(i)..s.at(i) + 1).collect()) }
            }
            other => Err(Error::usage(format!(
                "{name}: {} is no list of positions along axis {axis} of length {n}: give a number, a list, a slice or a mask of that length",
                other.words()
            ))),
        }
    }

    /// What it is, for people.
    pub(super) fn words(&self) -> String {
        match self {
            Index::At(i) => format!("the number {i}"),
            Index::Slice(..) => "a slice".into(),
            Index::NewAxis => "a new axis".into(),
            Index::Ellipsis => "an ellipsis".into(),
            Index::Array(a) => format!("an array of positions of shape {:?}", a.shape()),
            Index::Mask(m) => format!("a mask of shape {:?}", m.shape()),
            Index::Lazy(x) => format!("a lazy {} array", x.dtype()),
        }
    }

    /// How many axes of the array it names.
    fn n_axes(&self) -> usize {
        match self {
            Index::NewAxis | Index::Ellipsis => 0,
            Index::Mask(m) => m.ndim(),
            Index::Lazy(x) if x.dtype() == crate::base::DType::Bool => x.ndim(),
            _ => 1,
        }
    }
}

/// One axis of the result, before the picked axes are put in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Out {
    Kept,
    New,
}

/// Elements picked over several axes.
#[derive(Debug)]
pub(super) struct Points {
    /// The axes, rising.
    pub axes: Vec<usize>,
    /// Shape of the arrays together.
    pub shape: Vec<usize>,
    /// Positions in C order over the lengths of the axes.
    pub at: Vec<usize>,
}

/// An index against the shape of an array.
#[derive(Debug)]
pub(super) struct Parsed {
    /// What is left of every axis; of those that go away, one element.
    pub slices: Vec<AxisSlice>,
    /// Which axes go away.
    pub fixed: Vec<bool>,
    /// What is picked of others.
    pub points: Option<Points>,
    /// Positions or a mask still to be computed, and the axis at which they stand.
    pub lazy: Option<(usize, DynArray)>,
    out: Vec<Out>,
    /// Before which axis of the result the picked ones stand.
    place: usize,
}

impl Parsed {
    /// Reads an index; `front` puts picked axes in front always.
    pub fn new(parts: &[Index], shape: &[usize], front: bool) -> Result<Parsed> {
        let named: usize = parts.iter().map(Index::n_axes).sum();
        if named > shape.len() {
            return Err(Error::index(format!("{named} indices for an array of {} dimensions", shape.len())));
        }
        if parts.iter().filter(|p| matches!(p, Index::Ellipsis)).count() > 1 {
            return Err(Error::index("an index can have only one ellipsis"));
        }
        let arrays = parts.iter().any(|p| matches!(p, Index::Array(_) | Index::Mask(_) | Index::Lazy(_)));
        let mut p = Parsed { slices: vec![], fixed: vec![], points: None, lazy: None, out: vec![], place: 0 };
        let mut picked: Vec<(usize, ArrayD<usize>)> = Vec::new();
        // Parts between arrays: whether the arrays' row was left, and the place where it began.
        let (mut place, mut left, mut apart) = (None, false, false);
        let rest = [Index::Ellipsis];
        let open = if parts.iter().any(|p| matches!(p, Index::Ellipsis)) { &[][..] } else { &rest[..] };
        for part in parts.iter().chain(open) {
            let in_row = arrays && matches!(part, Index::At(_) | Index::Array(_) | Index::Mask(_) | Index::Lazy(_));
            if in_row {
                apart |= left;
                place.get_or_insert(p.out.len());
            } else {
                // An ellipsis that stands for no axes parts arrays, too, as in NumPy.
                left |= place.is_some();
            }
            picked.extend(p.read(part, shape, shape.len() - named)?);
        }
        if p.lazy.is_some() && !picked.is_empty() {
            return Err(Error::usage("a lazy array in an index with other arrays: compute it first"));
        }
        p.place = if apart || front { 0 } else { place.unwrap_or(0) };
        if !picked.is_empty() {
            p.points = Some(points(picked, shape)?);
        }
        Ok(p)
    }

    /// Reads one part, which stands at the next axis; an ellipsis is `n_open` axes. Gives positions along axes.
    fn read(&mut self, part: &Index, shape: &[usize], n_open: usize) -> Result<Vec<(usize, ArrayD<usize>)>> {
        let axis = self.slices.len();
        let mut picked = Vec::new();
        match part {
            Index::At(i) => self.keep(AxisSlice { start: element(*i, shape[axis], shape[axis], axis)?, step: 1, len: 1 }, true),
            Index::Slice(a, b, s) => {
                self.keep(AxisSlice::python(shape[axis], *a, *b, *s)?, false);
                self.out.push(Out::Kept);
            }
            Index::NewAxis => self.out.push(Out::New),
            Index::Ellipsis => {
                for n in &shape[axis..axis + n_open] {
                    self.keep(AxisSlice::whole(*n), false);
                    self.out.push(Out::Kept);
                }
            }
            Index::Array(list) => {
                let n = shape[axis];
                picked.push((
                    axis,
                    list.iter()
                        .map(|&i| element(i, n, n, axis))
                        .collect::<Result<Vec<_>>>()
                        .and_then(|v| shaped(list.shape(), v))?,
                ));
                self.keep(AxisSlice::whole(n), false);
            }
            Index::Mask(mask) if mask.ndim() == 0 => {
                return Err(Error::usage("a mask without axes: give bools for at least one axis"));
            }
            Index::Mask(mask) => {
                if mask.shape() != &shape[axis..axis + mask.ndim()] {
                    let have = &shape[axis..axis + mask.ndim()];
                    return Err(Error::index(format!("a mask of shape {:?} for axes {axis}.. of shape {have:?}", mask.shape())));
                }
                picked.extend(places(mask)?.into_iter().enumerate().map(|(a, v)| (axis + a, v)));
                mask.shape().iter().for_each(|&n| self.keep(AxisSlice::whole(n), false));
            }
            Index::Lazy(x) => {
                if self.lazy.replace((axis, x.clone())).is_some() {
                    return Err(Error::usage("an index can have only one lazy array: compute the others"));
                }
                (0..part.n_axes()).for_each(|a| self.keep(AxisSlice::whole(shape[axis + a]), false));
            }
        }
        Ok(picked)
    }

    fn keep(&mut self, s: AxisSlice, fixed: bool) {
        self.slices.push(s);
        self.fixed.push(fixed);
    }

    /// Of the axes that stay, how many lie before `axis`.
    pub fn kept_before(&self, axis: usize) -> usize {
        self.fixed[..axis].iter().filter(|f| !**f).count()
    }

    /// Places of new axes in a result with `n_picked` axes for what is picked.
    pub fn new_axes(&self, n_picked: usize) -> Vec<usize> {
        let moved = |i: usize| if i >= self.place { i + n_picked } else { i };
        self.out.iter().enumerate().filter(|(_, o)| **o == Out::New).map(|(i, _)| moved(i)).collect()
    }

    /// Before which of the kept axes the picked ones stand in the result.
    pub fn place_among_kept(&self) -> usize {
        self.out[..self.place].iter().filter(|o| **o == Out::Kept).count()
    }
}

fn shaped<T>(shape: &[usize], v: Vec<T>) -> Result<ArrayD<T>> {
    ArrayD::from_shape_vec(IxDyn(shape), v).map_err(|e| Error::bug(format!("{shape:?}: {e}")))
}

/// Where a mask is true, as positions along each axis.
fn places(mask: &ArrayD<bool>) -> Result<Vec<ArrayD<usize>>> {
    let mut out = vec![Vec::new(); mask.ndim()];
    for (at, _) in mask.indexed_iter().filter(|(_, on)| **on) {
        (0..mask.ndim()).for_each(|a| out[a].push(at[a]));
    }
    out.into_iter().map(|v| shaped(&[v.len()], v)).collect()
}

/// Arrays of positions broadcast together, as positions over all their axes.
fn points(picked: Vec<(usize, ArrayD<usize>)>, shape: &[usize]) -> Result<Points> {
    let shapes: Vec<_> = picked.iter().map(|(_, a)| a.shape().into()).collect();
    let all = build::broadcast_shapes(&shapes).map_err(|e| Error::index(e.message()).at("index arrays"))?;
    let n =
        all.iter().try_fold(1usize, |n, &l| n.checked_mul(l)).ok_or_else(|| Error::usage("index arrays with too many elements"))?;
    let mut at = vec![0usize; n];
    for (axis, list) in &picked {
        let wide = list.broadcast(IxDyn(&all)).ok_or_else(|| Error::bug("index arrays do not broadcast"))?;
        for (at, &i) in at.iter_mut().zip(wide.iter()) {
            // Wraps only where the array has more than 2^64 elements, which is refused before anything is picked.
            *at = at.wrapping_mul(shape[*axis]).wrapping_add(i);
        }
    }
    Ok(Points { axes: picked.iter().map(|(a, _)| *a).collect(), shape: all.to_vec(), at })
}
