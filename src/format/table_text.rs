//! Files of records of text: cut at ends of records in one pass, which counts them, so that bounds of partitions are exact; and the
//! line of a record that cannot be parsed. Knows of quotes and line ends, not of what a record says.

use crate::base::{Error, Result};
use crate::chunk::table_bound::Bound;
use crate::format::ranged::RangedFile;
use crate::format::table_files::{FileSet, Place};
use polars::prelude::{DataFrame, PolarsError};
use std::path::Path;

/// Bytes of a file that are looked at a time, on disk and behind a URL, where each piece is a request.
const PIECE_BYTES: u64 = 1 << 20;
const REMOTE_PIECE_BYTES: u64 = 8 << 20;
/// Bytes that are looked at for the first records at first.
const HEAD_BYTES: u64 = 1 << 20;

/// Where records end, and how much memory they take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Records {
    /// Line ends between two of these are none.
    pub quote: Option<u8>,
    /// The last byte of a record.
    pub end: u8,
    /// Whether the first record that is not empty tells the columns.
    pub header: bool,
    /// Records that are left out before the header, and after it.
    pub skip: (usize, usize),
    /// What white space does not make a record (a separator); None where a record of nothing but white space counts.
    pub not_blank: Option<u8>,
    /// Bytes of a record's values of fixed width.
    pub width: u64,
    /// Further bytes of a record, and of every byte of its text, in columns of strings and lists.
    pub var: (u64, u64),
}

/// Records of one file that make a partition.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub(super) struct Part {
    pub file: usize,
    pub start: u64,
    pub end: u64,
    /// Number of the first line, from 1.
    first_line: u64,
    pub n_records: u64,
    /// Rows of the table before it.
    first_row: u64,
    /// Records that are not blank.
    n_rows: u64,
}

/// Files and where they are cut.
#[derive(Debug)]
pub(super) struct TextFiles {
    pub set: FileSet,
    pub parts: Vec<Part>,
    /// Of each file, the record that tells its columns.
    pub headers: Vec<Vec<u8>>,
    records: Records,
}

impl TextFiles {
    /// Files cut into partitions of about `target_bytes` in memory.
    ///
    /// # Errors
    /// Files that cannot be read, are compressed or end within quotes.
    pub fn cut(set: FileSet, records: Records, target_bytes: u64) -> Result<TextFiles> {
        let found = set.each(|i, path| {
            let file = set.open(path)?;
            Cutter::new(i, records, target_bytes).run(&file).map_err(|e| e.at(path.display().to_string()))
        })?;
        let (mut parts, mut headers): (Vec<Part>, Vec<_>) = (vec![], vec![]);
        for (header, mut found) in found {
            for p in &mut found {
                p.first_row = parts.last().map_or(0, |l| l.first_row + l.n_rows);
                parts.push(*p);
            }
            headers.push(header);
        }
        if parts.is_empty() {
            parts.push(Part::default());
        }
        Ok(TextFiles { set, parts, headers, records })
    }

    fn bound_of(&self, records: u64, text: u64) -> Bound {
        let (record, byte) = self.records.var;
        Bound { rows: records, var_bytes: records.saturating_mul(record).saturating_add(text.saturating_mul(byte)) }
    }

    /// What partition `i` holds at most.
    pub fn part_bound(&self, i: usize) -> Bound {
        self.bound_of(self.parts[i].n_records, self.text_bytes(i))
    }

    /// What any partition holds at most.
    pub fn bound(&self) -> Bound {
        let text = (0..self.parts.len()).map(|i| self.text_bytes(i)).max().unwrap_or(0);
        self.bound_of(self.parts.iter().map(|p| p.n_records).max().unwrap_or(0), text)
    }

    /// What all partitions hold together at most.
    pub fn total(&self) -> Bound {
        let text = (0..self.parts.len()).map(|i| self.text_bytes(i)).sum();
        self.bound_of(self.parts.iter().map(|p| p.n_records).sum(), text)
    }

    /// Where partition `i` comes from.
    pub fn place(&self, i: usize) -> Place {
        let Part { file, first_row, n_rows, .. } = self.parts[i];
        Place { file, first_row, n_rows }
    }

    /// Bytes of the text of partition `i`.
    pub fn text_bytes(&self, i: usize) -> u64 {
        self.parts[i].end - self.parts[i].start
    }

