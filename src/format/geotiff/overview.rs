//! Halving an image: the next coarser level of a pyramid.
//!
//! Pixels are paired from the image's own corner, so pieces may be halved on their own if they begin at even positions.

use super::options::Resampling;
use crate::base::{Element, Error, Result, Scalar};
use crate::chunk::{BufferMut, Tensor};
use crate::for_real;
use ndarray::{ArrayView1, Axis, Ix3};

/// A pixel that can be averaged.
trait Mean: Element {
    /// The mean of one to four values; integers are rounded half away from zero.
    fn mean(values: &[Self]) -> Self;
}

macro_rules! mean_int {
    ($wide:ty: $($t:ty),*) => {$(
        impl Mean for $t {
            #[inline(always)]
            fn mean(values: &[Self]) -> Self {
                let n = values.len() as $wide;
                let sum: $wide = values.iter().map(|&v| v as $wide).sum();
                #[allow(unused_comparisons, reason = "for unsigned dtypes")]
                let half = if sum < 0 { -(n as i128 / 2) as $wide } else { n / 2 };
                ((sum + half) / n) as $t
            }
        }
    )*};
}
mean_int!(i32: u8, i8, u16, i16);
mean_int!(i64: u32, i32);
mean_int!(i128: u64, i64);

macro_rules! mean_float {
    ($($t:ty),*) => {$(
        impl Mean for $t {
            #[inline(always)]
            fn mean(values: &[Self]) -> Self {
                (values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64) as $t
            }
        }
    )*};
}
mean_float!(f32, f64);

impl Mean for bool {
    fn mean(values: &[bool]) -> bool {
        2 * values.iter().filter(|&&v| v).count() >= values.len()
    }
}

/// The pixels `[band, y, x]` at half the size, odd ends rounded up.
///
/// # Errors
/// When `pixels` has not three axes (a bug).
pub(super) fn halve(pixels: &Tensor, how: Resampling, nodata: Option<Scalar>) -> Result<Tensor> {
    for_real!(pixels.dtype(), T => halve_as::<T>(pixels, how, nodata),
        complex => Err(Error::bug(format!("an overview of {complex} pixels"))))
}

fn halve_as<T: Mean>(pixels: &Tensor, how: Resampling, nodata: Option<Scalar>) -> Result<Tensor> {
    let view = pixels.view::<T>()?.into_dimensionality::<Ix3>().map_err(|e| Error::bug(format!("pixels of an overview: {e}")))?;
    let (bands, h, w) = view.dim();
    let nodata = nodata.map(T::from_scalar);
    let shape = [bands, h.div_ceil(2), w.div_ceil(2)];
    let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * size_of::<T>());
    let (mut top, mut bottom) = (vec![T::default(); w], vec![T::default(); w]);
    for (i, row) in out.elements_mut::<T>().chunks_exact_mut(shape[2].max(1)).enumerate() {
        let (plane, y) = (view.index_axis(Axis(0), i / shape[1]), i % shape[1]);
        let first = slice(plane.index_axis_move(Axis(0), 2 * y), &mut top);
        match how {
            Resampling::Nearest => row.iter_mut().zip(first.iter().step_by(2)).for_each(|(o, &v)| *o = v),
            Resampling::Average => {
                // The last row of an odd height stands alone: the mean with itself is the same.
                let second = slice(plane.index_axis_move(Axis(0), (2 * y + 1).min(h - 1)), &mut bottom);
                average(first, second, nodata, row);
            }
        }
    }
    Tensor::new(T::DTYPE, &shape, out.freeze())
}

fn slice<'a, T: Element>(row: ArrayView1<'a, T>, copy: &'a mut [T]) -> &'a [T] {
    if let Some(s) = row.to_slice() {
        return s;
    }
    copy.iter_mut().zip(row.iter()).for_each(|(o, &v)| *o = v);
    copy
}

fn average<T: Mean>(a: &[T], b: &[T], nodata: Option<T>, out: &mut [T]) {
    // NaN is never valid: it is the only value unlike itself.
    #[allow(clippy::eq_op, reason = "a test for NaN that holds for integers too")]
    let valid = |v: T| v == v && nodata.is_none_or(|n| v != n);
    let n = a.len();
    for ((o, a), b) in out.iter_mut().zip(a.as_chunks::<2>().0).zip(b.as_chunks::<2>().0) {
        let four = [a[0], a[1], b[0], b[1]];
        *o = if four.iter().all(|&v| valid(v)) { T::mean(&four) } else { some_mean(&four, valid, nodata) };
    }
    if n % 2 == 1 {
        let two = [a[n - 1], b[n - 1]];
        out[n / 2] = some_mean(&two, valid, nodata);
    }
}

fn some_mean<T: Mean>(values: &[T], valid: impl Fn(T) -> bool, nodata: Option<T>) -> T {
    let mut kept = [T::default(); 4];
    let mut n = 0;
    for &v in values.iter().filter(|&&v| valid(v)) {
        kept[n] = v;
        n += 1;
    }
    if n > 0 { T::mean(&kept[..n]) } else { nodata.unwrap_or(values[0]) }
}

#[cfg(test)]
mod tests {
    use super::halve;
    use crate::base::Scalar;
    use crate::chunk::Tensor;
    use crate::format::geotiff::Resampling;

    #[test]
    fn means_leave_nodata_out_and_round_half_away() {
        let t = Tensor::from_vec(&[1, 3, 3], vec![1i16, 2, 7, 2, 1, 0, -1, -2, 0]).unwrap();
        let half = halve(&t, Resampling::Average, Some(Scalar::I64(0))).unwrap();
        // (1+2+2+1)/4 = 1.5 → 2; 7 alone; (-1-2)/2 = -1.5 → -2; nothing valid → nodata.
        assert_eq!(half.as_slice::<i16>().unwrap(), [2, 7, -2, 0]);
        let near = halve(&t, Resampling::Nearest, None).unwrap();
        assert_eq!(near.as_slice::<i16>().unwrap(), [1, 7, -1, 0]);
    }

    #[test]
    fn nan_is_never_valid_and_large_values_do_not_wrap() {
        let t = Tensor::from_vec(&[1, 2, 2], vec![1.0f32, f32::NAN, 3.0, f32::NAN]).unwrap();
        assert_eq!(halve(&t, Resampling::Average, None).unwrap().as_slice::<f32>().unwrap(), [2.0]);
        let t = Tensor::from_vec(&[1, 2, 2], vec![u64::MAX; 4]).unwrap();
        assert_eq!(halve(&t, Resampling::Average, None).unwrap().as_slice::<u64>().unwrap(), [u64::MAX]);
        let t = Tensor::from_vec(&[1, 2, 2], vec![f32::NAN; 4]).unwrap();
        let half = halve(&t, Resampling::Average, Some(Scalar::F64(-9999.0))).unwrap();
        assert_eq!(half.as_slice::<f32>().unwrap(), [-9999.0]);
    }
}
