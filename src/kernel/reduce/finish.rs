//! The finish step: state → result.

use crate::base::{C64, C128, DType, Error, Result};
use crate::chunk::{Chunk, Tensor};
use crate::kernel::reduce::fold::{elements, settled};
use crate::kernel::reduce::spec::{Family, ReduceOp};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

/// What finishing needs to know beside the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    /// Elements of the whole array that went into each result.
    pub count: usize,
    /// Taken off the count in variances.
    pub ddof: f64,
}

impl ReduceOp {
    /// The result, reduced axes still there with length 1 (the caller drops them).
    ///
    /// # Errors
    /// A position among NaN only, or among nothing; a state of another reduction.
    pub fn finish(&self, dtype: DType, state: &Chunk, how: Finish) -> Result<Tensor> {
        let t = self.tensors(dtype, state)?;
        let shape = t[0].shape();
        let out = self.result_dtype(dtype);
        if dtype.is_complex()
            && let Some(result) = self.finish_complex(dtype, &t, how)?
        {
            return Ok(result);
        }
        match self.family {
            Family::Sum | Family::Prod if !dtype.is_inexact() => integers(out, &t[0]),
            Family::Count => integers(out, &t[0]),
            Family::Prod => floats(out, shape, elements(&t[0])?),
            Family::Sum => floats(out, shape, sums(&t)?),
            Family::Mean => {
                let counts = if self.skips(dtype) { Some(elements::<i64>(&t[2])?) } else { None };
                let n = |i: usize| counts.as_ref().map_or(how.count as f64, |c| c[i] as f64);
                floats(out, shape, sums(&t)?.into_iter().enumerate().map(|(i, s)| s / n(i)).collect())
            }
            Family::Var | Family::Std => floats(out, shape, self.variances(&t, dtype, how.ddof)?),
            Family::Min | Family::Max | Family::Any | Family::All => extremes(out, &t[0]),
            Family::ArgMin | Family::ArgMax => self.positions(&t[1], how.count),
        }
    }

    /// The results that have two parts; None where they have not.
    fn finish_complex(&self, dtype: DType, t: &[Tensor], how: Finish) -> Result<Option<Tensor>> {
        let (out, shape) = (self.result_dtype(dtype), t[0].shape());
        let parts = || Ok::<_, Error>((sums(&t[..2])?, sums(&t[2..4])?));
        let joined = |(re, im): (Vec<f64>, Vec<f64>)| re.into_iter().zip(im).map(|(re, im)| Complex::new(re, im));
        Ok(Some(match self.family {
            Family::Sum => complex(out, shape, joined(parts()?)),
            Family::Mean => {
                let counts = if self.skips(dtype) { Some(elements::<i64>(&t[4])?) } else { None };
                let n = |i: usize| counts.as_ref().map_or(how.count as f64, |c| c[i] as f64);
                complex(out, shape, joined(parts()?).enumerate().map(|(i, s)| whole_nan(Complex::new(s.re / n(i), s.im / n(i)))))
            }
            Family::Prod => complex(out, shape, elements::<C128>(&t[0])?.into_iter().map(whole_nan)),
            Family::Var | Family::Std => {
                // Squared distances in the plane are those of both parts together.
                let m2: Vec<f64> = elements::<f64>(&t[2])?.into_iter().zip(elements::<f64>(&t[5])?).map(|(a, b)| a + b).collect();
                let joint = [t[0].clone(), t[1].clone(), Tensor::from_vec(shape, m2)?];
                floats(out, shape, self.variances(&joint, dtype, how.ddof)?)
            }
            Family::Min | Family::Max => match out {
                DType::C64 => {
                    let wide = |v: C64| Complex::new(f64::from(v.re), f64::from(v.im));
                    complex(out, shape, elements::<C64>(&t[0])?.into_iter().map(wide).map(whole_nan))
                }
                _ => complex(out, shape, elements::<C128>(&t[0])?.into_iter().map(whole_nan)),
            },
            _ => return Ok(None),
        }?))
    }

    fn variances(&self, t: &[Tensor], dtype: DType, ddof: f64) -> Result<Vec<f64>> {
        let (n, m2) = (elements::<f64>(&t[0])?, elements::<f64>(&t[2])?);
        let skip = self.skips(dtype);
        let variance = |(n, m2): (&f64, &f64)| {
            let degrees = n - ddof;
            // NumPy's nan-functions give NaN here, the others divide by 0.
            if *n == 0.0 || (skip && degrees <= 0.0) { f64::NAN } else { m2 / degrees.max(0.0) }
        };
        let root = self.family == Family::Std;
        Ok(n.iter().zip(&m2).map(variance).map(|v| if root { v.sqrt() } else { v }).collect())
    }

    fn positions(&self, index: &Tensor, count: usize) -> Result<Tensor> {
        if elements::<i64>(index)?.iter().all(|&i| i >= 0) {
            return Ok(index.clone());
        }
        let what = if count == 0 { "nothing to reduce" } else { "All-NaN slice encountered" };
        Err(Error::usage(what).at(self.name))
    }
}

fn sums(t: &[Tensor]) -> Result<Vec<f64>> {
    Ok(elements::<f64>(&t[0])?.into_iter().zip(elements::<f64>(&t[1])?).map(|(s, l)| settled(s, l)).collect())
}

/// Rounds once; every NaN becomes the same one, as its sign and payload differ between instruction sets.
fn floats(out: DType, shape: &[usize], v: Vec<f64>) -> Result<Tensor> {
    let v = v.into_iter().map(|x| if x.is_nan() { f64::NAN } else { x });
    match out {
        DType::F32 => Tensor::from_vec(shape, v.map(|x| x as f32).collect()),
        _ => Tensor::from_vec(shape, v.collect()),
    }
}

/// As [`floats`], for each part.
fn complex(out: DType, shape: &[usize], v: impl Iterator<Item = C128>) -> Result<Tensor> {
    let v = v.map(|x| {
        let plain = |part: f64| if part.is_nan() { f64::NAN } else { part };
        Complex::new(plain(x.re), plain(x.im))
    });
    match out {
        DType::C64 => Tensor::from_vec(shape, v.map(|x| Complex::new(x.re as f32, x.im as f32)).collect()),
        _ => Tensor::from_vec(shape, v.collect()),
    }
}

/// NaN in both parts where it is in one, as division and products spread it; of extremes, which of several came first would depend
/// on the chunks.
fn whole_nan(x: C128) -> C128 {
    if x.re.is_nan() || x.im.is_nan() { Complex::new(f64::NAN, f64::NAN) } else { x }
}

fn integers(out: DType, t: &Tensor) -> Result<Tensor> {
    match out {
        DType::U64 => Tensor::from_vec(t.shape(), elements::<i64>(t)?.into_iter().map(|x| x as u64).collect()),
        _ => Ok(t.clone()),
    }
}

fn extremes(out: DType, t: &Tensor) -> Result<Tensor> {
    match out {
        DType::Bool => Tensor::from_vec(t.shape(), elements::<u8>(t)?.into_iter().map(|x| x != 0).collect()),
        DType::F64 => floats(out, t.shape(), elements(t)?),
        DType::F32 => {
            let v = elements::<f32>(t)?.into_iter().map(|x| if x.is_nan() { f32::NAN } else { x }).collect();
            Tensor::from_vec(t.shape(), v)
        }
        _ => Ok(t.clone()),
    }
}
