//! Fused elementwise programs as plain data: values in single-assignment form, each computed from earlier ones.
//!
//! A program is what the optimizer fuses, what is shown by explain and what crosses the wire; [`crate::kernel::compile`]
//! turns it into something that runs. It knows nothing of arrays: its inputs are numbered slots.

use crate::base::{AxisSlice, DType, Error, Result, Scalar};
use crate::kernel::element::{DTypeRule, ElementOp};
use smallvec::SmallVec;
use std::collections::HashMap;

/// A value of a program, by number.
pub type Value = u32;

/// How one value comes about.
#[derive(Clone, Debug, PartialEq)]
pub enum Instr {
    /// The element of input slot `.0`.
    Input(u32),
    /// A constant.
    Const(Scalar),
    /// A number that depends on where the element is (int64 or uint64).
    Number(Line),
    /// Another dtype, as Rust's `as` converts (floats to integers saturate and NaN gives 0; to bool: not zero; never from
    /// complex to real).
    Cast(Value),
    /// An operation on earlier values, which have the dtypes that the op's rule asks for.
    Apply(&'static ElementOp, SmallVec<[Value; 3]>),
}

/// A number for each element of an array, from its index: `start` and for each axis the index times a step (0 for axes that are not
/// named). Sums wrap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number at index `[0, 0, …]`.
    pub start: i64,
    /// What it grows by along each axis.
    pub steps: SmallVec<[i64; 4]>,
}

impl Line {
    /// The axes along which the number changes.
    pub fn axes(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.steps.iter().enumerate().filter(|(_, s)| **s != 0).map(|(a, _)| a)
    }

    /// The number at an index.
    pub fn at(&self, index: &[usize]) -> i64 {
        let along = self.steps.iter().zip(index).map(|(s, &i)| s.wrapping_mul(i as i64));
        along.fold(self.start, i64::wrapping_add)
    }

    /// The numbers of a slice's elements, by their index in the slice.
    #[must_use]
    pub fn sliced(&self, slices: &[AxisSlice]) -> Line {
        let first: SmallVec<[usize; 4]> = slices.iter().map(|s| s.start).collect();
        let steps = self.steps.iter().zip(slices).map(|(n, s)| n.wrapping_mul(s.step as i64)).collect();
        Line { start: self.at(&first), steps }
    }
}

/// A fused elementwise program with one result.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Dtypes of the input slots.
    pub inputs: Vec<DType>,
    /// The values, each with its dtype.
    pub values: Vec<(Instr, DType)>,
    /// The value that is the result.
    pub result: Value,
}

impl Program {
    /// The program that returns its only input.
    pub fn identity(dtype: DType) -> Program {
        Program { inputs: vec![dtype], values: vec![(Instr::Input(0), dtype)], result: 0 }
    }

    /// Whether this returns its only input unchanged.
    pub fn is_identity(&self) -> bool {
        self.inputs.len() == 1 && self.values[self.result as usize].0 == Instr::Input(0)
    }

    /// Dtype of the result.
    pub fn dtype(&self) -> DType {
        self.values[self.result as usize].1
    }

    /// Whether it looks at where elements are.
    pub fn is_positional(&self) -> bool {
        self.values.iter().any(|(i, _)| matches!(i, Instr::Number(_)))
    }

    /// The program for a slice's elements: inputs are to be sliced likewise.
    #[must_use]
    pub fn sliced(&self, slices: &[AxisSlice]) -> Program {
        let moved = |(instr, dtype): &(Instr, DType)| match instr {
            Instr::Number(line) => (Instr::Number(line.sliced(slices)), *dtype),
            other => (other.clone(), *dtype),
        };
        Program { values: self.values.iter().map(moved).collect(), ..self.clone() }
    }

    /// About how long one element takes, in nanoseconds.
    pub fn cost_ns(&self) -> f64 {
        let cost = |i: &Instr| if let Instr::Apply(op, _) = i { f64::from(op.cost_ns) } else { 0.1 };
        self.values.iter().map(|(i, _)| cost(i)).sum()
    }
}

