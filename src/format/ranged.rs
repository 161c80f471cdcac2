//! A file read at positions, on disk or behind a URL: many threads, no shared cursor, no mapping.
//!
//! Every read is checked against the length that the file had when it was opened, so no count in a broken file can ask for more memory than
//! the file has bytes.

use crate::base::{Error, Result};
use crate::store::{Store, url};
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// An open file of known length.
#[derive(Debug)]
pub(super) struct RangedFile {
    backing: Backing,
    /// The absolute path, or the URL: what another process opens.
    pub(super) path: PathBuf,
    pub(super) len: u64,
    /// Tells this content of the file from a later one.
    pub(super) stamp: u128,
}

#[derive(Debug)]
enum Backing {
    File(File),
    Store(Arc<dyn Store>, String),
}

/// The absolute path of a file, or its URL; `file://` becomes a path.
pub(super) fn located(path: &Path) -> Result<PathBuf> {
    let absolute = |p: &Path| std::path::absolute(p).map_err(|e| Error::io(p.display(), &e));
    match path.to_str().filter(|t| url::is_url(t)) {
        Some(text) => url::file_path(text)?.map_or_else(|| Ok(path.to_path_buf()), |p| absolute(&p)),
        None => absolute(path),
    }
}

/// Whether a path is the URL of something that is not on disk.
pub fn is_remote(path: &Path) -> bool {
    path.to_str().is_some_and(|t| url::is_url(t) && !t.starts_with("file://"))
}

impl RangedFile {
    /// Opens a path or a URL.
    ///
    /// # Errors
    /// When it cannot be opened, or is no file.
    pub(super) fn open(path: &Path) -> Result<RangedFile> {
        let path = located(path)?;
        if let Some(text) = path.to_str().filter(|_| is_remote(&path)) {
            let (store, key) = url::open(text, 1)?;
            return RangedFile::in_store(store, key, path.clone());
        }
        let io = |e: std::io::Error| Error::io(path.display(), &e);
        let file = File::open(&path).map_err(io)?;
        let m = file.metadata().map_err(io)?;
        if !m.is_file() {
            return Err(if m.is_dir() {
                Error::usage(format!("{} is a folder: name a file", path.display())).with_os_error(libc::EISDIR)
            } else {
                Error::usage(format!("{} is not a file", path.display()))
            });
        }
        let id = [m.dev(), m.ino(), m.len(), m.mtime() as u64, m.mtime_nsec() as u64];
        let stamp = xxh3_128(&id.map(u64::to_le_bytes).concat());
        Ok(RangedFile { backing: Backing::File(file), len: m.len(), stamp, path })
    }

    /// A value of a store, whose URL is `path`.
    ///
    /// # Errors
    /// When there is none; a failure of the storage.
    pub(super) fn in_store(store: Arc<dyn Store>, key: String, path: PathBuf) -> Result<RangedFile> {
        let Some((len, stamp)) = store.size_and_stamp(&key)? else {
            return Err(Error::usage(format!("{} does not exist", path.display())).with_os_error(libc::ENOENT));
        };
        let stamp = xxh3_128(format!("{} {stamp}", path.display()).as_bytes());
        Ok(RangedFile { backing: Backing::Store(store, key), path, len, stamp })
    }

    /// The file's name, for messages.
    pub(super) fn label(&self) -> String {
        self.path.file_name().map_or_else(|| self.path.display().to_string(), |n| n.to_string_lossy().into_owned())
    }

    /// Whether reads are requests to a store that may be far away.
    pub(super) fn is_remote(&self) -> bool {
        matches!(self.backing, Backing::Store(..))
    }

    /// What a read of `n` bytes needs beside them.
    pub(super) fn request_bytes(&self, n: u64) -> u64 {
        match &self.backing {
            Backing::File(_) => 0,
            Backing::Store(store, _) => n + store.request_bytes(),
        }
    }

    /// About how long a request takes before its first byte, in nanoseconds.
    pub(super) fn latency_ns(&self) -> u64 {
        match &self.backing {
            Backing::File(_) => 0,
            Backing::Store(store, _) => store.latency_ns(),
        }
    }

    /// Whether `len` bytes at `offset` lie in the file.
    pub(super) fn holds(&self, offset: u64, len: u64) -> bool {
        offset.checked_add(len).is_some_and(|end| end <= self.len)
    }

    fn must_hold(&self, offset: u64, n: u64) -> Result<()> {
        if self.holds(offset, n) {
            return Ok(());
        }
        let e = format!("truncated: {n} bytes at offset {offset} are needed, but the file ends at {}", self.len);
        Err(Error::corrupt(e).at(self.path.display().to_string()))
    }

    /// The `n` bytes from `offset`.
    ///
    /// # Errors
    /// As [`read_exact_at`](RangedFile::read_exact_at).
    pub(super) fn read_at(&self, offset: u64, n: usize) -> Result<Vec<u8>> {
        let Backing::File(file) = &self.backing else {
            let mut bytes = vec![0; n];
            return self.read_exact_at(offset, &mut bytes).map(|()| bytes);
        };
        self.must_hold(offset, n as u64)?;
        crate::base::iostat::read(n as u64);
        // Not filled with zeros before.
        let mut bytes = Vec::with_capacity(n);
        while bytes.len() < n {
            let at = offset + bytes.len() as u64;
            let read = match rustix::io::pread(file, spare_capacity(&mut bytes), at) {
                Ok(0) => Err(std::io::ErrorKind::UnexpectedEof.into()),
                Err(e) if e != Errno::INTR => Err(e.into()),
                _ => Ok(()),
            };
            read.map_err(|e| Error::io(format!("{} at offset {offset}", self.path.display()), &e))?;
        }
        bytes.truncate(n);
        Ok(bytes)
    }

    /// Fills `out` from `offset`.
    ///
    /// # Errors
    /// `Corrupt` when the file ends before; a failure of the storage.
    pub(super) fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let n = out.len() as u64;
        self.must_hold(offset, n)?;
        match &self.backing {
            Backing::File(file) => {
                crate::base::iostat::read(n);
                file.read_exact_at(out, offset).map_err(|e| Error::io(format!("{} at offset {offset}", self.path.display()), &e))
            }
            Backing::Store(store, key) => {
                let bytes = store.get_range(key, offset..offset + n)?;
                let bytes = bytes.ok_or_else(|| Error::corrupt(format!("{} vanished while it was read", self.path.display())))?;
                out.copy_from_slice(&bytes);
                Ok(())
            }
        }
    }
}
