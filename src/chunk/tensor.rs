//! A piece of an array: dtype, shape and strides over a shared buffer.
//!
//! Slicing, transposing, broadcasting and indexing make views; nothing is copied until a contiguous form is asked for.
//! Strides count elements and may be 0 (broadcast) or negative.

use crate::base::grid::Coords;
use crate::base::{AxisSlice, DType, Element, Error, Region, Result, Scalar};
use crate::chunk::buffer::{Buffer, BufferMut};
use crate::for_dtype;
use ndarray::{ArrayD, ArrayViewD, IxDyn, ShapeBuilder};
use smallvec::SmallVec;
use std::sync::Arc;

/// Strides in elements.
pub type Strides = SmallVec<[isize; 4]>;

/// A piece of an array. Cloning shares the buffer.
#[derive(Clone, Debug)]
pub struct Tensor {
    dtype: DType,
    shape: Coords,
    strides: Strides,
    /// Element of the buffer at index `[0, 0, …]`.
    offset: usize,
    buffer: Arc<Buffer>,
}

pub(super) fn c_strides(shape: &[usize]) -> Strides {
    let mut out: Strides = shape.iter().map(|_| 0).collect();
    let mut step = 1isize;
    for (o, &n) in out.iter_mut().zip(shape).rev() {
        *o = step;
        step *= n as isize;
    }
    out
}

impl Tensor {
    /// A C-contiguous tensor over `buffer`, starting at its first byte.
    ///
    /// # Errors
    /// When the buffer is too short for the shape, or not aligned to the dtype.
    pub fn new(dtype: DType, shape: &[usize], buffer: Arc<Buffer>) -> Result<Tensor> {
        let n: usize = shape.iter().product();
        let bytes = buffer.bytes();
        if bytes.len() < n * dtype.size() || (n > 0 && bytes.as_ptr().align_offset(dtype.size()) != 0) {
            return Err(Error::bug(format!("a buffer of {} bytes cannot hold {shape:?} of {dtype}", bytes.len())));
        }
        Ok(Tensor { dtype, shape: shape.into(), strides: c_strides(shape), offset: 0, buffer })
    }

    /// A tensor with the given layout, `offset` and `strides` counting elements of `buffer`.
    ///
    /// # Errors
    /// When an element would lie outside of the buffer, or it is not aligned.
    pub fn with_layout(dtype: DType, shape: &[usize], strides: &[isize], offset: usize, buffer: Arc<Buffer>) -> Result<Tensor> {
        let (mut lo, mut hi) = (offset as isize, offset as isize);
        let empty = shape.contains(&0);
        for (&n, &s) in shape.iter().zip(strides) {
            let span = s * (n.max(1) as isize - 1);
            if span < 0 { lo += span } else { hi += span }
        }
        let bytes = buffer.bytes();
        let fits =
            empty || (lo >= 0 && (hi as usize + 1) * dtype.size() <= bytes.len() && bytes.as_ptr().align_offset(dtype.size()) == 0);
        if !fits || shape.len() != strides.len() {
            return Err(Error::bug(format!(
                "layout {shape:?}/{strides:?} of {dtype} does not fit a buffer of {} bytes",
                bytes.len()
            )));
        }
        Ok(Tensor { dtype, shape: shape.into(), strides: strides.into(), offset: if empty { 0 } else { offset }, buffer })
    }

    /// The elements of `v` in C order.
    ///
    /// # Errors
    /// When their number is not that of the shape.
    pub fn from_vec<T: Element>(shape: &[usize], v: Vec<T>) -> Result<Tensor> {
        if v.len() != shape.iter().product::<usize>() {
            return Err(Error::usage(format!("{} elements cannot take the shape {shape:?}", v.len())));
        }
        Tensor::new(T::DTYPE, shape, Arc::new(Buffer::from_vec(v)))
    }

    /// One value everywhere, in one element of memory.
    pub fn splat(dtype: DType, shape: &[usize], value: Scalar) -> Tensor {
        let mut b = BufferMut::zeroed(dtype.size());
        for_dtype!(dtype, T => b.elements_mut::<T>()[0] = T::from_scalar(value));
        Tensor { dtype, shape: shape.into(), strides: shape.iter().map(|_| 0).collect(), offset: 0, buffer: b.freeze() }
    }

