//! Where the elements of a block come from: memory with a layout, or a number that is affine in the index.
//!
//! A [`Layout`] has its axes merged as far as the strides allow, so that most layouts are one flat run. Blocks are ranges of
//! element numbers in C order of the chunk; nothing here knows what is computed from them.

use crate::kernel::lanes;
use smallvec::SmallVec;

/// Rows shorter than this are gathered by a loop over rows rather than run by run.
const SHORT_ROW: usize = 16;

/// Rows of a transposed layout that are gathered together: a cache line of the widest elements.
pub(super) const BAND: usize = 8;

/// Shape and strides with neighbouring axes merged, outermost first; never empty.
pub(super) struct Layout {
    dims: SmallVec<[(usize, isize); 4]>,
}

impl Layout {
    /// Merges the axes of a layout that holds at least one element.
    pub(super) fn new(shape: &[usize], strides: &[isize]) -> Layout {
        let mut dims: SmallVec<[(usize, isize); 4]> = SmallVec::new();
        for (&n, &s) in shape.iter().zip(strides).filter(|(n, _)| **n != 1) {
            match dims.last_mut() {
                Some(last) if last.1 == s * n as isize => *last = (last.0 * n, s),
                _ => dims.push((n, s)),
            }
        }
        if dims.is_empty() {
            dims.push((1, 1));
        }
        Layout { dims }
    }

    /// The stride, if all elements lie at one distance from each other.
    pub(super) fn flat(&self) -> Option<isize> {
        if self.dims.len() == 1 { Some(self.dims[0].1) } else { None }
    }

    /// Length and stride of the innermost axis.
    pub(super) fn inner(&self) -> (usize, isize) {
        self.dims[self.dims.len() - 1]
    }

    /// Where element `number` lies, counted from the origin.
    pub(super) fn offset(&self, number: usize) -> isize {
        let mut rest = number;
        let mut offset = 0;
        for &(n, s) in self.dims[1..].iter().rev() {
            offset += (rest % n) as isize * s;
            rest /= n;
        }
        offset + rest as isize * self.dims[0].1
    }

    /// Calls `f(offset, n)` for the runs along the innermost axis that make up the elements `start .. start + len`.
    #[inline(always)]
    fn runs(&self, start: usize, len: usize, mut f: impl FnMut(isize, usize)) {
        let (inner, stride) = self.inner();
        let outer = &self.dims[..self.dims.len() - 1];
        let (mut q, mut r) = (start / inner, start % inner);
        let mut index: SmallVec<[usize; 4]> = SmallVec::new();
        index.resize(outer.len(), 0);
        let mut base = 0;
        for (i, &(n, s)) in index.iter_mut().zip(outer).rev() {
            *i = q % n;
            q /= n;
            base += *i as isize * s;
        }
        let mut left = len;
        loop {
            let n = left.min(inner - r);
            f(base + r as isize * stride, n);
            left -= n;
            if left == 0 {
                return;
            }
            r = 0;
            for (i, &(n, s)) in index.iter_mut().zip(outer).rev() {
                *i += 1;
                base += s;
                if *i < n {
                    break;
                }
                *i = 0;
                base -= n as isize * s;
            }
        }
    }

    /// Number and length of the rows, if neighbours lie below each other: two axes, the outer one with stride 1.
    pub(super) fn columns(&self) -> Option<(usize, usize)> {
        match self.dims[..] {
            [(rows, 1), (cols, _)] => Some((rows, cols)),
            _ => None,
        }
    }

    /// Copies `columns` of [`BAND`] rows (fewer at the end) from `row` on, each row to `width` elements of `out`.
    ///
    /// # Safety
    /// As [`Layout::gather`], for a layout that has [`columns`](Layout::columns) and room for `BAND * width` elements.
    pub(super) unsafe fn gather_band(
        &self,
        src: *const u8,
        size: usize,
        row: usize,
        columns: std::ops::Range<usize>,
        width: usize,
        out: *mut u8,
    ) {
        let (from, n) = (columns.start, columns.len());
        let rows = BAND.min(self.dims[0].0 - row);
        let first = row as isize + from as isize * self.dims[1].1;
        let stride = self.dims[1].1;
        // SAFETY: passed on.
        unsafe {
            match size {
                1 => band::<u8>(src.cast::<u8>().offset(first), stride, rows, n, width, out.cast()),
                2 => band::<u16>(src.cast::<u16>().offset(first), stride, rows, n, width, out.cast()),
                4 => band::<u32>(src.cast::<u32>().offset(first), stride, rows, n, width, out.cast()),
                8 => band::<u64>(src.cast::<u64>().offset(first), stride, rows, n, width, out.cast()),
                _ => band::<[u64; 2]>(src.cast::<[u64; 2]>().offset(first), stride, rows, n, width, out.cast()),
            }
        }
    }

