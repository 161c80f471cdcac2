//! CSV: partitions of whole records, cut at line ends outside of quotes.
//!
//! The files are read through once when the source is made, to find where records end: only from the start of a file can be told
//! whether a line end lies within quotes. That pass also counts records, so that the upper bound of a partition is exact:
//! records times the width of the columns' types, and the bytes of the text for strings. Parsing is Polars'.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::apart;
use crate::chunk::table_bound::{Bound, row_bytes};
use crate::expr::table::{TableSource, not_sent};
use crate::format::table_files::{FileSet, FileSource, Fit, Place};
use crate::format::table_scan::Projection;
use crate::format::table_text::{Records, TextFiles};
use polars::prelude::{Column, CsvReadOptions, DataFrame, DataType, PlSmallStr, PolarsError, Schema, SchemaRef, SerReader};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// CSV files of the same columns, one after the other.
#[derive(Debug)]
pub struct CsvSource {
    text: TextFiles,
    /// Of each file, the columns of its records in their order.
    layouts: Vec<SchemaRef>,
    projection: Projection,
    options: CsvReadOptions,
    key: u128,
}

/// Refuses options that make records depend on more than quotes and line ends.
fn check_options(options: &CsvReadOptions) -> Result<()> {
    let parse = &options.parse_options;
    let odd = [(parse.comment_prefix.is_some(), "comments"), (options.skip_lines > 0, "skipped lines (skip_rows is)")];
    match odd.iter().find(|o| o.0) {
        Some((_, what)) => Err(Error::unsupported(format!("CSV with {what} is not read in partitions in this version"))),
        None => Ok(()),
    }
}

impl CsvSource {
    /// A source of the columns and rows that `projection` names, in partitions of about `target_bytes` in memory. `options` say how
    /// files are parsed.
    ///
    /// # Errors
    /// Files that cannot be read, end within quotes or differ in their columns; options that are not supported, named.
    pub fn new(set: FileSet, projection: Projection, options: CsvReadOptions, target_bytes: u64) -> Result<CsvSource> {
        check_options(&options)?;
        let described = format!("{} {} {options:?} {target_bytes}", projection.describe(), set.describe()?);
        let parse = &options.parse_options;
        let records = Records {
            quote: parse.quote_char,
            end: parse.eol_char,
            header: options.has_header,
            skip: (options.skip_rows, options.skip_rows_after_header),
            not_blank: (set.schema.len() > 1).then_some(parse.separator),
            width: row_bytes(&projection.read),
            var: (0, 1),
        };
        let text = TextFiles::cut(set, records, target_bytes)?;
        let layouts = layouts(&text, &projection.read, &options)?;
        let options = as_written(options).with_has_header(false).with_n_threads(Some(1)).with_rechunk(false);
        Ok(CsvSource { text, layouts, projection, options, key: xxh3_128(described.as_bytes()) })
    }

    /// Polars gives columns in the order of the file; those that it does not have are nulls.
    fn parse(&self, text: Vec<u8>, layout: &SchemaRef) -> Result<DataFrame, PolarsError> {
        let read = &self.projection.read;
        let mut there: Vec<PlSmallStr> = read.iter_names().filter(|n| layout.contains(n)).cloned().collect();
        if there.is_empty() {
            // Something has to count the records.
            there.extend(layout.iter_names().next().cloned());
        }
        let options = self.options.clone().with_schema(Some(layout.clone())).with_columns(Some(there.into()));
        let df = apart(|| options.into_reader_with_file_handle(Cursor::new(text)).finish())?;
        let column = |(name, dtype): (&PlSmallStr, &DataType)| match layout.contains(name) {
            true => df.column(name).cloned(),
            false => Ok(Column::full_null(name.clone(), df.height(), dtype)),
        };
        DataFrame::new(df.height(), read.iter().map(column).collect::<Result<_, _>>()?)
    }
}

/// The options without what the scan itself says: names and types, row numbers, a limit of rows.
fn as_written(mut options: CsvReadOptions) -> CsvReadOptions {
    options.column_names_overwrite = None;
    options
        .with_skip_rows(0)
        .with_skip_rows_after_header(0)
        .with_row_index(None)
        .with_n_rows(None)
        .with_dtype_overwrite(None)
        .with_schema_overwrite(None)
}

/// The columns of each file: by its header, where that is not the one of the first.
fn layouts(text: &TextFiles, read: &Schema, options: &CsvReadOptions) -> Result<Vec<SchemaRef>> {
    let set = &text.set;
    let trimmed: Vec<&[u8]> = text.headers.iter().map(|h| h.trim_ascii_end()).collect();
    let first_header = trimmed.iter().copied().find(|h| !h.is_empty()).unwrap_or_default();
    let mut first_names: Option<Vec<PlSmallStr>> = None;
    let mut layouts = Vec::with_capacity(trimmed.len());
    for (path, header) in set.paths.iter().zip(trimmed) {
        if header == first_header || header.is_empty() {
            layouts.push(set.schema.clone());
            continue;
        }
        let first = match &first_names {
            Some(names) => names,
            None => first_names.insert(names(first_header, path, options)?),
        };
        // Columns may have other names than the first header says.
        let layout = names(header, path, options)?.into_iter().map(|name| {
            let known = first.iter().position(|f| *f == name).and_then(|i| set.schema.get_at_index(i));
            known.map_or((name, DataType::String), |(n, d)| (n.clone(), d.clone()))
        });
        let layout: SchemaRef = Arc::new(layout.collect());
        set.fit(path, &layout, read).map(|fits: Vec<Fit>| drop(fits))?;
        layouts.push(layout);
    }
    Ok(layouts)
}

/// The names in a header.
fn names(header: &[u8], path: &Path, options: &CsvReadOptions) -> Result<Vec<PlSmallStr>> {
    let options = as_written(options.clone()).with_schema(None).with_columns(None);
    let options = options.with_infer_schema_length(Some(0)).with_raise_if_empty(false);
    let mut text = header.to_vec();
    text.push(options.parse_options.eol_char);
    let df = apart(|| options.into_reader_with_file_handle(Cursor::new(text)).finish());
    let df = df.map_err(|e| Error::corrupt(format!("{}: its header is none: {e}", path.display())))?;
    Ok(df.get_column_names_owned())
}

impl FileSource for CsvSource {
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
        let df = self.text.read(i, |text| self.parse(text, &self.layouts[part.file]))?;
        self.projection.apply(df).map_err(|e| e.at(self.text.set.paths[part.file].display().to_string()))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let out = self.text.part_bound(i).bytes(&self.projection.read);
        // The text, and columns that grow by doubling or the rows before the filter.
        (out, self.text.read_bytes(i) + out)
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.text.text_bytes(i)
    }
}
