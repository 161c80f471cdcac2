//! The container: header and chain of directories of a classic or BigTIFF file, either byte order.
//!
//! Nothing here trusts a number from the file: counts and offsets are checked against its length before memory is taken, and a
//! directory is visited once (a chain that loops is broken off with an error). What the tags mean is not known here.

use super::file::RandomFile;
use crate::base::Result;
use std::collections::{BTreeMap, BTreeSet};

/// Directories that a file may have.
const MAX_DIRECTORIES: usize = 65_536;

/// How the file writes numbers, and how wide its offsets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) big_endian: bool,
    pub(super) big_tiff: bool,
}

impl Format {
    /// The unsigned number in `b` (1, 2, 4 or 8 bytes).
    pub(super) fn uint(self, b: &[u8]) -> u64 {
        let add = |n: u64, v: &u8| n << 8 | u64::from(*v);
        if self.big_endian { b.iter().fold(0, add) } else { b.iter().rev().fold(0, add) }
    }
}

/// One tag of a directory; its values are read when asked for.
#[derive(Clone, Copy, Debug)]
struct Entry {
    kind: u16,
    count: u64,
    /// Where the values are in the file.
    offset: u64,
}

impl Entry {
    fn size(self) -> Option<u64> {
        Some(match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16 | 17 | 18 => 8,
            _ => return None,
        })
    }
}

/// One image file directory.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) format: Format,
    /// Where it is in the file.
    pub(super) offset: u64,
    entries: BTreeMap<u16, Entry>,
}

/// Reads the header and all directories.
///
/// # Errors
/// When this is no TIFF, or the chain of directories is broken.
pub(super) fn read_directories(file: &RandomFile) -> Result<(Format, Vec<Directory>)> {
    let head = file.read_vec(0, 8, &"the TIFF header").map_err(|_| file.corrupt("not a TIFF: shorter than its header"))?;
    let big_endian = match &head[..2] {
        b"II" => false,
        b"MM" => true,
        _ => return Err(file.corrupt("not a TIFF: it does not begin with II or MM")),
    };
    let order = Format { big_endian, big_tiff: false };
    let (format, first) = match order.uint(&head[2..4]) {
        42 => (order, order.uint(&head[4..8])),
        43 => {
            let rest = file.read_vec(0, 16, &"the BigTIFF header")?;
            if order.uint(&rest[4..6]) != 8 {
                return Err(file.corrupt("a BigTIFF header with offsets that are not 8 bytes"));
            }
            (Format { big_tiff: true, ..order }, order.uint(&rest[8..16]))
        }
        v => return Err(file.corrupt(format_args!("not a TIFF: version {v} where 42 or 43 is expected"))),
    };
    let (mut next, mut seen, mut out) = (first, BTreeSet::new(), Vec::new());
    while next != 0 {
        if !seen.insert(next) {
            return Err(file.corrupt(format_args!("the chain of directories loops back to offset {next}")));
        }
        if out.len() == MAX_DIRECTORIES {
            return Err(file.corrupt(format_args!("more than {MAX_DIRECTORIES} directories")));
        }
        let (directory, after) = read_directory(file, format, next)?;
        out.push(directory);
        next = after;
    }
    if out.is_empty() {
        return Err(file.corrupt("a TIFF without a directory (an interrupted write?)"));
    }
    Ok((format, out))
}