    /// The same elements, for a run that must not count them as its own memory: whoever called holds them anyway.
    #[must_use]
    pub fn lent(&self) -> Tensor {
        Tensor { buffer: Arc::new(Buffer::lent(self.buffer.clone())), ..self.clone() }
    }

    /// The elements of an ndarray (copied only if it is not in C order).
    pub fn from_ndarray<T: Element>(a: ArrayD<T>) -> Tensor {
        let shape: Coords = a.shape().into();
        let v = if a.is_standard_layout() {
            let (v, offset) = a.into_raw_vec_and_offset();
            let (start, n) = (offset.unwrap_or(0), shape.iter().product::<usize>());
            if start == 0 && v.len() == n { v } else { v[start..start + n].to_vec() }
        } else {
            a.iter().copied().collect()
        };
        let strides = c_strides(&shape);
        Tensor { dtype: T::DTYPE, shape, strides, offset: 0, buffer: Arc::new(Buffer::from_vec(v)) }
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Length along each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Strides in elements.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Bytes of memory this tensor keeps alive: all of its buffer (none if that is mapped from a file).
    pub fn held_bytes(&self) -> u64 {
        self.buffer.held_bytes()
    }

    /// The buffer.
    pub fn buffer(&self) -> &Arc<Buffer> {
        &self.buffer
    }

    /// Pointer to the element at index `[0, 0, …]`; follow it only by the strides, within the shape.
    pub fn origin(&self) -> *const u8 {
        // SAFETY: `offset` lies in the buffer (checked when the layout was made), or the tensor is empty and it is 0.
        unsafe { self.buffer.bytes().as_ptr().add(self.offset * self.dtype.size()) }
    }

    /// Whether the elements lie in C order without gaps.
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1isize;
        for (&n, &s) in self.shape.iter().zip(&self.strides).rev() {
            if n != 1 && s != step {
                return self.is_empty();
            }
            step *= n as isize;
        }
        true
    }

    fn check<T: Element>(&self) -> Result<()> {
        if T::DTYPE == self.dtype {
            return Ok(());
        }
        Err(Error::dtype(format!("the array holds {}, not {}: cast it with astype", self.dtype, T::DTYPE)))
    }

