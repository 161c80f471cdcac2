//! `Select::Resolve`: pieces of unknown size as pieces of the sizes that were found out by a run before, which are checked again.
//!
//! A piece that was found empty is checked with the next one that is not, or the last, and goes away.

use crate::base::grid::each_position;
use crate::base::{Error, Grid, Result};
use crate::chunk::{Chunk, Tensor};
use crate::expr::Expr;
use crate::plan::blockwise::each_chunk;
use crate::plan::lower::{Cost, Ids, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use std::ops::Range;
use std::sync::Arc;

struct Resolve {
    before: Grid,
    after: Grid,
    /// For every axis and every piece of the result: the pieces that are checked with it, and which of them it is.
    groups: Vec<Vec<(Range<usize>, usize)>>,
    sizes: Vec<Option<Arc<[usize]>>>,
}

impl Resolve {
    fn new(before: &Grid, after: &Grid, sizes: &[Option<Arc<[usize]>>]) -> Resolve {
        let one = |(a, found): (usize, &Option<Arc<[usize]>>)| -> Vec<(Range<usize>, usize)> {
            let Some(found) = found else { return (0..before.axes()[a].n_chunks()).map(|c| (c..c + 1, c)).collect() };
            let full: Vec<usize> = (0..found.len()).filter(|&c| found[c] > 0).collect();
            if full.is_empty() {
                return vec![(0..found.len(), 0)];
            }
            let start = |i: usize| if i == 0 { 0 } else { full[i - 1] + 1 };
            let end = |i: usize| if i + 1 == full.len() { found.len() } else { full[i] + 1 };
            full.iter().enumerate().map(|(i, &c)| (start(i)..end(i), c)).collect()
        };
        let groups = sizes.iter().enumerate().map(one).collect();
        Resolve { before: before.clone(), after: after.clone(), groups, sizes: sizes.to_vec() }
    }

    /// Calls `f` with the position of every piece that is checked with the one at `coords`, and whether it is that piece.
    fn pieces(&self, coords: &[usize], mut f: impl FnMut(&[usize], bool) -> Result<()>) -> Result<()> {
        let groups: Vec<&(Range<usize>, usize)> = coords.iter().zip(&self.groups).map(|(&c, g)| &g[c]).collect();
        let ranges: Vec<Range<usize>> = groups.iter().map(|g| g.0.clone()).collect();
        each_position(&ranges, |at| f(at, at.iter().zip(&groups).all(|(&c, g)| c == g.1)))
    }

    fn check(&self, at: &[usize], t: &Tensor) -> Result<()> {
        for (a, sizes) in self.sizes.iter().enumerate() {
            let Some(&want) = sizes.as_ref().and_then(|s| s.get(at[a])) else { continue };
            let have = t.shape()[a];
            if have != want {
                return Err(Error::usage(format!(
                    "piece {at:?} has {have} elements along axis {a}, it had {want} when resolve() was called: the data has changed; \
                     call it again"
                )));
            }
        }
        Ok(())
    }
}

impl Step for Resolve {
    fn run(&self, index: usize, inputs: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        let mut next = inputs.iter();
        let mut kept = None;
        self.pieces(&self.after.coords(index), |at, this| {
            let t = next.next().ok_or_else(|| Error::bug("a piece is missing")).and_then(Chunk::tensor)?;
            self.check(at, t)?;
            if this {
                kept = Some(t.clone());
            }
            Ok(())
        })?;
        outputs.push(Chunk::Tensor(kept.ok_or_else(|| Error::bug("a piece is missing"))?));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.after, index)
    }
}

/// One task for every piece that is left.
///
/// # Errors
/// Too many tasks.
pub fn lower(l: &mut Lowering, e: &Expr, sizes: &[Option<Arc<[usize]>>]) -> Result<Ids> {
    let ((dtype, after), (_, before)) = (e.array()?, e.inputs()[0].array()?);
    let ids = l.ids(&e.inputs()[0])?;
    let first = l.next_data();
    let step = Arc::new(Resolve::new(before, after, sizes));
    l.layer(e.label(), step.clone());
    let mut inputs = Vec::new();
    each_chunk(after, |_, coords| {
        inputs.clear();
        step.pieces(coords, |at, _| {
            inputs.push(ids.at(step.before.index(at)));
            Ok(())
        })?;
        let out_bytes = (after.region(coords).n_elements() * dtype.size()) as u64;
        l.task(&inputs, Cost { out_bytes, scratch_bytes: 0, ns: 100 });
        Ok(())
    })?;
    Ok(Ids::From(first))
}