fn read_directory(file: &RandomFile, format: Format, offset: u64) -> Result<(Directory, u64)> {
    let (count_size, entry_size, word) = if format.big_tiff { (8u64, 20u64, 8usize) } else { (2, 12, 4) };
    let count = format.uint(&file.read_vec(offset, count_size, &"a directory")?);
    let bytes = count.checked_mul(entry_size).and_then(|n| n.checked_add(word as u64));
    let Some(bytes) = bytes.filter(|&n| file.holds(offset + count_size, n)) else {
        return Err(
            file.corrupt(format_args!("truncated: a directory of {count} tags at offset {offset} does not fit into the file"))
        );
    };
    let table = file.read_vec(offset + count_size, bytes, &"a directory")?;
    let mut entries = BTreeMap::new();
    for (i, e) in table[..table.len() - word].chunks_exact(entry_size as usize).enumerate() {
        let inline = offset + count_size + i as u64 * entry_size + entry_size - word as u64;
        let mut entry = Entry { kind: format.uint(&e[2..4]) as u16, count: format.uint(&e[4..4 + word]), offset: inline };
        let Some(size) = entry.size() else { continue };
        if entry.count.checked_mul(size).is_none_or(|n| n > word as u64) {
            entry.offset = format.uint(&e[4 + word..]);
        }
        entries.entry(format.uint(&e[..2]) as u16).or_insert(entry);
    }
    let next = format.uint(&table[table.len() - word..]);
    Ok((Directory { format, offset, entries }, next))
}

impl Directory {
    /// The raw bytes of a tag's values with their type, or None where there is no such tag.
    fn bytes(&self, file: &RandomFile, tag: u16) -> Result<Option<(u16, Vec<u8>)>> {
        let Some(e) = self.entries.get(&tag) else { return Ok(None) };
        let n = e.size().and_then(|s| s.checked_mul(e.count));
        let Some(n) = n.filter(|&n| file.holds(e.offset, n)) else {
            return Err(file.corrupt(format_args!(
                "truncated: tag {tag} says {} values at offset {}, but the file ends at {}",
                e.count, e.offset, file.len
            )));
        };
        Ok(Some((e.kind, file.read_vec(e.offset, n, &format_args!("tag {tag}"))?)))
    }

    /// Whether the tag is there.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entries.contains_key(&tag)
    }

    /// The values of a tag of unsigned integers.
    ///
    /// # Errors
    /// When they lie outside of the file, or are not unsigned integers.
    pub(super) fn uints(&self, file: &RandomFile, tag: u16) -> Result<Option<Vec<u64>>> {
        let Some((kind, bytes)) = self.bytes(file, tag)? else { return Ok(None) };
        let size = match kind {
            1 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return Err(file.corrupt(format_args!("tag {tag} has type {kind} where unsigned integers are expected"))),
        };
        Ok(Some(bytes.chunks_exact(size).map(|b| self.format.uint(b)).collect()))
    }

    /// The first value of a tag of unsigned integers.
    ///
    /// # Errors
    /// As [`uints`](Directory::uints).
    pub(super) fn uint(&self, file: &RandomFile, tag: u16) -> Result<Option<u64>> {
        Ok(self.uints(file, tag)?.and_then(|v| v.first().copied()))
    }

    /// The values of a tag of doubles (or floats).
    ///
    /// # Errors
    /// When they lie outside of the file, or are no floating-point numbers.
    pub(super) fn doubles(&self, file: &RandomFile, tag: u16) -> Result<Option<Vec<f64>>> {
        let Some((kind, bytes)) = self.bytes(file, tag)? else { return Ok(None) };
        Ok(Some(match kind {
            12 => bytes.chunks_exact(8).map(|b| f64::from_bits(self.format.uint(b))).collect(),
            11 => bytes.chunks_exact(4).map(|b| f64::from(f32::from_bits(self.format.uint(b) as u32))).collect(),
            _ => return Err(file.corrupt(format_args!("tag {tag} has type {kind} where doubles are expected"))),
        }))
    }

    /// The text of a tag, up to its first NUL. Bytes that are no UTF-8 are replaced.
    ///
    /// # Errors
    /// When it lies outside of the file.
    pub(super) fn text(&self, file: &RandomFile, tag: u16) -> Result<Option<String>> {
        let Some((_, bytes)) = self.bytes(file, tag)? else { return Ok(None) };
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
        Ok(Some(String::from_utf8_lossy(&bytes[..end]).into_owned()))
    }
}
