//! Cases of the op tables: each row on one chunk of the widest dtype it takes, scans also across chunks.

use crate::{SIDE, noise};
use tilework::Result;
use tilework::array::random::Generator;
use tilework::base::{DType, Scalar};
use tilework::expr::build::{self, Operand};
use tilework::expr::{Chunks, Expr};
use tilework::kernel::element::DTypeRule;
use tilework::op::{element, reduction, scan};

/// Names of all cases.
pub fn names() -> Vec<String> {
    let mut out: Vec<String> = element::ALL.iter().map(|op| format!("element {}", op.name)).collect();
    out.extend(reduction::ALL.iter().map(|op| format!("reduce {}", op.name)));
    out.extend(reduction::ALL.iter().map(|op| format!("reduce-rows {}", op.name)));
    out.extend(reduction::ALL.iter().map(|op| format!("reduce-columns {}", op.name)));
    out.extend(scan::ALL.iter().map(|op| format!("scan {}", op.name)));
    out.extend(scan::ALL.iter().map(|op| format!("scan-chunks {}", op.name)));
    out
}

/// The case of a name; None if it is no row of a table.
pub fn case(name: &str) -> Option<Result<Expr>> {
    let (family, op) = name.split_once(' ')?;
    Some(match family {
        "element" => elementwise(op),
        "reduce" => reduced(op, 1, None),
        "reduce-rows" => reduced(op, 1, Some(&[0])),
        "reduce-columns" => reduced(op, 4, Some(&[0])),
        "scan" => scanned(op, 1),
        "scan-chunks" => scanned(op, 4),
        _ => return None,
    })
}

fn reduced(op: &str, n: usize, axes: Option<&[isize]>) -> Result<Expr> {
    let row = reduction::find(op).expect("a row of the table");
    Ok(noise(DType::F64, (0.5, 1.5), n)?.reduce(row, axes, false, 0.0, 8)?.expr().clone())
}

fn scanned(op: &str, n: usize) -> Result<Expr> {
    build::scan(noise(DType::F64, (0.5, 1.5), n)?.expr(), scan::find(op).expect("a row of the table"), 0)
}

/// The op on one chunk of the widest dtype it takes; other arguments are numbers of the same kind.
fn elementwise(name: &str) -> Result<Expr> {
    let op = element::find(name).expect("a row of the table");
    let int = matches!(op.rule, DTypeRule::Bits | DTypeRule::Count | DTypeRule::Generate(_));
    let middle = f64::midpoint(op.domain.0, op.domain.1);
    let scalar = if int { Operand::Scalar(Scalar::I64(3)) } else { Operand::Scalar(Scalar::F64(middle)) };
    let x = noise(DType::F64, op.domain, 1)?;
    let first = match op.rule {
        DTypeRule::Generate(_) => {
            Generator::new(1).integers(0, 1i64 << 40, &[SIDE.0, SIDE.1], Chunks::Whole)?.astype(DType::U64)?
        }
        DTypeRule::Bits | DTypeRule::Count => Generator::new(1).integers(0, 60, &[SIDE.0, SIDE.1], Chunks::Whole)?,
        DTypeRule::Choose => x.greater(middle)?,
        _ => x.clone(),
    };
    let mut operands = vec![Operand::Array(first.expr().clone())];
    if op.arity > 1 {
        operands.push(if int {
            scalar.clone()
        } else {
            Operand::Array(Generator::new(8).uniform(op.domain.0, op.domain.1, &[SIDE.0, SIDE.1], Chunks::Whole)?.expr().clone())
        });
    }
    while operands.len() < op.arity {
        operands.push(scalar.clone());
    }
    build::elementwise(op, &operands)
}
