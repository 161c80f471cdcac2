//! `Call`: a function on aligned blocks.

use crate::base::{DType, Error, Grid, Region, Result};
use crate::chunk::Chunk;
use crate::expr::call::{BlockInfo, CallOp};
use crate::expr::node::Call;
use crate::expr::{Expr, IndexMap, Meta};
use crate::plan::blockwise::{each_chunk, found};
use crate::plan::lower::{Cost, Ids, Keeper, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use std::sync::Arc;

struct Blocks {
    op: Arc<dyn CallOp>,
    maps: Vec<IndexMap>,
    input_grids: Vec<Grid>,
    dtype: DType,
    grid: Grid,
}

impl Step for Blocks {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let coords = self.grid.coords(index);
        let bounds = self.grid.region(&coords);
        let mut shape = bounds.shape();
        // An axis of unknown size that an input has is as long as there; one that the function makes is not known before.
        for a in (0..shape.len()).filter(|&a| self.grid.axes()[a].is_unknown()) {
            let same = |(m, g): (&IndexMap, &Grid)| m.output_axes(g).any(|(o, axis)| o == a && *axis == self.grid.axes()[a]);
            if self.maps.iter().zip(&self.input_grids).any(same) {
                shape[a] = found(inputs, &self.maps, a)?;
            }
        }
        let region = self.grid.found(&coords, &shape);
        let mut views = Vec::with_capacity(inputs.len());
        for ((c, map), grid) in inputs.iter().zip(&self.maps).zip(&self.input_grids) {
            let t = c.tensor()?;
            // Axes that the map leaves out get the output's length; the others keep the block's own.
            views.push(Chunk::Tensor(map.view(t, grid, &shape)));
        }
        let out = self.op.run(&BlockInfo { index, region }, &views)?;
        let t = out.tensor()?;
        let fits = |(a, (&have, &want)): (usize, (&usize, &usize))| {
            have == want || (self.grid.axes()[a].is_unknown() && have <= bounds.shape()[a])
        };
        let same = t.ndim() == shape.len() && t.shape().iter().zip(&shape).enumerate().all(fits);
        if !same || t.dtype() != self.dtype {
            return Err(Error::usage(format!(
                "the function gave {} {:?}, but {} {:?} was declared for this block",
                t.dtype(),
                t.shape(),
                self.dtype,
                shape.as_slice()
            )));
        }
        outputs.push(Chunk::Tensor(t.contiguous()));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }

    fn page_bytes(&self, out_bytes: u64, _: u64) -> u64 {
        if self.op.fills_buffers() { out_bytes } else { 0 }
    }
}

struct Partitions(Arc<dyn CallOp>);

impl Step for Partitions {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        outputs.push(self.0.run(&BlockInfo { index, region: Region::whole(&[]) }, inputs)?);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("partition {index}")
    }
}

/// One task per block or partition.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr, c: &Call) -> Result<Ids> {
    let ids: Vec<Ids> = e.inputs().iter().map(|i| l.ids(i)).collect::<Result<_>>()?;
    l.hold(c.op.held_bytes());
    if let Some((name, bytes)) = c.op.kept() {
        l.keep(Keeper::Block, name, bytes);
    }
    match e.meta() {
        Meta::Array { dtype, grid } => blocks(l, e, c, &ids, *dtype, grid),
        Meta::Table(meta) => {
            let first = l.next_data();
            let input_bytes: Vec<u64> =
                e.inputs().iter().map(|i| if let Meta::Table(t) = i.meta() { t.partition_bytes } else { 0 }).collect();
            let (out, scratch_bytes) = c.op.bytes(&input_bytes);
            let out_bytes = out.unwrap_or(meta.partition_bytes);
            let ns = c.op.cost_ns(input_bytes.iter().sum::<u64>().saturating_add(out_bytes));
            let cost = Cost { out_bytes, scratch_bytes, ns };
            l.layer(e.label(), Partitions(c.op.clone()));
            for i in 0..meta.n_partitions {
                let inputs: Vec<u32> = ids.iter().map(|d| d.at(i)).collect();
                l.task(&inputs, cost);
            }
            Ok(Ids::From(first))
        }
        Meta::Unit => Err(Error::bug("a call without a value")),
    }
}

fn blocks(l: &mut Lowering, e: &Expr, c: &Call, ids: &[Ids], dtype: DType, grid: &Grid) -> Result<Ids> {
    let first = l.next_data();
    let input_grids: Vec<Grid> = e.inputs().iter().map(|i| i.array().map(|(_, g)| g.clone())).collect::<Result<_>>()?;
    let sizes: Vec<usize> = e.inputs().iter().map(|i| i.array().map(|(d, _)| d.size())).collect::<Result<_>>()?;
    let step = Blocks { op: c.op.clone(), maps: c.maps.clone(), input_grids: input_grids.clone(), dtype, grid: grid.clone() };
    l.layer(e.label(), step);
    let mut inputs = Vec::new();
    let mut bytes = Vec::new();
    each_chunk(grid, |_, coords| {
        inputs.clear();
        bytes.clear();
        for (((id, map), g), size) in ids.iter().zip(&c.maps).zip(&input_grids).zip(&sizes) {
            let chunk = map.input_chunk(g, coords);
            inputs.push(id.at(chunk));
            bytes.push((g.chunk_region(chunk).n_elements() * size) as u64);
        }
        let out = (grid.region(coords).n_elements() * dtype.size()) as u64;
        let (declared, scratch_bytes) = c.op.bytes(&bytes);
        let out_bytes = declared.unwrap_or(out).max(out);
        l.task(&inputs, Cost { out_bytes, scratch_bytes, ns: c.op.cost_ns(bytes.iter().sum::<u64>() + out_bytes) });
        Ok(())
    })?;
    Ok(Ids::From(first))
}
