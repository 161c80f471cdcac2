//! NDJSON, a JSON object per line: partitions of whole lines. A line end is the end of a record wherever it stands, since JSON
//! writes those within strings otherwise. Parsing is Polars'.
//!
//! Values of lists and structs may take more memory than text, down to one byte of it for an element: their bound is the width of what
//! an element holds for every second byte.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::chunk::dataframe::apart;
use crate::chunk::table_bound::{Bound, row_bytes, width};
use crate::expr::table::{TableSource, not_sent};
use crate::format::table_files::{FileSet, FileSource, Place};
use crate::format::table_scan::Projection;
use crate::format::table_text::{Records, TextFiles};
use polars::prelude::{DataFrame, DataType, parse_ndjson};
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
            skip: (0, 0),
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
        (out, self.text.read_bytes(i) + out)
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.text.text_bytes(i)
    }
}
