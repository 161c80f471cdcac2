//! Shuffles into memory, as [`Fill`] says.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::expr::call::{Fill, ShuffleOp};
use crate::expr::node::SourceNode;
use crate::expr::{Expr, Kind, Sink};
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::shuffle::chunk_bytes;
use crate::plan::step::{Outputs, Step};
use std::sync::Arc;

#[derive(Clone, Copy)]
enum Stage {
    Sample,
    Cuts,
    Count,
    Places,
    Put,
    Finish,
}

struct FillStep {
    op: Arc<dyn ShuffleOp>,
    sink: Arc<dyn Sink>,
    stage: Stage,
}

impl Step for FillStep {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let fill = self.op.fill().ok_or_else(|| Error::bug(format!("{} fills no memory", self.op.label())))?;
        outputs.push(match self.stage {
            Stage::Sample => fill.sample(index, &inputs[0])?,
            Stage::Cuts => fill.cuts(inputs)?,
            Stage::Count => fill.count(&inputs[0], &inputs[1])?,
            Stage::Places => fill.places(inputs)?,
            Stage::Put => {
                fill.put(index, &inputs[0], &inputs[1], &inputs[2], &*self.sink.output()?)?;
                Chunk::Unit
            }
            Stage::Finish => {
                fill.finish(index, &inputs[0], &*self.sink.output()?)?;
                Chunk::Unit
            }
        });
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        match self.stage {
            Stage::Sample | Stage::Count | Stage::Put => format!("input chunk {index}"),
            Stage::Cuts => "samples of all chunks".into(),
            Stage::Places => "counts of all chunks".into(),
            Stage::Finish => format!("part {index} of the result"),
        }
    }
}

/// Whether the chunks of an array can be had three times: they lie in memory, or there is room to keep them.
pub(super) fn is_at_hand(l: &mut Lowering, input: &Expr) -> Result<bool> {
    let kept = match input.kind() {
        Kind::Source(SourceNode::Array { source, origin }) => {
            let (_, grid) = input.array()?;
            let regions = (0..grid.n_chunks()).map(|i| grid.chunk_region(i).shifted(origin));
            let (stored, kept) = regions.fold((0, 0), |(s, k), r| (s + source.stored_bytes(&r), k + source.result_bytes(&r)));
            if stored > 0 {
                return Ok(false);
            }
            kept
        }
        _ => chunk_bytes(input.meta()).iter().sum(),
    };
    Ok(kept == 0 || kept.saturating_mul(2) <= l.by_budget())
}

/// The steps that fill the memory of `sink`.
///
/// # Errors
/// Too many tasks.
pub(super) fn steps(l: &mut Lowering, e: &Expr, op: &Arc<dyn ShuffleOp>, fill: &dyn Fill, sink: &Arc<dyn Sink>) -> Result<Ids> {
    let input = &e.inputs()[0];
    let ids = l.ids(input)?;
    let chunks: Vec<(u32, u64)> = chunk_bytes(input.meta()).into_iter().enumerate().map(|(i, n)| (ids.at(i), n)).collect();
    let bytes = fill.bytes();
    let layer = |l: &mut Lowering, stage, words: &str| {
        l.layer(format!("{} {words}", op.label()), FillStep { op: op.clone(), sink: sink.clone(), stage });
    };
    let cost = |out_bytes, scratch_bytes, ns| Cost { out_bytes, scratch_bytes, ns };
    layer(l, Stage::Sample, "sample");
    let samples: Vec<u32> = chunks.iter().map(|&(id, _)| l.task(&[id], cost(bytes.sample, 0, bytes.sample * 10))).collect();
    layer(l, Stage::Cuts, "cuts");
    let cuts = l.task(&samples, cost(bytes.cuts, bytes.cuts_scratch, bytes.cuts_scratch));
    layer(l, Stage::Count, "count");
    let counts: Vec<u32> =
        chunks.iter().map(|&(id, n)| l.task(&[id, cuts], cost(bytes.counts, bytes.put_scratch, n / 2))).collect();
    layer(l, Stage::Places, "places");
    let places = l.task(&counts, cost(bytes.places, bytes.counts, bytes.places));
    layer(l, Stage::Put, &format!("put into {}", sink.label()));
    let put: Vec<u32> = chunks.iter().map(|&(id, n)| l.effect(&[id, cuts, places], cost(0, bytes.put_scratch, n))).collect();
    layer(l, Stage::Finish, "parts");
    let n_parts = fill.n_parts();
    let all: u64 = chunks.iter().map(|c| c.1).sum();
    let inputs: Vec<u32> = [places].into_iter().chain(put).collect();
    let parts: Vec<u32> = (0..n_parts).map(|_| l.effect(&inputs, cost(0, bytes.finish_scratch, all / n_parts as u64))).collect();
    // Nobody waits for a single chunk of an array in memory, so one part may stand for several chunks.
    let n_out = e.meta().n_chunks();
    Ok(Ids::List((0..n_out).map(|o| parts[o * n_parts / n_out]).collect()))
}
