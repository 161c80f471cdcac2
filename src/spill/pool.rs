//! The memory that what is kept between runs may take (rows between the stages of a query), and the folder for what does not fit.

use crate::base::bytes::format_bytes;
use crate::base::{Config, Error, Kind, Result};
use crate::spill::folder::RunFolder;
use parking_lot::Mutex;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// Memory and disk of one query.
pub struct Pool {
    limit_bytes: u64,
    holders: Mutex<Vec<Weak<dyn Holder>>>,
    used: Arc<AtomicU64>,
    spill_dir: PathBuf,
    spill_limit_bytes: u64,
    on_disk: AtomicU64,
    moved_bytes: AtomicU64,
    folder: Mutex<Option<RunFolder>>,
    is_used: AtomicBool,
}

/// What keeps rows in a pool, and can move them to disk.
pub trait Holder: Send + Sync {
    /// Bytes in memory that could be moved.
    fn movable_bytes(&self) -> u64;
    /// Moves some of them, or helps who is at it. False if there are none any more.
    ///
    /// # Errors
    /// When they cannot be written.
    fn make_room(&self) -> Result<bool>;
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
            holders: Mutex::default(),
            used: Arc::default(),
            spill_dir: config.spill_dir.clone(),
            spill_limit_bytes: config.spill_limit_bytes,
            on_disk: AtomicU64::new(0),
            moved_bytes: AtomicU64::new(0),
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

    /// Bytes that rows took in memory which were written since this was asked before.
    pub fn take_moved_bytes(&self) -> u64 {
        self.moved_bytes.swap(0, Ordering::Relaxed)
    }

    /// Room for `bytes`, if there is that much.
    pub fn take(&self, bytes: u64) -> Option<Share> {
        let fits = |used: u64| used.checked_add(bytes).filter(|&n| n <= self.limit_bytes);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Share { used: Some(self.used.clone()), bytes })
    }

    /// From now on `holder` is asked to move rows to disk when there is no room.
    pub fn ask(&self, holder: Weak<dyn Holder>) {
        let mut holders = self.holders.lock();
        holders.retain(|h| h.strong_count() > 0);
        holders.push(holder);
    }

    /// Room for `bytes`, made by moving rows to disk where most of them are; none if that is not enough.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn take_or_move(&self, bytes: u64) -> Result<Option<Share>> {
        if bytes > self.limit_bytes {
            return Ok(None);
        }
        loop {
            if let Some(share) = self.take(bytes) {
                return Ok(Some(share));
            }
            let holders: Vec<_> = self.holders.lock().iter().filter_map(Weak::upgrade).collect();
            let most = holders.iter().map(|h| (h.movable_bytes(), h)).max_by_key(|(n, _)| *n);
            let Some((_, holder)) = most.filter(|(n, _)| *n > 0) else { return Ok(None) };
            if !holder.make_room()? {
                return Ok(None);
            }
        }
    }

    /// Where the query's folder is, or would be.
    pub fn spill_dir(&self) -> &Path {
        &self.spill_dir
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

    /// Counts bytes that are about to be written, for rows that take `row_bytes` in memory.
    ///
    /// # Errors
    /// More than the settings allow.
    pub fn on_disk(&self, bytes: u64, row_bytes: u64) -> Result<()> {
        self.moved_bytes.fetch_add(row_bytes, Ordering::Relaxed);
        let all = self.on_disk.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > self.spill_limit_bytes {
            let limit = format_bytes(self.spill_limit_bytes);
            return Err(Error::new(
                Kind::Budget,
                format!(
                    "rows of the query that do not fit in memory take more than the {limit} of the spill limit on disk: raise it, or the memory budget"
                ),
            ));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a pool of {}, of which {} are taken",
            format_bytes(self.limit_bytes),
            format_bytes(self.used.load(Ordering::Relaxed))
        )
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
        assert!(pool.on_disk(10, 30).is_ok());
        assert!(pool.on_disk(1, 3).unwrap_err().to_string().contains("spill limit"));
        assert_eq!((pool.take_moved_bytes(), pool.take_moved_bytes()), (33, 0));
    }
}
