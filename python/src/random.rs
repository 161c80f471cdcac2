//! Random numbers, whose draws are those of the engine's generator.

use crate::argument::{Arg, Cut, Type};
use crate::error::{Out, value};
use crate::lazy::Lazy;
use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult};
use pyo3::{pyclass, pymethods};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tilework::array::random::{self, Choice};

/// The engine's generator: every draw is a stream of its own.
#[pyclass(frozen, module = "tilework._tilework")]
struct Generator(Mutex<random::Generator>);

impl Generator {
    fn get(&self) -> MutexGuard<'_, random::Generator> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Generator {
    #[new]
    fn new(seed: u64) -> Generator {
        Generator(Mutex::new(random::Generator::new(seed)))
    }

    /// Independent generators.
    fn spawn(&self, n: usize) -> Vec<Generator> {
        self.get().spawn(n).into_iter().map(|g| Generator(Mutex::new(g))).collect()
    }

    /// Goes on as if so many arrays had been drawn.
    fn skip(&self, n_draws: u64) -> Out<()> {
        let mut g = self.get();
        for _ in 0..n_draws {
            g.random(&[0], tilework::Chunks::Whole)?;
        }
        Ok(())
    }

    /// Numbers of the distribution of this name.
    fn draw(&self, name: &str, parameters: Vec<Arg>, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        distribution(&mut self.get(), name, &parameters, &size, chunks)
    }

    /// Floats from 0 to below 1.
    fn random(&self, dtype: Type, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        Ok(Lazy(self.get().random_as(dtype.0, &size, chunks.0)?))
    }

    /// Integers between two bounds.
    fn integers(&self, dtype: Type, low: Arg, high: Arg, endpoint: bool, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        Ok(Lazy(self.get().integers_as(dtype.0, low, high, endpoint, &size, chunks.0)?))
    }

    /// Integers below `n`, by weight if there are weights.
    fn choice(&self, n: u64, replace: bool, weights: Option<Vec<f64>>, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        let how = match (&weights, replace) {
            (None, true) => Choice::Again,
            (None, false) => Choice::Once,
            (Some(w), true) => Choice::AgainBy(w),
            (Some(w), false) => Choice::OnceBy(w),
        };
        Ok(Lazy(self.get().choice(n, how, &size, chunks.0)?))
    }

    /// The integers below `n` in a random order.
    fn permutation(&self, n: usize, chunks: Cut) -> Out<Lazy> {
        Ok(Lazy(self.get().permutation(n, chunks.0)?))
    }

    /// The array in a random order along an axis, the same everywhere.
    fn shuffle(&self, x: &Lazy, axis: isize) -> Out<Lazy> {
        Ok(Lazy(self.get().shuffle(&x.0, axis)?))
    }

    /// The array with every lane along an axis in a random order of its own.
    fn permuted(&self, x: &Lazy, axis: isize) -> Out<Lazy> {
        Ok(Lazy(self.get().permuted(&x.0, axis)?))
    }

    /// Counts of several kinds.
    fn multinomial(&self, n: Arg, pvals: Vec<f64>, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        Ok(Lazy(self.get().multinomial(n, &pvals, &size, chunks.0)?))
    }

    /// Counts of colours.
    fn multivariate_hypergeometric(&self, colors: Vec<u64>, nsample: u64, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        Ok(Lazy(self.get().multivariate_hypergeometric(&colors, nsample, &size, chunks.0)?))
    }

    /// Normal vectors.
    fn multivariate_normal(&self, mean: Vec<f64>, cov: Vec<Vec<f64>>, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        let rows: Vec<&[f64]> = cov.iter().map(Vec::as_slice).collect();
        Ok(Lazy(self.get().multivariate_normal(&mean, &rows, &size, chunks.0)?))
    }

    /// Shares of a whole.
    fn dirichlet(&self, alpha: Vec<f64>, size: Vec<usize>, chunks: Cut) -> Out<Lazy> {
        Ok(Lazy(self.get().dirichlet(&alpha, &size, chunks.0)?))
    }
}

macro_rules! distributions {
    ($($name:ident $($i:literal)*;)*) => {
        fn distribution(g: &mut random::Generator, name: &str, parameters: &[Arg], size: &[usize], chunks: Cut) -> Out<Lazy> {
            #[allow(unused_variables, reason = "distributions without parameters")]
            let arg = |i: usize| parameters.get(i).cloned().ok_or_else(|| value(format!("{name} lacks parameter {i}")));
            Ok(Lazy(match name {
                $(stringify!($name) => g.$name($(arg($i)?,)* size, chunks.0)?,)*
                other => return Err(value(format!("there is no distribution {other}"))),
            }))
        }
    };
}

distributions! {
    beta 0 1;
    binomial 0 1;
    chisquare 0;
    exponential 0;
    f 0 1;
    gamma 0 1;
    geometric 0;
    gumbel 0 1;
    hypergeometric 0 1 2;
    laplace 0 1;
    logistic 0 1;
    lognormal 0 1;
    logseries 0;
    negative_binomial 0 1;
    noncentral_chisquare 0 1;
    noncentral_f 0 1 2;
    normal 0 1;
    pareto 0;
    poisson 0;
    power 0;
    rayleigh 0;
    standard_cauchy;
    standard_exponential;
    standard_gamma 0;
    standard_normal;
    standard_t 0;
    triangular 0 1 2;
    uniform 0 1;
    vonmises 0 1;
    wald 0 1;
    weibull 0;
    zipf 0;
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<Generator>()
}
