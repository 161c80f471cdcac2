//! `TreeReduce`: chunks are mapped to states, states are combined a few at a time in chunk order, the last is finished.
//!
//! The shape of the tree depends on the chunks alone, never on who finishes first: that is what makes results the same bits.

use crate::base::{DType, Error, Grid, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::Expr;
use crate::expr::node::ArrayReduce;
use crate::expr::table::TableReduce;
use crate::for_dtype;
use crate::kernel::reduce::{Finish as FinishHow, run_len};
use crate::plan::blockwise::{Fused, each_chunk};
use crate::plan::lower::{Cost, Ids, Keeper, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use std::sync::Arc;

/// States that are combined at a time for tables.
const TABLE_SPLIT: usize = 8;

struct Map {
    fused: Arc<Fused>,
    spec: ArrayReduce,
}

impl Step for Map {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let r = &self.spec;
        let state = self.fused.with_views(index, inputs, |views, place| {
            let mut acc = r.op.accumulator(self.fused.program.dtype(), place.shape, &r.axes, place.origin, &self.fused.grid.shape())?;
            let run = run_len(place.shape, &r.axes);
            let mut failed = None;
            for_dtype!(self.fused.program.dtype(), T => self.fused.program.for_each_piece::<T>(views, place, run, &mut |start, piece| {
                if let Err(e) = acc.piece::<T>(start, piece) {
                    failed.get_or_insert(e);
                }
            }))?;
            let state = failed.map_or_else(|| acc.into_state(), Err)?;
            Ok(if counted(r) { with_count(state, r.axes.iter().map(|&a| place.shape[a]).product())? } else { state })
        })?;
        outputs.push(state);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.fused.grid, index)
    }
}

struct Combine {
    spec: ArrayReduce,
    dtype: DType,
}

impl Step for Combine {
    fn run(&self, _: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        outputs.push(combine(&self.spec, self.dtype, inputs)?);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("group {index}")
    }
}

struct Finish {
    spec: ArrayReduce,
    dtype: DType,
    grid: Grid,
    /// Elements that went into each result.
    count: usize,
}

impl Step for Finish {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let r = &self.spec;
        let (mut state, mut count) = (combine(r, self.dtype, inputs)?, self.count);
        if counted(r) {
            (state, count) = without_count(&state)?;
            if r.op.tags.non_empty && count == 0 && self.grid.chunk_region(index).n_elements() > 0 {
                return Err(Error::usage("there is nothing to reduce, and no neutral element").at(r.op.name));
            }
        }
        let t = r.op.finish(self.dtype, &state, FinishHow { count, ddof: r.ddof })?;
        // Kernels keep reduced axes with length 1.
        let kept = t.shape().iter().enumerate().filter(|(a, _)| r.keepdims || !r.axes.contains(a)).map(|(_, &n)| n);
        let shape: Vec<usize> = kept.collect();
        outputs.push(Chunk::Tensor(t.reshape(&shape)));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }
}

/// Whether how many elements go into a result is found out by the run.
fn counted(r: &ArrayReduce) -> bool {
    r.axes.iter().any(|&a| r.grid.axes()[a].is_unknown())
}

/// A state with the count of elements beside it.
fn with_count(state: Chunk, count: usize) -> Result<Chunk> {
    Ok(Chunk::List([state, Chunk::Tensor(Tensor::from_vec(&[1], vec![count as u64])?)].into()))
}

fn without_count(state: &Chunk) -> Result<(Chunk, usize)> {
    match state {
        Chunk::List(both) => match &both[..] {
            [state, Chunk::Tensor(n)] => Ok((state.clone(), n.as_slice::<u64>()?.iter().sum::<u64>() as usize)),
            _ => Err(Error::bug("a state without its count")),
        },
        _ => Err(Error::bug("a state without its count")),
    }
}

/// States and counts joined.
fn combine(r: &ArrayReduce, dtype: DType, inputs: &[Chunk]) -> Result<Chunk> {
    if !counted(r) {
        return r.op.combine(dtype, inputs);
    }
    let both: Vec<(Chunk, usize)> = inputs.iter().map(without_count).collect::<Result<_>>()?;
    let n = both.iter().map(|b| b.1).sum();
    let states: Vec<Chunk> = both.into_iter().map(|b| b.0).collect();
    with_count(r.op.combine(dtype, &states)?, n)
}

/// Combines `m` states at a time of every group until at most `split` are left in each.
fn fold(
    l: &mut Lowering,
    mut groups: Vec<Vec<u32>>,
    split: usize,
    cost: impl Fn(usize) -> Cost,
    mut layer: impl FnMut(&mut Lowering, usize),
) -> Vec<Vec<u32>> {
    let mut level = 0;
    while groups.iter().any(|g| g.len() > split) {
        level += 1;
        layer(l, level);
        for (g, states) in groups.iter_mut().enumerate() {
            let mut next = Vec::with_capacity(states.len().div_ceil(split));
            for part in states.chunks(split) {
                next.push(l.task(part, cost(g)));
            }
            *states = next;
        }
    }
    groups
}

