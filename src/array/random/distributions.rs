//! The distributions of numbers, one row each: method, documentation and example come from it.

use super::Generator;
use crate::array::{Argument, DynArray};
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::Chunks;
use crate::expr::build::Operand;
use crate::kernel::random::Distribution;
use crate::op::element;

macro_rules! distributions {
    ($($method:ident $Name:ident ($($p:ident = $example:literal),+) mean $mean:literal within $near:literal $($doc:literal)+;)*) => {
        impl Generator {$(
            $(#[doc = $doc])+
            ///
            #[doc = concat!("NumPy's `Generator.", stringify!($method), "`, but for the bits. Parameters are numbers or arrays that broadcast to `size`.")]
            ///
            /// # Chunks
            /// As given, whatever the chunks of parameters that are arrays; a task holds a chunk of each. No number depends on them.
            ///
            /// # Errors
            /// Parameters outside of what the distribution takes: of numbers at once, of arrays when it runs, with the element named.
            /// Parameters that do not broadcast to `size`; chunks that do not fit it.
            ///
            /// # Example
            /// ```
            /// use tilework::array::{IntoScalar, random::Generator};
            #[doc = concat!("let x = Generator::new(1).", stringify!($method), "(", $(stringify!($example), ", ",)+ "&[60, 50], 25)?;")]
            /// let mean = x.mean(None)?.compute_as::<f64>()?.into_scalar();
            #[doc = concat!("assert!((mean - ", stringify!($mean), ").abs() < ", stringify!($near), ", \"{mean}\");")]
            /// # Ok::<(), tilework::Error>(())
            /// ```
            pub fn $method(&mut self, $($p: impl Argument,)+ size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
                self.distribution(Distribution::$Name, &[$($p.operand()),+], size, chunks.into())
            }
        )*}
    };
}

distributions! {
    uniform Uniform (low = 2.0, high = 4.0) mean 3.0 within 0.1
        "float64 numbers of equal density in `[low, high)`; rounding may give `high`.";
    normal Normal (loc = 1.0, scale = 2.0) mean 1.0 within 0.2
        "Normal float64 numbers of mean `loc` and standard deviation `scale`: quantiles of one random word (Wichura, algorithm AS 241,"
        "1988).";
    lognormal Lognormal (mean = 0.5, sigma = 0.5) mean 1.868 within 0.1
        "float64 numbers whose logarithms are normal of this mean and standard deviation.";
    exponential Exponential (scale = 2.0) mean 2.0 within 0.2
        "float64 waiting times of mean `scale`, by inversion.";
    laplace Laplace (loc = 1.0, scale = 0.5) mean 1.0 within 0.1
        "float64 numbers of the Laplace (double exponential) distribution, by inversion.";
    logistic Logistic (loc = 1.0, scale = 0.5) mean 1.0 within 0.1
        "float64 numbers of the logistic distribution, by inversion.";
    gumbel Gumbel (loc = 1.0, scale = 0.5) mean 1.289 within 0.1
        "float64 numbers of the Gumbel (extreme value) distribution, by inversion.";
    rayleigh Rayleigh (scale = 2.0) mean 2.507 within 0.15
        "float64 numbers of the Rayleigh distribution, by inversion.";
    weibull Weibull (a = 2.0) mean 0.886 within 0.05
        "float64 numbers of the Weibull distribution of shape `a` and scale 1, by inversion.";
    pareto Pareto (a = 4.0) mean 0.333 within 0.05
        "float64 numbers of the Pareto II (Lomax) distribution of shape `a`, from 0, by inversion.";
    power Power (a = 3.0) mean 0.75 within 0.03
        "float64 numbers in [0, 1] of density `a x^(a - 1)`, by inversion.";
    triangular Triangular (left = 0.0, mode = 1.0, right = 5.0) mean 2.0 within 0.1
        "float64 numbers of the triangular distribution, by inversion.";
    geometric Geometric (p = 0.25) mean 4.0 within 0.3
        "Numbers (int64) of trials up to the first success, by inversion; what int64 does not hold becomes its largest.";
    gamma Gamma (shape = 2.0, scale = 3.0) mean 6.0 within 0.4
        "float64 numbers of the gamma distribution (Marsaglia and Tsang, \"A simple method for generating gamma variables\", 2000).";
    beta Beta (a = 2.0, b = 3.0) mean 0.4 within 0.02
        "float64 numbers in [0, 1] of the beta distribution: from two gamma numbers, or Jöhnk's method (1964) where both parameters are"
        "at most 1.";
    chisquare ChiSquare (df = 3.0) mean 3.0 within 0.2
        "float64 sums of the squares of `df` normal numbers: a gamma number doubled.";
    noncentral_chisquare NoncentralChiSquare (df = 3.0, nonc = 2.0) mean 5.0 within 0.4
        "float64 numbers of the noncentral chi-square distribution: one shifted normal number squared, and a central rest.";
    f F (dfnum = 4.0, dfden = 10.0) mean 1.25 within 0.1
        "float64 ratios of two chi-square numbers over their degrees (Fisher's F).";
    noncentral_f NoncentralF (dfnum = 4.0, dfden = 10.0, nonc = 4.0) mean 2.5 within 0.2
        "float64 numbers of the noncentral F distribution.";
    standard_t StandardT (df = 8.0) mean 0.0 within 0.1
        "float64 numbers of Student's t distribution: normal numbers over the root of a chi-square number.";
    vonmises VonMises (mu = 1.0, kappa = 4.0) mean 1.0 within 0.1
        "float64 angles from -pi to pi around `mu` (Best and Fisher, \"Efficient simulation of the von Mises distribution\", 1979).";
    wald Wald (mean = 2.0, scale = 3.0) mean 2.0 within 0.2
        "float64 numbers of the inverse Gaussian distribution (Michael, Schucany and Haas, 1976).";
    poisson Poisson (lam = 30.0) mean 30.0 within 0.5
        "Counts (int64) of events of which `lam` are expected (Hörmann, \"The transformed rejection method for generating Poisson"
        "random variables\", 1993); what int64 does not hold becomes its largest.";
    binomial Binomial (n = 100, p = 0.3) mean 30.0 within 0.5
        "Counts (int64) of successes in `n` trials (Hörmann, \"The generation of binomial random variates\", 1993). `n` is at most 2^53.";
    negative_binomial NegativeBinomial (n = 4.0, p = 0.4) mean 6.0 within 0.4
        "Counts (int64) of failures before the `n`-th success: Poisson counts of a gamma mean.";
    hypergeometric Hypergeometric (ngood = 60, nbad = 40, nsample = 50) mean 30.0 within 0.3
        "Counts (int64) of good ones in a sample without replacement (Stadlober, \"The ratio of uniforms approach for generating"
        "discrete random variates\", 1990). `ngood + nbad` is at most 2^53.";
    logseries LogSeries (p = 0.6) mean 1.637 within 0.1
        "int64 numbers of the logarithmic series distribution (Kemp, \"Efficient generation of logarithmically distributed"
        "pseudo-random variables\", 1981).";
    zipf Zipf (a = 4.0) mean 1.111 within 0.05
        "int64 numbers of the zeta distribution (Devroye, \"Non-uniform random variate generation\", 1986). Those that int64 does not"
        "hold are left out.";
}

impl Generator {
    /// float64 numbers in `[0, 1)`, 53 random bits each: those of `numpy.random.Generator.random` over Philox.
    ///
    /// # Chunks
    /// As given; a task holds one chunk. No number depends on them.
    ///
    /// # Errors
    /// When the chunks do not fit the shape.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let x = Generator::new(7).random(&[1000], 300)?.compute_as::<f64>()?;
    /// assert!(x.iter().all(|v| (0.0..1.0).contains(v)));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn random(&mut self, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        let grid = chunks.into().grid(size, DType::F64, None)?;
        self.program(grid, "random", |b, source| b.apply(&element::RANDOM_UNIFORM, &source))
    }

    /// As [`random`](Generator::random), as float32 (24 random bits each) or float64. NumPy's `Generator.random`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk.
    ///
    /// # Errors
    /// Another dtype; chunks that do not fit the shape.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::random::Generator};
    /// let x = Generator::new(7).random_as(DType::F32, &[1000], 300)?.compute_as::<f32>()?;
    /// assert!(x.iter().all(|v| (0.0..1.0).contains(v)));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn random_as(&mut self, dtype: DType, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        match dtype {
            DType::F64 => return self.random(size, chunks),
            DType::F32 => {}
            _ => return Err(no_float("random", dtype)),
        }
        let grid = chunks.into().grid(size, dtype, None)?;
        self.program(grid, "random", |b, source| {
            let bits = b.apply(&element::RANDOM_BITS, &source)?;
            let shift = b.constant(Scalar::U64(40), DType::U64);
            let upper = b.apply(&element::RIGHT_SHIFT, &[bits, shift])?;
            let (v, unit) = (b.cast(upper, DType::F32), b.constant(Scalar::F64(1.0 / f64::from(1 << 24)), DType::F32));
            b.apply(&element::MULTIPLY, &[v, unit])
        })
    }

    /// Normal float64 numbers of mean 0 and standard deviation 1. NumPy's `Generator.standard_normal`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk.
    ///
    /// # Errors
    /// When the chunks do not fit the shape.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, random::Generator};
    /// let x = Generator::new(7).standard_normal(&[2000], 300)?;
    /// assert!((x.std(None)?.compute_as::<f64>()?.into_scalar() - 1.0).abs() < 0.1);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn standard_normal(&mut self, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        self.normal(0.0, 1.0, size, chunks)
    }

    /// As [`standard_normal`](Generator::standard_normal), as float32 (the float64 numbers, rounded) or float64.
    /// NumPy's `Generator.standard_normal`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk.
    ///
    /// # Errors
    /// Another dtype; chunks that do not fit the shape.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::random::Generator};
    /// assert_eq!(Generator::new(7).standard_normal_as(DType::F32, &[10], 3)?.dtype(), DType::F32);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn standard_normal_as(&mut self, dtype: DType, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        rounded("standard_normal", dtype)?;
        self.standard_normal(size, chunks)?.astype(dtype)
    }

    /// float64 waiting times of mean 1. NumPy's `Generator.standard_exponential`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk.
    ///
    /// # Errors
    /// When the chunks do not fit the shape.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, random::Generator};
    /// let x = Generator::new(7).standard_exponential(&[3000], 300)?;
    /// assert!((x.mean(None)?.compute_as::<f64>()?.into_scalar() - 1.0).abs() < 0.1);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn standard_exponential(&mut self, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        self.exponential(1.0, size, chunks)
    }

    /// As [`standard_exponential`](Generator::standard_exponential), as float32 (the float64 numbers, rounded) or float64. NumPy's
    /// `method` is left out: there is one. NumPy's `Generator.standard_exponential`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk.
    ///
    /// # Errors
    /// Another dtype; chunks that do not fit the shape.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::random::Generator};
    /// assert_eq!(Generator::new(7).standard_exponential_as(DType::F32, &[10], 3)?.dtype(), DType::F32);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn standard_exponential_as(&mut self, dtype: DType, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        rounded("standard_exponential", dtype)?;
        self.standard_exponential(size, chunks)?.astype(dtype)
    }

    /// float64 numbers of the gamma distribution of scale 1; see [`gamma`](Generator::gamma). NumPy's `Generator.standard_gamma`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk, and of the shape if that is an array.
    ///
    /// # Errors
    /// As [`gamma`](Generator::gamma).
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, arange, random::Generator};
    /// let shapes = arange(1, 4, 1, 2)?;
    /// let x = Generator::new(7).standard_gamma(&shapes, &[2000, 3], [300, 3])?;
    /// let means = x.mean(Some(&[0]))?.compute_as::<f64>()?;
    /// assert!(means.iter().zip([1.0, 2.0, 3.0]).all(|(m, want)| (m - want).abs() < 0.2));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn standard_gamma(&mut self, shape: impl Argument, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        let one = Operand::Scalar(Scalar::F64(1.0));
        self.distribution(Distribution::Gamma, &[shape.operand(), one], size, chunks.into())
    }

    /// As [`standard_gamma`](Generator::standard_gamma), as float32 (the float64 numbers, rounded) or float64.
    /// NumPy's `Generator.standard_gamma`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk, and of the shape if that is an array.
    ///
    /// # Errors
    /// Another dtype; as [`gamma`](Generator::gamma).
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::random::Generator};
    /// assert_eq!(Generator::new(7).standard_gamma_as(DType::F32, 2.0, &[10], 3)?.dtype(), DType::F32);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn standard_gamma_as(
        &mut self,
        dtype: DType,
        shape: impl Argument,
        size: &[usize],
        chunks: impl Into<Chunks>,
    ) -> Result<DynArray> {
        rounded("standard_gamma", dtype)?;
        self.standard_gamma(shape, size, chunks)?.astype(dtype)
    }

    /// float64 numbers of the standard Cauchy distribution, by inversion. NumPy's `Generator.standard_cauchy`.
    ///
    /// # Chunks
    /// As given; a task holds one chunk.
    ///
    /// # Errors
    /// When the chunks do not fit the shape.
    ///
    /// # Example
    /// ```
    /// use tilework::array::{IntoScalar, random::Generator};
    /// let x = Generator::new(7).standard_cauchy(&[2000], 300)?;
    /// let inner = x.absolute()?.less(1.0)?.mean(None)?; // half of them
    /// assert!((inner.compute_as::<f64>()?.into_scalar() - 0.5).abs() < 0.05);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn standard_cauchy(&mut self, size: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        self.distribution(Distribution::StandardCauchy, &[], size, chunks.into())
    }
}

fn no_float(name: &str, dtype: DType) -> Error {
    Error::dtype(format!("{name} gives float32 or float64, not {dtype}: cast its result with astype"))
}

fn rounded(name: &str, dtype: DType) -> Result<()> {
    if matches!(dtype, DType::F32 | DType::F64) { Ok(()) } else { Err(no_float(name, dtype)) }
}