    /// The elements in C order, if that is how they lie.
    ///
    /// # Errors
    /// Another dtype, or a layout with gaps (make it [`contiguous`](Tensor::contiguous) first).
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        self.check::<T>()?;
        if !self.is_contiguous() {
            return Err(Error::bug("a strided tensor has no slice"));
        }
        if self.is_empty() {
            return Ok(&[]);
        }
        // SAFETY: aligned, inside of the buffer, contiguous, of this dtype; the slice borrows self, which keeps the buffer.
        Ok(unsafe { std::slice::from_raw_parts(self.origin().cast::<T>(), self.len()) })
    }

    /// The bytes of the elements in C order, in the machine's byte order, if that is how they lie.
    ///
    /// # Errors
    /// A layout with gaps (make it [`contiguous`](Tensor::contiguous) first).
    pub fn as_bytes(&self) -> Result<&[u8]> {
        if !self.is_contiguous() {
            return Err(Error::bug("a strided tensor has no bytes in order"));
        }
        if self.is_empty() {
            return Ok(&[]);
        }
        let start = self.offset * self.dtype.size();
        Ok(&self.buffer.bytes()[start..start + self.len() * self.dtype.size()])
    }

    /// The elements as an ndarray view.
    ///
    /// # Errors
    /// Another dtype.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        self.check::<T>()?;
        if self.is_empty() {
            // ndarray wants strides of its own where there is no element.
            return ArrayViewD::from_shape(IxDyn(&self.shape), &[]).map_err(|e| Error::bug(format!("an empty view: {e}")));
        }
        // ndarray takes strides as usize and no negative ones: flip those axes by hand.
        let mut t = self.clone();
        let mut flipped = Vec::new();
        for a in 0..t.ndim() {
            if t.strides[a] < 0 {
                t = t.slice_axis(a, AxisSlice { start: t.shape[a].saturating_sub(1), step: -1, len: t.shape[a] });
                flipped.push(a);
            }
        }
        let strides: Vec<usize> = t.strides.iter().map(|&s| s as usize).collect();
        let shape: Vec<usize> = t.shape.to_vec();
        // SAFETY: the layout was checked when it was made; the view borrows self, which keeps the buffer.
        let mut view = unsafe { ArrayViewD::from_shape_ptr(IxDyn(&shape).strides(IxDyn(&strides)), t.origin().cast::<T>()) };
        for a in flipped {
            view.invert_axis(ndarray::Axis(a));
        }
        Ok(view)
    }

    /// The elements as an owned ndarray.
    ///
    /// # Errors
    /// Another dtype.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
        Ok(self.view::<T>()?.to_owned())
    }

    /// The element at `index`.
    ///
    /// # Panics
    /// When the index lies outside of the shape.
    pub fn at(&self, index: &[usize]) -> Scalar {
        assert!(index.len() == self.ndim() && index.iter().zip(&self.shape).all(|(i, n)| i < n), "{index:?} in {:?}", self.shape);
        let step: isize = index.iter().zip(&self.strides).map(|(&i, &s)| i as isize * s).sum();
        // SAFETY: within the shape, hence within the buffer.
        for_dtype!(self.dtype, T => unsafe { (*self.origin().cast::<T>().offset(step)).into() })
    }

    /// The same elements in C order without gaps and without more memory than they need.
    pub fn contiguous(&self) -> Tensor {
        if self.is_contiguous() && self.held_bytes() <= (self.len() * self.dtype.size()) as u64 {
            return self.clone();
        }
        let mut out = BufferMut::for_overwrite(self.len() * self.dtype.size());
        copy_into(self, &mut out, &self.shape, &Region::whole(&self.shape));
        Tensor { dtype: self.dtype, shape: self.shape.clone(), strides: c_strides(&self.shape), offset: 0, buffer: out.freeze() }
    }

    /// Some of the elements of one axis, as a view. The slice must lie on the axis.
    #[must_use]
    pub fn slice_axis(&self, axis: usize, s: AxisSlice) -> Tensor {
        debug_assert!(s.len == 0 || s.hull().end <= self.shape[axis]);
        let mut t = self.clone();
        t.shape[axis] = s.len;
        if s.len > 0 && !self.is_empty() {
            t.offset = (t.offset as isize + s.start as isize * t.strides[axis]) as usize;
        }
        t.strides[axis] *= s.step;
        t
    }

    /// A box of the elements, as a view.
    #[must_use]
    pub fn slice(&self, region: &Region) -> Tensor {
        region
            .ranges()
            .iter()
            .enumerate()
            .fold(self.clone(), |t, (a, r)| t.slice_axis(a, AxisSlice { start: r.start, step: 1, len: r.len() }))
    }

    /// The elements at position `i` of an axis, which goes away.
    #[must_use]
    pub fn index_axis(&self, axis: usize, i: usize) -> Tensor {
        let mut t = self.slice_axis(axis, AxisSlice { start: i, step: 1, len: 1 });
        t.shape.remove(axis);
        t.strides.remove(axis);
        t
    }

    /// The elements along one axis at the first place of all others, as a view of one axis.
    #[must_use]
    pub fn lane(&self, axis: usize) -> Tensor {
        let mut t = self.clone();
        t.shape = [self.shape[axis]].into_iter().collect();
        t.strides = [self.strides[axis]].into_iter().collect();
        t
    }

    /// Axes in another order, as a view: axis `i` of the result is axis `order[i]` of this.
    #[must_use]
    pub fn permute(&self, order: &[usize]) -> Tensor {
        let mut t = self.clone();
        t.shape = order.iter().map(|&a| self.shape[a]).collect();
        t.strides = order.iter().map(|&a| self.strides[a]).collect();
        t
    }

    /// A new axis of length `n` before `axis`, along which every element repeats, as a view.
    #[must_use]
    pub fn insert_axis(&self, axis: usize, n: usize) -> Tensor {
        let mut t = self.clone();
        t.shape.insert(axis, n);
        t.strides.insert(axis, 0);
        t
    }

    /// Axes of length 1 repeated to the lengths of `shape` (same number of dimensions), as a view.
    #[must_use]
    pub fn broadcast_to(&self, shape: &[usize]) -> Tensor {
        let mut t = self.clone();
        for (a, &n) in shape.iter().enumerate() {
            if t.shape[a] != n {
                debug_assert_eq!(t.shape[a], 1);
                t.shape[a] = n;
                t.strides[a] = 0;
            }
        }
        t
    }

    /// The same elements under another shape of as many elements (copied only if the layout asks for it).
    #[must_use]
    pub fn reshape(&self, shape: &[usize]) -> Tensor {
        debug_assert_eq!(self.len(), shape.iter().product::<usize>());
        let mut t = if self.is_contiguous() { self.clone() } else { self.contiguous() };
        t.shape = shape.into();
        t.strides = c_strides(shape);
        t
    }
}

