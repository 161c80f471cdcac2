//! Means and squared deviations over windows, axis by axis: groups of equal size whose means and sums of squared deviations are
//! known are joined to larger groups. Nothing is taken from a sum of squares, so nothing cancels.

use crate::base::{Error, Result};
use crate::kernel::isa::{Job, run};
use crate::kernel::lanes::Isa;

/// Results that are made side by side.
const LANES: usize = 16;

/// Joins, for every result, the groups at `n` places `stride` apart, each of `size` elements: means and sums of squared deviations.
///
/// # Panics
/// When inputs or outputs differ in length, or an input ends before the last group (a bug of the caller).
pub fn join(mean: &[f64], square: &[f64], (n, stride): (usize, usize), size: f64, out_mean: &mut [f64], out_square: &mut [f64]) {
    if out_mean.is_empty() {
        return;
    }
    assert!(mean.len() == square.len() && out_mean.len() == out_square.len() && n > 0, "groups without a partner");
    assert!(mean.len() >= out_mean.len() + (n - 1) * stride, "{} groups for {} results", mean.len(), out_mean.len());
    run(Isa::detect(), Groups { mean, square, n, stride, size, out_mean, out_square });
}

struct Groups<'a> {
    mean: &'a [f64],
    square: &'a [f64],
    n: usize,
    stride: usize,
    size: f64,
    out_mean: &'a mut [f64],
    out_square: &'a mut [f64],
}

impl Job for Groups<'_> {
    #[inline(always)]
    fn run(self) {
        let (m, s) = (self.mean, self.square);
        let (means, mean_tail) = self.out_mean.as_chunks_mut::<LANES>();
        let (squares, square_tail) = self.out_square.as_chunks_mut::<LANES>();
        let n = means.len() * LANES;
        for (b, (om, os)) in means.iter_mut().zip(squares).enumerate() {
            one(&m[b * LANES..], &s[b * LANES..], self.n, self.stride, self.size, om, os);
        }
        for (i, (om, os)) in mean_tail.iter_mut().zip(square_tail).enumerate() {
            let (om, os) = (std::array::from_mut(om), std::array::from_mut(os));
            one(&m[n + i..], &s[n + i..], self.n, self.stride, self.size, om, os);
        }
    }
}

#[inline(always)]
fn one<const N: usize>(m: &[f64], s: &[f64], n: usize, stride: usize, size: f64, om: &mut [f64; N], os: &mut [f64; N]) {
    let at = |x: &[f64], k: usize| x[k * stride..].first_chunk::<N>().copied().unwrap_or([f64::NAN; N]);
    let (mut mean, mut off, mut square) = ([0.0; N], [0.0; N], [0.0; N]);
    for k in 0..n {
        let now = at(m, k);
        for l in 0..N {
            mean[l] += now[l];
        }
    }
    mean.iter_mut().for_each(|v| *v /= n as f64);
    for k in 0..n {
        let (now, inner) = (at(m, k), at(s, k));
        for l in 0..N {
            let d = now[l] - mean[l];
            off[l] += d * d;
            square[l] += inner[l];
        }
    }
    for l in 0..N {
        os[l] = square[l] + off[l] * size;
    }
    *om = mean;
}

/// For every window the sum of its elements' squared deviations from its mean. A window has a length along some axes.
///
/// # Errors
/// A bug: a window longer than the block.
pub fn moments(x: Vec<f64>, shape: &[usize], form: &[(usize, usize)]) -> Result<Vec<f64>> {
    let (mut mean, mut square, mut shape, mut size) = (x, Vec::new(), shape.to_vec(), 1.0);
    square.resize(mean.len(), 0.0);
    for &(axis, n) in form {
        let Some(rows) = shape.get(axis).copied().filter(|&rows| n > 0 && rows + 1 >= n) else {
            return Err(Error::bug(format!("a window of {n} along axis {axis} of a block of {shape:?}")));
        };
        let inner: usize = shape[axis + 1..].iter().product();
        let (from, to) = (rows * inner, (rows + 1 - n) * inner);
        let outer: usize = shape[..axis].iter().product();
        let (mut next_mean, mut next_square) = (vec![0.0; outer * to], vec![0.0; outer * to]);
        for o in 0..if to == 0 { 0 } else { outer } {
            let (i, j) = (o * from..(o + 1) * from, o * to..(o + 1) * to);
            join(&mean[i.clone()], &square[i], (n, inner), size, &mut next_mean[j.clone()], &mut next_square[j]);
        }
        (mean, square) = (next_mean, next_square);
        shape[axis] = rows + 1 - n;
        size *= n as f64;
    }
    Ok(square)
}
