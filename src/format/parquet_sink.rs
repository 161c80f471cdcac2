//! A Parquet file being written: one row group per partition, with statistics, compressed as one likes. Pages are made of partitions in parallel, and
//! put into the file in order.

use crate::base::near::suggestion;
use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table, table_error};
use crate::chunk::{Chunk, Object};
use crate::expr::table::TableSink;
use crate::format::table_file::{FileTarget, OpenFile};
use parking_lot::Mutex;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    ArrowSchema, CompatLevel, DataFrame, ParquetCompression, ParquetWriter, PolarsError, PolarsResult, Schema, SchemaExt,
};
use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    BrotliLevel, CompressedPage, Compressor, GzipLevel, Page, SchemaDescriptor, StatisticsOptions, Version, WriteOptions,
    ZstdLevel, array_to_columns, get_dtype_encoding, to_parquet_schema,
};
use std::any::Any;
use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

/// The compression that a name stands for: `zstd`, `gzip` and `brotli`, which have levels, `snappy`, `lz4` and `uncompressed`.
///
/// # Errors
/// Another name; a level that there is not.
///
/// # Example
/// ```
/// use polars::prelude::ParquetCompression;
/// use tilework::format::parquet_sink::compression;
/// assert_eq!(compression("snappy", None)?, ParquetCompression::Snappy);
/// assert!(compression("zstd", Some(100)).is_err());
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn compression(name: &str, level: Option<i32>) -> Result<ParquetCompression> {
    use ParquetCompression as P;
    let wrong = |e: PolarsError| Error::usage(format!("no such level of {name}: {e}"));
    Ok(match (name.to_ascii_lowercase().as_str(), level) {
        ("zstd", level) => P::Zstd(level.map(ZstdLevel::try_new).transpose().map_err(wrong)?),
        ("gzip", level) => {
            // Beyond what fits there is no level either.
            let level = level.map(|l| GzipLevel::try_new(u8::try_from(l).unwrap_or(u8::MAX)));
            P::Gzip(level.transpose().map_err(wrong)?)
        }
        ("brotli", level) => {
            let level = level.map(|l| BrotliLevel::try_new(u32::try_from(l).unwrap_or(u32::MAX)));
            P::Brotli(level.transpose().map_err(wrong)?)
        }
        ("snappy", None) => P::Snappy,
        ("lz4", None) => P::Lz4Raw,
        ("uncompressed" | "none", None) => P::Uncompressed,
        ("snappy" | "lz4" | "uncompressed" | "none", Some(_)) => return Err(Error::usage(format!("{name} has no levels"))),
        _ => {
            let known = ["zstd", "snappy", "lz4", "gzip", "brotli", "uncompressed"].map(String::from);
            return Err(Error::usage(format!("'{name}' is no compression of Parquet{}", suggestion(name, &known, known.len()))));
        }
    })
}

/// A Parquet file.
pub struct ParquetSink {
    target: FileTarget,
    schema: Schema,
    arrow: ArrowSchema,
    columns: SchemaDescriptor,
    compression: ParquetCompression,
    open: Mutex<Option<(OpenFile, BatchedWriter<BufWriter<File>>)>>,
}

impl std::fmt::Debug for ParquetSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParquetSink({:?})", self.target)
    }
}

/// The pages of a row group, by leaf column.
struct RowGroup {
    n_rows: usize,
    pages: Vec<Vec<CompressedPage>>,
    bytes: u64,
}

impl std::fmt::Debug for RowGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row group of {} rows in {} bytes", self.n_rows, self.bytes)
    }
}

