//! A file that a table is written to; it takes its own name only when it is whole.

use crate::base::{Error, Result};
use crate::format::partial;
use parking_lot::Mutex;
use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where a file is to be written, and whether one may be there already.
#[derive(Clone, Debug)]
pub(super) struct FileTarget {
    path: PathBuf,
    overwrite: bool,
}

/// A file being written, under a temporary name.
#[derive(Debug)]
pub(super) struct OpenFile {
    temporary: NamedTempFile,
    _lock: File,
}

impl FileTarget {
    /// A target. Nothing is touched yet.
    pub(super) fn new(path: impl AsRef<Path>, overwrite: bool) -> Result<FileTarget> {
        let path = partial::resolved(path.as_ref())?;
        partial::check_file(&path, overwrite)?;
        Ok(FileTarget { path, overwrite })
    }

    /// The file's name, for people.
    pub(super) fn label(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The folder that it will be in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// An empty file beside the target, and a handle to write to it.
    pub(super) fn create(&self) -> Result<(OpenFile, File)> {
        partial::check_file(&self.path, self.overwrite)?;
        // The usual mode of new files, less the process's umask.
        let mode = Permissions::from_mode(0o666);
        let make = || {
            let temporary = partial::named(&self.path, |b, parent| b.permissions(mode).tempfile_in(parent))?;
            let lock = partial::lock(temporary.path())?;
            let file = temporary.as_file().try_clone()?;
            Ok((OpenFile { temporary, _lock: lock }, file))
        };
        make().map_err(|e| self.fail(&e))
    }

    /// Gives the file its name.
    pub(super) fn persist(&self, open: OpenFile) -> Result<()> {
        let done = if self.overwrite { open.temporary.persist(&self.path) } else { open.temporary.persist_noclobber(&self.path) };
        done.map(drop).map_err(|e| self.fail(&e.error))
    }

    /// An error of writing, with the target's name.
    pub(super) fn fail(&self, e: &std::io::Error) -> Error {
        Error::io(format!("writing {}", self.path.display()), e)
    }
}

/// A file that is written piece by piece.
#[derive(Debug)]
pub(super) struct PieceFile {
    pub(super) target: FileTarget,
    open: Mutex<Option<(OpenFile, File)>>,
}

impl PieceFile {
    /// A file at a target. Nothing is touched yet.
    pub(super) fn new(target: FileTarget) -> PieceFile {
        PieceFile { target, open: Mutex::new(None) }
    }

    /// Creates it under a temporary name.
    pub(super) fn begin(&self) -> Result<()> {
        *self.open.lock() = Some(self.target.create()?);
        Ok(())
    }

    /// Adds bytes at its end.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<()> {
        let mut open = self.open.lock();
        let (_, file) = open.as_mut().ok_or_else(|| Error::bug("commit before begin"))?;
        file.write_all(bytes).map_err(|e| self.target.fail(&e))
    }

    /// Gives it its name.
    pub(super) fn finish(&self) -> Result<()> {
        let (open, _) = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        self.target.persist(open)
    }

    /// Removes what was written: dropping the temporary file does.
    pub(super) fn abort(&self) {
        self.open.lock().take();
    }
}
