//! The memory that what is kept between runs may take (rows between the stages of a query), and the folder for what does not fit.

use crate::base::bytes::format_bytes;
use crate::base::{Config, Error, Kind, Result};
use crate::spill::folder::RunFolder;
use parking_lot::Mutex;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Memory and disk of one query.
#[derive(Debug)]
pub struct Pool {
    limit_bytes: u64,
    used: Arc<AtomicU64>,
    spill_dir: PathBuf,
    spill_limit_bytes: u64,
    on_disk: AtomicU64,
    folder: Mutex<Option<RunFolder>>,
    is_used: AtomicBool,
}

/// Room in a pool, given back when dropped.
#[derive(Debug, Default)]
pub struct Share {
    used: Option<Arc<AtomicU64>>,
    bytes: u64,
}

impl Pool {
    /// A pool of `limit_bytes` of memory, and of the disk that the settings name.
    pub fn new(limit_bytes: u64, config: &Config) -> Pool {
        Pool {
            limit_bytes,
            used: Arc::default(),
            spill_dir: config.spill_dir.clone(),
            spill_limit_bytes: config.spill_limit_bytes,
            on_disk: AtomicU64::new(0),
            folder: Mutex::new(None),
            is_used: AtomicBool::new(false),
        }
    }

    /// From now on the pool's memory is the pool's.
    pub fn begin_use(&self) {
        self.is_used.store(true, Ordering::Relaxed);
    }

    /// Whether rows are kept here, or may be.
    pub fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// The memory there is in all.
    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// Room for `bytes`, if there is that much.
    pub fn take(&self, bytes: u64) -> Option<Share> {
        let fits = |used: u64| used.checked_add(bytes).filter(|&n| n <= self.limit_bytes);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Share { used: Some(self.used.clone()), bytes })
    }

    /// An unnamed file in the query's own folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn file(&self) -> Result<File> {
        let mut folder = self.folder.lock();
        let folder = match &mut *folder {
            Some(f) => f,
            empty => empty.insert(RunFolder::create(&self.spill_dir)?),
        };
        tempfile::tempfile_in(folder.path()).map_err(|e| Error::io(format!("spill folder {}", folder.path().display()), &e))
    }

    /// Counts bytes that are about to be written.
    ///
    /// # Errors
    /// More than the settings allow.
    pub fn on_disk(&self, bytes: u64) -> Result<()> {
        let all = self.on_disk.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > self.spill_limit_bytes {
            let (all, limit) = (format_bytes(all), format_bytes(self.spill_limit_bytes));
            return Err(Error::new(
                Kind::Budget,
                format!(
                    "the query needs {all} on disk for rows that do not fit in memory, but the spill limit is {limit}: raise it, or the memory budget"
                ),
            ));
        }
        Ok(())
    }
}

impl Share {
    /// Cuts off room for `bytes`.
    #[must_use]
    pub fn split(&mut self, bytes: u64) -> Share {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Share { used: self.used.clone(), bytes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(used) = &self.used {
            used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use crate::base::Config;

    #[test]
    fn room_comes_back() {
        let pool = Pool::new(100, &Config::default());
        let mut a = pool.take(60).unwrap();
        assert!(pool.take(41).is_none());
        let b = a.split(50);
        drop(a);
        assert!(pool.take(51).is_none());
        let c = pool.take(50).unwrap();
        drop((b, c));
        assert!(pool.take(100).is_some());
    }

    #[test]
    fn disk_has_a_limit() {
        let pool = Pool::new(0, &Config { spill_limit_bytes: 10, ..Config::default() });
        assert!(pool.on_disk(10).is_ok());
        assert!(pool.on_disk(1).unwrap_err().to_string().contains("spill limit"));
    }
}
