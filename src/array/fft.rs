//! Discrete Fourier transforms. NumPy's `fft` module.
//!
//! A transformed axis becomes one chunk; other axes are cut finer where blocks would get large. Lanes are transformed one by one, so
//! that chunks change no bit. Float32 and complex64 give complex64, all other dtypes complex128.

use crate::array::axes::axes_of;
use crate::array::{DynArray, arange, where_};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::{Chunks, IndexMap, build};
use crate::kernel::fft::{Direction, half};
use crate::op::block::shared;
use crate::op::fft::Fft;

/// Elements of a block, unless one lane has more.
const BLOCK: usize = 1 << 18;

/// What a transform of length `n` and its way back are multiplied by. NumPy's `norm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Scale {
    /// 1, and 1 / n on the way back.
    #[default]
    Backward,
    /// The root of 1 / n both ways.
    Ortho,
    /// 1 / n, and 1 on the way back.
    Forward,
}

impl Scale {
    fn factor(self, n: usize, back: bool) -> f64 {
        match (self, back) {
            (Scale::Backward, true) | (Scale::Forward, false) => 1.0 / n as f64,
            (Scale::Ortho, _) => 1.0 / (n as f64).sqrt(),
            _ => 1.0,
        }
    }
}

/// One transform along one axis.
fn along(x: &DynArray, axis: usize, n: usize, direction: Direction, factor: f64) -> Result<DynArray> {
    if n == 0 {
        return Err(Error::usage("a transform of length 0: give at least 1"));
    }
    let real = direction == Direction::RealForward;
    if real && x.dtype().is_complex() {
        return Err(Error::dtype(format!("transforms of real numbers do not take {}: use fft, or take the real part", x.dtype())));
    }
    let part = if x.dtype().part() == DType::F32 { DType::F32 } else { DType::F64 };
    let x = x.astype(if real { part } else { part.complex() })?;
    let (_, grid) = x.parts();
    let n_out = if real { half(n) } else { n };
    let mut left = (BLOCK / n.max(grid.axes()[axis].len()).max(1)).max(1);
    let mut axes: Vec<Axis> = grid.axes().to_vec();
    for (a, cut) in axes.iter_mut().enumerate().rev() {
        if a == axis {
            *cut = Axis::whole(cut.len());
            continue;
        }
        if cut.max_size() > left {
            *cut = Axis::regular(cut.len(), left);
        }
        left = (left / cut.max_size().max(1)).max(1);
    }
    let inner = axes[axis + 1..].iter().map(Axis::max_size).product();
    let input = build::rechunk(x.expr(), Grid::new(axes.clone()))?;
    axes[axis] = Axis::whole(n_out);
    let out = Grid::new(axes);
    out.n_elements()?;
    let dtype = if direction == Direction::RealInverse { part } else { part.complex() };
    let op = shared(Fft { direction, n, axis, scale: factor, inner, single: part == DType::F32 })?;
    let map = IndexMap::identity(out.ndim());
    Ok(DynArray::wrap(build::call_mapped(op, vec![input], vec![map], dtype, out)?))
}

fn place(x: &DynArray, axis: isize) -> Result<usize> {
    build::normalize_axis(axis, x.ndim())
}

macro_rules! one_axis {
    ($($name:ident, $doc:literal, $direction:ident, $back:literal, $length:expr, $example:literal;)*) => {$(
        #[doc = $doc]
        ///
        /// `n` cuts the lanes or pads them with zeros at their end; without it all elements along the axis take part.
        ///
        /// # Chunks
        /// The axis becomes one chunk; the others are cut so that a block has about 256 Ki elements, but whole lanes. A task holds its
        /// block, the result and up to 32 lanes; a thread keeps the factors of a length.
        ///
        /// # Example
        /// ```
        #[doc = $example]
        /// # Ok::<(), tilework::Error>(())
        /// ```
        ///
        /// # Errors
        /// An axis out of bounds, a length of 0, complex numbers where real ones are transformed.
        pub fn $name(x: &DynArray, n: Option<usize>, axis: isize, scale: Scale) -> Result<DynArray> {
            let named = |e: Error| e.at(stringify!($name));
            let axis = place(x, axis).map_err(named)?;
            let length: fn(usize) -> usize = $length;
            let n = n.unwrap_or_else(|| length(x.shape()[axis]));
            along(x, axis, n, Direction::$direction, scale.factor(n.max(1), $back)).map_err(named)
        }
    )*};
}

