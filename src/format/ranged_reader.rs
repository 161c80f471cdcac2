//! Reading a file from where one is, as others' decoders do it.

use crate::base::{Error, Result};
use crate::format::ranged::RangedFile;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

/// Parts of a file behind a URL that lie no further apart than this are asked for at once.
const MOST_GAP: u64 = 256 << 10;
/// Reads shorter than this are made of a longer one.
const BUFFER_BYTES: usize = 64 << 10;

/// Parts of a file in memory: where each begins, and its bytes.
pub(super) type Parts = Vec<(u64, Vec<u8>)>;

/// Upper bound of the bytes of parts that were fetched for `n_ranges` ranges of `bytes` together.
pub(super) fn fetched_bytes(bytes: u64, n_ranges: usize) -> u64 {
    bytes.saturating_add(MOST_GAP.saturating_mul(n_ranges as u64))
}

impl RangedFile {
    /// Parts of a file behind a URL, in as few requests as can be; none of one on disk.
    ///
    /// # Errors
    /// As [`read_exact_at`](RangedFile::read_exact_at).
    pub(super) fn fetch(&self, mut ranges: Vec<Range<u64>>) -> Result<Parts> {
        if !self.is_remote() {
            return Ok(vec![]);
        }
        ranges.sort_unstable_by_key(|r| r.start);
        let mut joined: Vec<Range<u64>> = Vec::new();
        for r in ranges {
            match joined.last_mut().filter(|last| r.start <= last.end.saturating_add(MOST_GAP)) {
                Some(last) => last.end = last.end.max(r.end),
                None => joined.push(r),
            }
        }
        let part = |r: Range<u64>| {
            // Nothing is allocated for a part that the file does not hold.
            let n = if self.holds(r.start, r.end.saturating_sub(r.start)) { r.end.saturating_sub(r.start) } else { 0 };
            Ok((r.start, self.read_at(r.start, n as usize)?))
        };
        joined.into_iter().map(part).collect()
    }

    /// The `n` bytes from `offset`, of parts that were fetched or of the file.
    ///
    /// # Errors
    /// As [`read_exact_at`](RangedFile::read_exact_at).
    pub(super) fn read_fetched(&self, parts: &Parts, offset: u64, n: usize) -> Result<Vec<u8>> {
        within(parts, offset, n).map_or_else(|| self.read_at(offset, n), |bytes| Ok(bytes.to_vec()))
    }

    /// What a decoder makes of the file, which it reads from where it likes.
    ///
    /// # Errors
    /// The storage's, whatever the decoder makes of it; else the decoder's.
    pub(super) fn decode<T>(&self, parts: &Parts, decode: impl FnOnce(&mut BufReader<Reader<'_>>) -> Result<T>) -> Result<T> {
        let reader = Reader { file: self, parts, at: 0, error: None };
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        let decoded = decode(&mut reader);
        decoded.map_err(|e| reader.into_inner().error.unwrap_or(e))
    }
}

/// The `n` bytes from `offset`, if one of the parts has them.
fn within(parts: &Parts, offset: u64, n: usize) -> Option<&[u8]> {
    parts.iter().find_map(|(start, bytes)| {
        let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
        bytes.get(from..from.checked_add(n)?)
    })
}

/// A place in a file.
pub(super) struct Reader<'a> {
    file: &'a RangedFile,
    parts: &'a Parts,
    at: u64,
    error: Option<Error>,
}

impl Read for Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.file.len.saturating_sub(self.at);
        let n = out.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let out = &mut out[..n];
        match within(self.parts, self.at, n) {
            Some(bytes) => out.copy_from_slice(bytes),
            None => self.file.read_exact_at(self.at, out).map_err(|e| {
                let told = io::Error::other(e.to_string());
                self.error.get_or_insert(e);
                told
            })?,
        }
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))?;
        Ok(self.at)
    }
}
