//! A store in a folder: one file per key, written under a temporary name beside its own and renamed.

use super::key::{Listing, RESERVED, Store, check_key, check_prefix, too_short};
use crate::base::{Error, Result};
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder that a path is in; that of a bare name is the current one.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Values in the files of a folder. The folder need not exist before the first value is set.
///
/// Symbolic links in the folder are followed: it is the user's. Values are not synced to the disk.
#[derive(Debug)]
pub struct FileStore {
    root: PathBuf,
}

impl FileStore {
    /// The store in `root`.
    pub fn new(root: impl AsRef<Path>) -> FileStore {
        FileStore { root: root.as_ref().to_path_buf() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, key: &str) -> Result<PathBuf> {
        check_key(key)?;
        Ok(self.root.join(key))
    }

    /// The file under `key` and its length.
    fn open(&self, key: &str) -> Result<Option<(File, u64)>> {
        let path = self.path(key)?;
        let opened = File::open(&path).and_then(|f| f.metadata().map(|m| (f, m)));
        match opened {
            Ok((f, m)) => Ok((!m.is_dir()).then_some((f, m.len()))),
            Err(e) => absent(&e).ok_or_else(|| Error::io(path.display(), &e)),
        }
    }

    fn write(&self, path: &Path, value: &[u8]) -> std::io::Result<()> {
        let parent = path.parent().unwrap_or(&self.root);
        let new = || {
            let mode = Permissions::from_mode(0o666); // less the process's umask, as other files
            tempfile::Builder::new().prefix(RESERVED).permissions(mode).tempfile_in(parent)
        };
        let mut file = match new() {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(parent)?;
                new()?
            }
            other => other?,
        };
        file.write_all(value)?;
        crate::base::iostat::written(value.len() as u64);
        file.persist(path).map(drop).map_err(|e| e.error)
    }

    fn walk(&self, folder: &Path, key: &str, out: &mut Vec<String>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // Names that are no text cannot be keys, and what starts with the reserved prefix is no value yet.
            let Some(name) = name.to_str().filter(|n| !n.starts_with(RESERVED)) else { continue };
            let key = if key.is_empty() { name.to_string() } else { format!("{key}/{name}") };
            if entry.file_type()?.is_dir() {
                self.walk(&entry.path(), &key, out)?;
            } else if check_key(&key).is_ok() {
                out.push(key);
            }
        }
        Ok(())
    }
}

/// Whether an error only says that there is no such value.
fn absent<T>(e: &std::io::Error) -> Option<Option<T>> {
    matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory).then_some(None)
}

impl Store for FileStore {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let Some((mut file, len)) = self.open(key)? else { return Ok(None) };
        let mut out = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        std::io::Read::read_to_end(&mut file, &mut out).map_err(|e| Error::io(self.root.join(key).display(), &e))?;
        crate::base::iostat::read(out.len() as u64);
        Ok(Some(out))
    }

    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Vec<u8>>> {
        let Some((file, len)) = self.open(key)? else { return Ok(None) };
        if range.start > range.end || range.end > len {
            return Err(too_short(key, &range, len));
        }
        let mut out = vec![0; (range.end - range.start) as usize];
        file.read_exact_at(&mut out, range.start).map_err(|e| Error::io(self.root.join(key).display(), &e))?;
        crate::base::iostat::read(out.len() as u64);
        Ok(Some(out))
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        let path = self.path(key)?;
        match fs::metadata(&path) {
            Ok(m) => Ok((!m.is_dir()).then_some(m.len())),
            Err(e) => absent(&e).ok_or_else(|| Error::io(path.display(), &e)),
        }
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let path = self.path(key)?;
        self.write(&path, value).map_err(|e| Error::io(format!("writing {} bytes to {}", value.len(), path.display()), &e))
    }

    fn erase(&self, key: &str) -> Result<bool> {
        let path = self.path(key)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(e) => absent::<()>(&e).map(|_| false).ok_or_else(|| Error::io(path.display(), &e)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        check_prefix(prefix)?;
        let mut out = Vec::new();
        if !prefix.is_empty() && self.exists(prefix)? {
            out.push(prefix.to_string());
        }
        let folder = if prefix.is_empty() { self.root.clone() } else { self.root.join(prefix) };
        match self.walk(&folder, prefix, &mut out) {
            Err(e) if absent::<()>(&e).is_none() => return Err(Error::io(folder.display(), &e)),
            _ => out.sort_unstable(),
        }
        Ok(out)
    }

    fn children(&self, prefix: &str) -> Result<Listing> {
        check_prefix(prefix)?;
        let folder = if prefix.is_empty() { self.root.clone() } else { self.root.join(prefix) };
        let mut out = Listing::default();
        let mut read = || -> std::io::Result<()> {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                if check_key(&name).is_ok() {
                    let is_folder = entry.path().is_dir(); // links are followed
                    if is_folder { &mut out.folders } else { &mut out.values }.push(name);
                }
            }
            Ok(())
        };
        match read() {
            Err(e) if absent::<()>(&e).is_none() => return Err(Error::io(folder.display(), &e)),
            _ => {}
        }
        out.values.sort_unstable();
        out.folders.sort_unstable();
        Ok(out)
    }

    fn stamp(&self, key: &str) -> Result<Option<u128>> {
        let path = self.path(key)?;
        match fs::metadata(&path) {
            Ok(m) => Ok((!m.is_dir()).then(|| {
                let id = [m.dev(), m.ino(), m.len(), m.mtime() as u64, m.mtime_nsec() as u64];
                xxhash_rust::xxh3::xxh3_128(&id.map(u64::to_le_bytes).concat())
            })),
            Err(e) => absent(&e).ok_or_else(|| Error::io(path.display(), &e)),
        }
    }

    fn label(&self) -> String {
        self.root.display().to_string()
    }
}
