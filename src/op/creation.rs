//! Arrays of positions alone, as programs: every element is a function of where it is, so chunks do not matter.

use crate::base::{DType, Error, Result, Scalar};
use crate::kernel::program::{Builder, Program};
use crate::op::element::{ADD, EQUAL, MULTIPLY, WHERE};

/// One value everywhere.
///
/// # Errors
/// An integer that does not fit the dtype.
pub fn full(value: Scalar, dtype: DType) -> Result<Program> {
    if !value.fits(dtype) {
        return Err(value.misfit(format!("full: {value} does not fit {dtype}")));
    }
    let mut b = Builder::new();
    let v = b.constant(value, dtype);
    Ok(b.finish(v))
}

/// An integer as wide as needed.
fn whole(s: Scalar) -> i128 {
    match s {
        Scalar::Bool(v) => i128::from(v),
        Scalar::I64(v) => i128::from(v),
        Scalar::U64(v) => i128::from(v),
        Scalar::F64(v) | Scalar::C128(v, _) => v as i128,
    }
}

/// `start + i * step`, and the number of elements before `stop`.
///
/// # Errors
/// A step of 0 or NaN, complex numbers, or too many elements.
pub fn arange(start: Scalar, stop: Scalar, step: Scalar) -> Result<(Program, usize)> {
    if let Some(s) = [start, stop, step].iter().find(|s| s.is_complex()) {
        return Err(Error::dtype(format!("arange: complex numbers such as {s} have no range: make a real one and combine it")));
    }
    let float = [start, stop, step].iter().any(|s| matches!(s, Scalar::F64(_)));
    let (a, z, d) = (start.as_f64(), stop.as_f64(), step.as_f64());
    let n = match (float, whole(start), whole(stop), whole(step)) {
        // Beyond 2^53 floats would miscount.
        (false, a, z, d) if d != 0 => ((z - a + (d - d.signum())) / d).max(0) as f64,
        _ => ((z - a) / d).ceil(),
    };
    if d == 0.0 || n.is_nan() || n > 9e15 {
        return Err(Error::usage(format!("arange: {start} to {stop} in steps of {step} is no finite range")));
    }
    let dtype = if float { DType::F64 } else { DType::I64 };
    // NumPy's float step is the difference of the first two values.
    let step = if float { Scalar::F64((a + d) - a) } else { step };
    let mut b = Builder::new();
    let i = b.index(0);
    let i = b.cast(i, dtype);
    let (start, step) = (b.constant(start, dtype), b.constant(step, dtype));
    let scaled = b.apply(&MULTIPLY, &[i, step])?;
    let v = b.apply(&ADD, &[scaled, start])?;
    Ok((b.finish(v), n.max(0.0) as usize))
}

/// `n` values from `start` to `stop`, the last exactly `stop`.
///
/// # Errors
/// None for finite bounds.
pub fn linspace(start: f64, stop: f64, n: usize) -> Result<Program> {
    let mut b = Builder::new();
    let index = b.index(0);
    let i = b.cast(index, DType::F64);
    let step = b.constant(Scalar::F64((stop - start) / (n.max(2) - 1) as f64), DType::F64);
    let (first, last) = (b.constant(Scalar::F64(start), DType::F64), b.constant(Scalar::F64(stop), DType::F64));
    let scaled = b.apply(&MULTIPLY, &[i, step])?;
    let value = b.apply(&ADD, &[scaled, first])?;
    if n < 2 {
        return Ok(b.finish(value));
    }
    let end = b.constant(Scalar::I64(n as i64 - 1), DType::I64);
    let at_end = b.apply(&EQUAL, &[index, end])?;
    let v = b.apply(&WHERE, &[at_end, last, value])?;
    Ok(b.finish(v))
}

/// 1 where column = row + `k`, else 0.
///
/// # Errors
/// None.
pub fn eye(k: i64, dtype: DType) -> Result<Program> {
    let mut b = Builder::new();
    let (row, column) = (b.index(0), b.index(1));
    let k = b.constant(Scalar::I64(k), DType::I64);
    let shifted = b.apply(&ADD, &[row, k])?;
    let on = b.apply(&EQUAL, &[column, shifted])?;
    let v = b.cast(on, dtype);
    Ok(b.finish(v))
}
