//! Random numbers that do not depend on chunks, threads or order: element `i` of a draw is a function of seed, draw and `i`.
//!
//! Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), the bits of `numpy.random.Philox` with the
//! key `(seed, number of the draw)`. What takes one word for an element takes element `i` of that stream; what takes more has a
//! stream of its own for every element.

mod choice;
mod distributions;
mod integers;
mod vectors;

pub use choice::Choice;

use crate::array::DynArray;
use crate::base::{DType, Error, Grid, Result, Scalar};
use crate::expr::build::{self, Operand};
use crate::expr::{Chunks, Expr, IndexMap};
use crate::kernel::philox;
use crate::kernel::program::{Builder, Value};
use crate::kernel::random::Distribution;
use crate::kernel::random::distribution::Bound;
use crate::op::block::shared;
use crate::op::random::{Check, Sample, Source, inversion};

/// Draws arrays of random numbers; each call is a stream of its own.
///
/// All of `numpy.random.Generator` is here: distributions, [`integers`](Generator::integers), [`choice`](Generator::choice),
/// [`permutation`](Generator::permutation), [`spawn`](Generator::spawn). The numbers are not NumPy's, but for
/// [`random`](Generator::random), which gives those of a `Generator(Philox(key=[seed, number of the draw]))`.
///
/// # Example
/// ```
/// use tilework::array::random::Generator;
/// let a = Generator::new(42).random(&[100, 100], 30)?;
/// let b = Generator::new(42).random(&[100, 100], [7, 100])?; // other chunks, the same numbers
/// assert_eq!(a.compute_as::<f64>()?, b.compute_as::<f64>()?);
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    seed: [u64; 2],
    draws: u64,
    children: u64,
}

/// The generator of a seed; NumPy's `default_rng`.
///
/// # Example
/// ```
/// use tilework::array::random::{Generator, default_rng};
/// let (a, b) = (default_rng(3).random(&[5], 2)?, Generator::new(3).random(&[5], 5)?);
/// assert_eq!(a.compute_as::<f64>()?, b.compute_as::<f64>()?);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn default_rng(seed: u64) -> Generator {
    Generator::new(seed)
}

impl Generator {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Generator {
        Generator { seed: [seed, 0], draws: 0, children: 0 }
    }

    /// `n` generators whose numbers have nothing to do with each other's and this one's; each call gives others. What
    /// `numpy.random.Generator.spawn` is for: their seeds are 128 bits of a stream that draws no arrays.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let mut children = Generator::new(1).spawn(2);
    /// let (a, b) = (children[0].random(&[4], 4)?, children[1].random(&[4], 4)?);
    /// assert_ne!(a.compute_as::<f64>()?, b.compute_as::<f64>()?);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn spawn(&mut self, n: usize) -> Vec<Generator> {
        let child = |i: u64| {
            // The fourth word of a counter that elements leave at 0.
            let [a, b, ..] = philox::block([i, 0, 0, 1], self.seed);
            Generator { seed: [a, b], draws: 0, children: 0 }
        };
        let all = (self.children..).take(n).map(child).collect();
        self.children += n as u64;
        all
    }

    /// Key of the next draw.
    fn key(&self) -> [u64; 2] {
        [self.seed[0], self.seed[1].wrapping_add(self.draws)]
    }

    /// The draw was made.
    fn drawn(&mut self, x: Expr) -> DynArray {
        self.draws += 1;
        DynArray::wrap(x)
    }

    /// The source of the elements of an array of `shape`.
    fn source(&self, b: &mut Builder, shape: &[usize]) -> Source {
        let number = b.linear(shape);
        let [k, l] = self.key().map(|k| b.constant(Scalar::U64(k), DType::U64));
        [number, k, l]
    }

    /// An array of what `make` computes from element number and key.
    fn program(&mut self, grid: Grid, label: &str, make: impl FnOnce(&mut Builder, Source) -> Result<Value>) -> Result<DynArray> {
        let mut b = Builder::new();
        let source = self.source(&mut b, &grid.shape());
        let v = make(&mut b, source)?;
        Ok(self.drawn(build::generate(b.finish(v), grid, label)))
    }

    /// An array of a distribution.
    fn distribution(
        &mut self,
        distribution: Distribution,
        parameters: &[Operand],
        size: &[usize],
        chunks: Chunks,
    ) -> Result<DynArray> {
        self.sampled(distribution, parameters, size, chunks).map_err(|e| e.at(distribution.name()))
    }

    fn sampled(&mut self, distribution: Distribution, parameters: &[Operand], size: &[usize], chunks: Chunks) -> Result<DynArray> {
        let dtype = if distribution.is_discrete() { DType::I64 } else { DType::F64 };
        let grid = chunks.grid(size, dtype, None)?;
        let Parameters { scalars, mut inputs, mut maps } = Parameters::new(distribution, parameters, &grid)?;
        let mut b = Builder::new();
        let source = self.source(&mut b, &grid.shape());
        let values: Vec<Value> = scalars
            .iter()
            .map(|p| match p {
                Some(v) => b.constant(Scalar::F64(*v), DType::F64),
                None => b.input(DType::F64),
            })
            .collect();
        let Some(result) = inversion(&mut b, distribution, source, &values)? else {
            let op = Sample { distribution, key: self.key(), shape: size.to_vec(), parameters: scalars };
            let x = build::call_mapped(shared(op)?, inputs, maps, dtype, grid)?;
            return Ok(self.drawn(x));
        };
        if must_be_checked(distribution, &scalars) {
            // The program then reads the first of the arrays from what checks them all.
            let check = shared(Check { distribution, parameters: scalars })?;
            inputs[0] = build::call_mapped(check, inputs.clone(), maps.clone(), DType::F64, grid.clone())?;
            maps[0] = IndexMap::identity(grid.ndim());
        }
        let x = build::generate_from(b.finish(result), inputs, maps, grid, distribution.name())?;
        Ok(self.drawn(x))
    }
}

/// Parameters of a distribution: numbers, and arrays cut as the result.
struct Parameters {
    scalars: Vec<Option<f64>>,
    inputs: Vec<Expr>,
    maps: Vec<IndexMap>,
}

impl Parameters {
    fn new(distribution: Distribution, given: &[Operand], grid: &Grid) -> Result<Parameters> {
        let mut arrays = Vec::new();
        let mut scalars = Vec::new();
        for (p, (name, bound)) in given.iter().zip(distribution.parameters()) {
            match p {
                Operand::Array(e) => {
                    arrays.push(build::cast(e, DType::F64)?);
                    scalars.push(None);
                }
                Operand::Scalar(s) => {
                    let v = s.as_f64();
                    if let Some(why) = bound.refuses(v) {
                        return Err(Error::usage(format!("{name} is {v}: {why}")));
                    }
                    scalars.push(Some(v));
                }
            }
        }
        if let (true, Some(why)) = (arrays.is_empty(), distribution.refuses(&scalars.iter().flatten().copied().collect::<Vec<_>>()))
        {
            return Err(Error::usage(why));
        }
        let (inputs, maps) = build::fit(&arrays, grid)?;
        Ok(Parameters { scalars, inputs, maps })
    }
}

/// Whether elements of the arrays among the parameters may be refused.
fn must_be_checked(distribution: Distribution, scalars: &[Option<f64>]) -> bool {
    let related = matches!(distribution, Distribution::Uniform | Distribution::Triangular);
    let mut arrays = distribution.parameters().iter().zip(scalars).filter(|(_, v)| v.is_none());
    arrays.any(|((_, bound), _)| related || *bound != Bound::Any)
}
