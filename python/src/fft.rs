//! Discrete Fourier transforms.

use crate::argument::Cut;
use crate::error::{Out, value};
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, wrap_pyfunction};
use pyo3::pyfunction;
use tilework::array::fft::{self, Scale};

fn scale(norm: &str) -> Out<Scale> {
    match norm {
        "backward" => Ok(Scale::Backward),
        "ortho" => Ok(Scale::Ortho),
        "forward" => Ok(Scale::Forward),
        other => Err(value(format!("norm {other:?} is not known: give \"backward\", \"ortho\" or \"forward\""))),
    }
}

/// The transform of this name along an axis.
#[pyfunction]
fn fft_along(name: &str, x: &Lazy, n: Option<usize>, axis: isize, norm: &str) -> Out<Lazy> {
    let f = match name {
        "fft" => fft::fft,
        "ifft" => fft::ifft,
        "rfft" => fft::rfft,
        "irfft" => fft::irfft,
        "hfft" => fft::hfft,
        "ihfft" => fft::ihfft,
        other => return Err(value(format!("there is no transform {other}"))),
    };
    Ok(Lazy(f(&x.0, n, axis, scale(norm)?)?))
}

/// The transform of this name along several axes.
#[pyfunction]
fn fft_over(name: &str, x: &Lazy, s: Option<Vec<usize>>, axes: Option<Vec<isize>>, norm: &str) -> Out<Lazy> {
    let f = match name {
        "fftn" => fft::fftn,
        "ifftn" => fft::ifftn,
        "rfftn" => fft::rfftn,
        "irfftn" => fft::irfftn,
        other => return Err(value(format!("there is no transform {other}"))),
    };
    Ok(Lazy(f(&x.0, s.as_deref(), axes.as_deref(), scale(norm)?)?))
}

/// The frequencies of a transform, of real numbers those from 0 up.
#[pyfunction]
fn fft_frequencies(n: usize, spacing: f64, real: bool, chunks: Cut) -> Out<Lazy> {
    let x = if real { fft::rfftfreq(n, spacing, chunks.0) } else { fft::fftfreq(n, spacing, chunks.0) };
    Ok(Lazy(x?))
}

/// The frequency 0 moved to the middle, or back.
#[pyfunction]
fn fft_shift(x: &Lazy, axes: Option<Vec<isize>>, back: bool) -> Out<Lazy> {
    let f = if back { fft::ifftshift } else { fft::fftshift };
    Ok(Lazy(f(&x.0, axes.as_deref())?))
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(fft_along, m)?)?;
    m.add_function(wrap_pyfunction!(fft_over, m)?)?;
    m.add_function(wrap_pyfunction!(fft_frequencies, m)?)?;
    m.add_function(wrap_pyfunction!(fft_shift, m)?)
}
