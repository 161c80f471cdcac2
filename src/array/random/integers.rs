//! Random integers without bias, of any dtype.

use super::Generator;
use crate::array::{Argument, DynArray};
use crate::base::{DType, Error, Grid, Result, Scalar};
use crate::expr::build::{self, Operand};
use crate::expr::{Chunks, IndexMap};
use crate::kernel::program::Builder;
use crate::op::block::shared;
use crate::op::element;
use crate::op::random::{Bounds, Span};

/// Least and most of a dtype.
fn range(dtype: DType) -> Result<(i128, i128)> {
    Ok(match dtype {
        DType::Bool => (0, 1),
        d if d.is_integer() && d.is_signed() => {
            let high = i128::from(i64::MAX >> (64 - 8 * d.size()));
            (-high - 1, high)
        }
        d if d.is_integer() => (0, i128::from(u64::MAX >> (64 - 8 * d.size()))),
        d => return Err(Error::dtype(format!("gives integers and bool, not {d}: cast its result with astype"))),
    })
}

/// A bound, exactly.
fn bound(name: &str, s: Scalar) -> Result<i128> {
    match s {
        Scalar::Bool(v) => Ok(i128::from(v)),
        Scalar::I64(v) => Ok(i128::from(v)),
        Scalar::U64(v) => Ok(i128::from(v)),
        other if other.as_f64().fract() == 0.0 && other.as_f64().abs() < 2e19 => Ok(other.as_f64() as i128),
        other => Err(Error::usage(format!("{name} is {other}: it must be an integer"))),
    }
}

impl Generator {
    /// int64 numbers from `low` to below `high`, each with the same probability (Lemire, "Fast random integer generation in an
    /// interval", 2019, with its rejection). Bounds are numbers or arrays that broadcast to `size`. NumPy's `Generator.integers`, but
    /// for the bits; for its `dtype` and `endpoint` see [`integers_as`](Generator::integers_as).
    ///
    /// # Chunks
    /// As given, whatever the chunks of bounds that are arrays; a task holds a chunk of each. No number depends on them.
    ///
    /// # Errors
    /// An empty range or one beyond int64: of numbers at once, of arrays when it runs, with the element named. Bounds that are no
    /// integers or do not broadcast to `size`; chunks that do not fit it.
    ///
    /// # Example
    /// ```
    /// use tilework::array::random::Generator;
    /// let dice = Generator::new(7).integers(1, 7, &[1000], 300)?.compute_as::<i64>()?;
    /// assert!(dice.iter().all(|v| (1..=6).contains(v)));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn integers(
        &mut self,
        low: impl Argument,
        high: impl Argument,
        size: &[usize],
        chunks: impl Into<Chunks>,
    ) -> Result<DynArray> {
        self.integers_as(DType::I64, low, high, false, size, chunks)
    }

    /// As [`integers`](Generator::integers), of any integer dtype or bool, with `endpoint` up to and with `high`.
    /// NumPy's `Generator.integers`.
    ///
    /// # Chunks
    /// As [`integers`](Generator::integers).
    ///
    /// # Errors
    /// As [`integers`](Generator::integers); a dtype that is not of integers or does not hold the range.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::random::Generator};
    /// let bytes = Generator::new(7).integers_as(DType::U8, 0, 255, true, &[5000], 300)?.compute_as::<u8>()?;
    /// assert!(bytes.iter().any(|&v| v == 255) && bytes.iter().any(|&v| v == 0));
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn integers_as(
        &mut self,
        dtype: DType,
        low: impl Argument,
        high: impl Argument,
        endpoint: bool,
        size: &[usize],
        chunks: impl Into<Chunks>,
    ) -> Result<DynArray> {
        self.between(dtype, [low.operand(), high.operand()], endpoint, size, chunks.into()).map_err(|e| e.at("integers"))
    }

    fn between(&mut self, dtype: DType, bounds: [Operand; 2], endpoint: bool, size: &[usize], chunks: Chunks) -> Result<DynArray> {
        let grid = chunks.grid(size, dtype, None)?;
        let range = range(dtype)?;
        let mut arrays = Vec::new();
        let mut given = Vec::new();
        for (b, name) in bounds.iter().zip(["low", "high"]) {
            given.push(match b {
                Operand::Scalar(s) => Bounds::Is(bound(name, *s)?),
                Operand::Array(e) => {
                    let d = e.array()?.0;
                    if !d.is_integer() && d != DType::Bool {
                        return Err(Error::dtype(format!("{name} is an array of {d}: cast it to integers with astype")));
                    }
                    arrays.push(e.clone());
                    Bounds::Input
                }
            });
        }
        let span = Span { low: given[0], high: given[1], endpoint, range };
        self.offset(dtype, span, arrays, grid)
    }

    /// `low` and a number below the count, in wrapping 64 bits, which every dtype is cut from.
    fn offset(&mut self, dtype: DType, span: Span, arrays: Vec<crate::expr::Expr>, grid: Grid) -> Result<DynArray> {
        let mut b = Builder::new();
        let source = self.source(&mut b, &grid.shape());
        let (mut inputs, mut maps) = build::fit(&arrays, &grid)?;
        let low_input = matches!(span.low, Bounds::Input).then(|| b.input(arrays[0].array().map_or(DType::I64, |a| a.0)));
        let low = match (span.low, low_input) {
            (Bounds::Is(v), _) => b.constant(Scalar::U64(v as u64), DType::U64),
            (Bounds::Input, Some(v)) => b.cast(v, DType::U64),
            (Bounds::Input, None) => return Err(Error::bug("a bound without an input")),
        };
        let count = match (span.low, span.high) {
            (Bounds::Is(low), Bounds::Is(high)) => b.constant(Scalar::U64(span.count(low, high)?), DType::U64),
            _ => {
                let counts = build::call_mapped(shared(span)?, inputs.clone(), maps.clone(), DType::U64, grid.clone())?;
                let keep = usize::from(low_input.is_some());
                inputs.truncate(keep);
                maps.truncate(keep);
                inputs.push(counts);
                maps.push(IndexMap::identity(grid.ndim()));
                b.input(DType::U64)
            }
        };
        let [number, k, l] = source;
        let below = b.apply(&element::RANDOM_BELOW, &[number, k, l, count])?;
        let sum = if b.known(low) == Some(Scalar::U64(0)) { below } else { b.apply(&element::ADD, &[below, low])? };
        let v = b.cast(sum, dtype);
        let x = build::generate_from(b.finish(v), inputs, maps, grid, "integers")?;
        Ok(self.drawn(x))
    }
}
