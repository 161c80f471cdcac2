//! Random vectors, along a new last axis.

use super::Generator;
use crate::array::{Argument, DynArray};
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::Chunks;
use crate::expr::build::{self, Operand};
use crate::kernel::random::Distribution;
use crate::op::block::{NamedBlock, shared};
use crate::op::random::{Dirichlet, Multinomial, MultivariateHypergeometric, MultivariateNormal};

/// The shape of vectors, and their cut: whole along the last axis.
fn grid(size: &[usize], n: usize, dtype: DType, chunks: Chunks) -> Result<(Vec<usize>, Grid)> {
    let outer = chunks.grid(size, dtype, None)?;
    let grid = Grid::new(outer.axes().iter().cloned().chain([Axis::whole(n)]));
    grid.n_elements()?;
    Ok((size.iter().copied().chain([n]).collect(), grid))
}

/// Largest number of a count that int64 and the samplers hold.
const MOST: u64 = 1 << 53;

impl Generator {
    fn vectors(&mut self, op: impl NamedBlock, dtype: DType, grid: Grid) -> Result<DynArray> {
        let x = build::call_mapped(shared(op)?, vec![], vec![], dtype, grid)?;
        Ok(self.drawn(x))
    }

    /// Counts (int64, of shape `size` and one for every kind) of `n` independent events that are of kind `i` with probability
    /// `pvals[i]`. `n` is a number or an array that broadcasts to `size`. What the probabilities lack to 1 falls to the last kind.
    /// NumPy's `Generator.multinomial`, but that `pvals` are numbers.
    ///
    /// # Chunks
    /// As given along the axes of `size`, whole along the last; a task holds one chunk, and the probabilities.
    ///
    /// # Errors
    /// Probabilities outside of 0 to 1, or whose sum is above 1; a negative `n`: of a number at once, of an array when it runs.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let x = Generator::new(7).multinomial(20, &[0.25, 0.5, 0.25], &[100], 30)?;
    /// assert_eq!(x.shape(), [100, 3]);
    /// assert!(x.sum(Some(&[1]))?.compute_as::<i64>()?.iter().all(|&n| n == 20));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn multinomial(&mut self, n: impl Argument, pvals: &[f64], size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        self.counts(n.operand(), pvals, size, chunks.into()).map_err(|e| e.at("multinomial"))
    }

    fn counts(&mut self, n: Operand, pvals: &[f64], size: &[usize], chunks: Chunks) -> Result<DynArray> {
        if pvals.is_empty() {
            return Err(Error::usage("pvals is empty: give the probability of one kind at least"));
        }
        if let Some(i) = pvals.iter().position(|p| !(0.0..=1.0).contains(p)) {
            return Err(Error::usage(format!("pvals[{i}] is {}: it must lie between 0 and 1", pvals[i])));
        }
        let sum: f64 = pvals[..pvals.len() - 1].iter().sum();
        if sum > 1.0 + 1e-12 {
            return Err(Error::usage(format!("the sum of pvals but for the last is {sum}: it must be at most 1")));
        }
        let (shape, grid) = grid(size, pvals.len(), DType::I64, chunks)?;
        let (n, inputs, maps) = match n {
            Operand::Scalar(s) => {
                if let Some(why) = Distribution::Binomial.refuses(&[s.as_f64(), 0.5]) {
                    return Err(Error::usage(why));
                }
                (Some(s.as_f64() as u64), vec![], vec![])
            }
            Operand::Array(e) => {
                let d = e.array()?.0;
                if !d.is_integer() {
                    return Err(Error::dtype(format!("n is an array of {d}: cast it to integers with astype")));
                }
                let outer = Grid::new(grid.axes()[..size.len()].iter().cloned());
                let (inputs, maps) = build::fit(&[build::cast(&e, DType::I64)?], &outer)?;
                (None, inputs, maps)
            }
        };
        let op = Multinomial { key: self.key(), shape, n, p: pvals.to_vec() };
        let x = build::call_mapped(shared(op)?, inputs, maps, DType::I64, grid)?;
        Ok(self.drawn(x))
    }

    /// Counts (int64, of shape `size` and one for every colour) in samples of `nsample` without replacement of a collection that has
    /// `colors[i]` of colour `i`. NumPy's `Generator.multivariate_hypergeometric`, whose `method` is left out: there is one.
    ///
    /// # Chunks
    /// As given along the axes of `size`, whole along the last; a task holds one chunk.
    ///
    /// # Errors
    /// More to draw than there are, or more than 2^53 in all.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let x = Generator::new(7).multivariate_hypergeometric(&[16, 8, 4], 12, &[100], 30)?;
    /// assert!(x.sum(Some(&[1]))?.compute_as::<i64>()?.iter().all(|&n| n == 12));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn multivariate_hypergeometric(
        &mut self,
        colors: &[u64],
        nsample: u64,
        size: &[usize],
        chunks: impl Into<Chunks>,
    ) -> Result<DynArray> {
        let refused = |why: String| Err(Error::usage(format!("multivariate_hypergeometric: {why}")));
        let Some(sum) = colors.iter().try_fold(0u64, |s, &c| s.checked_add(c)).filter(|&s| s <= MOST) else {
            return refused("the sum of colors is above 2^53".into());
        };
        if nsample > sum || colors.is_empty() {
            return refused(format!(
                "nsample is {nsample}: it must be at most the sum of colors, {sum}, and there must be a colour"
            ));
        }
        let (shape, grid) = grid(size, colors.len(), DType::I64, chunks.into())?;
        let op = MultivariateHypergeometric { key: self.key(), shape, colors: colors.to_vec(), sample: nsample };
        self.vectors(op, DType::I64, grid)
    }

    /// Normal vectors (float64, of shape `size` and the length of `mean`) of a covariance, given by its rows. The covariance is held
    /// and factored (Cholesky) at once. NumPy's `Generator.multivariate_normal`; its `method` and `check_valid` are left out: a
    /// covariance that is none is refused.
    ///
    /// # Chunks
    /// As given along the axes of `size`, whole along the last; a task holds one chunk, and the factor.
    ///
    /// # Errors
    /// A covariance that is not square, not of the mean's length, not symmetric or not positive semidefinite.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let x = Generator::new(7).multivariate_normal(&[1.0, -1.0], &[&[2.0, 0.5], &[0.5, 1.0]], &[3000], 500)?;
    /// let means = x.mean(Some(&[0]))?.compute_as::<f64>()?;
    /// assert!((means[0] - 1.0).abs() < 0.1 && (means[1] + 1.0).abs() < 0.1);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn multivariate_normal(
        &mut self,
        mean: &[f64],
        cov: &[&[f64]],
        size: &[usize],
        chunks: impl Into<Chunks>,
    ) -> Result<DynArray> {
        let factor = cholesky(mean, cov).map_err(|e| e.at("multivariate_normal"))?;
        let (shape, grid) = grid(size, mean.len(), DType::F64, chunks.into())?;
        let op = MultivariateNormal { key: self.key(), shape, mean: mean.to_vec(), factor };
        self.vectors(op, DType::F64, grid)
    }

    /// Shares (float64, of shape `size` and one for every parameter) of a whole: gamma numbers of shapes `alpha` over their sum.
    /// NumPy's `Generator.dirichlet`.
    ///
    /// # Chunks
    /// As given along the axes of `size`, whole along the last; a task holds one chunk.
    ///
    /// # Errors
    /// No parameter, one that is negative or not finite, or none above 0.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let x = Generator::new(7).dirichlet(&[1.0, 2.0, 3.0], &[100], 30)?;
    /// assert!(x.sum(Some(&[1]))?.compute_as::<f64>()?.iter().all(|s| (s - 1.0).abs() < 1e-12));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn dirichlet(&mut self, alpha: &[f64], size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        if let Some(i) = alpha.iter().position(|a| !(a.is_finite() && *a >= 0.0)) {
            return Err(Error::usage(format!("dirichlet: alpha[{i}] is {}: it must be finite and not negative", alpha[i])));
        }
        if alpha.iter().all(|&a| a == 0.0) {
            return Err(Error::usage("dirichlet: alpha needs an element above 0"));
        }
        let (shape, grid) = grid(size, alpha.len(), DType::F64, chunks.into())?;
        let op = Dirichlet { key: self.key(), shape, alpha: alpha.to_vec() };
        self.vectors(op, DType::F64, grid)
    }
}

