//! A product and a decomposition of matrices in memory.

use crate::inputs::{mapped, matrix, weighted};
use crate::options::Options;
use crate::{Answer, timed};
use ndarray::ArrayD;
use tilework::array::linalg;
use tilework::{Chunks, Result};

/// The product of two square matrices, into an array that is there.
pub fn matmul(o: &Options) -> Result<Answer> {
    let (s, n) = (o.session()?, o.number("size", 6000)?);
    let file = mapped(o.path("input")?)?;
    let make = |k| matrix(file.as_slice()?, k, [n, n], Chunks::Auto, |v| v);
    let (a, b) = (make(0)?, make(1)?);
    let mut c = ArrayD::from_elem(vec![n, n], 1.0f64);
    let (seconds, ()) = timed(|| linalg::matmul(&a, &b)?.compute_into(&mut c.view_mut(), &s))?;
    Ok(Answer::new(seconds, weighted(c.as_slice().unwrap_or_default())))
}

/// U, S and Vᵀ of a tall matrix: the sums of |U| and |Vᵀ|, then S.
pub fn svd_tall(o: &Options) -> Result<Answer> {
    let (s, n) = (o.session()?, o.number("size", 1_000_000)?);
    let file = mapped(o.path("input")?)?;
    let a = matrix(file.as_slice()?, 0, [n, 100], Chunks::Auto, |v| v)?;
    Answer::of(|| {
        let (u, singular, vt) = linalg::svd(&a)?;
        let sizes = [u.absolute()?.sum(None)?, vt.absolute()?.sum(None)?];
        let all = [&sizes[0], &sizes[1], &singular].map(|x| x.expr().clone());
        let all = s.compute_all(&all)?;
        let sums = all[..2].iter().map(|t| t.at(&[]).as_f64());
        Ok(sums.chain(all[2].as_slice::<f64>()?.iter().copied()).collect::<Vec<f64>>())
    })
}
