//! `Source`: one read per chunk or partition.

use crate::base::{Grid, Region, Result};
use crate::chunk::Chunk;
use crate::expr::table::TableSource;
use crate::expr::{Expr, Source};
use crate::plan::lower::{Cost, Ids, Keeper, Lowering};
use crate::plan::step::{Outputs, Step, chunk_place};
use std::sync::Arc;

struct Read {
    source: Arc<dyn Source>,
    grid: Grid,
    origin: Vec<usize>,
}

impl Read {
    fn region(&self, index: usize) -> Region {
        self.grid.chunk_region(index).shifted(&self.origin)
    }
}

impl Step for Read {
    fn run(&self, index: usize, _: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        outputs.push(Chunk::Tensor(self.source.read(&self.region(index))?));
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        chunk_place(&self.grid, index)
    }
}

/// Reads of an array's chunks.
///
/// # Errors
/// Too many tasks.
pub fn array(l: &mut Lowering, e: &Expr, source: &Arc<dyn Source>, origin: &[usize]) -> Result<Ids> {
    let (_, grid) = e.array()?;
    let first = l.next_data();
    l.layer(format!("read {}", e.label()), Read { source: source.clone(), grid: grid.clone(), origin: origin.to_vec() });
    l.keep(Keeper::Source, source.name(), source.thread_bytes());
    for i in 0..grid.n_chunks() {
        let region = grid.chunk_region(i).shifted(origin);
        let cost = Cost {
            out_bytes: source.result_bytes(&region),
            scratch_bytes: source.scratch_bytes(&region),
            ns: source.cost_ns(&region),
        };
        l.task(&[], cost);
        l.io(source.stored_bytes(&region), 0);
    }
    Ok(Ids::From(first))
}

struct ReadTable(Arc<dyn TableSource>);

impl Step for ReadTable {
    fn run(&self, index: usize, _: &[Chunk], outputs: &mut Outputs) -> Result<()> {
        outputs.push(self.0.read(index)?);
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        format!("partition {index}")
    }
}

/// Reads of a table's partitions.
///
/// # Errors
/// Too many tasks.
pub fn table(l: &mut Lowering, source: &Arc<dyn TableSource>) -> Result<Ids> {
    let first = l.next_data();
    l.layer(format!("read {}", source.label()), ReadTable(source.clone()));
    for i in 0..source.meta().n_partitions {
        let (out_bytes, scratch_bytes) = source.bytes(i);
        l.task(&[], Cost { out_bytes, scratch_bytes, ns: out_bytes });
        l.io(source.stored_bytes(i), 0);
    }
    Ok(Ids::From(first))
}