/// The lower triangular factor of a covariance, by rows. Directions without variance have columns of 0.
fn cholesky(mean: &[f64], cov: &[&[f64]]) -> Result<Vec<f64>> {
    let n = mean.len();
    if cov.len() != n || cov.iter().any(|row| row.len() != n) {
        return Err(Error::usage(format!("cov must have {n} rows of {n} numbers, as mean has")));
    }
    let largest = (0..n).map(|i| cov[i][i].abs()).fold(0.0, f64::max);
    let tolerance = 1e-8 * largest;
    for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
        if !((cov[i][j] - cov[j][i]).abs() <= tolerance && cov[i][j].is_finite()) {
            return Err(Error::usage(format!(
                "cov[{i}][{j}] is {} and cov[{j}][{i}] {}: it must be symmetric",
                cov[i][j], cov[j][i]
            )));
        }
    }
    let mut l = vec![0.0; n * n];
    for j in 0..n {
        let dot = |l: &[f64], i: usize| (0..j).fold(0.0, |s, k| s + l[i * n + k] * l[j * n + k]);
        let rest = cov[j][j] - dot(&l, j);
        if rest < -tolerance {
            return Err(Error::usage(format!("cov is no covariance: it has a direction of variance {rest} (row {j})")));
        }
        let root = if rest > 1e-12 * largest { rest.sqrt() } else { 0.0 };
        l[j * n + j] = root;
        for i in j + 1..n {
            let below = cov[i][j] - dot(&l, i);
            if root == 0.0 && below.abs() > tolerance {
                return Err(Error::usage(format!("cov is no covariance: row {j} has no variance left, but varies with row {i}")));
            }
            l[i * n + j] = if root == 0.0 { 0.0 } else { below / root };
        }
    }
    Ok(l)
}