/// Builds a program; equal values are made once.
#[derive(Debug, Default)]
pub struct Builder {
    inputs: Vec<DType>,
    values: Vec<(Instr, DType)>,
    seen: HashMap<String, Value>,
}

impl Builder {
    /// An empty program.
    pub fn new() -> Builder {
        Builder::default()
    }

    fn push(&mut self, instr: Instr, dtype: DType) -> Value {
        let name = format!("{instr:?}:{dtype}");
        *self.seen.entry(name).or_insert_with(|| {
            self.values.push((instr, dtype));
            (self.values.len() - 1) as Value
        })
    }

    /// Dtype of a value.
    pub fn dtype(&self, v: Value) -> DType {
        self.values[v as usize].1
    }

    /// A new input slot.
    pub fn input(&mut self, dtype: DType) -> Value {
        self.inputs.push(dtype);
        self.push(Instr::Input(self.inputs.len() as u32 - 1), dtype)
    }

    /// The value of an input slot that was made before.
    pub fn slot(&mut self, slot: u32) -> Value {
        let dtype = self.inputs[slot as usize];
        self.push(Instr::Input(slot), dtype)
    }

    /// A constant.
    pub fn constant(&mut self, s: Scalar, dtype: DType) -> Value {
        self.push(Instr::Const(s), dtype)
    }

    /// The value if it is a constant.
    pub fn known(&self, v: Value) -> Option<Scalar> {
        match self.values[v as usize].0 {
            Instr::Const(s) => Some(s),
            _ => None,
        }
    }

    /// The element's index along an axis (int64).
    pub fn index(&mut self, axis: usize) -> Value {
        let steps = (0..=axis).map(|a| i64::from(a == axis)).collect();
        self.push(Instr::Number(Line { start: 0, steps }), DType::I64)
    }

    /// The element's number in an array of `shape`, in C order (uint64).
    pub fn linear(&mut self, shape: &[usize]) -> Value {
        let mut steps: SmallVec<[i64; 4]> = SmallVec::from_elem(1, shape.len());
        for a in (1..shape.len()).rev() {
            steps[a - 1] = steps[a].wrapping_mul(shape[a] as i64);
        }
        self.push(Instr::Number(Line { start: 0, steps }), DType::U64)
    }

    /// The value as another dtype.
    pub fn cast(&mut self, v: Value, to: DType) -> Value {
        if self.dtype(v) == to {
            return v;
        }
        match self.values[v as usize].0 {
            Instr::Const(s) if s.fits(to) => self.constant(s, to),
            _ => self.push(Instr::Cast(v), to),
        }
    }

    /// An operation; arguments are cast as its rule says.
    ///
    /// # Errors
    /// When the op does not take such dtypes.
    pub fn apply(&mut self, op: &'static ElementOp, args: &[Value]) -> Result<Value> {
        let dtypes: SmallVec<[DType; 3]> = args.iter().map(|&a| self.dtype(a)).collect();
        let (operands, dtype) = op.resolve(&dtypes)?;
        let args: SmallVec<[Value; 3]> = args.iter().zip(operands).map(|(&a, d)| self.cast(a, d)).collect();
        Ok(self.push(Instr::Apply(op, args), dtype))
    }

    /// The values of `other` with its input slots replaced by `slots`; gives the value of its result.
    pub fn inline(&mut self, other: &Program, slots: &[Value]) -> Value {
        let mut map: Vec<Value> = Vec::with_capacity(other.values.len());
        for (instr, dtype) in &other.values {
            let v = match instr {
                Instr::Input(s) => slots[*s as usize],
                Instr::Cast(v) => self.cast(map[*v as usize], *dtype),
                Instr::Apply(op, args) => self.push(Instr::Apply(op, args.iter().map(|&a| map[a as usize]).collect()), *dtype),
                other => self.push(other.clone(), *dtype),
            };
            map.push(v);
        }
        map[other.result as usize]
    }

