//! Rows of an exchange in the partitions that they came in, each in memory as long as there is room for it.

use crate::base::{Error, Result};
use crate::chunk::dataframe::stack;
use crate::chunk::table_bytes::table_bytes;
use crate::kernel::table::columns::{Rows, settled};
use crate::op::table::blocks::{Block, Blocks};
use crate::op::table::measured::Measured;
use crate::spill::Pool;
use crate::spill::pool::{Holder, Share};
use parking_lot::Mutex;
use polars::prelude::{DataFrame, SchemaRef};
use std::ops::Range;
use std::sync::Arc;

/// Partitions by their numbers.
#[derive(Debug)]
pub(super) struct Undivided {
    schema: SchemaRef,
    blocks: Blocks,
    /// In order once all are there.
    pieces: Mutex<Vec<Piece>>,
}

/// A partition.
#[derive(Debug)]
pub(super) struct Piece {
    /// The partition that it is, or the place of the piece among those of the partition.
    partition: (usize, usize),
    measured: Measured,
    place: Place,
    /// Whether it is being written to the file.
    leaves: bool,
}

#[derive(Clone, Debug)]
enum Place {
    /// Rows and their room.
    Memory(Arc<DataFrame>, Arc<Share>),
    File(Arc<[Block]>),
}

impl Undivided {
    pub fn new(schema: SchemaRef, pool: Arc<Pool>) -> Undivided {
        Undivided { blocks: Blocks::new(schema.clone(), pool), schema, pieces: Mutex::default() }
    }

    pub fn piece(&self, partition: (usize, usize), rows: &DataFrame) -> Result<Piece> {
        let rows = settled(rows.clone())?;
        let measured = Measured::of(&rows);
        let place = match self.blocks.pool.take_or_move(measured.bytes)? {
            Some(share) => Place::Memory(Arc::new(rows), Arc::new(share)),
            None => Place::File(self.written(&rows)?),
        };
        Ok(Piece { partition, measured, place, leaves: false })
    }

    /// Bytes that [`piece`](Undivided::piece) needs for partitions of so many, beside them.
    pub fn scratch_bytes(&self, partition_bytes: u64) -> u64 {
        partition_bytes.saturating_add(self.blocks.most_bytes().saturating_mul(3))
    }

    fn written(&self, rows: &DataFrame) -> Result<Arc<[Block]>> {
        let bytes = table_bytes(rows);
        let n = bytes.div_ceil(self.blocks.most_bytes().max(1)).max(1) as usize;
        let step = rows.height().div_ceil(n).max(1);
        let starts = (0..rows.height().max(1)).step_by(step);
        let block = |first: usize| {
            let rows = rows.slice(first as i64, step);
            self.blocks.write(&[(&rows, 0..rows.height())], bytes / n as u64)
        };
        starts.map(block).collect()
    }

    pub fn add(&self, piece: Piece) {
        self.pieces.lock().push(piece);
    }

    pub fn finish(&self) {
        self.pieces.lock().sort_by_key(|p| p.partition);
    }

    pub fn clear(&self) {
        self.pieces.lock().clear();
        self.blocks.clear();
    }

    /// Stands for pieces of so much each, which were not computed.
    pub fn pretend(&self, n: usize, each: Measured) {
        let place = Place::File(Arc::new([]));
        let piece = |i| Piece { partition: (i, 0), measured: each, place: place.clone(), leaves: false };
        self.pieces.lock().extend((0..n).map(piece));
    }

    pub fn measured(&self) -> Vec<Measured> {
        self.pieces.lock().iter().map(|p| p.measured).collect()
    }

    /// Whether all rows are in memory.
    pub fn is_held(&self) -> bool {
        self.pieces.lock().iter().all(|p| matches!(p.place, Place::Memory(..)))
    }

    pub fn read(&self, pieces: Range<usize>) -> Result<DataFrame> {
        let places: Vec<_> = self.pieces.lock()[pieces].iter().map(|p| (p.place.clone(), p.measured.bound.rows)).collect();
        let (mut tables, mut scratch) = (vec![], vec![]);
        for (place, n_rows) in places {
            match place {
                Place::Memory(rows, _) => tables.push(rows),
                Place::File(blocks) => {
                    let mut rows = Rows::new(self.schema.clone(), n_rows as usize);
                    blocks.iter().try_for_each(|b| self.blocks.read(b, None, &mut rows, &mut scratch))?;
                    tables.push(Arc::new(rows.finish()?));
                }
            }
        }
        if tables.is_empty() { Ok(DataFrame::empty_with_schema(&self.schema)) } else { stack(&tables) }
    }
}

impl Piece {
    fn is_movable(&self) -> bool {
        !self.leaves && self.measured.bytes > 0 && matches!(self.place, Place::Memory(..))
    }
}

impl Holder for Undivided {
    fn movable_bytes(&self) -> u64 {
        self.pieces.lock().iter().filter(|p| p.is_movable()).map(|p| p.measured.bytes).sum()
    }

    fn make_room(&self) -> Result<bool> {
        // The last, since reading begins with the first.
        let found = self.pieces.lock().iter_mut().rev().find(|p| p.is_movable()).map(|p| {
            p.leaves = true;
            (p.partition, p.place.clone())
        });
        let Some((partition, Place::Memory(rows, share))) = found else { return Ok(false) };
        let blocks = self.written(&rows);
        drop((rows, share));
        let mut pieces = self.pieces.lock();
        let piece = pieces.iter_mut().find(|p| p.partition == partition).ok_or_else(|| Error::bug("a piece that has gone"))?;
        piece.leaves = false;
        piece.place = Place::File(blocks?);
        Ok(true)
    }
}
