//! Stores by URL, and the places in them that users name: `s3://bucket/path`, `file:///path`, `memory://path`.
//!
//! `memory://` is one store for the whole process: what one part of a program writes there another reads. It cannot be reached from
//! worker processes.

use super::{FileStore, MemoryStore, Store};
use crate::base::{Error, Result};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Whether a text is a URL rather than a path: a scheme of letters and digits, then `://`.
pub fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(s, _)| {
        s.len() > 1 && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') && s.starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

/// The path that a `file://` URL speaks of.
///
/// # Errors
/// A URL with a host: `file:///absolute/path` has none.
pub fn file_path(url: &str) -> Result<Option<PathBuf>> {
    let Some(path) = url.strip_prefix("file://") else { return Ok(None) };
    let path = path.strip_prefix("localhost").filter(|p| p.starts_with('/')).unwrap_or(path);
    if !path.starts_with('/') {
        return Err(Error::usage(format!("{url}: write file:///path, with an absolute path")));
    }
    Ok(Some(PathBuf::from(percent_decoded(path)?)))
}

fn percent_decoded(path: &str) -> Result<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
        match (byte, hex) {
            (b'%', Some(b)) => {
                out.push(b);
                rest = &tail[2..];
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).map_err(|_| Error::usage(format!("file://{path}: what its percent signs stand for is no text")))
}

/// The process's store in memory.
fn memory() -> Arc<MemoryStore> {
    static MEMORY: OnceLock<Arc<MemoryStore>> = OnceLock::new();
    MEMORY.get_or_init(Arc::default).clone()
}

/// Opens the store that a URL is in, and the key (or prefix) that the URL names in it: as deep a root as can be, so that the key is
/// the last `n_parts` parts of the path.
///
/// # Errors
/// A URL of an unknown kind or without the parts it needs (`Usage`); one that this build has no client for (`Unsupported`).
///
/// # Example
/// ```
/// let (store, key) = tilework::store::url::open("memory://docs/a/b.npy", 1)?;
/// assert_eq!(key, "b.npy");
/// store.set(&key, b"x")?;
/// assert_eq!(tilework::store::url::open("memory://docs", 0)?.0.get("a/b.npy")?.unwrap(), b"x");
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn open(url: &str, n_parts: usize) -> Result<(Arc<dyn Store>, String)> {
    let trimmed = url.trim_end_matches('/');
    let cut = (0..n_parts).try_fold(trimmed.len(), |end, _| trimmed[..end].rfind('/').filter(|&at| !trimmed[..at].ends_with('/')));
    let short = || Error::usage(format!("{url}: a path is missing behind the store's name"));
    // `memory://` has no name of a store: its first part is a part of the path.
    let cut = if trimmed.starts_with("memory://") && cut.is_none() { Some("memory:/".len()) } else { cut };
    let cut = cut.ok_or_else(short)?;
    let (root, key) = (&trimmed[..cut], trimmed.get(cut + 1..).unwrap_or(""));
    if let Some(path) = file_path(url)? {
        let mut root = path;
        for _ in 0..n_parts {
            root.pop();
        }
        return Ok((Arc::new(FileStore::new(root)), percent_decoded(key)?));
    }
    if let Some(path) = trimmed.strip_prefix("memory://") {
        let n_root = path.len().saturating_sub(key.len()).saturating_sub(usize::from(!key.is_empty()));
        return Ok((Arc::new(Below { store: memory(), prefix: path[..n_root].to_string() }), key.to_string()));
    }
    remote(root).map(|s| (s, key.to_string()))
}

#[cfg(feature = "cloud")]
fn remote(url: &str) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(super::ObjectStore::open(url, &super::Patience::default())?))
}

#[cfg(not(feature = "cloud"))]
fn remote(url: &str) -> Result<Arc<dyn Store>> {
    Err(Error::unsupported(format!("{url}: this build reads file:// and memory:// only (it lacks the feature 'cloud')")))
}

/// The part of a store below a prefix.
#[derive(Debug)]
struct Below {
    store: Arc<MemoryStore>,
    prefix: String,
}

impl Below {
    fn key(&self, key: &str) -> Result<String> {
        super::check_key(key)?;
        Ok(self.full(key))
    }

    fn full(&self, key: &str) -> String {
        if self.prefix.is_empty() || key.is_empty() { format!("{}{key}", self.prefix) } else { format!("{}/{key}", self.prefix) }
    }
}

impl Store for Below {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.store.get(&self.key(key)?)
    }

    fn get_range(&self, key: &str, range: std::ops::Range<u64>) -> Result<Option<Vec<u8>>> {
        self.store.get_range(&self.key(key)?, range)
    }

    fn size(&self, key: &str) -> Result<Option<u64>> {
        self.store.size(&self.key(key)?)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.store.set(&self.key(key)?, value)
    }

    fn erase(&self, key: &str) -> Result<bool> {
        self.store.erase(&self.key(key)?)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        super::key::check_prefix(prefix)?;
        let n = if self.prefix.is_empty() { 0 } else { self.prefix.len() + 1 };
        Ok(self.store.list(&self.full(prefix))?.into_iter().filter_map(|k| k.get(n..).map(str::to_string)).collect())
    }

    fn stamp(&self, key: &str) -> Result<Option<u128>> {
        self.store.stamp(&self.key(key)?)
    }

    fn label(&self) -> String {
        format!("memory://{}", self.prefix)
    }
}