one_axis! {
    fft, "The discrete Fourier transform along an axis. NumPy's `fft`.", Forward, false, |n| n,
    "use tilework::array::{fft::{Scale, fft}, ones};\nlet y = fft(&ones(&[4], tilework::DType::F64, 2)?, None, -1, Scale::Backward)?;\nassert_eq!(y.real()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [4.0, 0.0, 0.0, 0.0]);";
    ifft, "The inverse discrete Fourier transform along an axis. NumPy's `ifft`.", Inverse, true, |n| n,
    "use tilework::array::{fft::{Scale, ifft}, ones};\nlet y = ifft(&ones(&[4], tilework::DType::F64, 2)?, None, -1, Scale::Backward)?;\nassert_eq!(y.real()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 0.0, 0.0, 0.0]);";
    rfft, "The first `n / 2 + 1` elements of the transform of real numbers, which give the others. NumPy's `rfft`.", RealForward, false, |n| n,
    "use tilework::array::{fft::{Scale, rfft}, ones};\nlet y = rfft(&ones(&[4], tilework::DType::F64, 2)?, None, -1, Scale::Backward)?;\nassert_eq!(y.real()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [4.0, 0.0, 0.0]);";
    irfft, "The real numbers whose [`rfft`] this is; `n` of them, twice one less than there are by default. Imaginary parts of the first element, and for even `n` of the last, are not looked at. NumPy's `irfft`.", RealInverse, true, |n| 2 * n.saturating_sub(1),
    "use tilework::array::{fft::{Scale, irfft}, ones};\nlet y = irfft(&ones(&[3], tilework::DType::F64, 2)?, None, -1, Scale::Backward)?;\nassert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 0.0, 0.0, 0.0]);";
}

impl Scale {
    /// The scale of the opposite direction.
    fn turned(self) -> Scale {
        match self {
            Scale::Backward => Scale::Forward,
            Scale::Ortho => Scale::Ortho,
            Scale::Forward => Scale::Backward,
        }
    }
}

/// The transform of numbers with Hermitian symmetry, of which the first half is given: `n` real ones. NumPy's `hfft`.
///
/// # Chunks
/// As [`irfft`].
///
/// # Example
/// ```
/// use tilework::array::{fft::{Scale, hfft}, ones};
/// let y = hfft(&ones(&[3], tilework::DType::F64, 2)?, None, -1, Scale::Backward)?;
/// assert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [4.0, 0.0, 0.0, 0.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`irfft`].
pub fn hfft(x: &DynArray, n: Option<usize>, axis: isize, scale: Scale) -> Result<DynArray> {
    irfft(&x.conj()?, n, axis, scale.turned()).map_err(|e| e.at("hfft"))
}

/// The inverse of [`hfft`]: the first half of the inverse transform of real numbers. NumPy's `ihfft`.
///
/// # Chunks
/// As [`rfft`].
///
/// # Example
/// ```
/// use tilework::array::{fft::{Scale, ihfft}, ones};
/// let y = ihfft(&ones(&[4], tilework::DType::F64, 2)?, None, -1, Scale::Backward)?;
/// assert_eq!(y.real()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 0.0, 0.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`rfft`].
pub fn ihfft(x: &DynArray, n: Option<usize>, axis: isize, scale: Scale) -> Result<DynArray> {
    rfft(x, n, axis, scale.turned()).and_then(|y| y.conj()).map_err(|e| e.at("ihfft"))
}

