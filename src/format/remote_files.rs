//! Files behind URLs that a scan reads: which they are, and each looked up once.

use crate::base::{Error, Result};
use crate::format::ranged::RangedFile;
pub use crate::format::ranged::is_remote;
use crate::store::{Store, url};
use parking_lot::Mutex;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that are open, with one client for each folder.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenFiles(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    stores: HashMap<String, Arc<dyn Store>>,
    files: HashMap<PathBuf, Arc<RangedFile>>,
}

impl OpenFiles {
    /// A file: those on disk are opened anew, since thousands may not be open.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(&self, path: &Path) -> Result<Arc<RangedFile>> {
        let Some((folder, name)) = path.to_str().filter(|_| is_remote(path)).and_then(|t| t.rsplit_once('/')) else {
            return RangedFile::open(path).map(Arc::new);
        };
        let known = {
            let known = self.0.lock();
            if let Some(file) = known.files.get(path) {
                return Ok(file.clone());
            }
            known.stores.get(folder).cloned()
        };
        let (store, key) = match known {
            Some(store) => (store, name.to_string()),
            None => url::open(&path.to_string_lossy(), 1)?,
        };
        let file = Arc::new(RangedFile::in_store(store.clone(), key, path.to_path_buf())?);
        let mut known = self.0.lock();
        known.stores.insert(folder.to_string(), store);
        known.files.insert(path.to_path_buf(), file.clone());
        Ok(file)
    }
}

/// A path, of which `file://` is no part.
///
/// # Errors
/// A `file://` URL with a host.
pub fn on_disk(path: &Path) -> Result<Cow<'_, Path>> {
    let of_url = path.to_str().map(url::file_path).transpose()?.flatten();
    Ok(of_url.map_or(Cow::Borrowed(path), Cow::Owned))
}

/// What makes a name a pattern.
const PATTERN: [char; 3] = ['*', '?', '['];

/// Whether a text is a pattern of names.
pub fn is_pattern(text: &str) -> bool {
    text.contains(PATTERN)
}

/// The part of a path or URL in which folders' names say nothing of files: all of one that is no pattern, else up to its first part that is.
pub fn root(text: &str) -> &str {
    let fixed = text.find(PATTERN).map_or(text, |at| &text[..at]);
    if fixed.len() < text.len() { fixed.rsplit_once('/').map_or("", |(root, _)| root) } else { text.trim_end_matches('/') }
}

/// The files that a URL names: itself, all in the folder that it is, or those that match it as a pattern (`s3://bucket/data/*.parquet`; `**` is any folders). Hidden ones
/// (`.name`, `_name`) are left out. Sorted by name.
///
/// # Errors
/// A URL of nothing, or of what cannot be listed; a failure of the storage.
pub fn expand(text: &str) -> Result<Vec<String>> {
    let pattern = is_pattern(text);
    if !pattern && is_file(text)? {
        return Ok(vec![text.to_string()]);
    }
    let root = root(text);
    if root.starts_with("http://") || root.starts_with("https://") {
        return Err(if pattern {
            Error::unsupported(format!("{text}: what is there cannot be listed over HTTP: name the files"))
        } else {
            Error::usage(format!("{text} does not exist")).with_os_error(libc::ENOENT)
        });
    }
    let (store, _) = url::open(root, 0)?;
    let is_hidden = |key: &str| key.split('/').any(|part| part.starts_with(['.', '_']));
    let mut keys = store.list("")?;
    keys.retain(|k| !is_hidden(k));
    if pattern {
        let rest = text[root.len()..].trim_start_matches('/');
        let wrong = |e: glob::PatternError| Error::usage(format!("{text} is no pattern of names: {e}"));
        let matches = glob::Pattern::new(rest).map_err(wrong)?;
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        keys.retain(|k| matches.matches_with(k, options));
    }
    if keys.is_empty() {
        let none = if pattern { format!("{text}: there are no files") } else { format!("{text} does not exist") };
        return Err(Error::usage(none).with_os_error(libc::ENOENT));
    }
    Ok(keys.into_iter().map(|k| format!("{root}/{k}")).collect())
}

/// Whether a URL names a file, and not a folder or nothing.
///
/// # Errors
/// A failure of the storage.
pub fn is_file(text: &str) -> Result<bool> {
    if text.ends_with('/') {
        return Ok(false);
    }
    // What has no path behind the store's name is a folder.
    let Ok((store, key)) = url::open(text, 1) else { return Ok(false) };
    Ok(store.size(&key)?.is_some())
}

#[cfg(test)]
mod tests {
    use super::{expand, root};
    use crate::store::url;

    #[test]
    fn folders_and_patterns_name_files() {
        let (store, _) = url::open("memory://listed", 0).unwrap();
        for key in ["t/y=1/a.csv", "t/y=2/b.csv", "t/_hidden.csv", "t/_log/x.csv", "t/c.parquet"] {
            store.set(key, b"x").unwrap();
        }
        let found =
            |text: &str| expand(text).map(|all| all.iter().map(|u| u.replace("memory://listed/t/", "")).collect::<Vec<_>>());
        assert_eq!(found("memory://listed/t").unwrap(), ["c.parquet", "y=1/a.csv", "y=2/b.csv"]);
        assert_eq!(found("memory://listed/t/*/*.csv").unwrap(), ["y=1/a.csv", "y=2/b.csv"]);
        assert_eq!(found("memory://listed/t/**/b*.csv").unwrap(), ["y=2/b.csv"]);
        assert_eq!(found("memory://listed/t/*.parquet").unwrap(), ["c.parquet"]);
        assert_eq!(found("memory://listed/t/c.parquet").unwrap(), ["c.parquet"]);
        for (wrong, says) in [("t/*.arrow", "no files"), ("none", "does not exist"), ("t/[", "no pattern")] {
            let e = expand(&format!("memory://listed/{wrong}")).unwrap_err();
            assert!(e.message().contains(says), "{e}");
        }
    }

    #[test]
    fn roots_are_what_is_no_pattern() {
        for (text, of) in [("s3://b/a/x*/c", "s3://b/a"), ("a/b/", "a/b"), ("*.csv", ""), ("/t/y=1/[ab].csv", "/t/y=1")] {
            assert_eq!(root(text), of);
        }
    }
}
