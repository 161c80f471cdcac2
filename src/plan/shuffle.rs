//! `Shuffle`: into memory by a fill where that can be; else every chunk is prepared and sampled, cuts are made of all samples, every
//! chunk is split by them, and every output chunk merges its pieces in order. A rule that needs no cuts is only split and merged; where
//! what was prepared is kept and pieces are views of it, nothing is split.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::expr::call::{ShuffleBytes, ShuffleOp};
use crate::expr::{Expr, Meta, Sink};
use crate::plan::fill;
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step};
use std::sync::Arc;

struct Prepare {
    op: Arc<dyn ShuffleOp>,
    keeps: bool,
}

impl Step for Prepare {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let (prepared, sample) = self.op.prepare(index, &inputs[0])?;
        if self.keeps {
            outputs.push(prepared);
        }
        outputs.push(sample);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("input chunk {index}")
    }

    fn page_bytes(&self, out_bytes: u64, _: u64) -> u64 {
        if self.op.fills_buffers() { out_bytes } else { 0 }
    }
}

struct Cuts(Arc<dyn ShuffleOp>);

impl Step for Cuts {
    fn run(&self, _: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        outputs.push(self.0.cuts(inputs)?);
        Ok(())
    }

    fn place(&self, _: usize) -> String {
        "samples of all chunks".into()
    }
}

struct Split {
    op: Arc<dyn ShuffleOp>,
    n_pieces: usize,
    /// Whether chunks come as they were before they were prepared.
    prepares: bool,
}

impl Step for Split {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let cuts = inputs.get(1).unwrap_or(&Chunk::Unit);
        let again = if self.prepares { Some(self.op.prepare(index, &inputs[0])?.0) } else { None };
        let prepared = again.as_ref().unwrap_or(&inputs[0]);
        for out in 0..self.n_pieces {
            outputs.push(owned(self.op.piece(index, prepared, cuts, out)?));
        }
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("input chunk {index}")
    }
}

/// The chunk without what its tensors are views of.
fn owned(c: Chunk) -> Chunk {
    match c {
        Chunk::Tensor(t) => Chunk::Tensor(t.contiguous()),
        Chunk::List(items) => Chunk::List(items.iter().cloned().map(owned).collect()),
        other => other,
    }
}

struct Merge {
    op: Arc<dyn ShuffleOp>,
    n_parts: usize,
    /// Whether what was prepared comes, and the cuts, and not pieces.
    cuts: bool,
    /// The output whose memory the result is computed into.
    sink: Option<Arc<dyn Sink>>,
}

impl Step for Merge {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let views: Vec<Chunk>;
        let pieces = match inputs.split_last() {
            Some((cuts, prepared)) if self.cuts => {
                let piece = |(i, p): (usize, &Chunk)| self.op.piece(i, p, cuts, index);
                views = prepared.iter().enumerate().map(piece).collect::<Result<_>>()?;
                &views
            }
            _ => inputs,
        };
        if let Some(sink) = &self.sink {
            self.op.merge_into(index, pieces, sink.output()?.window(index)?)?;
            outputs.push(Chunk::Unit);
            return Ok(());
        }
        let parts = self.op.merge(index, pieces)?;
        if parts.len() != self.n_parts {
            return Err(Error::bug(format!("{} made {} parts, not {}", self.op.label(), parts.len(), self.n_parts)));
        }
        outputs.extend(parts);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("output chunk {index}")
    }

    fn page_bytes(&self, out_bytes: u64, scratch_bytes: u64) -> u64 {
        if self.op.fills_buffers() { out_bytes + scratch_bytes } else { 0 }
    }
}

/// The steps of a shuffle; nodes that are parts of one share them.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr, op: &Arc<dyn ShuffleOp>) -> Result<Ids> {
    let part = op.part();
    let shared = (part.shared_key, e.inputs()[0].key());
    let parts = match l.shuffled(&shared) {
        Some(parts) => parts,
        None => {
            let parts: Arc<[Ids]> = steps(l, e, op, part.n_parts)?.into();
            l.keep_shuffled(shared, parts.clone());
            parts
        }
    };
    parts.get(part.index).cloned().ok_or_else(|| Error::bug(format!("{} has no part {}", op.label(), part.index)))
}

