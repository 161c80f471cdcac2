//! A file of text being written, CSV or NDJSON: a header, then the partitions' records in order.
//!
//! Text may take many times the memory that its rows do, but seldom does. Rows become text in parallel as long as it takes no more than
//! `TIMES` the bytes of their partition; those that take more are handed on as they are, and become text piece by piece as they are written.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{apart, table, table_error};
use crate::chunk::table_bound::row_bytes;
use crate::expr::table::TableSink;
use crate::format::table_file::{FileTarget, PieceFile};
use polars::prelude::{CsvWriter, DataFrame, DataType, JsonFormat, JsonWriter, PolarsResult, Schema, SchemaRef, SerWriter};
use std::path::Path;
use std::sync::Arc;

/// Bytes of text for a byte of memory, beyond which rows are not text before they are written.
const TIMES: u64 = 3;
/// Beside that, for small partitions.
const LEAST: u64 = 64 << 10;
/// A partition becomes text in so many pieces.
const PIECES: usize = 64;

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Csv,
    Ndjson,
}

/// A file of text.
#[derive(Debug)]
pub struct TextSink {
    file: PieceFile,
    text: Text,
    schema: SchemaRef,
    partition_bytes: u64,
}

impl TextSink {
    /// A CSV file for tables of this schema. Nothing is touched yet.
    ///
    /// # Errors
    /// When the target is a folder, or exists and may not be overwritten; when a column has values that are tables themselves.
    pub fn csv(path: impl AsRef<Path>, schema: SchemaRef, overwrite: bool) -> Result<TextSink> {
        TextSink::new(Text::Csv, path, schema, overwrite)
    }

    /// An NDJSON file, a line per row.
    ///
    /// # Errors
    /// As [`csv`](TextSink::csv); when a column has values that JSON has no form for.
    pub fn ndjson(path: impl AsRef<Path>, schema: SchemaRef, overwrite: bool) -> Result<TextSink> {
        TextSink::new(Text::Ndjson, path, schema, overwrite)
    }

    fn new(text: Text, path: impl AsRef<Path>, schema: SchemaRef, overwrite: bool) -> Result<TextSink> {
        text.check(&schema)?;
        Ok(TextSink { file: PieceFile::new(FileTarget::new(path, overwrite)?), text, schema, partition_bytes: 0 })
    }

    /// The same for partitions of at most so many bytes.
    #[must_use]
    pub fn with_partition_bytes(self, partition_bytes: u64) -> TextSink {
        TextSink { partition_bytes, ..self }
    }

    /// Bytes of text that a piece of a partition may have.
    fn piece_bytes(&self, partition_bytes: u64) -> u64 {
        self.text.most_bytes(&self.schema, partition_bytes).div_ceil(PIECES as u64)
    }

    /// Gives the text of a table piece by piece, until `take` wants no more.
    fn pieces(&self, df: &DataFrame, mut take: impl FnMut(&[u8]) -> Result<bool> + Send) -> Result<bool> {
        let rows = df.height().div_ceil(PIECES).max(1);
        let mut text = Vec::new();
        for from in (0..df.height()).step_by(rows) {
            text.clear();
            self.text.write(&df.slice(from as i64, rows), false, &mut text).map_err(table_error)?;
            if !take(&text)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Text {
    /// Refuses columns that this kind has no form for.
    pub(super) fn check(self, schema: &Schema) -> Result<()> {
        let (name, odd): (_, fn(&DataType) -> bool) = match self {
            Text::Csv => ("CSV", |d| d.is_nested() || has_binary(d)),
            Text::Ndjson => ("JSON", has_binary),
        };
        match schema.iter().find(|(_, d)| odd(d)) {
            Some((column, d)) => Err(Error::dtype(format!("column '{column}' is {d}, which {name} cannot hold: write Parquet"))),
            None => Ok(()),
        }
    }

    /// Adds the text of a table.
    pub(super) fn write(self, df: &DataFrame, header: bool, out: &mut Vec<u8>) -> PolarsResult<()> {
        let mut df = df.clone();
        match self {
            Text::Csv => CsvWriter::new(out).include_header(header).n_threads(1).finish(&mut df),
            // Of no rows it would be an empty line.
            Text::Ndjson if df.height() == 0 => Ok(()),
            Text::Ndjson => JsonWriter::new(out).with_json_format(JsonFormat::JsonLines).finish(&mut df),
        }
    }

    /// Upper bound of the bytes of the text of a table.
    pub(super) fn most_bytes(self, schema: &Schema, table_bytes: u64) -> u64 {
        // Bounds count a width for every row.
        let rows = table_bytes / row_bytes(schema) + 1;
        match self {
            // Every string may be doubled by quotes; other values have a longest text.
            Text::Csv => {
                let text: u64 = schema.iter_values().map(text_width).sum();
                rows.saturating_mul(text).saturating_add(table_bytes.saturating_mul(2))
            }
            // A character may be written as six; every row has all names, and bounds count what an element of a list takes beside its value.
            Text::Ndjson => {
                let times = if schema.iter_values().any(DataType::is_nested) { 12 } else { 6 };
                rows.saturating_mul(name_bytes(schema)).saturating_add(table_bytes.saturating_mul(times))
            }
        }
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

/// Bytes of the names that a row is written with, and of the longest values beside strings.
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

impl TableSink for TextSink {
    fn label(&self) -> String {
        self.file.target.label()
    }

    fn begin(&self) -> Result<()> {
        let mut header = Vec::new();
        let empty = DataFrame::empty_with_schema(&self.schema);
        apart(|| self.text.write(&empty, true, &mut header)).map_err(table_error)?;
        self.file.begin()?;
        self.file.write(&header)
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        let df = table(partition)?;
        let limit = self.partition_bytes * TIMES + LEAST;
        let mut all: Vec<u8> = Vec::new();
        let whole = apart(|| {
            self.pieces(df, |piece| {
                let fits = (all.len() + piece.len()) as u64 <= limit;
                if fits {
                    all.extend_from_slice(piece);
                }
                Ok(fits)
            })
        })?;
        Ok(if whole { Chunk::Bytes(all.into()) } else { Chunk::Table(Arc::clone(df)) })
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        let text = partition_bytes.saturating_mul(TIMES).saturating_add(LEAST);
        // The text grows by doubling, and is copied when it is whole.
        (text, text.saturating_add(self.piece_bytes(partition_bytes)))
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        match encoded {
            Chunk::Bytes(b) => self.file.write(b),
            Chunk::Table(df) => apart(|| self.pieces(df, |piece| self.file.write(piece).map(|()| true))).map(drop),
            other => Err(Error::bug(format!("{other:?} is no text"))),
        }
    }

    fn finish(&self) -> Result<()> {
        self.file.finish()
    }

    fn abort(&self) {
        self.file.abort();
    }

    /// A piece of text on its way into the file.
    fn held_bytes(&self) -> u64 {
        self.piece_bytes(self.partition_bytes).saturating_mul(2)
    }
}
