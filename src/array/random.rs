//! Random numbers that do not depend on chunks, threads or order: element `i` of a draw is a function of seed, draw and `i`.
//!
//! Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), the bits of `numpy.random.Philox` with the
//! key `(seed, number of the draw)`.

use crate::array::DynArray;
use crate::base::{DType, Error, Result, Scalar};
use crate::expr::{Chunks, build};
use crate::kernel::program::{Builder, Value};
use crate::op::element;

/// Draws arrays of random numbers; each call is a stream of its own.
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
    seed: u64,
    draws: u64,
}

impl Generator {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Generator {
        Generator { seed, draws: 0 }
    }

    /// An array of what `make` computes from element number and key.
    fn draw(
        &mut self,
        shape: &[usize],
        dtype: DType,
        chunks: impl Into<Chunks>,
        label: &str,
        make: impl FnOnce(&mut Builder, [Value; 3]) -> Result<Value>,
    ) -> Result<DynArray> {
        let grid = chunks.into().grid(shape, dtype, None)?;
        let mut b = Builder::new();
        let number = b.linear();
        let key = [self.seed, self.draws].map(|k| b.constant(Scalar::U64(k), DType::U64));
        let v = make(&mut b, [number, key[0], key[1]])?;
        self.draws += 1;
        Ok(DynArray::wrap(build::generate(b.finish(v), grid, label)))
    }

    /// float64 numbers in `[0, 1)`, 53 random bits each.
    ///
    /// # Errors
    /// When the chunks do not fit the shape.
    pub fn random(&mut self, shape: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        self.draw(shape, DType::F64, chunks, "random", |b, args| b.apply(&element::RANDOM_UNIFORM, &args))
    }

    /// float64 numbers in `[low, high)`.
    ///
    /// # Errors
    /// Bounds that are not finite; chunks that do not fit the shape.
    pub fn uniform(&mut self, low: f64, high: f64, shape: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        if !(high - low).is_finite() {
            return Err(Error::usage(format!("uniform: {low} to {high} is no finite range")));
        }
        self.draw(shape, DType::F64, chunks, "uniform", |b, args| {
            let u = b.apply(&element::RANDOM_UNIFORM, &args)?;
            scale(b, u, high - low, low)
        })
    }

    /// Normal float64 numbers.
    ///
    /// # Errors
    /// A negative standard deviation; chunks that do not fit the shape.
    pub fn normal(&mut self, mean: f64, std: f64, shape: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        if std.is_nan() || std < 0.0 {
            return Err(Error::usage(format!("normal: a standard deviation of {std} is negative")));
        }
        self.draw(shape, DType::F64, chunks, "normal", |b, args| {
            let z = b.apply(&element::RANDOM_NORMAL, &args)?;
            scale(b, z, std, mean)
        })
    }

    /// int64 numbers from `low` to below `high`.
    ///
    /// # Errors
    /// An empty range; chunks that do not fit the shape.
    pub fn integers(&mut self, low: i64, high: i64, shape: &[usize], chunks: impl Into<Chunks>) -> Result<DynArray> {
        if low >= high {
            return Err(Error::usage(format!("integers: there is none from {low} to below {high}")));
        }
        self.draw(shape, DType::I64, chunks, "integers", |b, args| {
            let bits = b.apply(&element::RANDOM_BITS, &args)?;
            let bounds = [low, high].map(|v| b.constant(Scalar::I64(v), DType::I64));
            b.apply(&element::RANDOM_INTEGERS, &[bits, bounds[0], bounds[1]])
        })
    }
}

/// `v * factor + offset`, leaving out what changes nothing.
fn scale(b: &mut Builder, v: Value, factor: f64, offset: f64) -> Result<Value> {
    let mut v = v;
    if factor != 1.0 {
        let f = b.constant(Scalar::F64(factor), DType::F64);
        v = b.apply(&element::MULTIPLY, &[v, f])?;
    }
    if offset != 0.0 {
        let o = b.constant(Scalar::F64(offset), DType::F64);
        v = b.apply(&element::ADD, &[v, o])?;
    }
    Ok(v)
}