/// Map, combine and finish layers of an array's reduction.
///
/// # Errors
/// Too many tasks.
pub fn array(l: &mut Lowering, e: &Expr, r: &ArrayReduce) -> Result<Ids> {
    let (dtype, out) = e.array()?;
    let fused = Arc::new(Fused::new(&r.map, e.inputs(), &r.grid)?);
    let ids: Vec<Ids> = e.inputs().iter().map(|i| l.ids(i)).collect::<Result<_>>()?;
    l.keep(Keeper::Kernel, "", fused.program.scratch_bytes());
    let element_ns = r.map.program.cost_ns() + f64::from(r.op.cost_ns);
    let in_dtype = r.map.program.dtype();
    let kept: Vec<usize> = (0..r.grid.ndim()).filter(|a| !r.axes.contains(a)).collect();
    let kept_counts: Vec<usize> = kept.iter().map(|&a| r.grid.axes()[a].n_chunks()).collect();
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); kept_counts.iter().product()];
    let mut group_bytes = vec![0u64; groups.len()];
    l.layer(format!("{} map", e.label()), Map { fused: fused.clone(), spec: r.clone() });
    let mut inputs = Vec::new();
    each_chunk(&r.grid, |_, coords| {
        fused.inputs(&ids, coords, &mut inputs);
        let shape = r.grid.region(coords).shape();
        let n: usize = shape.iter().product();
        let out_bytes = r.op.state_bytes(in_dtype, &shape, &r.axes)? + if counted(r) { 64 } else { 0 };
        let scratch_bytes = r.op.scratch_bytes(in_dtype, &shape, &r.axes)? + fused.program.band_bytes(n);
        let group = kept.iter().zip(&kept_counts).fold(0, |g, (&a, &n)| g * n + coords[a]);
        group_bytes[group] = group_bytes[group].max(out_bytes);
        groups[group].push(l.task(&inputs, Cost { out_bytes, scratch_bytes, ns: (n as f64 * element_ns) as u64 }));
        Ok(())
    })?;
    let count = r.axes.iter().map(|&a| r.grid.axes()[a].len()).product();
    let split = r.split_every;
    let cost = |g: usize| Cost { out_bytes: group_bytes[g], scratch_bytes: group_bytes[g], ns: 200 + group_bytes[g] };
    let groups = fold(l, groups, split, cost, |l, level| {
        l.layer(format!("{} combine {level}", e.label()), Combine { spec: r.clone(), dtype: in_dtype })
    });
    let first = l.next_data();
    l.layer(format!("{} finish", e.label()), Finish { spec: r.clone(), dtype: in_dtype, grid: out.clone(), count });
    for (i, states) in groups.iter().enumerate() {
        let out_bytes = (out.chunk_region(i).n_elements() * dtype.size()) as u64;
        l.task(states, Cost { out_bytes, scratch_bytes: group_bytes[i], ns: 200 + group_bytes[i] });
    }
    Ok(Ids::From(first))
}

#[derive(Clone, Copy)]
enum Stage {
    Map,
    Combine,
    Finish,
}

struct Table {
    op: Arc<dyn TableReduce>,
    stage: Stage,
}

impl Step for Table {
    fn run(&self, _: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        outputs.push(match self.stage {
            Stage::Map => self.op.map(&inputs[0])?,
            Stage::Combine => self.op.combine(inputs)?,
            Stage::Finish => self.op.finish(&self.op.combine(inputs)?)?,
        });
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        match self.stage {
            Stage::Map => format!("partition {index}"),
            Stage::Combine => format!("group {index}"),
            Stage::Finish => "result".into(),
        }
    }
}

/// Map, combine and finish layers of a table's reduction.
///
/// # Errors
/// Too many tasks.
pub fn table(l: &mut Lowering, e: &Expr, op: &Arc<dyn TableReduce>) -> Result<Ids> {
    let input = &e.inputs()[0];
    let ids = l.ids(input)?;
    let n = input.meta().n_chunks();
    let bytes = match input.meta() {
        crate::expr::Meta::Table(t) => t.partition_bytes,
        _ => 0,
    };
    let cost = |parts: u64| {
        let input_bytes = bytes.saturating_mul(parts);
        let out_bytes = op.state_bytes(input_bytes);
        Cost { out_bytes, scratch_bytes: op.scratch_bytes(input_bytes), ns: out_bytes + bytes }
    };
    l.layer(format!("{} map", op.label()), Table { op: op.clone(), stage: Stage::Map });
    // A state and how many partitions are in it: what it may grow to depends on that.
    let mut states: Vec<(u32, u64)> = (0..n).map(|i| (l.task(&[ids.at(i)], cost(1)), 1)).collect();
    let mut level = 0;
    while states.len() > TABLE_SPLIT {
        level += 1;
        l.layer(format!("{} combine {level}", op.label()), Table { op: op.clone(), stage: Stage::Combine });
        let groups = states.chunks(TABLE_SPLIT).map(|group| {
            let parts = group.iter().map(|s| s.1).sum();
            (l.task(&group.iter().map(|s| s.0).collect::<Vec<_>>(), cost(parts)), parts)
        });
        states = groups.collect();
    }
    let first = l.next_data();
    l.layer(format!("{} finish", op.label()), Table { op: op.clone(), stage: Stage::Finish });
    l.task(&states.iter().map(|s| s.0).collect::<Vec<_>>(), cost(states.iter().map(|s| s.1).sum()));
    Ok(Ids::From(first))
}
