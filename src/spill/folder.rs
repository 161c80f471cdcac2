//! A folder of its own for every run, which does not outlive it.
//!
//! The folder's name holds the process id, its mode is 0700, and its owner holds a lock on a file in it. The system lets go of
//! the lock however the owner ends, so a folder whose lock is free belongs to nobody and is swept by the next run that starts.
//! The lock is taken before the folder gets the name that sweepers look for. It knows nothing of what lies in the folder.

use crate::base::{Error, Result};
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PREFIX: &str = "tilework-spill-";
/// A folder being set up; nobody needs an hour for that.
const NEW_PREFIX: &str = ".tilework-new-";
const LOCK: &str = "lock";
const SETUP_TIME: Duration = Duration::from_secs(3600);

/// The folder of this run, removed with all that lies in it when dropped.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Held locked as long as the folder is in use.
    _lock: File,
}

impl RunFolder {
    /// Sweeps folders of runs that ended without removing theirs, then makes a new one in `parent` (itself made if need be).
    ///
    /// # Errors
    /// When the folder cannot be made or locked.
    pub fn create(parent: &Path) -> Result<RunFolder> {
        let fail = |e: std::io::Error| Error::io(format!("spill folder {}", parent.display()), &e);
        fs::create_dir_all(parent).map_err(fail)?;
        sweep(parent);
        let pid = std::process::id();
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{NEW_PREFIX}{pid}-");
        let new = builder.prefix(&prefix).permissions(fs::Permissions::from_mode(0o700)).tempdir_in(parent).map_err(fail)?;
        let lock = File::create_new(new.path().join(LOCK)).map_err(fail)?;
        lock.try_lock().map_err(|e| match e {
            TryLockError::Error(e) => fail(e),
            TryLockError::WouldBlock => Error::bug(format!("a new lock in {} is taken", parent.display())),
        })?;
        let unique = new.path().file_name().and_then(|n| n.to_str()).and_then(|n| n.rsplit('-').next()).unwrap_or_default();
        let path = parent.join(format!("{PREFIX}{pid}-{unique}"));
        fs::rename(new.path(), &path).map_err(fail)?;
        let _ = new.keep(); // it has another name now
        Ok(RunFolder { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // What cannot be removed now, the next run sweeps.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders in `parent` that no living run owns; gives how many. What cannot be read or removed is left.
pub fn sweep(parent: &Path) -> usize {
    let Ok(entries) = fs::read_dir(parent) else { return 0 };
    let mut n_swept = 0;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        // A symbolic link is no folder here, wherever it points.
        if !entry.file_type().is_ok_and(|t| t.is_dir()) {
            continue;
        }
        let path = entry.path();
        let stale = if name.starts_with(PREFIX) {
            is_free(&path)
        } else if name.starts_with(NEW_PREFIX) {
            let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
            age.is_some_and(|a| a > SETUP_TIME) && is_free(&path)
        } else {
            false
        };
        if stale && fs::remove_dir_all(&path).is_ok() {
            n_swept += 1;
        }
    }
    n_swept
}

/// Whether nobody holds the lock (an owner that is just removing the folder may have removed the lock already).
fn is_free(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    }
}
