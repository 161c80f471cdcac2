//! `Blockwise`: one run of the fused program per output chunk, on views of the input chunks.

use crate::base::grid::each_position;
use crate::base::{Error, Grid, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::node::Blockwise;
use crate::expr::{AxisMap, Expr, IndexMap, Sink};
use crate::kernel::compile::Compiled;
use crate::kernel::run::{Placement, writes_in_place};
use crate::plan::lower::{Cost, Ids, Keeper, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use smallvec::SmallVec;
use std::ops::Range;
use std::sync::Arc;

/// A compiled program with where its inputs come from: what blockwise and fused reductions run.
pub struct Fused {
    /// The program.
    pub program: Compiled,
    maps: Vec<IndexMap>,
    input_grids: Vec<Grid>,
    /// The grid that the program runs over.
    pub grid: Grid,
}

impl Fused {
    /// Compiles elementwise work over `inputs` that runs over `grid`.
    ///
    /// # Errors
    /// When the program is broken (a bug).
    pub fn new(b: &Blockwise, inputs: &[Expr], grid: &Grid) -> Result<Fused> {
        let input_grids = inputs.iter().map(|e| e.array().map(|(_, g)| g.clone())).collect::<Result<_>>()?;
        Ok(Fused {
            program: Compiled::new(&b.program)?.with_transposed(b.maps.iter().map(IndexMap::transposes)),
            maps: b.maps.clone(),
            input_grids,
            grid: grid.clone(),
        })
    }

    /// Runs `f` with the inputs as views of the shape of chunk `index`, and its place.
    ///
    /// # Errors
    /// `f`'s own.
    pub fn with_views<R>(
        &self,
        index: usize,
        inputs: &[Chunk],
        f: impl FnOnce(&[Tensor], &Placement<'_>) -> Result<R>,
    ) -> Result<R> {
        let region = self.grid.chunk_region(index);
        let (origin, mut shape) = (region.start(), region.shape());
        for a in (0..shape.len()).filter(|&a| self.grid.axes()[a].is_unknown()) {
            shape[a] = found(inputs, &self.maps, a)?;
        }
        let mut views: SmallVec<[Tensor; 4]> = SmallVec::new();
        for ((chunk, map), grid) in inputs.iter().zip(&self.maps).zip(&self.input_grids) {
            views.push(map.view(chunk.tensor()?, grid, &shape));
        }
        if views.len() != self.maps.len() {
            return Err(Error::bug(format!("{} inputs came for {} maps", views.len(), self.maps.len())));
        }
        f(&views, &Placement { origin: &origin, shape: &shape })
    }

    /// The input data of the chunk at `coords`.
    pub fn inputs(&self, ids: &[Ids], coords: &[usize], out: &mut Vec<u32>) {
        out.clear();
        out.extend(ids.iter().zip(&self.maps).zip(&self.input_grids).map(|((id, map), grid)| id.at(map.input_chunk(grid, coords))));
    }
}

/// How long an axis of unknown size is in the inputs of one task.
///
/// # Errors
/// A bug: no input runs along it.
pub fn found(inputs: &[Chunk], maps: &[IndexMap], axis: usize) -> Result<usize> {
    let along = |(c, m): (&Chunk, &IndexMap)| Some((c.clone(), m.0.iter().position(|m| *m == AxisMap::Out(axis))?));
    match inputs.iter().zip(maps).find_map(along) {
        Some((c, a)) => Ok(c.tensor()?.shape()[a]),
        None => Err(Error::bug(format!("no input says how long axis {axis} is"))),
    }
}

/// Calls `f` with the number and position of every chunk, in order.
///
/// # Errors
/// `f`'s own.
pub fn each_chunk(grid: &Grid, mut f: impl FnMut(usize, &[usize]) -> Result<()>) -> Result<()> {
    let ranges: Vec<Range<usize>> = grid.counts().iter().map(|&n| 0..n).collect();
    let mut i = 0;
    each_position(&ranges, |at| {
        f(i, at)?;
        i += 1;
        Ok(())
    })
}

impl Step for Fused {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let t = self.with_views(index, inputs, |views, place| self.program.run(views, place))?;
        outputs.push(Chunk::Tensor(t));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }

    fn page_bytes(&self, out_bytes: u64, _: u64) -> u64 {
        out_bytes
    }
}

/// Elementwise work that computes into the memory of an output.
struct InPlace {
    fused: Arc<Fused>,
    sink: Arc<dyn Sink>,
}

impl Step for InPlace {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let output = self.sink.output()?;
        self.fused.with_views(index, inputs, |views, place| self.fused.program.run_into(views, place, output.window(index)?))?;
        outputs.push(Chunk::Unit);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        self.fused.place(index)
    }

    fn page_bytes(&self, _: u64, scratch_bytes: u64) -> u64 {
        scratch_bytes
    }
}

/// One task per output chunk.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr, b: &Blockwise) -> Result<Ids> {
    let (dtype, grid) = e.array()?;
    let fused = Arc::new(Fused::new(b, e.inputs(), grid)?);
    let ids: Vec<Ids> = e.inputs().iter().map(|i| l.ids(i)).collect::<Result<_>>()?;
    let element_ns = b.program.cost_ns() + 0.2;
    l.keep(Keeper::Kernel, "", fused.program.scratch_bytes());
    let first = l.next_data();
    let target = l.target(e);
    match &target {
        Some(sink) => l.layer(format!("{} into {}", e.label(), sink.label()), InPlace { fused: fused.clone(), sink: sink.clone() }),
        None => l.layer(e.label(), fused.clone()),
    }
    let mut inputs = Vec::new();
    each_chunk(grid, |_, coords| {
        fused.inputs(&ids, coords, &mut inputs);
        let region = grid.region(coords);
        let n = region.n_elements();
        let (bytes, ns) = ((n * dtype.size()) as u64, (n as f64 * element_ns) as u64);
        if target.is_some() {
            let scratch_bytes = if writes_in_place(grid, &region) { 0 } else { bytes };
            l.effect(&inputs, Cost { out_bytes: 0, scratch_bytes, ns });
        } else {
            l.task(&inputs, Cost { out_bytes: bytes, scratch_bytes: 0, ns });
        }
        Ok(())
    })?;
    Ok(Ids::From(first))
}