impl Object for RowGroup {
    fn n_bytes(&self) -> u64 {
        self.bytes
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl ParquetSink {
    /// A sink for tables of this schema. Nothing is touched yet.
    ///
    /// # Errors
    /// When the target is a folder, or exists and may not be overwritten; types that Parquet has no form for.
    pub fn new(path: impl AsRef<Path>, schema: &Schema, overwrite: bool) -> Result<ParquetSink> {
        let target = FileTarget::new(path, overwrite)?;
        let arrow = schema.to_arrow(CompatLevel::newest());
        let columns = to_parquet_schema(&arrow).map_err(|e| table_error(e).at(target.label()))?;
        let compression = ParquetCompression::default();
        Ok(ParquetSink { target, schema: schema.clone(), arrow, columns, compression, open: Mutex::new(None) })
    }

    /// The same with columns compressed otherwise.
    #[must_use]
    pub fn with_compression(self, compression: ParquetCompression) -> ParquetSink {
        ParquetSink { compression, ..self }
    }

    fn fail(&self, e: PolarsError) -> Error {
        match e {
            PolarsError::IO { error, .. } => self.target.fail(&error),
            e => table_error(e).at(self.target.label()),
        }
    }

    fn row_group(&self, df: &DataFrame) -> PolarsResult<RowGroup> {
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            version: Version::V1,
            compression: self.compression.into(),
            data_page_size: None,
        };
        let (mut pages, mut bytes): (Vec<Vec<CompressedPage>>, u64) = (vec![], 0);
        for (i, (column, field)) in df.columns().iter().zip(self.arrow.iter_values()).enumerate() {
            let series = column.as_materialized_series().rechunk();
            let array = series.to_arrow_with_field(0, Cow::Borrowed(field), true)?;
            let leaves = array_to_columns(array, self.columns.fields()[i].clone(), options, &get_dtype_encoding(field.dtype()))?;
            for leaf in leaves {
                let plain = leaf.map(|page| page.map_err(|e| ParquetError::FeatureNotSupported(e.to_string())));
                let plain = plain.inspect(|page| bytes += page.as_ref().map_or(0, dictionary_bytes));
                let packed = Compressor::new_from_vec(plain, options.compression, vec![]).collect::<Result<Vec<_>, _>>();
                pages.push(packed?);
            }
        }
        bytes += pages.iter().flatten().map(data_bytes).sum::<u64>();
        Ok(RowGroup { n_rows: df.height(), pages, bytes })
    }
}

/// Bytes of a page of values, with its statistics.
fn data_bytes(page: &CompressedPage) -> u64 {
    if let CompressedPage::Data(p) = page { p.compressed_size() as u64 + 512 } else { 512 }
}

/// Bytes of a page of distinct values; of the compressed one they are not told.
fn dictionary_bytes(page: &Page) -> u64 {
    if let Page::Dict(p) = page { p.buffer.len() as u64 } else { 0 }
}

impl TableSink for ParquetSink {
    fn label(&self) -> String {
        self.target.label()
    }

    fn begin(&self) -> Result<()> {
        let (open, file) = self.target.create()?;
        let writer = ParquetWriter::new(BufWriter::new(file)).batched(&self.schema).map_err(|e| self.fail(e))?;
        *self.open.lock() = Some((open, writer));
        Ok(())
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        let df = table(partition)?;
        if df.height() == 0 {
            return Ok(Chunk::Unit);
        }
        let group = apart(|| self.row_group(df)).map_err(|e| self.fail(e))?;
        Ok(Chunk::Object(Arc::new(group)))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        // What does not get smaller by compression stays about as it is. Beside it are a column in one piece (or the numbers of its values) and
        // a page of it, plain and packed.
        let encoded = partition_bytes.saturating_add(partition_bytes / 8 + (64 << 10));
        (encoded, partition_bytes.saturating_add(partition_bytes.saturating_mul(2).min(3 << 20)))
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        let group = match encoded {
            Chunk::Unit => return Ok(()),
            Chunk::Object(o) => o.as_any().downcast_ref::<RowGroup>(),
            _ => None,
        };
        let group = group.ok_or_else(|| Error::bug("no row group to write"))?;
        let mut open = self.open.lock();
        let (_, writer) = open.as_mut().ok_or_else(|| Error::bug("commit before begin"))?;
        writer.write_row_group(group.n_rows as u64, &group.pages).map_err(|e| self.fail(e))
    }

    fn finish(&self) -> Result<()> {
        let (open, writer) = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        writer.finish().map_err(|e| self.fail(e))?;
        drop(writer); // flushes; `finish` has flushed already and told of failures
        self.target.persist(open)
    }

    fn abort(&self) {
        // Dropping the temporary file removes it.
        self.open.lock().take();
    }
}
