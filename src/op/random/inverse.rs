//! Distributions by inversion: elementwise programs over one random word, which fuse with what follows.

use crate::base::{DType, Result, Scalar};
use crate::kernel::element::ElementOp;
use crate::kernel::program::{Builder, Value};
use crate::kernel::random::Distribution;
use crate::op::element;

/// What an element draws from: its number and the two words of the key.
pub type Source = [Value; 3];

/// A program being written.
struct Writer<'a> {
    b: &'a mut Builder,
    source: Source,
}

impl Writer<'_> {
    fn op(&mut self, op: &'static ElementOp, args: &[Value]) -> Result<Value> {
        self.b.apply(op, args)
    }

    fn number(&mut self, v: f64) -> Value {
        self.b.constant(Scalar::F64(v), DType::F64)
    }

    /// In (0, 1): the upper 52 bits `m` of a word as `(m + 1/2) 2^-52`.
    fn open(&mut self) -> Result<Value> {
        let word = self.op(&element::RANDOM_BITS, &self.source.clone())?;
        let shift = self.b.constant(Scalar::U64(12), DType::U64);
        let m = self.op(&element::RIGHT_SHIFT, &[word, shift])?;
        let (half, unit) = (self.number(0.5), self.number(f64::EPSILON));
        let m = self.b.cast(m, DType::F64);
        let odd = self.op(&element::ADD, &[m, half])?;
        self.op(&element::MULTIPLY, &[odd, unit])
    }

    /// Of the exponential distribution of mean 1.
    fn exponential(&mut self) -> Result<Value> {
        let u = self.open()?;
        let l = self.op(&element::LOG, &[u])?;
        self.op(&element::NEGATIVE, &[l])
    }

    /// In (-1/2, 1/2), exactly.
    fn centred(&mut self) -> Result<Value> {
        let (u, half) = (self.open()?, self.number(0.5));
        self.op(&element::SUBTRACT, &[u, half])
    }

    /// An operation on two parameters, done at once where both are known.
    fn folded(&mut self, op: &'static ElementOp, f: fn(f64, f64) -> f64, a: Value, b: Value) -> Result<Value> {
        match (self.b.known(a), self.b.known(b)) {
            (Some(x), Some(y)) => Ok(self.number(f(x.as_f64(), y.as_f64()))),
            _ => self.op(op, &[a, b]),
        }
    }

    fn less(&mut self, a: Value, b: Value) -> Result<Value> {
        self.folded(&element::SUBTRACT, |a, b| a - b, a, b)
    }

    fn over(&mut self, a: Value, b: Value) -> Result<Value> {
        self.folded(&element::DIVIDE, |a, b| a / b, a, b)
    }

    /// `v * factor + offset`, leaving out what changes nothing.
    fn scaled(&mut self, v: Value, offset: Value, factor: Value) -> Result<Value> {
        let (zero, one) = (self.number(0.0), self.number(1.0));
        let v = if factor == one { v } else { self.op(&element::MULTIPLY, &[v, factor])? };
        if offset == zero { Ok(v) } else { self.op(&element::ADD, &[v, offset]) }
    }

    /// The root of degree `a` of `v`.
    fn root(&mut self, v: Value, a: Value) -> Result<Value> {
        let one = self.number(1.0);
        let power = self.over(one, a)?;
        self.op(&element::POWER, &[v, power])
    }

    fn laplace(&mut self, loc: Value, scale: Value) -> Result<Value> {
        // -sign(q) log(1 - 2 |q|)
        let q = self.centred()?;
        let (size, minus_two) = (self.op(&element::ABSOLUTE, &[q])?, self.number(-2.0));
        let doubled = self.op(&element::MULTIPLY, &[size, minus_two])?;
        let l = self.op(&element::LOG1P, &[doubled])?;
        let e = self.op(&element::COPYSIGN, &[l, q])?;
        self.scaled(e, loc, scale)
    }

    fn logistic(&mut self, loc: Value, scale: Value) -> Result<Value> {
        let (u, one) = (self.open()?, self.number(1.0));
        let rest = self.op(&element::SUBTRACT, &[one, u])?;
        let odds = self.op(&element::DIVIDE, &[u, rest])?;
        let l = self.op(&element::LOG, &[odds])?;
        self.scaled(l, loc, scale)
    }

    /// -log(-log(u))
    fn gumbel(&mut self, loc: Value, scale: Value) -> Result<Value> {
        let e = self.exponential()?;
        let l = self.op(&element::LOG, &[e])?;
        let g = self.op(&element::NEGATIVE, &[l])?;
        self.scaled(g, loc, scale)
    }

    fn triangular(&mut self, left: Value, mode: Value, right: Value) -> Result<Value> {
        let (u, one) = (self.open()?, self.number(1.0));
        let base = self.less(right, left)?;
        let rise = self.less(mode, left)?;
        let fall = self.less(right, mode)?;
        let share = self.over(rise, base)?;
        let rest = self.op(&element::SUBTRACT, &[one, u])?;
        let side = |w: &mut Self, u: Value, length: Value| -> Result<Value> {
            // Two roots, as the product of two lengths may be too large.
            let (a, b) = (w.op(&element::MULTIPLY, &[u, base])?, length);
            let (a, b) = (w.op(&element::SQRT, &[a])?, w.op(&element::SQRT, &[b])?);
            w.op(&element::MULTIPLY, &[a, b])
        };
        let (up, down) = (side(self, u, rise)?, side(self, rest, fall)?);
        let (low, high) = (self.op(&element::ADD, &[left, up])?, self.op(&element::SUBTRACT, &[right, down])?);
        let first = self.op(&element::LESS_EQUAL, &[u, share])?;
        self.op(&element::WHERE, &[first, low, high])
    }

    /// The number of trials is the exponential waiting time in units of `-log(1 - p)`, rounded up.
    fn geometric(&mut self, p: Value) -> Result<Value> {
        let e = self.exponential()?;
        let minus = self.op(&element::NEGATIVE, &[p])?;
        let rate = self.op(&element::LOG1P, &[minus])?;
        let rate = self.op(&element::NEGATIVE, &[rate])?;
        let (t, one) = (self.op(&element::DIVIDE, &[e, rate])?, self.number(1.0));
        let k = self.op(&element::CEIL, &[t])?;
        let k = self.op(&element::MAXIMUM, &[k, one])?;
        Ok(self.b.cast(k, DType::I64))
    }

    /// The tangent of pi q; where that is large by its complement, whose angle is exact.
    fn cauchy(&mut self) -> Result<Value> {
        let q = self.centred()?;
        let size = self.op(&element::ABSOLUTE, &[q])?;
        let (half, quarter, pi, one) = (self.number(0.5), self.number(0.25), self.number(std::f64::consts::PI), self.number(1.0));
        let rest = self.op(&element::SUBTRACT, &[half, size])?;
        let steep = self.op(&element::GREATER, &[size, quarter])?;
        let angle = self.op(&element::WHERE, &[steep, rest, size])?;
        let angle = self.op(&element::MULTIPLY, &[angle, pi])?;
        let tan = self.op(&element::TAN, &[angle])?;
        let inverse = self.op(&element::DIVIDE, &[one, tan])?;
        let t = self.op(&element::WHERE, &[steep, inverse, tan])?;
        self.op(&element::COPYSIGN, &[t, q])
    }
}

