//! Ten expressions of 2 to 12 elementwise operations over arrays in memory, into an array in memory. `chains.py` has the same for the peers.

use crate::inputs::{mapped, operand, weighted};
use crate::options::Options;
use crate::{Answer, timed};
use ndarray::ArrayD;
use serde_json::json;
use tilework::array::create::from_tensor;
use tilework::array::{DynArray, where_};
use tilework::base::Scalar;
use tilework::chunk::Tensor;
use tilework::{DType, Element, Error, Result, Session};

/// An expression of so many operands.
struct Chain {
    name: &'static str,
    dtype: DType,
    n_operands: usize,
    make: fn(&[DynArray]) -> Result<DynArray>,
}

const CHAINS: [Chain; 10] = [
    Chain { name: "polynomial", dtype: DType::F64, n_operands: 1, make: polynomial },
    Chain { name: "multiply_add", dtype: DType::F32, n_operands: 3, make: |a| a[0].multiply(&a[1])?.add(&a[2]) },
    Chain { name: "hypot", dtype: DType::F64, n_operands: 2, make: |a| a[0].multiply(&a[0])?.add(a[1].multiply(&a[1])?)?.sqrt() },
    Chain { name: "select", dtype: DType::F32, n_operands: 2, make: select },
    Chain { name: "waves", dtype: DType::F64, n_operands: 1, make: waves },
    Chain { name: "bells", dtype: DType::F32, n_operands: 2, make: bells },
    Chain { name: "between", dtype: DType::F64, n_operands: 2, make: between },
    Chain { name: "widen", dtype: DType::F32, n_operands: 2, make: widen },
    Chain { name: "clip", dtype: DType::F64, n_operands: 1, make: |a| a[0].multiply(4)?.subtract(2)?.clip(-1, 1) },
    Chain { name: "ndvi", dtype: DType::F32, n_operands: 2, make: ndvi },
];

fn polynomial(a: &[DynArray]) -> Result<DynArray> {
    let x = &a[0];
    let first = x.multiply(2)?.subtract(3)?;
    [5, -7, 11, -13, 17].iter().try_fold(first, |sum, &c| sum.multiply(x)?.add(c))
}

fn select(a: &[DynArray]) -> Result<DynArray> {
    let (x, y) = (&a[0], &a[1]);
    where_(&x.greater(0.5)?, x.multiply(y)?, x.subtract(y)?)
}

fn waves(a: &[DynArray]) -> Result<DynArray> {
    let x = &a[0];
    x.negative()?.exp()?.multiply(x.multiply(4)?.sin()?)?.add(x.add(1)?.log()?)
}

fn bells(a: &[DynArray]) -> Result<DynArray> {
    let (x, y) = (&a[0], &a[1]);
    x.multiply(2)?.subtract(1)?.tanh()?.multiply(y.multiply(y)?.negative()?.exp()?)
}

fn between(a: &[DynArray]) -> Result<DynArray> {
    let (x, y) = (&a[0], &a[1]);
    where_(&x.greater(y)?.logical_and(x.less(0.75)?)?, x.multiply(2)?, y.add(1)?)
}

fn widen(a: &[DynArray]) -> Result<DynArray> {
    let (x, y) = (a[0].astype(DType::F64)?, a[1].astype(DType::F64)?);
    x.subtract(0.25)?.multiply(&y)?.add(&x)
}

fn ndvi(a: &[DynArray]) -> Result<DynArray> {
    let (red, infrared) = (&a[0], &a[1]);
    let sum = infrared.add(red)?;
    where_(&sum.greater(0.125)?, infrared.subtract(red)?.divide(&sum)?, -1)
}

/// The `n_operands` inputs of a chain, as many bytes in all as `file`.
fn inputs(chain: &Chain, file: &[f64], chunk: usize) -> Result<Vec<DynArray>> {
    let n = size_of_val(file) / (chain.n_operands * chain.dtype.size());
    let one = |k| match chain.dtype {
        DType::F32 => Tensor::from_vec(&[n], operand(file, k, n, |v| v as f32)),
        _ => Tensor::from_vec(&[n], operand(file, k, n, |v| v)),
    };
    (0..chain.n_operands).map(|k| from_tensor(one(k)?, chunk)).collect()
}

/// One chain into an array that is there and was written before, as the peers' are: the seconds, and the weighted mean of the result.
fn one<T: Element + Into<f64>>(chain: &Chain, inputs: &[DynArray], s: &Session) -> Result<(f64, f64)> {
    let mut out = ArrayD::from_elem(inputs[0].shape().to_vec(), T::from_scalar(Scalar::I64(1)));
    let (seconds, ()) = timed(|| (chain.make)(inputs)?.compute_into(&mut out.view_mut(), s))?;
    let elements = out.as_slice().ok_or_else(|| Error::bug("a fresh array has gaps"))?;
    Ok((seconds, weighted(elements)))
}

/// All ten, one after the other: the geometric mean of their seconds, and each.
pub fn chains(o: &Options) -> Result<Answer> {
    let (s, chunk) = (o.session()?, o.number("chunk", 1 << 20)?);
    let file = mapped(o.path("input")?)?;
    let (mut sums, mut seconds, mut logarithms) = (Vec::new(), serde_json::Map::new(), 0.0);
    for chain in &CHAINS {
        let inputs = inputs(chain, file.as_slice()?, chunk)?;
        let (taken, sum) = match (chain.make)(&inputs)?.dtype() {
            DType::F32 => one::<f32>(chain, &inputs, &s)?,
            _ => one::<f64>(chain, &inputs, &s)?,
        };
        sums.push(sum);
        seconds.insert(chain.name.to_string(), json!(taken));
        logarithms += taken.ln();
    }
    let mean = (logarithms / CHAINS.len() as f64).exp();
    Ok(Answer { extra: json!({ "each": seconds }), ..Answer::new(mean, sums) })
}
