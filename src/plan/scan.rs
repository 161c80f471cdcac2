//! `Scan`: chunks along the axis one after the other, each handing its last values on; lines beside each other in parallel.

use crate::base::{Grid, Result};
use crate::chunk::Chunk;
use crate::expr::Expr;
use crate::expr::node::Scan;
use crate::plan::blockwise::each_chunk;
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};

struct Run {
    spec: Scan,
    grid: Grid,
}

impl Step for Run {
    fn run(&self, _: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let (op, axis) = (self.spec.op, self.spec.axis);
        let before = inputs.get(1).filter(|c| !matches!(c, Chunk::Unit));
        let scanned = op.scan(inputs[0].tensor()?, axis, before.map(Chunk::tensor).transpose()?)?;
        // A chunk that is empty along the axis hands on what it got.
        let carry = op.carry(&scanned, axis).map(Chunk::Tensor).or_else(|| before.cloned()).unwrap_or(Chunk::Unit);
        outputs.push(Chunk::Tensor(scanned));
        outputs.push(carry);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }
}

/// One task per chunk, with two outputs: the chunk, and what the next one goes on from.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr, s: &Scan) -> Result<Ids> {
    let (dtype, grid) = e.array()?;
    let ids = l.ids(&e.inputs()[0])?;
    let (input_dtype, _) = e.inputs()[0].array()?;
    l.layer(e.label(), Run { spec: s.clone(), grid: grid.clone() });
    let mut list: Vec<u32> = Vec::with_capacity(grid.n_chunks());
    each_chunk(grid, |i, coords| {
        let mut inputs = vec![ids.at(i)];
        if coords[s.axis] > 0 {
            let mut before = coords.to_vec();
            before[s.axis] -= 1;
            inputs.push(list[grid.index(&before)] + 1);
        }
        let shape = grid.region(coords).shape();
        let n: usize = shape.iter().product();
        let line = n / shape[s.axis].max(1);
        let bytes = [(n * dtype.size()) as u64, (line * dtype.size()) as u64];
        list.push(l.task_with_outputs(
            &inputs,
            &bytes,
            Cost {
                ns: n as u64,
                scratch_bytes: s.op.peak_bytes(input_dtype, &shape, s.axis).saturating_sub(bytes[0]),
                ..Cost::default()
            },
        ));
        Ok(())
    })?;
    Ok(Ids::List(list.into()))
}
