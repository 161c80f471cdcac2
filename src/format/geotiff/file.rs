//! A file read at positions, on disk or behind a URL: many threads, no shared cursor, no mapping.
//!
//! The first bytes are kept, so that opening a small file costs one system call or few requests. Every read is checked against the length the file
//! had when it was opened, so no count in a broken file can ask for more memory than the file has bytes.

use crate::base::{Error, Result};
use crate::format::ranged::RangedFile;
use std::path::{Path, PathBuf};

/// Bytes kept from the start of a file on disk.
const HEAD: u64 = 16 << 10;
/// The same behind a URL, where the directories of most files that are made for that fit.
const REMOTE_HEAD: u64 = 256 << 10;

/// An open file of known length.
pub(super) struct RandomFile {
    pub(super) path: PathBuf,
    file: RangedFile,
    pub(super) len: u64,
    head: Vec<u8>,
    /// Tells this content of the file from a later one.
    pub(super) stamp: u128,
}

impl RandomFile {
    /// Opens `path`.
    ///
    /// # Errors
    /// When it cannot be opened or its first bytes cannot be read.
    pub(super) fn open(path: &Path) -> Result<RandomFile> {
        if path.is_dir() {
            return Err(
                Error::usage(format!("{} is not a file: give the path of a GeoTIFF", path.display())).with_os_error(libc::EISDIR)
            );
        }
        let file = RangedFile::open(path)?;
        let len = file.len;
        let mut head = vec![0; len.min(if file.is_remote() { REMOTE_HEAD } else { HEAD }) as usize];
        file.read_exact_at(0, &mut head)?;
        let (path, stamp) = (if file.is_remote() { file.path.clone() } else { path.to_path_buf() }, file.stamp);
        Ok(RandomFile { path, file, len, head, stamp })
    }

    /// What a read of `n` bytes needs beside them.
    pub(super) fn request_bytes(&self, n: u64) -> u64 {
        self.file.request_bytes(n)
    }

    /// About how long a read takes before its first byte, in nanoseconds.
    pub(super) fn latency_ns(&self) -> u64 {
        self.file.latency_ns()
    }

    /// The file's name, for messages.
    pub(super) fn label(&self) -> String {
        self.path.file_name().map_or_else(|| self.path.display().to_string(), |n| n.to_string_lossy().into_owned())
    }

    /// An error of a broken file, naming it.
    pub(super) fn corrupt(&self, what: impl std::fmt::Display) -> Error {
        Error::corrupt(format!("{}: {what}", self.path.display()))
    }

    /// An error for a feature that is not supported, naming the file.
    pub(super) fn unsupported(&self, what: impl std::fmt::Display) -> Error {
        Error::unsupported(format!("{}: {what}", self.path.display()))
    }

    /// Whether `len` bytes at `offset` lie in the file.
    pub(super) fn holds(&self, offset: u64, len: u64) -> bool {
        offset.checked_add(len).is_some_and(|end| end <= self.len)
    }

    /// Fills `out` from `offset`; `what` names the thing for the message.
    ///
    /// # Errors
    /// When the file ends before, or cannot be read.
    pub(super) fn read_exact_at(&self, offset: u64, out: &mut [u8], what: &dyn std::fmt::Display) -> Result<()> {
        let n = out.len() as u64;
        if !self.holds(offset, n) {
            return Err(self
                .corrupt(format_args!("truncated: {what} takes {n} bytes at offset {offset}, but the file ends at {}", self.len)));
        }
        if offset + n <= self.head.len() as u64 {
            out.copy_from_slice(&self.head[offset as usize..(offset + n) as usize]);
            return Ok(());
        }
        self.file.read_exact_at(offset, out).map_err(|e| e.at(what.to_string()))
    }

    /// `len` bytes at `offset`, after it is known that the file holds them.
    ///
    /// # Errors
    /// As [`read_exact_at`](RandomFile::read_exact_at).
    pub(super) fn read_vec(&self, offset: u64, len: u64, what: &dyn std::fmt::Display) -> Result<Vec<u8>> {
        let mut out = vec![0; if self.holds(offset, len) { len as usize } else { 0 }];
        if out.len() as u64 != len {
            return Err(self.corrupt(format_args!(
                "truncated: {what} takes {len} bytes at offset {offset}, but the file ends at {}",
                self.len
            )));
        }
        self.read_exact_at(offset, &mut out, what)?;
        Ok(out)
    }
}
