//! CSV: partitions of whole records, cut at line ends outside of quotes, and a sink that writes text in order.
//!
//! The files are read through once when the source is made, to find where records end: only from the start of a file can be told
//! whether a line end lies within quotes. That pass also counts records, so that the upper bound of a partition is exact:
//! records times the width of the columns' types, and the bytes of the text for strings. Parsing is Polars'.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{apart, table, table_error};
use crate::chunk::table_bound::{Bound, row_bytes};
use crate::expr::table::{TableSink, TableSource, not_sent};
use crate::format::table_file::{FileTarget, OpenFile};
use crate::format::table_scan::{Projection, files_label};
use parking_lot::Mutex;
use polars::prelude::{CsvReadOptions, CsvWriter, DataFrame, DataType, PolarsError, SchemaRef, SerReader, SerWriter};
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_128;

/// Records of one file that make a partition.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    file: usize,
    start: u64,
    end: u64,
    /// Number of the first line, from 1.
    first_line: u64,
    n_records: u64,
}

/// CSV files of the same columns, one after the other.
#[derive(Debug)]
pub struct CsvSource {
    files: Vec<PathBuf>,
    parts: Vec<Part>,
    projection: Projection,
    options: CsvReadOptions,
    key: u128,
}

/// Refuses options that make records depend on more than quotes and line ends.
fn check_options(options: &CsvReadOptions) -> Result<()> {
    let parse = &options.parse_options;
    let odd = [
        (parse.comment_prefix.is_some(), "comments"),
        (parse.eol_char != b'\n', "another end of line"),
        (options.skip_rows + options.skip_lines + options.skip_rows_after_header > 0, "skipped rows"),
        (options.n_rows.is_some(), "a limit of rows at the scan"),
        (options.row_index.is_some(), "row numbers"),
    ];
    match odd.iter().find(|o| o.0) {
        Some((_, what)) => Err(Error::unsupported(format!("CSV with {what} is not read in partitions in this version"))),
        None => Ok(()),
    }
}

impl CsvSource {
    /// A source of the columns and rows that `projection` names, in partitions of about `target_bytes` in memory. `schema` has all
    /// columns of the files, `options` say how they are parsed.
    ///
    /// # Errors
    /// Files that cannot be read or end within quotes; options that are not supported, named.
    pub fn new(
        files: Vec<PathBuf>,
        projection: Projection,
        schema: SchemaRef,
        options: CsvReadOptions,
        target_bytes: u64,
    ) -> Result<CsvSource> {
        check_options(&options)?;
        let mut described = format!("{} {schema:?} {options:?} {target_bytes}", projection.describe());
        let mut parts = Vec::new();
        let width = row_bytes(&projection.read);
        for (i, path) in files.iter().enumerate() {
            let fail = |e: std::io::Error| Error::io(path.display(), &e);
            let file = File::open(path).map_err(fail)?;
            let meta = file.metadata().map_err(fail)?;
            described += &format!("{} {} {:?}", path.display(), meta.len(), meta.modified().ok());
            let cutter = Cutter::new(i, options.parse_options.quote_char, width, target_bytes, options.has_header);
            cutter.run(file, &mut parts).map_err(|e| e.at(path.display().to_string()))?;
        }
        if parts.is_empty() {
            parts.push(Part { file: 0, start: 0, end: 0, first_line: 1, n_records: 0 });
        }
        let options = options.with_schema(Some(schema)).with_has_header(false).with_n_threads(Some(1)).with_rechunk(false);
        Ok(CsvSource { files, parts, projection, options, key: xxh3_128(described.as_bytes()) })
    }

    /// What a partition holds at most.
    pub fn bound(&self) -> Bound {
        let rows = self.parts.iter().map(|p| p.n_records).max().unwrap_or(0);
        Bound { rows, var_bytes: self.parts.iter().map(|p| p.end - p.start).max().unwrap_or(0) }
    }

    /// What all partitions hold together at most.
    pub fn total(&self) -> Bound {
        let rows = self.parts.iter().map(|p| p.n_records).sum();
        Bound { rows, var_bytes: self.parts.iter().map(|p| p.end - p.start).sum() }
    }

