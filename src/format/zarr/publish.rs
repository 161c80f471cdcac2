//! How a part of an array on disk that was written beside it takes effect at once: a copy of the array's folder is made of links to its files,
//! with the new ones in their place, and exchanged for it.
//!
//! A link costs some ten microseconds. Files are never written in place, so sharing them for that moment is safe. Writers of the
//! same array wait for each other here, so none undoes what another did; no such care is taken of other programs.

use crate::base::{Error, Kind, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Locks an array's folder against other writers that publish, and says when it is still the one under its name.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let fail = |e: io::Error| Error::io(format!("locking {}", folder.display()), &e);
    loop {
        let file = File::open(folder).map_err(fail)?;
        file.lock().map_err(fail)?;
        let (held, now) = (file.metadata().map_err(fail)?, folder.metadata().map_err(fail)?);
        if (held.dev(), held.ino()) == (now.dev(), now.ino()) {
            return Ok(file);
        }
        // Another writer put a new folder in its place while this one waited.
    }
}

/// Refuses to publish when the array's metadata is no longer what the part was written for.
pub(super) fn check_unchanged(now: Option<Vec<u8>>, before: &str, name: &dyn std::fmt::Display) -> Result<()> {
    if now.as_deref() == Some(before.as_bytes()) {
        return Ok(());
    }
    let e = format!("{name} was replaced or resized while a part of it was written: nothing was changed, write it again");
    Err(Error::new(Kind::Environment, e))
}

/// Links all files of `from` into `into` but those that are there already and those of the keys in `without`.
pub(super) fn link_rest(from: &Path, into: &Path, without: &BTreeSet<String>) -> io::Result<()> {
    link_below(from, into, "", without)
}

fn link_below(from: &Path, into: &Path, path: &str, without: &BTreeSet<String>) -> io::Result<()> {
    let (source, target) = (from.join(path), into.join(path));
    let mut made = target.is_dir();
    for entry in fs::read_dir(&source)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let below = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
        if entry.file_type()?.is_dir() {
            link_below(from, into, &below, without)?;
            continue;
        }
        if without.contains(&below) {
            continue;
        }
        if !made {
            fs::create_dir_all(&target)?;
            made = true;
        }
        match fs::hard_link(entry.path(), target.join(name)) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            // Where files cannot have two names they are copied.
            Err(_) => drop(fs::copy(entry.path(), target.join(name))?),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{link_rest, lock};
    use std::collections::BTreeSet;
    use std::fs;
    use std::sync::mpsc;

    #[test]
    fn what_is_there_stays_and_the_rest_is_linked() {
        let dir = tempfile::tempdir().unwrap();
        let (from, into) = (dir.path().join("a"), dir.path().join("b"));
        for (f, text) in [("x", "old x"), ("c/0/0", "old 0"), ("c/0/1", "old 1"), ("c/1/0", "old 2")] {
            fs::create_dir_all(from.join(f).parent().unwrap()).unwrap();
            fs::write(from.join(f), text).unwrap();
        }
        fs::create_dir_all(into.join("c/0")).unwrap();
        fs::write(into.join("c/0/1"), "new 1").unwrap();
        link_rest(&from, &into, &BTreeSet::from(["c/1/0".to_string()])).unwrap();
        let read = |f: &str| fs::read_to_string(into.join(f)).ok();
        assert_eq!(read("x").unwrap(), "old x");
        assert_eq!((read("c/0/0").unwrap().as_str(), read("c/0/1").unwrap().as_str(), read("c/1/0")), ("old 0", "new 1", None));
        assert_eq!(fs::read_to_string(from.join("c/0/1")).unwrap(), "old 1");
    }

    #[test]
    fn who_waited_locks_the_new_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (path, new) = (dir.path().join("a"), dir.path().join("new"));
        fs::create_dir(&path).unwrap();
        fs::create_dir(&new).unwrap();
        let held = lock(&path).unwrap();
        let (sender, receiver) = mpsc::channel();
        let waiting = path.clone();
        let thread = std::thread::spawn(move || sender.send(lock(&waiting).unwrap()).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(receiver.try_recv().is_err());
        fs::rename(&path, dir.path().join("old")).unwrap();
        fs::rename(&new, &path).unwrap();
        drop(held);
        let got = receiver.recv().unwrap();
        use std::os::unix::fs::MetadataExt;
        assert_eq!(got.metadata().unwrap().ino(), path.metadata().unwrap().ino());
        thread.join().unwrap();
    }
}
