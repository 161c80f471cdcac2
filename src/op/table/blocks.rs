//! Rows of an exchange that do not fit in memory: blocks of compressed Arrow IPC, one after the other in a file that has no name.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{packed, table_bytes, unpacked_same};
use crate::spill::Pool;
use parking_lot::Mutex;
use polars::prelude::DataFrame;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The file of an exchange, made when the first block is written.
#[derive(Debug)]
pub(super) struct Blocks {
    pub pool: Arc<Pool>,
    file: Mutex<(Option<Arc<File>>, u64)>,
}

/// Rows in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub offset: u64,
    len: u64,
    checksum: u64,
}

impl Blocks {
    pub fn new(pool: Arc<Pool>) -> Blocks {
        Blocks { pool, file: Mutex::default() }
    }

    /// About the most bytes of rows that a block is made of.
    pub fn most_bytes(&self) -> u64 {
        (self.pool.limit_bytes() / 64).min(4 << 20)
    }

    /// Writes rows as a block.
    ///
    /// # Errors
    /// A full disk, or more on it than the settings allow.
    pub fn write(&self, rows: &DataFrame) -> Result<Block> {
        let bytes = packed(rows)?;
        let len = bytes.len() as u64;
        self.pool.on_disk(len, table_bytes(rows))?;
        let (file, offset) = {
            let mut file = self.file.lock();
            let open = match &file.0 {
                Some(f) => f.clone(),
                None => file.0.insert(Arc::new(self.pool.file()?)).clone(),
            };
            let offset = file.1;
            file.1 += len;
            (open, offset)
        };
        file.write_all_at(&bytes, offset).map_err(|e| Error::io("writing rows of a query to the spill folder", &e))?;
        Ok(Block { offset, len, checksum: xxh3_64(&bytes) })
    }

    /// The rows of a block.
    ///
    /// # Errors
    /// When they are not there as they were written.
    pub fn read(&self, block: &Block) -> Result<DataFrame> {
        let file = self.file.lock().0.clone().ok_or_else(|| Error::bug("rows of a query without their file"))?;
        let mut bytes = vec![0; block.len as usize];
        file.read_exact_at(&mut bytes, block.offset).map_err(|e| Error::io("reading rows of a query from the spill folder", &e))?;
        unpacked_same(bytes, block.checksum)
    }

    /// Gives the file up.
    pub fn clear(&self) {
        *self.file.lock() = Default::default();
    }
}