/// Axes with their lengths: NumPy's `s` and `axes`. The last of a half spectrum is twice as long.
fn lengths(x: &DynArray, s: Option<&[usize]>, axes: Option<&[isize]>, half_last: bool, name: &str) -> Result<Vec<(usize, usize)>> {
    let ndim = x.ndim();
    let places = match (axes, s) {
        (Some(a), _) => axes_of(a, ndim, name)?,
        (None, Some(s)) if s.len() <= ndim => (ndim - s.len()..ndim).collect(),
        (None, Some(s)) => return Err(Error::usage(format!("{name}: {} lengths for {ndim} dimensions", s.len()))),
        (None, None) => (0..ndim).collect(),
    };
    if let Some(s) = s
        && s.len() != places.len()
    {
        return Err(Error::usage(format!("{name}: {} lengths for {} axes", s.len(), places.len())));
    }
    if places.is_empty() {
        return Err(Error::usage(format!("{name}: no axes to transform along")));
    }
    let shape = x.shape();
    let last = places.len() - 1;
    let length = |i: usize, a: usize| match s {
        Some(s) => s[i],
        None if half_last && i == last => 2 * shape[a].saturating_sub(1),
        None => shape[a],
    };
    Ok(places.iter().enumerate().map(|(i, &a)| (a, length(i, a))).collect())
}

fn each(x: &DynArray, axes: &[(usize, usize)], direction: Direction, scale: Scale, back: bool) -> Result<DynArray> {
    axes.iter().try_fold(x.clone(), |x, &(axis, n)| along(&x, axis, n, direction, scale.factor(n.max(1), back)))
}

/// The transform along several axes (all by default), one after the other from the last; `s` are their lengths. NumPy's `fftn`.
///
/// # Chunks
/// As [`fft`] for each axis: between two axes the array is cut anew.
///
/// # Example
/// ```
/// use tilework::array::{fft::{Scale, fftn}, ones};
/// let y = fftn(&ones(&[2, 2], tilework::DType::F64, 1)?, None, None, Scale::Backward)?;
/// assert_eq!(y.real()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [4.0, 0.0, 0.0, 0.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Axes out of bounds or twice, another number of lengths than axes, a length of 0.
pub fn fftn(x: &DynArray, s: Option<&[usize]>, axes: Option<&[isize]>, scale: Scale) -> Result<DynArray> {
    let mut list = lengths(x, s, axes, false, "fftn")?;
    list.reverse();
    each(x, &list, Direction::Forward, scale, false).map_err(|e| e.at("fftn"))
}

/// The inverse of [`fftn`]. NumPy's `ifftn`.
///
/// # Chunks
/// As [`fftn`].
///
/// # Example
/// ```
/// use tilework::array::{fft::{Scale, ifftn}, ones};
/// let y = ifftn(&ones(&[2, 2], tilework::DType::F64, 1)?, None, None, Scale::Backward)?;
/// assert_eq!(y.real()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 0.0, 0.0, 0.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`fftn`].
pub fn ifftn(x: &DynArray, s: Option<&[usize]>, axes: Option<&[isize]>, scale: Scale) -> Result<DynArray> {
    let mut list = lengths(x, s, axes, false, "ifftn")?;
    list.reverse();
    each(x, &list, Direction::Inverse, scale, true).map_err(|e| e.at("ifftn"))
}