    /// What reading partition `i` holds beside its rows: its text, twice while it comes from behind a URL.
    pub fn read_bytes(&self, i: usize) -> u64 {
        let n = self.text_bytes(i);
        n + self.set.paths.get(self.parts[i].file).map_or(0, |p| self.set.request_bytes(p, n))
    }

    /// The rows that `parse` finds in partition `i`.
    ///
    /// # Errors
    /// A file that cannot be read; a record that cannot be parsed, with its line.
    pub fn read(&self, i: usize, parse: impl Fn(Vec<u8>) -> std::result::Result<DataFrame, PolarsError>) -> Result<DataFrame> {
        let part = &self.parts[i];
        let path = &self.set.paths[part.file];
        let file = self.set.open(path)?;
        let text = || {
            let mut text = vec![0; (part.end - part.start) as usize];
            file.read_exact_at(part.start, &mut text).map(|()| text)
        };
        parse(text()?).or_else(|e| {
            let text = text()?;
            let line = self.bad_line(part, &text, |t| parse(t).is_err());
            let reason = e.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            Err(Error::corrupt(format!("{}, line {line}: {reason}", path.display())))
        })
    }

    /// The line of the first record of `text` that is bad.
    fn bad_line(&self, part: &Part, text: &[u8], is_bad: impl Fn(Vec<u8>) -> bool) -> u64 {
        let ends = record_ends(text, self.records.quote, self.records.end);
        let (mut good, mut bad) = (0, ends.len().max(1) - 1);
        while good < bad {
            let middle = (good + bad) / 2;
            if is_bad(text[..ends[middle]].to_vec()) { bad = middle } else { good = middle + 1 }
        }
        let start = if bad == 0 { 0 } else { ends[bad - 1] };
        part.first_line + text[..start].iter().filter(|&&b| b == b'\n').count() as u64
    }
}

/// Where records of a text that starts outside of quotes end, after their line end.
fn record_ends(text: &[u8], quote: Option<u8>, end: u8) -> Vec<usize> {
    let mut quoted = false;
    let mut ends = Vec::new();
    for at in memchr::memchr2_iter(end, quote.unwrap_or(end), text) {
        if Some(text[at]) == quote {
            quoted = !quoted;
        } else if !quoted {
            ends.push(at + 1);
        }
    }
    if ends.last() != Some(&text.len()) && !text.is_empty() {
        ends.push(text.len());
    }
    ends
}

/// At least the first `n` records of a file (None: all), whole ones.
///
/// # Errors
/// When it cannot be read.
pub fn first_records(path: &Path, quote: Option<u8>, end: u8, n: Option<usize>) -> Result<Vec<u8>> {
    let file = RangedFile::open(path)?;
    let mut n_bytes = if n.is_some() { HEAD_BYTES } else { u64::MAX };
    loop {
        let mut text = vec![0; file.len.min(n_bytes) as usize];
        file.read_exact_at(0, &mut text)?;
        if n_bytes >= file.len {
            return Ok(text);
        }
        // The last one is cut in the middle, as far as is known.
        let ends = record_ends(&text, quote, end);
        if let [.., whole, _] = ends.as_slice()
            && n.is_some_and(|n| ends.len() > n + 1)
        {
            text.truncate(*whole);
            return Ok(text);
        }
        n_bytes = n_bytes.saturating_mul(4);
    }
}

/// Finds where to cut a file, in one pass.
struct Cutter {
    records: Records,
    target_bytes: u64,
    part: Part,
    parts: Vec<Part>,
    quoted: bool,
    /// Line on which the open quote began.
    quoted_since: u64,
    line: u64,
    record_start: u64,
    /// The next record that is not empty is the header.
    header: bool,
    /// Records that are still left out.
    skip: (usize, usize),
    header_text: Vec<u8>,
    /// Whether the record has nothing so far, and nothing but white space.
    empty: bool,
    white: bool,
}

impl Cutter {
    fn new(file: usize, records: Records, target_bytes: u64) -> Cutter {
        Cutter {
            records,
            target_bytes,
            part: Part { file, first_line: 1, ..Part::default() },
            parts: vec![],
            quoted: false,
            quoted_since: 0,
            line: 1,
            record_start: 0,
            header: records.header,
            skip: records.skip,
            header_text: vec![],
            empty: true,
            white: true,
        }
    }

