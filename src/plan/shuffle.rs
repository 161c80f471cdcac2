//! `Shuffle`: every partition is split, every output partition merges its pieces in order.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::expr::call::ShuffleOp;
use crate::expr::{Expr, Meta};
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step};
use std::sync::Arc;

struct Split(Arc<dyn ShuffleOp>);

impl Step for Split {
    fn run(&self, _: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let pieces = self.0.split(&inputs[0])?;
        if pieces.len() != self.0.n_out() {
            return Err(Error::bug(format!("{} made {} pieces, not {}", self.0.label(), pieces.len(), self.0.n_out())));
        }
        outputs.extend(pieces);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("partition {index}")
    }
}

struct Merge(Arc<dyn ShuffleOp>);

impl Step for Merge {
    fn run(&self, _: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        outputs.push(self.0.merge(inputs)?);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("output partition {index}")
    }
}

/// A split task per partition with one output per output partition, and a merge task per output partition.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr, op: &Arc<dyn ShuffleOp>) -> Result<Ids> {
    let input = &e.inputs()[0];
    let Meta::Table(meta) = input.meta() else { return Err(Error::bug("only tables are shuffled")) };
    let ids = l.ids(input)?;
    let n_out = op.n_out();
    // Rows may all go to one partition, so a piece is bounded by the whole of its input only.
    let bytes = vec![meta.partition_bytes; n_out];
    l.layer(format!("{} split", op.label()), Split(op.clone()));
    let mut splits = Vec::new();
    for i in 0..meta.n_partitions {
        let cost = Cost { scratch_bytes: meta.partition_bytes, ns: meta.partition_bytes, ..Cost::default() };
        splits.push(l.task_with_outputs(&[ids.at(i)], &bytes, cost));
    }
    let first = l.next_data();
    l.layer(format!("{} merge", op.label()), Merge(op.clone()));
    let mut pieces = Vec::new();
    for o in 0..n_out {
        pieces.clear();
        pieces.extend(splits.iter().map(|s| s + o as u32));
        let total = meta.partition_bytes.saturating_mul(meta.n_partitions as u64);
        l.task(
            &pieces,
            Cost { out_bytes: total.min(meta.partition_bytes.saturating_mul(4)), scratch_bytes: 0, ns: meta.partition_bytes },
        );
    }
    Ok(Ids::From(first))
}