/// The transform of real numbers along several axes (all by default): [`rfft`] along the last, [`fft`] along the others. NumPy's `rfftn`.
///
/// # Chunks
/// As [`fftn`].
///
/// # Example
/// ```
/// use tilework::array::{fft::{Scale, rfftn}, ones};
/// let y = rfftn(&ones(&[2, 2], tilework::DType::F64, 1)?, None, None, Scale::Backward)?;
/// assert_eq!(y.real()?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [4.0, 0.0, 0.0, 0.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`fftn`]; complex numbers.
pub fn rfftn(x: &DynArray, s: Option<&[usize]>, axes: Option<&[isize]>, scale: Scale) -> Result<DynArray> {
    let named = |e: Error| e.at("rfftn");
    let mut list = lengths(x, s, axes, false, "rfftn")?;
    let last = list.split_off(list.len() - 1);
    list.reverse();
    let first = each(x, &last, Direction::RealForward, scale, false).map_err(named)?;
    each(&first, &list, Direction::Forward, scale, false).map_err(named)
}

/// The inverse of [`rfftn`]: [`ifft`] along all axes but the last, then [`irfft`]. NumPy's `irfftn`.
///
/// # Chunks
/// As [`fftn`].
///
/// # Example
/// ```
/// use tilework::array::{fft::{Scale, irfftn}, ones};
/// let y = irfftn(&ones(&[2, 2], tilework::DType::F64, 1)?, None, None, Scale::Backward)?;
/// assert_eq!(y.compute_as::<f64>()?.into_raw_vec_and_offset().0, [1.0, 0.0, 0.0, 0.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// As [`fftn`].
pub fn irfftn(x: &DynArray, s: Option<&[usize]>, axes: Option<&[isize]>, scale: Scale) -> Result<DynArray> {
    let named = |e: Error| e.at("irfftn");
    let mut list = lengths(x, s, axes, true, "irfftn")?;
    let last = list.split_off(list.len() - 1);
    let first = each(x, &list, Direction::Inverse, scale, true).map_err(named)?;
    each(&first, &last, Direction::RealInverse, scale, true).map_err(named)
}

macro_rules! two_axes {
    ($($name:ident, $n:ident, $doc:literal;)*) => {$(
        #[doc = $doc]
        ///
        /// # Chunks
        #[doc = concat!("As [`", stringify!($n), "`].")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($n), "`]; fewer than two dimensions.")]
        pub fn $name(x: &DynArray, s: Option<[usize; 2]>, axes: Option<[isize; 2]>, scale: Scale) -> Result<DynArray> {
            let axes = axes.unwrap_or([-2, -1]);
            $n(x, s.as_ref().map(|s| &s[..]), Some(&axes), scale).map_err(|e| e.at(stringify!($name)))
        }
    )*};
}

two_axes! {
    fft2, fftn, "[`fftn`] along two axes, the last two by default. NumPy's `fft2`.\n\n# Example\n```\nuse tilework::array::{fft::{Scale, fft2}, ones};\nlet y = fft2(&ones(&[2, 2], tilework::DType::F64, 1)?, None, None, Scale::Backward)?;\nassert_eq!(y.real()?.compute_as::<f64>()?[[0, 0]], 4.0);\n# Ok::<(), tilework::Error>(())\n```";
    ifft2, ifftn, "[`ifftn`] along two axes, the last two by default. NumPy's `ifft2`.\n\n# Example\n```\nuse tilework::array::{fft::{Scale, ifft2}, ones};\nlet y = ifft2(&ones(&[2, 2], tilework::DType::F64, 1)?, None, None, Scale::Forward)?;\nassert_eq!(y.real()?.compute_as::<f64>()?[[0, 0]], 4.0);\n# Ok::<(), tilework::Error>(())\n```";
    rfft2, rfftn, "[`rfftn`] along two axes, the last two by default. NumPy's `rfft2`.\n\n# Example\n```\nuse tilework::array::{fft::{Scale, rfft2}, ones};\nassert_eq!(rfft2(&ones(&[2, 6], tilework::DType::F32, 1)?, None, None, Scale::Ortho)?.shape(), [2, 4]);\n# Ok::<(), tilework::Error>(())\n```";
    irfft2, irfftn, "[`irfftn`] along two axes, the last two by default. NumPy's `irfft2`.\n\n# Example\n```\nuse tilework::array::{fft::{Scale, irfft2}, ones};\nassert_eq!(irfft2(&ones(&[2, 4], tilework::DType::F32, 1)?, None, None, Scale::Ortho)?.shape(), [2, 6]);\n# Ok::<(), tilework::Error>(())\n```";
}

