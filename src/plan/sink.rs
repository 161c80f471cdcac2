//! `Sink`: chunks are encoded in parallel; where the output asks for order, commits form a chain, else each encode commits. Into memory
//! elementwise work and shuffles write themselves: their tasks are the sink's.

use crate::base::{Grid, Result};
use crate::chunk::Chunk;
use crate::expr::node::SinkNode;
use crate::expr::table::TableSink;
use crate::expr::{Expr, Key, Kind, Meta, Sink};
use crate::plan::lower::{Cost, Ids, Keeper, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Encode,
    Commit,
    Both,
}

struct Array {
    sink: Arc<dyn Sink>,
    grid: Grid,
    stage: Stage,
}

impl Step for Array {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let region = self.grid.chunk_region(index);
        match self.stage {
            Stage::Encode => outputs.push(self.sink.encode(index, &region, inputs[0].tensor()?)?),
            Stage::Commit => {
                self.sink.commit(index, &region, &inputs[0])?;
                outputs.push(Chunk::Unit);
            }
            Stage::Both => {
                let encoded = self.sink.encode(index, &region, inputs[0].tensor()?)?;
                self.sink.commit(index, &region, &encoded)?;
                outputs.push(Chunk::Unit);
            }
        }
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }
}

struct Table {
    sink: Arc<dyn TableSink>,
    stage: Stage,
}

impl Step for Table {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        match self.stage {
            Stage::Commit => {
                self.sink.commit(index, &inputs[0])?;
                outputs.push(Chunk::Unit);
            }
            Stage::Encode => outputs.push(self.sink.encode(index, &inputs[0])?),
            Stage::Both => {
                self.sink.commit(index, &self.sink.encode(index, &inputs[0])?)?;
                outputs.push(Chunk::Unit);
            }
        }
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("partition {index}")
    }
}

/// The nodes that compute into an output's own memory: elementwise work and shuffles that nobody else needs.
pub(super) fn targets(roots: &[Expr]) -> HashMap<Key, Arc<dyn Sink>> {
    let nodes = Expr::topological(roots);
    let mut n_uses: HashMap<Key, usize> = HashMap::new();
    for e in nodes.iter().flat_map(|e| e.inputs()).chain(roots) {
        *n_uses.entry(e.key()).or_default() += 1;
    }
    let target = |e: &Expr| match e.kind() {
        Kind::Sink(SinkNode::Array(sink)) if sink.in_place() => {
            let input = &e.inputs()[0];
            let able = match input.kind() {
                Kind::Blockwise(_) => true,
                Kind::Shuffle(op) => op.part().n_parts == 1,
                _ => false,
            };
            (able && n_uses.get(&input.key()) == Some(&1)).then(|| (input.key(), sink.clone()))
        }
        _ => None,
    };
    nodes.iter().filter_map(target).collect()
}

/// Encode and commit layers.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr, s: &SinkNode) -> Result<Ids> {
    l.sink(s);
    let input = &e.inputs()[0];
    let ids = l.ids(input)?;
    match s {
        SinkNode::Array(sink) if l.target(input).is_some() => {
            l.hold(sink.held_bytes());
            Ok(ids)
        }
        SinkNode::Array(sink) => {
            let (_, grid) = input.array()?;
            l.hold(sink.held_bytes());
            l.keep(Keeper::Sink, sink.name(), sink.thread_bytes());
            Ok(if sink.ordered() { chained(l, sink, grid, &ids) } else { separate(l, sink, grid, &ids) })
        }
        SinkNode::Table(sink) => {
            let (n, bytes) = match input.meta() {
                Meta::Table(t) => (t.n_partitions, t.partition_bytes),
                other => (other.n_chunks(), 0),
            };
            l.hold(sink.held_bytes());
            let (out_bytes, scratch_bytes) = sink.encode_bytes(bytes);
            if !sink.ordered() {
                let first = l.next_data();
                l.layer(format!("write {}", sink.label()), Table { sink: sink.clone(), stage: Stage::Both });
                for i in 0..n {
                    l.effect(&[ids.at(i)], Cost { out_bytes: 0, scratch_bytes: out_bytes + scratch_bytes, ns: bytes });
                }
                return Ok(Ids::From(first));
            }
            l.layer(format!("encode {}", sink.label()), Table { sink: sink.clone(), stage: Stage::Encode });
            let encoded: Vec<u32> = (0..n).map(|i| l.task(&[ids.at(i)], Cost { out_bytes, scratch_bytes, ns: bytes })).collect();
            l.layer(format!("write {}", sink.label()), Table { sink: sink.clone(), stage: Stage::Commit });
            Ok(chain(l, &encoded, |_| out_bytes))
        }
    }
}

/// Commits one after the other.
fn chain(l: &mut Lowering, encoded: &[u32], bytes: impl Fn(usize) -> u64) -> Ids {
    let first = l.next_data();
    let mut before: Option<u32> = None;
    for (i, &d) in encoded.iter().enumerate() {
        let cost = Cost { out_bytes: 0, scratch_bytes: 0, ns: bytes(i) / 2 + 1000 };
        before = Some(match before {
            None => l.effect(&[d], cost),
            Some(b) => l.effect(&[d, b], cost),
        });
        l.io(0, bytes(i));
    }
    Ids::From(first)
}

fn chained(l: &mut Lowering, sink: &Arc<dyn Sink>, grid: &Grid, ids: &Ids) -> Ids {
    let n = grid.n_chunks();
    l.layer(format!("encode {}", sink.label()), Array { sink: sink.clone(), grid: grid.clone(), stage: Stage::Encode });
    let mut encoded = Vec::with_capacity(n);
    let mut sizes = Vec::with_capacity(n);
    for i in 0..n {
        let region = grid.chunk_region(i);
        let (out_bytes, scratch_bytes) = sink.encode_bytes(&region);
        sizes.push(out_bytes);
        encoded.push(l.task(&[ids.at(i)], Cost { out_bytes, scratch_bytes, ns: out_bytes * 4 }));
    }
    l.layer(format!("write {}", sink.label()), Array { sink: sink.clone(), grid: grid.clone(), stage: Stage::Commit });
    chain(l, &encoded, |i| sizes[i])
}

fn separate(l: &mut Lowering, sink: &Arc<dyn Sink>, grid: &Grid, ids: &Ids) -> Ids {
    let first = l.next_data();
    l.layer(format!("write {}", sink.label()), Array { sink: sink.clone(), grid: grid.clone(), stage: Stage::Both });
    for i in 0..grid.n_chunks() {
        let (encoded, scratch) = sink.encode_bytes(&grid.chunk_region(i));
        l.effect(&[ids.at(i)], Cost { out_bytes: 0, scratch_bytes: encoded + scratch, ns: encoded * 4 + 100 });
        l.io(0, encoded);
    }
    Ids::From(first)
}