fn steps(l: &mut Lowering, e: &Expr, op: &Arc<dyn ShuffleOp>, n_parts: usize) -> Result<Vec<Ids>> {
    let input = &e.inputs()[0];
    if let (Some(sink), Some(fill)) = (l.target(e), op.fill())
        && fill::is_at_hand(l, input)?
    {
        return Ok(vec![fill::steps(l, e, op, fill, &sink)?]);
    }
    let chunk_bytes: Vec<u64> = chunk_bytes(input.meta());
    let all_bytes = chunk_bytes.iter().sum();
    let bounds: Vec<ShuffleBytes> = chunk_bytes.iter().map(|&b| op.bytes(b, all_bytes)).collect();
    let most = bounds.iter().copied().reduce(most).unwrap_or_default();
    let ids = l.ids(input)?;
    let n_out = e.meta().n_chunks();
    let mut split_of: Vec<u32> = (0..chunk_bytes.len()).map(|i| ids.at(i)).collect();
    let mut cuts = None;
    // What is prepared is kept where it fits into memory beside its pieces; else chunks are prepared once more, which costs no files.
    let prepared: u64 = bounds.iter().filter_map(|b| b.prepared).fold(0, u64::saturating_add);
    let keeps = most.prepared.is_some() && prepared.saturating_mul(2) <= l.by_budget();
    let prepares = most.prepared.is_some() && !keeps;
    if most.sample.is_some() {
        l.layer(format!("{} prepare", op.label()), Prepare { op: op.clone(), keeps });
        let mut samples = Vec::new();
        for (i, b) in bounds.iter().enumerate() {
            let bytes: Vec<u64> = b.prepared.filter(|_| keeps).into_iter().chain([b.sample.unwrap_or(0)]).collect();
            let dropped = b.prepared.filter(|_| !keeps).unwrap_or(0);
            let cost = Cost { scratch_bytes: b.prepare_scratch + dropped, ns: 2 * chunk_bytes[i], ..Cost::default() };
            let first = l.task_with_outputs(&[ids.at(i)], &bytes, cost);
            samples.push(first + u32::from(keeps));
            if keeps {
                split_of[i] = first;
            }
        }
        l.layer(format!("{} cuts", op.label()), Cuts(op.clone()));
        let ns = bounds.iter().map(|b| b.sample.unwrap_or(0)).sum();
        cuts = Some(l.task(&samples, Cost { out_bytes: most.cuts, scratch_bytes: most.cuts_scratch, ns }));
    }
    // Views need no pieces of their own.
    let views = keeps && op.views();
    let mut splits = Vec::new();
    if !views {
        l.layer(format!("{} split", op.label()), Split { op: op.clone(), n_pieces: n_out, prepares });
        for ((b, chunk), &id) in bounds.iter().zip(&chunk_bytes).zip(&split_of) {
            let inputs: Vec<u32> = [id].into_iter().chain(cuts).collect();
            let again = if prepares { b.prepared.unwrap_or(0) + b.prepare_scratch + b.sample.unwrap_or(0) } else { 0 };
            let cost = Cost { scratch_bytes: b.split_scratch + again, ns: chunk / 2, ..Cost::default() };
            splits.push(l.task_with_outputs(&inputs, &vec![b.piece; n_out], cost));
        }
    }
    let out_bytes: Vec<u64> = self::chunk_bytes(e.meta());
    let sink = l.target(e);
    let into = sink.as_ref().map_or(String::new(), |s| format!(" into {}", s.label()));
    l.layer(format!("{} merge{into}", op.label()), Merge { op: op.clone(), n_parts, cuts: views, sink: sink.clone() });
    let mut firsts = Vec::new();
    for (o, &bytes) in out_bytes.iter().enumerate() {
        let inputs: Vec<u32> =
            if views { split_of.iter().copied().chain(cuts).collect() } else { splits.iter().map(|s| s + o as u32).collect() };
        let cost = Cost { scratch_bytes: most.merge_scratch, ns: 2 * bytes, ..Cost::default() };
        firsts.push(match sink {
            Some(_) => l.effect(&inputs, cost),
            None => l.task_with_outputs(&inputs, &op.part_bytes(bytes), cost),
        });
    }
    Ok((0..n_parts as u32).map(|p| Ids::List(firsts.iter().map(|f| f + p).collect())).collect())
}

/// Upper bounds of the bytes of each chunk.
pub(super) fn chunk_bytes(meta: &Meta) -> Vec<u64> {
    match meta {
        Meta::Array { dtype, grid } => {
            (0..grid.n_chunks()).map(|i| (grid.chunk_region(i).n_elements() * dtype.size()) as u64).collect()
        }
        Meta::Table(t) => vec![t.partition_bytes; t.n_partitions],
        Meta::Unit => vec![],
    }
}

fn most(a: ShuffleBytes, b: ShuffleBytes) -> ShuffleBytes {
    ShuffleBytes {
        prepared: a.prepared.max(b.prepared),
        sample: a.sample.max(b.sample),
        cuts: a.cuts.max(b.cuts),
        piece: a.piece.max(b.piece),
        prepare_scratch: a.prepare_scratch.max(b.prepare_scratch),
        cuts_scratch: a.cuts_scratch.max(b.cuts_scratch),
        split_scratch: a.split_scratch.max(b.split_scratch),
        merge_scratch: a.merge_scratch.max(b.merge_scratch),
    }
}
