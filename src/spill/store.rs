//! Chunks in files: written once, checked and mapped back read-only.
//!
//! A file holds one encoded chunk, raw, so that the mapping is used in place. Length and checksum (XXH3, 64 bits, of the whole
//! file) stay in memory and are compared at every read: a changed file is `Corrupt`, never a wrong value. The bytes of all
//! files that exist, of files still mapped after their removal too, never exceed the limit. Who is spilled, and when, is not decided here.

use crate::base::bytes::format_bytes;
use crate::base::{Error, Kind, Result};
use crate::chunk::{Buffer, Chunk, encode};
use crate::spill::folder::RunFolder;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// Keeps chunks out of memory.
pub trait SpillStore: Send + Sync {
    /// Stores the chunk of datum `data` (in place of an earlier one); gives the bytes it takes on disk.
    ///
    /// # Errors
    /// `DiskFull` when disk or limit has no room, `Unsupported` for a value that cannot be encoded. Nothing is left behind.
    fn write(&self, data: u32, chunk: &Chunk) -> Result<u64>;

    /// The chunk of datum `data`.
    ///
    /// # Errors
    /// `Corrupt` when what was stored has changed, `Bug` when nothing was stored.
    fn read(&self, data: u32) -> Result<Chunk>;

    /// Forgets datum `data`, if it is stored. Chunks read from it stay valid.
    fn remove(&self, data: u32);
}

/// A claim on disk space, given back when the last holder (the table of files, or a mapping) is gone.
struct Extent {
    bytes: u64,
    used: Arc<AtomicU64>,
}

impl Drop for Extent {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[derive(Clone)]
struct Stored {
    extent: Arc<Extent>,
    hash: u64,
}

/// A mapped file and its claim on disk space.
struct Mapped {
    bytes: Buffer,
    _extent: Arc<Extent>,
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.bytes.bytes()
    }
}

/// Spill files in a folder of this run.
pub struct FileSpill {
    // Declared first: the table's claims go before the folder does.
    stored: Mutex<BTreeMap<u32, Stored>>,
    used: Arc<AtomicU64>,
    limit_bytes: u64,
    n_temporary: AtomicU64,
    folder: RunFolder,
}

impl FileSpill {
    /// A store that keeps at most `limit_bytes` in a new folder of `dir`; folders left by killed runs are removed.
    ///
    /// # Errors
    /// When the folder cannot be made.
    ///
    /// # Example
    /// ```
    /// use tilework::spill::{FileSpill, SpillStore};
    /// use tilework::chunk::{Chunk, Tensor};
    /// let spill = FileSpill::new(&std::env::temp_dir(), 1 << 20)?;
    /// spill.write(0, &Chunk::from(Tensor::from_vec(&[3], vec![1.0f64, 2.0, 3.0])?))?;
    /// let Chunk::Tensor(back) = spill.read(0)? else { unreachable!() };
    /// assert_eq!(back.as_slice::<f64>()?, [1.0, 2.0, 3.0]);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn new(dir: &Path, limit_bytes: u64) -> Result<FileSpill> {
        Ok(FileSpill {
            stored: Mutex::default(),
            used: Arc::default(),
            limit_bytes,
            n_temporary: AtomicU64::new(0),
            folder: RunFolder::create(dir)?,
        })
    }

    /// The folder of this run.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Bytes on disk now.
    pub fn used_bytes(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    fn file(&self, data: u32) -> PathBuf {
        self.folder.path().join(format!("{data}.chunk"))
    }

    fn claim(&self, bytes: u64) -> Result<Arc<Extent>> {
        let add = |used: u64| used.checked_add(bytes).filter(|&n| n <= self.limit_bytes);
        match self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, add) {
            Ok(_) => Ok(Arc::new(Extent { bytes, used: self.used.clone() })),
            Err(used) => Err(Error::new(
                Kind::DiskFull,
                format!(
                    "spilling {} more to {} would exceed the spill limit of {} ({} are in use): raise the limit or the memory budget",
                    format_bytes(bytes),
                    self.path().display(),
                    format_bytes(self.limit_bytes),
                    format_bytes(used)
                ),
            )),
        }
    }

    /// Writes the whole file; gives its checksum.
    fn write_file(&self, path: &Path, chunk: &Chunk) -> Result<u64> {
        let fail = |e: std::io::Error| Error::io("writing a chunk", &e);
        let mut out = Hashing { out: File::create_new(path).map_err(fail)?, hash: Xxh3Default::new() };
        let mut buffered = BufWriter::with_capacity(16 << 10, &mut out);
        encode::encode_to(chunk, &mut buffered)?;
        buffered.flush().map_err(fail)?;
        drop(buffered);
        Ok(out.hash.digest())
    }

    fn explain(&self, e: Error, bytes: u64) -> Error {
        if e.kind() != Kind::DiskFull {
            return e.at(format!("spilling to {}", self.path().display()));
        }
        Error::new(
            Kind::DiskFull,
            format!(
                "the disk of {} is full: {} could not be spilled beside the {} that are: free space, choose another spill folder or raise \
                 the memory budget ({})",
                self.path().display(),
                format_bytes(bytes),
                format_bytes(self.used_bytes().saturating_sub(bytes)),
                e.message()
            ),
        )
    }
}

