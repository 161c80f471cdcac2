//! Rows of an exchange that do not fit in memory: blocks, one after the other in a file that has no name.

use crate::base::{Error, Result};
use crate::kernel::table::columns::{Rows, Slice, encode};
use crate::spill::Pool;
use parking_lot::Mutex;
use polars::prelude::SchemaRef;
use std::fs::File;
#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The file of an exchange, made when the first block is written.
#[derive(Debug)]
pub(super) struct Blocks {
    schema: SchemaRef,
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
    pub fn new(schema: SchemaRef, pool: Arc<Pool>) -> Blocks {
        Blocks { schema, pool, file: Mutex::default() }
    }

    /// About the most bytes of rows that a block is made of.
    pub fn most_bytes(&self) -> u64 {
        (self.pool.limit_bytes() / 64).min(4 << 20)
    }

    /// Writes rows that take `row_bytes` in memory as a block.
    ///
    /// # Errors
    /// A full disk, or more on it than the settings allow.
    pub fn write(&self, rows: &[Slice<'_>], row_bytes: u64) -> Result<Block> {
        let bytes = encode(&self.schema, rows)?;
        let len = bytes.len() as u64;
        self.pool.on_disk(len, row_bytes)?;
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
        file.write_all_at(&bytes, offset).map_err(|e| {
            let folder = self.pool.spill_dir().display();
            Error::io(format!("writing rows of a query to the spill folder {folder} (free space there, or name another one)"), &e)
        })?;
        Ok(Block { offset, len, checksum: xxh3_64(&bytes) })
    }

    /// Adds rows of a block to others, all of them if none are said. Its bytes are read into `scratch`, whatever is there.
    ///
    /// # Errors
    /// When they are not there as they were written.
    pub fn read(&self, block: &Block, rows: Option<Range<usize>>, to: &mut Rows, scratch: &mut Vec<u8>) -> Result<()> {
        let file = self.file.lock().0.clone().ok_or_else(|| Error::bug("rows of a query without their file"))?;
        scratch.resize(block.len as usize, 0);
        file.read_exact_at(scratch, block.offset).map_err(|e| Error::io("reading rows of a query from the spill folder", &e))?;
        if xxh3_64(scratch) != block.checksum {
            return Err(Error::corrupt("rows of a query in the spill folder are not those that were written"));
        }
        to.block(scratch, rows)
    }

    /// Has the system fetch a block from the disk, since it is going to be read.
    pub fn fetch_soon(&self, block: &Block) {
        #[cfg(target_os = "linux")]
        if let (Some(file), Some(len)) = (&self.file.lock().0, NonZeroU64::new(block.len)) {
            // Whoever reads waits for what was not fetched.
            let _advised = rustix::fs::fadvise(file, block.offset, Some(len), rustix::fs::Advice::WillNeed);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = block;
    }

    /// Gives the file up.
    pub fn clear(&self) {
        *self.file.lock() = Default::default();
    }
}