/// The frequencies of a transform of length `n` of samples `spacing` apart: 0 and up, then those below 0. NumPy's `fftfreq`.
///
/// # Chunks
/// As `chunks` says.
///
/// # Example
/// ```
/// use tilework::array::fft::fftfreq;
/// assert_eq!(fftfreq(5, 0.5, 2)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [0.0, 0.4, 0.8, -0.8, -0.4]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// A length of 0, chunks that do not fit.
pub fn fftfreq(n: usize, spacing: f64, chunks: impl Into<Chunks>) -> Result<DynArray> {
    if n == 0 {
        return Err(Error::usage("fftfreq: a length of 0: give at least 1"));
    }
    let i = arange(0, n as i64, 1, chunks)?;
    let signed = where_(&i.less(n.div_ceil(2))?, &i, i.subtract(n)?)?;
    signed.astype(DType::F64)?.multiply(1.0 / (n as f64 * spacing))
}

/// The frequencies of [`rfft`]: those from 0 up. NumPy's `rfftfreq`.
///
/// # Chunks
/// As `chunks` says.
///
/// # Example
/// ```
/// use tilework::array::fft::rfftfreq;
/// assert_eq!(rfftfreq(4, 0.5, 2)?.compute_as::<f64>()?.into_raw_vec_and_offset().0, [0.0, 0.5, 1.0]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// A length of 0, chunks that do not fit.
pub fn rfftfreq(n: usize, spacing: f64, chunks: impl Into<Chunks>) -> Result<DynArray> {
    if n == 0 {
        return Err(Error::usage("rfftfreq: a length of 0: give at least 1"));
    }
    arange(0, half(n) as i64, 1, chunks)?.astype(DType::F64)?.multiply(1.0 / (n as f64 * spacing))
}

fn shifted(x: &DynArray, axes: Option<&[isize]>, by: fn(usize) -> isize, name: &str) -> Result<DynArray> {
    let places = match axes {
        Some(a) => axes_of(a, x.ndim(), name)?,
        None => (0..x.ndim()).collect(),
    };
    let shape = x.shape();
    let shifts: Vec<isize> = places.iter().map(|&a| by(shape[a])).collect();
    let places: Vec<isize> = places.iter().map(|&a| a as isize).collect();
    if places.is_empty() { Ok(x.clone()) } else { x.roll(&shifts, Some(&places)) }
}

/// The frequency 0 moved to the middle, along all axes by default. NumPy's `fftshift`.
///
/// # Chunks
/// As [`roll`](DynArray::roll).
///
/// # Example
/// ```
/// use tilework::array::{arange, fft::fftshift};
/// assert_eq!(fftshift(&arange(0, 5, 1, 2)?, None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [3, 4, 0, 1, 2]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Axes out of bounds or twice.
pub fn fftshift(x: &DynArray, axes: Option<&[isize]>) -> Result<DynArray> {
    shifted(x, axes, |n| (n / 2) as isize, "fftshift")
}

/// The inverse of [`fftshift`]. NumPy's `ifftshift`.
///
/// # Chunks
/// As [`roll`](DynArray::roll).
///
/// # Example
/// ```
/// use tilework::array::{arange, fft::ifftshift};
/// assert_eq!(ifftshift(&arange(0, 5, 1, 2)?, None)?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [2, 3, 4, 0, 1]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// Axes out of bounds or twice.
pub fn ifftshift(x: &DynArray, axes: Option<&[isize]>) -> Result<DynArray> {
    shifted(x, axes, |n| -((n / 2) as isize), "ifftshift")
}