    /// The header and the parts.
    fn run(mut self, file: &RangedFile) -> Result<(Vec<u8>, Vec<Part>)> {
        let piece_bytes = if file.is_remote() { REMOTE_PIECE_BYTES } else { PIECE_BYTES };
        let mut buffer = vec![0; piece_bytes.min(file.len) as usize];
        let mut at = 0u64;
        while at < file.len {
            let n = piece_bytes.min(file.len - at) as usize;
            file.read_exact_at(at, &mut buffer[..n])?;
            let mut text = &buffer[..n];
            if at == 0 {
                check_plain(text)?;
                if let Some(rest) = text.strip_prefix(b"\xef\xbb\xbf") {
                    (text, at, self.record_start) = (rest, 3, 3);
                    (self.part.start, self.part.end) = (3, 3);
                }
            }
            self.scan(text, at);
            at += text.len() as u64;
        }
        if self.quoted {
            return Err(Error::corrupt(format!("line {}: a quote that is opened here is never closed", self.quoted_since)));
        }
        if at > self.record_start {
            self.end_record(at);
        }
        if self.part.n_records > 0 {
            self.parts.push(self.part);
        }
        Ok((self.header_text, self.parts))
    }

    fn scan(&mut self, text: &[u8], at: u64) {
        let Records { quote, end, .. } = self.records;
        let mut from = 0;
        while let Some(n) = memchr::memchr3(quote.unwrap_or(end), end, b'\n', &text[from..]) {
            let i = from + n;
            self.plain(&text[from..i]);
            from = i + 1;
            let b = text[i];
            if self.header {
                self.header_text.push(b);
            }
            self.line += u64::from(b == b'\n');
            if Some(b) == quote {
                self.quoted = !self.quoted;
                self.quoted_since = self.line;
                (self.empty, self.white) = (false, false);
            } else if b == end && !self.quoted {
                self.end_record(at + i as u64 + 1);
            }
        }
        self.plain(&text[from..]);
    }

    /// Takes text without quotes and line ends.
    fn plain(&mut self, text: &[u8]) {
        if self.header {
            self.header_text.extend_from_slice(text);
        }
        if self.white {
            let not_blank = self.records.not_blank;
            self.empty &= text.iter().all(|&b| b == b'\r');
            self.white = text.iter().all(|&b| matches!(b, b'\r' | b' ' | b'\t') && Some(b) != not_blank);
        }
    }

    fn end_record(&mut self, end: u64) {
        let empty = std::mem::replace(&mut self.empty, true);
        let white = std::mem::replace(&mut self.white, true);
        self.record_start = end;
        if self.header || self.skip != (0, 0) {
            self.end_of_no_row(empty);
            self.part = Part { start: end, end, first_line: self.line, ..self.part };
            return;
        }
        self.part.end = end;
        self.part.n_records += 1;
        self.part.n_rows += u64::from(!white || self.records.not_blank.is_none());
        let (records, text) = (self.part.n_records, end - self.part.start);
        let (record, byte) = self.records.var;
        if records * (self.records.width + record) + text * byte >= self.target_bytes {
            self.parts.push(self.part);
            self.part = Part { start: end, end, first_line: self.line, n_records: 0, n_rows: 0, ..self.part };
        }
    }
}

impl Cutter {
    /// Takes note of a record at the start of the file that is no row.
    fn end_of_no_row(&mut self, empty: bool) {
        let skip = self.records.skip;
        // Empty lines before the header are none.
        if self.header && empty && (self.skip == skip || self.skip.0 == 0) {
            self.header_text.clear();
        } else if self.skip.0 > 0 {
            self.skip.0 -= 1;
            self.header_text.clear();
        } else if self.header {
            self.header = false;
        } else {
            self.skip.1 = self.skip.1.saturating_sub(1);
        }
    }
}

/// Refuses a file that is compressed: it cannot be cut.
fn check_plain(start: &[u8]) -> Result<()> {
    let magic: [(&[u8], &str); 5] = [
        (&[0x1f, 0x8b], "gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "Zstandard"),
        (&[0x78, 0x01], "zlib"),
        (&[0x78, 0x9c], "zlib"),
        (&[0x78, 0xda], "zlib"),
    ];
    match magic.iter().find(|(m, _)| start.starts_with(m)) {
        Some((_, name)) => Err(Error::unsupported(format!(
            "it is compressed with {name}, which cannot be read in partitions: decompress it, or write it as Parquet"
        ))),
        None => Ok(()),
    }
}
