//! Elementwise work: ops on arrays and scalars, programs, arrays made of positions, casts.

use crate::base::{DType, Error, Grid, Result, Scalar};
use crate::expr::build::{align, array_meta};
use crate::expr::node::Blockwise;
use crate::expr::{Expr, IndexMap, Kind, unknown};
use crate::kernel::element::{DTypeRule, ElementOp};
use crate::kernel::program::{Builder, Program, Value};
use std::sync::Arc;

/// An argument of an elementwise op: an array, or a scalar that takes the arrays' dtype where it can (NumPy 2's rule).
#[derive(Clone, Debug)]
pub enum Operand {
    /// An array.
    Array(Expr),
    /// A bare number.
    Scalar(Scalar),
}

/// The dtype a bare scalar takes beside arrays of `dtype`: theirs, unless its kind is higher (bool < integer < float < complex).
pub(crate) fn weak_dtype(s: Scalar, dtype: DType) -> DType {
    match s {
        Scalar::Bool(_) => DType::Bool,
        Scalar::C128(..) if dtype.is_inexact() => dtype.complex(),
        Scalar::C128(..) => DType::C128,
        Scalar::F64(_) if dtype.is_inexact() => dtype,
        Scalar::F64(_) => DType::F64,
        _ if dtype == DType::Bool => DType::I64,
        _ => dtype,
    }
}

/// An elementwise op on arrays and scalars, with broadcasting.
///
/// # Errors
/// When shapes do not broadcast, the op does not take the dtypes, or an integer scalar does not fit the arrays' dtype.
pub fn elementwise(op: &'static ElementOp, operands: &[Operand]) -> Result<Expr> {
    let arrays: Vec<Expr> = operands
        .iter()
        .filter_map(|o| match o {
            Operand::Array(e) => Some(e.clone()),
            Operand::Scalar(_) => None,
        })
        .collect();
    if arrays.is_empty() {
        return Err(Error::usage(format!("{} needs at least one array", op.name)));
    }
    let (inputs, maps, grid) = align(&arrays).map_err(|e| e.at(op.name))?;
    let dtypes: Vec<DType> = inputs.iter().map(|e| e.array().map(|a| a.0)).collect::<Result<_>>()?;
    // The condition of a choice takes no part in the others' dtype.
    let skip = usize::from(op.rule == DTypeRule::Choose && matches!(operands[0], Operand::Array(_)));
    let beside = DType::promote_all(dtypes[skip..].iter().copied()).unwrap_or(DType::Bool);
    let mut b = Builder::new();
    let mut next = 0;
    let args: Vec<Value> = operands
        .iter()
        .map(|o| match o {
            Operand::Array(_) => {
                next += 1;
                Ok(b.input(dtypes[next - 1]))
            }
            Operand::Scalar(s) => {
                let d = weak_dtype(*s, beside);
                if d.is_integer() && !s.fits(d) {
                    return Err(Error::overflow(format!("{}: {s} does not fit {d}; cast the array with astype first", op.name)));
                }
                Ok(b.constant(*s, d))
            }
        })
        .collect::<Result<_>>()?;
    let result = b.apply(op, &args)?;
    let program = b.finish(result);
    let meta = array_meta(program.dtype(), grid);
    Ok(Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps }), inputs, meta, op.name))
}

/// Any elementwise program over arrays (slot `i` is input `i`), with broadcasting.
///
/// # Errors
/// When shapes do not broadcast or dtypes are not the program's.
pub fn apply_program(program: Program, inputs: &[Expr], label: &str) -> Result<Expr> {
    let (inputs, maps, grid) = align(inputs).map_err(|e| e.at(label))?;
    for (i, (e, want)) in inputs.iter().zip(&program.inputs).enumerate() {
        let (have, _) = e.array()?;
        if have != *want {
            return Err(Error::bug(format!("{label}: input {i} is {have}, the program takes {want}")));
        }
    }
    unknown::positions(&program, &grid).map_err(|e| e.at(label))?;
    let meta = array_meta(program.dtype(), grid);
    Ok(Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps }), inputs, meta, label))
}

/// An array computed from element positions alone.
pub fn generate(program: Program, grid: Grid, label: impl Into<String>) -> Expr {
    let meta = array_meta(program.dtype(), grid);
    Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps: vec![] }), vec![], meta, label)
}

/// An array computed from element positions and from arrays that [`fit`](super::fit) has cut.
///
/// # Errors
/// A bug: dtypes that are not the program's.
pub fn generate_from(program: Program, inputs: Vec<Expr>, maps: Vec<IndexMap>, grid: Grid, label: &str) -> Result<Expr> {
    for (e, want) in inputs.iter().zip(&program.inputs) {
        if e.array()?.0 != *want {
            return Err(Error::bug(format!("{label}: an input is {}, the program takes {want}", e.array()?.0)));
        }
    }
    let meta = array_meta(program.dtype(), grid);
    Ok(Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps }), inputs, meta, label))
}

/// Another dtype.
///
/// # Errors
/// When this is no array.
pub fn cast(x: &Expr, dtype: DType) -> Result<Expr> {
    let (have, grid) = x.array()?;
    if have == dtype {
        return Ok(x.clone());
    }
    if !have.converts(dtype) {
        let message = format!("{have} to {dtype} would drop the imaginary part: take .real(), .imag() or .absolute() first");
        return Err(Error::dtype(message).at("astype"));
    }
    let mut b = Builder::new();
    let v = b.input(have);
    let v = b.cast(v, dtype);
    let blockwise = Blockwise { program: Arc::new(b.finish(v)), maps: vec![IndexMap::identity(grid.ndim())] };
    Ok(Expr::new(Kind::Blockwise(blockwise), vec![x.clone()], array_meta(dtype, grid.clone()), format!("astype({dtype})")))
}
