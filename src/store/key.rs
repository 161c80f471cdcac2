//! What a byte store promises, and which keys it takes.
//!
//! A value is replaced whole: whoever reads a key sees the old bytes or the new ones, also when the writer is killed. Keys are
//! relative paths with `/` between their parts; one that could point outside of the store is refused by every store alike.
//! A store knows nothing of what its values mean.

use crate::base::{Error, Result};
use std::fmt::Debug;
use std::ops::Range;

/// Parts of keys that begin so are the store's own (values being written).
pub(super) const RESERVED: &str = ".tilework-";

/// Bytes under keys.
pub trait Store: Send + Sync + Debug {
    /// The value, or None where there is none.
    ///
    /// # Errors
    /// A bad key (`Usage`), or a failure of the storage.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>>;

    /// The value if it has at most `most` bytes, or None where there is none. One request where a store is far away.
    ///
    /// # Errors
    /// As [`get`](Store::get); `Corrupt` when the value is longer, of which no more than `most` bytes are held then.
    fn get_bounded(&self, key: &str, most: u64) -> Result<Option<Vec<u8>>> {
        match self.size(key)? {
            Some(n) if n > most => Err(too_long(key, n, most)),
            Some(n) => self.get_range(key, 0..n),
            None => Ok(None),
        }
    }

    /// Bytes `range` of the value, or None where there is none.
    ///
    /// # Errors
    /// As [`get`](Store::get); `Corrupt` when the value is shorter than the range.
    fn get_range(&self, key: &str, range: Range<u64>) -> Result<Option<Vec<u8>>>;

    /// The length of the value in bytes, or None where there is none.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn size(&self, key: &str) -> Result<Option<u64>>;

    /// Whether there is a value.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn exists(&self, key: &str) -> Result<bool> {
        Ok(self.size(key)?.is_some())
    }

    /// Puts a value in place of what was there, whole or not at all.
    ///
    /// # Errors
    /// A bad key, or a failure of the storage (`DiskFull` is told apart); the old value stays.
    fn set(&self, key: &str, value: &[u8]) -> Result<()>;

    /// Removes a value; says whether there was one.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn erase(&self, key: &str) -> Result<bool>;

    /// All keys that are `prefix` or lie below it (all keys for an empty prefix), sorted.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// The names right below `prefix` (which is no part of them), sorted. A store may name one folder that holds nothing.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn children(&self, prefix: &str) -> Result<Listing> {
        let mut out = Listing::default();
        for key in self.list(prefix)? {
            let Some(rest) = (if prefix.is_empty() { Some(key.as_str()) } else { key[prefix.len()..].strip_prefix('/') }) else {
                continue;
            };
            match rest.split_once('/') {
                // Keys are sorted, but `a-b` lies between `a` and `a/b`.
                Some((folder, _)) if out.folders.iter().rev().any(|f| f == folder) => {}
                Some((folder, _)) => out.folders.push(folder.to_string()),
                None => out.values.push(rest.to_string()),
            }
        }
        out.folders.sort_unstable();
        Ok(out)
    }

    /// A number that tells the value as it is now from what it was or will be, as well as the store knows; None where there is none.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn stamp(&self, key: &str) -> Result<Option<u128>>;

    /// The [`size`](Store::size) and the [`stamp`](Store::stamp) of a value, asked for at once where that is possible.
    ///
    /// # Errors
    /// As [`get`](Store::get).
    fn size_and_stamp(&self, key: &str) -> Result<Option<(u64, u128)>> {
        Ok(self.size(key)?.zip(self.stamp(key)?))
    }

    /// Memory that a request holds beside its value, in bytes.
    fn request_bytes(&self) -> u64 {
        0
    }

    /// About how long a request takes before its first byte, in nanoseconds.
    fn latency_ns(&self) -> u64 {
        0
    }

    /// A name for people: where the store is.
    fn label(&self) -> String;
}

/// What lies right below a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Names of values.
    pub values: Vec<String>,
    /// Names that have values below them.
    pub folders: Vec<String>,
}

/// Refuses keys that are empty, absolute, too long, or have an empty, `.`, `..` or reserved part, a backslash or a control character.
///
/// # Errors
/// `Usage`, with the key and the reason.
pub fn check_key(key: &str) -> Result<()> {
    let reason = if key.is_empty() {
        "it is empty"
    } else if key.len() > 1024 || key.split('/').any(|p| p.len() > 255) {
        "it is too long"
    } else if key.starts_with('/') {
        "it is absolute"
    } else if key.contains(|c: char| c == '\\' || c.is_control()) {
        "it holds a backslash or a control character"
    } else if key.split('/').any(|p| matches!(p, "" | "." | "..")) {
        "it has an empty part, or '.' or '..' as a part"
    } else if key.split('/').any(|p| p.starts_with(RESERVED)) {
        "names that start so are taken"
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("'{}' is no key of a store: {reason}", key.escape_debug())))
}

/// Checks a prefix of [`Store::list`]: empty, or as a key.
pub(super) fn check_prefix(prefix: &str) -> Result<()> {
    if prefix.is_empty() { Ok(()) } else { check_key(prefix) }
}

/// A value that is too short for a range that somebody wants of it.
pub(super) fn too_short(key: &str, range: &Range<u64>, len: u64) -> Error {
    Error::corrupt(format!("'{key}' has {len} bytes, but bytes {}..{} are needed", range.start, range.end))
}

/// A value that is longer than whoever wants it can use.
pub(super) fn too_long(key: &str, len: u64, most: u64) -> Error {
    Error::corrupt(format!("'{key}' has {len} bytes, more than the {most} that it can need"))
}