    fn text(&self, part: &Part) -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&self.files[part.file])?;
        file.seek(SeekFrom::Start(part.start))?;
        let mut text = vec![0; (part.end - part.start) as usize];
        file.read_exact(&mut text)?;
        Ok(text)
    }

    fn parse(&self, text: Vec<u8>) -> Result<DataFrame, PolarsError> {
        let columns = self.projection.read_names().into();
        let options = self.options.clone().with_columns(Some(columns));
        apart(|| options.into_reader_with_file_handle(Cursor::new(text)).finish())
    }

    /// The first record of `text` that cannot be parsed, as its line's number.
    fn bad_line(&self, part: &Part, text: &[u8]) -> u64 {
        let ends = record_ends(text, self.options.parse_options.quote_char);
        let (mut good, mut bad) = (0, ends.len().max(1) - 1);
        while good < bad {
            let middle = (good + bad) / 2;
            if self.parse(text[..ends[middle]].to_vec()).is_ok() { good = middle + 1 } else { bad = middle }
        }
        let start = if bad == 0 { 0 } else { ends[bad - 1] };
        part.first_line + text[..start].iter().filter(|&&b| b == b'\n').count() as u64
    }
}

/// Where records of a text that starts outside of quotes end, after their line end.
fn record_ends(text: &[u8], quote: Option<u8>) -> Vec<usize> {
    let mut quoted = false;
    let mut ends = Vec::new();
    for (i, &b) in text.iter().enumerate() {
        if Some(b) == quote {
            quoted = !quoted;
        } else if b == b'\n' && !quoted {
            ends.push(i + 1);
        }
    }
    if ends.last() != Some(&text.len()) && !text.is_empty() {
        ends.push(text.len());
    }
    ends
}

/// Finds where to cut a file, in one pass.
struct Cutter {
    quote: Option<u8>,
    width: u64,
    target_bytes: u64,
    part: Part,
    quoted: bool,
    /// Line on which the open quote began.
    quoted_since: u64,
    line: u64,
    record_start: u64,
    /// The next record that is not empty is the header.
    header: bool,
    blank: bool,
}

impl Cutter {
    fn new(file: usize, quote: Option<u8>, width: u64, target_bytes: u64, header: bool) -> Cutter {
        Cutter {
            quote,
            width,
            target_bytes,
            part: Part { file, start: 0, end: 0, first_line: 1, n_records: 0 },
            quoted: false,
            quoted_since: 0,
            line: 1,
            record_start: 0,
            header,
            blank: true,
        }
    }

    fn run(mut self, mut file: File, parts: &mut Vec<Part>) -> Result<()> {
        let mut buffer = vec![0; 1 << 20];
        let mut at = 0u64;
        loop {
            let n = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Error::io("reading", &e)),
            };
            for (i, &b) in buffer[..n].iter().enumerate() {
                if Some(b) == self.quote {
                    self.quoted = !self.quoted;
                    self.quoted_since = self.line;
                    self.blank = false;
                } else if b == b'\n' {
                    self.line += 1;
                    if !self.quoted {
                        self.end_record(at + i as u64 + 1, parts);
                    }
                } else if b != b'\r' {
                    self.blank = false;
                }
            }
            at += n as u64;
        }
        if self.quoted {
            return Err(Error::corrupt(format!("line {}: a quote that is opened here is never closed", self.quoted_since)));
        }
        if at > self.record_start {
            self.end_record(at, parts);
        }
        if self.part.n_records > 0 {
            parts.push(self.part);
        }
        Ok(())
    }

    fn end_record(&mut self, end: u64, parts: &mut Vec<Part>) {
        let blank = std::mem::replace(&mut self.blank, true);
        self.record_start = end;
        if self.header {
            // Empty lines before the header are none.
            self.header = blank;
            self.part = Part { start: end, end, first_line: self.line, ..self.part };
            return;
        }
        self.part.end = end;
        self.part.n_records += 1;
        if self.part.n_records * self.width + (end - self.part.start) >= self.target_bytes {
            parts.push(self.part);
            self.part = Part { start: end, end, first_line: self.line, n_records: 0, ..self.part };
        }
    }
}