    /// Copies the elements `start .. start + len` to `out`.
    ///
    /// # Safety
    /// Every element of the layout around `src` must be readable, the range must lie within it, `out` must have room for `len`
    /// elements of `size` bytes, not overlap the source, and both must be aligned to `size` (1, 2, 4, 8 or 16).
    pub(super) unsafe fn gather(&self, src: *const u8, size: usize, start: usize, len: usize, out: *mut u8) {
        // SAFETY: passed on.
        unsafe {
            match size {
                1 => self.gather_as::<u8>(src.cast(), start, len, out),
                2 => self.gather_as::<u16>(src.cast(), start, len, out.cast()),
                4 => self.gather_as::<u32>(src.cast(), start, len, out.cast()),
                8 => self.gather_as::<u64>(src.cast(), start, len, out.cast()),
                _ => self.gather_as::<[u64; 2]>(src.cast(), start, len, out.cast()),
            }
        }
    }

    /// # Safety
    /// As [`Layout::gather`].
    unsafe fn gather_as<W: Copy>(&self, src: *const W, start: usize, len: usize, out: *mut W) {
        let (inner, stride) = self.inner();
        if self.dims.len() == 2 && inner < SHORT_ROW {
            // SAFETY: passed on, for a layout of two axes.
            return unsafe { self.gather_short_rows(src, start, len, out) };
        }
        let mut out = out;
        self.runs(start, len, |offset, n| {
            // SAFETY: `runs` stays within the range, which lies in the source and fits the output by the caller's promise.
            unsafe {
                let from = src.offset(offset);
                match stride {
                    1 if n >= 32 => std::ptr::copy_nonoverlapping(from, out, n),
                    0 => {
                        let v = *from;
                        for i in 0..n {
                            *out.add(i) = v;
                        }
                    }
                    _ => {
                        for i in 0..n {
                            *out.add(i) = *from.offset(i as isize * stride);
                        }
                    }
                }
                out = out.add(n);
            }
        });
    }

    /// [`Layout::gather_as`] for two axes of which the inner one is so short that its runs cost more than their elements.
    ///
    /// # Safety
    /// As [`Layout::gather`].
    unsafe fn gather_short_rows<W: Copy>(&self, src: *const W, start: usize, len: usize, out: *mut W) {
        let ((_, outer_stride), (inner, stride)) = (self.dims[0], self.dims[1]);
        let at = |number: usize| (number / inner) as isize * outer_stride + (number % inner) as isize * stride;
        // The same row again and again needs one period only, the rest is copied from what is there already.
        let first = if outer_stride == 0 { inner.min(len) } else { ((inner - start % inner) % inner).min(len) };
        // SAFETY: all numbers lie within the range, which lies in the source and fits the output by the caller's promise; a copy
        // takes no more than what was written before it.
        unsafe {
            for i in 0..first {
                *out.add(i) = *src.offset(at(start + i));
            }
            let mut done = first;
            if outer_stride == 0 {
                while done < len {
                    let n = done.min(len - done);
                    std::ptr::copy_nonoverlapping(out, out.add(done), n);
                    done += n;
                }
                return;
            }
            let rows = (len - done) / inner;
            // There may be no whole row left, hence wrapping.
            let from = src.wrapping_offset((start + done).div_ceil(inner) as isize * outer_stride);
            let to = out.add(done);
            match inner {
                2 => short_rows::<W>(from, to, rows, 2, outer_stride, stride),
                3 => short_rows::<W>(from, to, rows, 3, outer_stride, stride),
                4 => short_rows::<W>(from, to, rows, 4, outer_stride, stride),
                _ => short_rows::<W>(from, to, rows, inner, outer_stride, stride),
            }
            done += rows * inner;
            for i in done..len {
                *out.add(i) = *src.offset(at(start + i));
            }
        }
    }

    /// Writes `base +` the offset of each of the elements `start .. start + len` to `out`.
    pub(super) fn count(&self, base: i64, start: usize, out: &mut [i64]) {
        let stride = self.inner().1 as i64;
        let mut at = 0;
        self.runs(start, out.len(), |offset, n| {
            let first = base.wrapping_add(offset as i64);
            lanes::count(first, stride, &mut out[at..at + n]);
            at += n;
        });
    }
}

/// Whole rows one after another; inlined so that the loop is compiled for each constant row length.
///
/// # Safety
/// `rows` rows of `inner` elements must be readable at these strides, and `out` have room for them.
#[inline(always)]
unsafe fn short_rows<W: Copy>(src: *const W, out: *mut W, rows: usize, inner: usize, outer_stride: isize, stride: isize) {
    for r in 0..rows {
        for i in 0..inner {
            // SAFETY: within the rows.
            unsafe { *out.add(r * inner + i) = *src.offset(r as isize * outer_stride + i as isize * stride) };
        }
    }
}

/// Transposes `n` runs of `rows` elements, `stride` apart, into rows `width` apart.
///
/// # Safety
/// The runs must be readable and `out` have room for the rows.
unsafe fn band<W: Copy>(src: *const W, stride: isize, rows: usize, n: usize, width: usize, out: *mut W) {
    for j in 0..n {
        for i in 0..rows {
            // SAFETY: within the runs and the rows.
            unsafe { *out.add(i * width + j) = *src.offset(j as isize * stride + i as isize) };
        }
    }
}