    /// The program that gives `result`; values it does not need are dropped.
    pub fn finish(self, result: Value) -> Program {
        let mut used = vec![false; self.values.len()];
        used[result as usize] = true;
        for i in (0..self.values.len()).rev().filter(|&i| i <= result as usize) {
            if used[i] {
                match &self.values[i].0 {
                    Instr::Cast(v) => used[*v as usize] = true,
                    Instr::Apply(_, args) => args.iter().for_each(|&a| used[a as usize] = true),
                    _ => {}
                }
            }
        }
        let mut map = vec![0; self.values.len()];
        let mut values: Vec<(Instr, DType)> = Vec::new();
        for (i, (instr, dtype)) in self.values.into_iter().enumerate().filter(|(i, _)| used[*i]) {
            map[i] = values.len() as Value;
            let instr = match instr {
                Instr::Cast(v) => Instr::Cast(map[v as usize]),
                Instr::Apply(op, args) => Instr::Apply(op, args.iter().map(|&a| map[a as usize]).collect()),
                other => other,
            };
            values.push((instr, dtype));
        }
        Program { inputs: self.inputs, result: map[result as usize], values }
    }
}

impl ElementOp {
    /// What the arguments are cast to, and the dtype of the result.
    ///
    /// # Errors
    /// When the number of arguments or their dtypes are not what the op takes; the message says what it takes.
    pub fn resolve(&self, args: &[DType]) -> Result<(SmallVec<[DType; 3]>, DType)> {
        if args.len() != self.arity {
            return Err(Error::usage(format!("{} takes {} arguments, not {}", self.name, self.arity, args.len())));
        }
        let promoted = |d: &[DType]| DType::promote_all(d.iter().copied()).unwrap_or(DType::F64);
        let all = promoted(args);
        let float = |d: DType| if d.is_inexact() { d } else { DType::F64 };
        let same = |operand: DType, result: DType| (std::iter::repeat_n(operand, args.len()).collect(), result);
        let (operands, result): (SmallVec<[DType; 3]>, DType) = match self.rule {
            DTypeRule::Same => same(all, all),
            DTypeRule::Float => same(float(all), float(all)),
            DTypeRule::First => same(float(args[0]), float(args[0])),
            DTypeRule::Double if all.is_complex() => same(DType::C128, DType::C128),
            DTypeRule::Double => same(DType::F64, DType::F64),
            DTypeRule::Part => same(all, all.part()),
            DTypeRule::FloatPart => same(float(all), float(all).part()),
            DTypeRule::Compare => same(all, DType::Bool),
            DTypeRule::Logical => same(DType::Bool, DType::Bool),
            DTypeRule::Test => same(all, DType::Bool),
            DTypeRule::Bits | DTypeRule::Count if all.is_inexact() => {
                return Err(Error::dtype(format!("{} takes integers and bool, not {all}: cast with astype first", self.name)));
            }
            DTypeRule::Bits => same(all, all),
            DTypeRule::Count => same(all, DType::U8),
            DTypeRule::Choose => {
                let d = promoted(&args[1..]);
                let mut v: SmallVec<[DType; 3]> = std::iter::repeat_n(d, args.len()).collect();
                v[0] = DType::Bool;
                (v, d)
            }
            DTypeRule::Generate(d) => {
                let block = (self.block)(DType::U64, crate::kernel::element::Isa::Baseline);
                (block.map_or_else(SmallVec::new, |b| b.args().into()), d)
            }
        };
        let kernel_dtype = if matches!(self.rule, DTypeRule::Choose) { result } else { operands.first().copied().unwrap_or(all) };
        if let Some((from, to)) = args.iter().zip(&operands).find(|(from, to)| !from.converts(**to)) {
            return Err(Error::dtype(format!(
                "{} takes no {from} where {to} is needed: use .real() or .absolute() first",
                self.name
            )));
        }
        if (self.block)(kernel_dtype, crate::kernel::element::Isa::Baseline).is_none() {
            return Err(Error::dtype(format!("{} does not take {kernel_dtype}", self.name)));
        }
        Ok((operands, result))
    }
}