impl SpillStore for FileSpill {
    fn write(&self, data: u32, chunk: &Chunk) -> Result<u64> {
        let bytes = encode::encoded_len(chunk)?;
        let extent = self.claim(bytes)?;
        let temporary = self.path().join(format!("{}.new", self.n_temporary.fetch_add(1, Ordering::Relaxed)));
        let written = self.write_file(&temporary, chunk).and_then(|hash| {
            // Under the lock, so that file and checksum change together for readers.
            let mut stored = self.stored.lock();
            fs::rename(&temporary, self.file(data)).map_err(|e| Error::io(temporary.display(), &e))?;
            stored.insert(data, Stored { extent, hash });
            Ok(bytes)
        });
        written.map_err(|e| {
            let _ = fs::remove_file(&temporary);
            self.explain(e, bytes)
        })
    }

    fn read(&self, data: u32) -> Result<Chunk> {
        let path = self.file(data);
        let place = || format!("spill file {}", path.display());
        let (stored, file) = {
            let table = self.stored.lock();
            let stored = table.get(&data).cloned().ok_or_else(|| Error::bug(format!("chunk {data} was never spilled")))?;
            let file = File::open(&path).map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => Error::corrupt("the file is gone").at(place()),
                _ => Error::io(place(), &e),
            })?;
            (stored, file)
        };
        let n = file.metadata().map_err(|e| Error::io(place(), &e))?.len();
        if n != stored.extent.bytes {
            return Err(Error::corrupt(format!("the file has {n} bytes, {} were written", stored.extent.bytes)).at(place()));
        }
        let bytes = Buffer::map_file(&file, 0..n).map_err(|e| e.at(place()))?;
        if xxh3_64(bytes.bytes()) != stored.hash {
            return Err(Error::corrupt("the checksum does not match: the file was changed after it was written").at(place()));
        }
        encode::decode(Arc::new(Mapped { bytes, _extent: stored.extent })).map_err(|e| e.at(place()))
    }

    fn remove(&self, data: u32) {
        let mut table = self.stored.lock();
        if let Some(stored) = table.remove(&data) {
            // A file that cannot be removed goes with the folder; until then its bytes stay claimed.
            if fs::remove_file(self.file(data)).is_err() {
                std::mem::forget(stored);
            }
        }
    }
}

impl std::fmt::Debug for FileSpill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileSpill({}, {} of {} bytes)", self.path().display(), self.used_bytes(), self.limit_bytes)
    }
}

struct Hashing {
    out: File,
    hash: Xxh3Default,
}

impl Write for Hashing {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        let n = self.out.write(buf)?;
        self.hash.update(&buf[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