/// Copies `src` into the box `at` of the C-contiguous array of `shape` that `out` holds.
///
/// # Panics
/// When dtype sizes or shapes do not fit (a bug of the caller).
pub fn copy_into(src: &Tensor, out: &mut BufferMut, shape: &[usize], at: &Region) {
    assert_eq!(src.shape(), at.shape().as_slice(), "copy into {at:?}");
    let size = src.dtype().size();
    assert!(out.bytes_mut().len() >= shape.iter().product::<usize>() * size, "copy into a short buffer");
    assert!(at.ranges().iter().zip(shape).all(|(r, &n)| r.end <= n), "copy outside of {shape:?}");
    if src.is_empty() {
        return;
    }
    let strides = c_strides(shape);
    let base: isize = at.start().iter().zip(&strides).map(|(&i, &s)| i as isize * s).sum();
    // SAFETY: source positions lie within its checked layout, destination positions within `shape` (asserted above).
    unsafe { copy_to(src, out.bytes_mut().as_mut_ptr(), base, &strides) };
}

/// Copies `src` to the elements at `strides` around element `base` of `dst`.
///
/// # Safety
/// Every position of `src`'s shape by these strides must be valid to write, and `dst` aligned to the elements' size.
pub(super) unsafe fn copy_to(src: &Tensor, dst: *mut u8, base: isize, strides: &[isize]) {
    if src.is_empty() {
        return;
    }
    // SAFETY: passed on.
    unsafe {
        match src.dtype().size() {
            1 => copy_nd::<u8>(src, dst, base, strides),
            2 => copy_nd::<u16>(src, dst, base, strides),
            4 => copy_nd::<u32>(src, dst, base, strides),
            8 => copy_nd::<u64>(src, dst, base, strides),
            _ => copy_nd::<[u64; 2]>(src, dst, base, strides),
        }
    }
}

/// Copies element by element along the layouts, innermost axis as a run.
///
/// # Safety
/// Every position of `src`'s shape must be valid in both memories, `dst` aligned to `W`.
unsafe fn copy_nd<W: Copy>(src: &Tensor, dst: *mut u8, base: isize, dst_strides: &[isize]) {
    let (src_ptr, dst) = (src.origin().cast::<W>(), dst.cast::<W>());
    let ndim = src.ndim();
    if ndim == 0 {
        // SAFETY: one element on both sides.
        unsafe { *dst.offset(base) = *src_ptr };
        return;
    }
    let inner = ndim - 1;
    let n = src.shape()[inner];
    let (ss, ds) = (src.strides()[inner], dst_strides[inner]);
    let mut index: Coords = src.shape()[..inner].iter().map(|_| 0).collect();
    loop {
        let s: isize = index.iter().zip(src.strides()).map(|(&i, &s)| i as isize * s).sum();
        let d: isize = base + index.iter().zip(dst_strides).map(|(&i, &s)| i as isize * s).sum::<isize>();
        // SAFETY: by the caller's promise.
        unsafe {
            let (sp, dp) = (src_ptr.offset(s), dst.offset(d));
            if ss == 1 && ds == 1 {
                std::ptr::copy_nonoverlapping(sp, dp, n);
            } else {
                for i in 0..n as isize {
                    *dp.offset(i * ds) = *sp.offset(i * ss);
                }
            }
        }
        let Some(a) = (0..inner).rev().find(|&a| index[a] + 1 < src.shape()[a]) else { return };
        index[a] += 1;
        index[a + 1..].fill(0);
    }
}