impl TableSource for CsvSource {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        files_label(&self.files)
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.projection.columns()
    }

    fn n_partitions(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let part = &self.parts[i];
        if part.n_records == 0 {
            return self.projection.apply(DataFrame::empty_with_schema(&self.projection.read));
        }
        let path = self.files[part.file].display();
        let text = self.text(part).map_err(|e| Error::io(&path, &e))?;
        let df = match self.parse(text) {
            Ok(df) => df,
            Err(e) => {
                let text = self.text(part).map_err(|e| Error::io(&path, &e))?;
                let line = self.bad_line(part, &text);
                let reason = e.to_string();
                let reason = reason.lines().next().unwrap_or_default();
                return Err(Error::corrupt(format!("{path}, line {line}: {reason}")));
            }
        };
        // Polars gives columns in the order of the file.
        let df = df.select(self.projection.read_names()).map_err(table_error)?;
        self.projection.apply(df).map_err(|e| e.at(path.to_string()))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let part = &self.parts[i];
        let text = part.end - part.start;
        let out = Bound { rows: part.n_records, var_bytes: text }.bytes(&self.projection.read);
        // The text, and columns that grow by doubling or the rows before the filter.
        (out, text + out)
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.parts[i].end - self.parts[i].start
    }
}

/// A CSV file being written: a header, then the partitions' records.
#[derive(Debug)]
pub struct CsvSink {
    target: FileTarget,
    schema: SchemaRef,
    open: Mutex<Option<(OpenFile, File)>>,
    written: AtomicU64,
}

impl CsvSink {
    /// A sink for tables of this schema. Nothing is touched yet.
    ///
    /// # Errors
    /// When the target is a folder, or exists and may not be overwritten; when a column has values that are tables themselves.
    pub fn new(path: impl AsRef<Path>, schema: SchemaRef, overwrite: bool) -> Result<CsvSink> {
        if let Some((name, dtype)) = schema.iter().find(|(_, d)| d.is_nested() || **d == DataType::Binary) {
            return Err(Error::dtype(format!("column '{name}' is {dtype}, which CSV cannot hold: write Parquet")));
        }
        Ok(CsvSink { target: FileTarget::new(path, overwrite)?, schema, open: Mutex::new(None), written: AtomicU64::new(0) })
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        let mut open = self.open.lock();
        let (_, file) = open.as_mut().ok_or_else(|| Error::bug("commit before begin"))?;
        file.write_all(bytes).map_err(|e| self.target.fail(&e))?;
        self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn csv_text(df: &DataFrame, header: bool) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut df = df.clone();
    apart(|| CsvWriter::new(&mut text).include_header(header).n_threads(1).finish(&mut df)).map_err(table_error)?;
    Ok(text)
}

/// Characters of the longest value of a type beside strings' own, with a separator.
fn text_width(dtype: &DataType) -> u64 {
    match dtype {
        DataType::Boolean => 6,
        DataType::Int8 | DataType::UInt8 => 5,
        DataType::Int16 | DataType::UInt16 => 7,
        DataType::Int32 | DataType::UInt32 | DataType::Date => 14,
        _ => 40,
    }
}

impl TableSink for CsvSink {
    fn label(&self) -> String {
        self.target.label()
    }

    fn begin(&self) -> Result<()> {
        *self.open.lock() = Some(self.target.create()?);
        self.written.store(0, Ordering::Relaxed);
        self.write(&csv_text(&DataFrame::empty_with_schema(&self.schema), true)?)
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        Ok(Chunk::Bytes(csv_text(table(partition)?, false)?.into()))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        // Every string may be doubled by quotes; other values have a longest text, and bounds count a width for every row.
        let memory: u64 = row_bytes(&self.schema);
        let text: u64 = self.schema.iter_values().map(text_width).sum();
        let bytes = (partition_bytes / memory + 1).saturating_mul(text).saturating_add(partition_bytes.saturating_mul(2));
        (bytes, bytes)
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        match encoded {
            Chunk::Bytes(b) => self.write(b),
            other => Err(Error::bug(format!("{other:?} is no text"))),
        }
    }

    fn finish(&self) -> Result<()> {
        let (open, _) = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        self.target.persist(open)
    }

    fn abort(&self) {
        // Dropping the temporary file removes it.
        self.open.lock().take();
    }
}
