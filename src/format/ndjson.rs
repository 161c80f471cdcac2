//! NDJSON, a JSON object per line: partitions of whole lines, and a sink that writes text in order. A line end is the end of a record
//! wherever it stands, since JSON writes those within strings otherwise. Parsing is Polars'.
//!
//! Values of lists and structs may take more memory than text, down to one byte of it for an element: their bound is the width of what
//! an element holds for every second byte.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{apart, table, table_error};
use crate::chunk::table_bound::{Bound, row_bytes, width};
use crate::expr::table::{TableSink, TableSource, not_sent};
use crate::format::table_file::{FileTarget, PieceFile};
use crate::format::table_files::{FileSet, FileSource, Place};
use crate::format::table_scan::Projection;
use crate::format::table_text::{Records, TextFiles};
use polars::prelude::{DataFrame, DataType, JsonFormat, JsonWriter, Schema, SchemaRef, SerWriter, parse_ndjson};
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// NDJSON files, one after the other. What a line does not have is null, and what it has beside the columns is left out.
#[derive(Debug)]
pub struct NdjsonSource {
    text: TextFiles,
    projection: Projection,
    /// Whether values of another type are nulls and no errors.
    lenient: bool,
    key: u128,
}

/// Bytes of all values that an element of a nested type has room for.
fn inner_width(dtype: &DataType) -> u64 {
    match dtype {
        DataType::List(inner) => 17 + inner_width(inner),
        DataType::Array(inner, n) => (*n as u64).max(1).saturating_mul(inner_width(inner)),
        DataType::Struct(fields) => 1 + fields.iter().map(|f| inner_width(f.dtype())).sum::<u64>(),
        plain => width(plain),
    }
}

impl NdjsonSource {
    /// A source of the columns and rows that `projection` names, in partitions of about `target_bytes` in memory.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn new(set: FileSet, projection: Projection, lenient: bool, target_bytes: u64) -> Result<NdjsonSource> {
        let described = format!("{} {} {lenient} {target_bytes}", projection.describe(), set.describe()?);
        let nested: u64 = projection.read.iter_values().filter(|d| d.is_nested()).map(inner_width).sum();
        let records = Records {
            quote: None,
            end: b'\n',
            header: false,
            not_blank: Some(b'\n'),
            width: row_bytes(&projection.read),
            var: (nested, 1 + nested.div_ceil(2)),
        };
        let text = TextFiles::cut(set, records, target_bytes)?;
        Ok(NdjsonSource { text, projection, lenient, key: xxh3_128(described.as_bytes()) })
    }
}

impl FileSource for NdjsonSource {
    fn bound(&self) -> Bound {
        self.text.bound()
    }

    fn total(&self) -> Bound {
        self.text.total()
    }

    fn place(&self, i: usize) -> Place {
        self.text.place(i)
    }
}

impl TableSource for NdjsonSource {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.text.set.label()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.projection.columns()
    }

    fn n_partitions(&self) -> usize {
        self.text.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let part = &self.text.parts[i];
        if part.n_records == 0 {
            return self.projection.apply(DataFrame::empty_with_schema(&self.projection.read));
        }
        let n = part.n_records as usize;
        let parse = |text: Vec<u8>| apart(|| parse_ndjson(&text, Some(n), &self.projection.read, self.lenient));
        let df = self.text.read(i, parse)?;
        self.projection.apply(df).map_err(|e| e.at(self.text.set.paths[part.file].display().to_string()))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let out = self.text.part_bound(i).bytes(&self.projection.read);
        // The text, and columns that grow by doubling or the rows before the filter; a line at a time is a tree of values.
        (out, self.text.text_bytes(i) + out)
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.text.text_bytes(i)
    }
}

/// An NDJSON file being written, a line per row.
#[derive(Debug)]
pub struct NdjsonSink {
    file: PieceFile,
    schema: SchemaRef,
}

impl NdjsonSink {
    /// A sink for tables of this schema. Nothing is touched yet.
    ///
    /// # Errors
    /// When the target is a folder, or exists and may not be overwritten; when a column has values that JSON has no form for.
    pub fn new(path: impl AsRef<Path>, schema: SchemaRef, overwrite: bool) -> Result<NdjsonSink> {
        check_schema(&schema)?;
        Ok(NdjsonSink { file: PieceFile::new(FileTarget::new(path, overwrite)?), schema })
    }
}

/// Refuses columns that JSON has no form for.
pub(super) fn check_schema(schema: &Schema) -> Result<()> {
    match schema.iter().find(|(_, d)| has_binary(d)) {
        Some((name, d)) => Err(Error::dtype(format!("column '{name}' is {d}, which JSON cannot hold: write Parquet"))),
        None => Ok(()),
    }
}

/// Whether a type has bytes in it.
fn has_binary(dtype: &DataType) -> bool {
    match dtype {
        DataType::Binary => true,
        DataType::List(inner) | DataType::Array(inner, _) => has_binary(inner),
        DataType::Struct(fields) => fields.iter().any(|f| has_binary(f.dtype())),
        _ => false,
    }
}

/// Bytes of the names that a row of a type is written with.
fn name_bytes(schema: &Schema) -> u64 {
    fn of(dtype: &DataType) -> u64 {
        match dtype {
            DataType::Struct(fields) => fields.iter().map(|f| 6 * f.name().len() as u64 + 46 + of(f.dtype())).sum(),
            DataType::List(inner) | DataType::Array(inner, _) => of(inner),
            _ => 0,
        }
    }
    schema.iter().map(|(n, d)| 6 * n.len() as u64 + 46 + of(d)).sum()
}

/// Upper bound of the bytes of the text of a table.
pub(super) fn text_bytes(schema: &Schema, table_bytes: u64) -> u64 {
    // A character may be written as six; every row has all names, and bounds count what an element of a list takes beside its value.
    let rows = table_bytes / row_bytes(schema) + 1;
    let nested = schema.iter_values().any(DataType::is_nested);
    let values = table_bytes.saturating_mul(if nested { 12 } else { 6 });
    rows.saturating_mul(name_bytes(schema)).saturating_add(values)
}

impl TableSink for NdjsonSink {
    fn label(&self) -> String {
        self.file.target.label()
    }

    fn begin(&self) -> Result<()> {
        self.file.begin()
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        let mut df = (**table(partition)?).clone();
        let mut text = Vec::new();
        if df.height() > 0 {
            let write = || JsonWriter::new(&mut text).with_json_format(JsonFormat::JsonLines).finish(&mut df);
            apart(write).map_err(table_error)?;
        }
        Ok(Chunk::Bytes(text.into()))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        let bytes = text_bytes(&self.schema, partition_bytes);
        (bytes, bytes)
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        match encoded {
            Chunk::Bytes(b) => self.file.write(b),
            other => Err(Error::bug(format!("{other:?} is no text"))),
        }
    }

    fn finish(&self) -> Result<()> {
        self.file.finish()
    }

    fn abort(&self) {
        self.file.abort();
    }
}
