//! Outputs that are being written, under a temporary name beside their target, and those that killed runs left there.
//!
//! A writer holds a lock on its temporary file or folder; the system lets go of it however the writer ends. What is locked by
//! nobody, and is not so young that its writer may only just have made it, is removed by the next writer of the same target.

use super::ranged::{is_remote, located};
use crate::base::{Error, Result};
use crate::store::folder;
use crate::store::url::is_url;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const SUFFIX: &str = ".part";
/// A writer locks what it makes at once; this is far longer than that takes.
const SETUP_TIME: Duration = Duration::from_secs(60);

/// How temporary names of a target begin.
fn prefix(target: &Path) -> String {
    format!(".{}.", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Refuses a target that is no place for a file: a folder, a device, what exists and may not be replaced, or what is in no folder.
pub(super) fn check_file(target: &Path, overwrite: bool) -> Result<()> {
    let name = target.display();
    if target.is_dir() {
        return Err(Error::usage(format!("{name} is a folder: give the name of a file")).with_os_error(libc::EISDIR));
    }
    let folder = folder(target);
    if !folder.is_dir() {
        let what = format!("{name}: the folder {} does not exist: make it first", folder.display());
        return Err(Error::usage(what).with_os_error(libc::ENOENT));
    }
    if !overwrite && target.symlink_metadata().is_ok() {
        return Err(exists(target));
    }
    if target.metadata().is_ok_and(|m| !m.is_file()) {
        return Err(Error::usage(format!("{name} is no regular file: it is not replaced")));
    }
    Ok(())
}

/// The path of a target on disk, which `file://` may name; any other URL is refused.
pub(super) fn local(target: &Path) -> Result<PathBuf> {
    if is_remote(target) {
        let name = target.display();
        return Err(Error::usage(format!("{name} is a URL, but this format is written to disk: write it there, or write Zarr")));
    }
    if target.to_str().is_some_and(is_url) { located(target) } else { Ok(target.to_path_buf()) }
}

/// The error for a target that exists.
pub(super) fn exists(target: &Path) -> Error {
    Error::usage(format!("{} exists: choose another name, or allow overwriting (--overwrite, overwrite=True)", target.display()))
        .with_os_error(libc::EEXIST)
}

/// The absolute path of a target, and where it is a link to a file, that file's: the file is replaced, not the link.
pub(super) fn resolved(target: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(local(target)?).map_err(|e| Error::io(target.display(), &e))?;
    Ok(if path.is_symlink() { path.canonicalize().unwrap_or(path) } else { path })
}

/// A maker of temporary names beside `target`, after a sweep of what killed runs left there.
pub(super) fn named<R>(target: &Path, make: impl FnOnce(&mut tempfile::Builder<'_, '_>, &Path) -> io::Result<R>) -> io::Result<R> {
    let parent = target.parent().ok_or_else(|| io::Error::new(io::ErrorKind::IsADirectory, "the root folder"))?;
    sweep(target, parent, SETUP_TIME);
    make(tempfile::Builder::new().prefix(&prefix(target)).suffix(SUFFIX), parent)
}

/// Writes a small file under a temporary name and renames it: it is there whole or not at all.
///
/// # Errors
/// What writing fails with; the target is as it was.
pub(crate) fn write_whole(target: &Path, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<()> {
    let fail = |e: &io::Error| Error::io(target.display(), e);
    let path = resolved(target)?;
    // The usual mode of new files, less the process's umask.
    let mode = fs::Permissions::from_mode(0o666);
    let mut file = named(&path, |b, parent| b.permissions(mode).tempfile_in(parent)).map_err(|e| fail(&e))?;
    let mut out = io::BufWriter::new(file.as_file_mut());
    write(&mut out).and_then(|()| io::Write::flush(&mut out)).map_err(|e| fail(&e))?;
    drop(out);
    file.persist(&path).map(drop).map_err(|e| fail(&e.error))
}

/// Locks a temporary file or folder for as long as the handle lives.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    file.try_lock().map_err(|e| io::Error::other(format!("locking {}: {e}", path.display())))?;
    Ok(file)
}

/// Gives a finished folder the target's name, in one step as seen from outside; an old folder is exchanged for it, if it may be
/// replaced, then removed.
pub(super) fn publish_folder(folder: TempDir, target: &Path, replace: bool) -> io::Result<()> {
    if replace && target.exists() {
        return match renameat_with(CWD, folder.path(), CWD, target, RenameFlags::EXCHANGE) {
            // The old folder is now under the temporary name, and goes with it.
            Ok(()) => folder.close(),
            Err(Errno::INVAL | Errno::NOSYS) => replace_folder(folder, target),
            Err(e) => Err(e.into()),
        };
    }
    match renameat_with(CWD, folder.path(), CWD, target, RenameFlags::NOREPLACE) {
        // rename(2) itself refuses to replace a folder that holds anything.
        Err(Errno::INVAL | Errno::NOSYS) => fs::rename(folder.path(), target)?,
        other => other?,
    }
    let _ = folder.keep();
    Ok(())
}

/// For file systems that cannot exchange two names: for a moment there is nothing under the name.
fn replace_folder(folder: TempDir, target: &Path) -> io::Result<()> {
    let old = folder.path().with_extension("old");
    fs::rename(target, &old)?;
    if let Err(e) = fs::rename(folder.path(), target) {
        let _ = fs::rename(&old, target);
        return Err(e);
    }
    let _ = folder.keep();
    fs::remove_dir_all(&old)
}

/// Removes what nobody writes any more; gives how many. What cannot be read or removed is left.
pub(super) fn sweep(target: &Path, parent: &Path, min_age: Duration) -> usize {
    let prefix = prefix(target);
    let Ok(entries) = fs::read_dir(parent) else { return 0 };
    let mut n_swept = 0;
    for entry in entries.flatten() {
        let name = entry.file_name();
        // Between the two stands a random word without a dot, so that `.a.b.x.part` is not taken for one of `a`.
        let word = name.to_str().and_then(|n| n.strip_prefix(&prefix)?.strip_suffix(SUFFIX));
        if !word.is_some_and(|w| !w.is_empty() && w.chars().all(char::is_alphanumeric)) {
            continue;
        }
        let (path, Ok(meta)) = (entry.path(), entry.metadata()) else { continue };
        let old = meta.modified().ok().and_then(|t| t.elapsed().ok()).is_some_and(|age| age >= min_age);
        if !old || meta.is_symlink() || lock(&path).is_err() {
            continue;
        }
        let removed = if meta.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        n_swept += usize::from(removed.is_ok());
    }
    n_swept
}

#[cfg(test)]
mod tests {
    use super::{lock, named, sweep};
    use std::time::Duration;

    #[test]
    fn only_what_nobody_holds_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a");
        let held = named(&target, |b, p| b.tempdir_in(p)).unwrap();
        let lock = lock(held.path()).unwrap();
        let left = named(&target, |b, p| b.tempfile_in(p)).unwrap().into_temp_path().keep().unwrap();
        let other = named(&dir.path().join("a.b"), |b, p| b.tempdir_in(p)).unwrap();
        std::fs::write(dir.path().join(".a.part"), b"the user's").unwrap();
        assert_eq!(sweep(&target, dir.path(), Duration::from_secs(60)), 0, "too young");
        assert_eq!(sweep(&target, dir.path(), Duration::ZERO), 1);
        assert!(!left.exists() && held.path().exists() && other.path().exists());
        drop(lock);
        assert_eq!(sweep(&target, dir.path(), Duration::ZERO), 1);
        assert!(!held.path().exists() && dir.path().join(".a.part").exists());
    }
}