/// The program of a distribution whose quantiles are cheap, with its parameters (float64); None for any other.
///
/// # Errors
/// A bug: values of other dtypes.
pub fn inversion(b: &mut Builder, distribution: Distribution, source: Source, p: &[Value]) -> Result<Option<Value>> {
    let mut w = Writer { b, source };
    let zero = w.number(0.0);
    Ok(Some(match (distribution, p) {
        (Distribution::Uniform, &[low, high]) => {
            let u = w.op(&element::RANDOM_UNIFORM, &source)?;
            let width = w.less(high, low)?;
            w.scaled(u, low, width)?
        }
        (Distribution::Normal, &[loc, scale]) => {
            let z = w.op(&element::RANDOM_NORMAL, &source)?;
            w.scaled(z, loc, scale)?
        }
        (Distribution::Lognormal, &[mean, sigma]) => {
            let z = w.op(&element::RANDOM_NORMAL, &source)?;
            let z = w.scaled(z, mean, sigma)?;
            w.op(&element::EXP, &[z])?
        }
        (Distribution::Exponential, &[scale]) => {
            let e = w.exponential()?;
            w.scaled(e, zero, scale)?
        }
        (Distribution::Laplace, &[loc, scale]) => w.laplace(loc, scale)?,
        (Distribution::Logistic, &[loc, scale]) => w.logistic(loc, scale)?,
        (Distribution::Gumbel, &[loc, scale]) => w.gumbel(loc, scale)?,
        (Distribution::Rayleigh, &[scale]) => {
            let (e, two) = (w.exponential()?, w.number(2.0));
            let doubled = w.op(&element::MULTIPLY, &[e, two])?;
            let r = w.op(&element::SQRT, &[doubled])?;
            w.scaled(r, zero, scale)?
        }
        (Distribution::Weibull, &[a]) => {
            // Of shape 0 all mass lies at 0.
            let e = w.exponential()?;
            let r = w.root(e, a)?;
            let none = w.op(&element::EQUAL, &[a, zero])?;
            w.op(&element::WHERE, &[none, zero, r])?
        }
        (Distribution::Pareto, &[a]) => {
            let e = w.exponential()?;
            let t = w.op(&element::DIVIDE, &[e, a])?;
            w.op(&element::EXPM1, &[t])?
        }
        (Distribution::Power, &[a]) => {
            let u = w.open()?;
            w.root(u, a)?
        }
        (Distribution::Triangular, &[left, mode, right]) => w.triangular(left, mode, right)?,
        (Distribution::Geometric, &[p]) => w.geometric(p)?,
        (Distribution::StandardCauchy, &[]) => w.cauchy()?,
        _ => return Ok(None),
    }))
}
