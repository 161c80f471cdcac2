//! A Parquet file being written: one row group per partition, small ones put together, with statistics, compressed as one likes. Row groups are
//! made of partitions in parallel, and put into the file in order.

use crate::base::near::suggestion;
use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table, table_error};
use crate::chunk::table_bytes::own_bytes;
use crate::chunk::{Chunk, Object};
use crate::expr::table::TableSink;
use crate::format::parquet_layout::{Group, Layout};
use crate::format::table_file::{FileTarget, OpenFile};
use crate::kernel::table::columns::{Rows, encode};
use parking_lot::Mutex;
use polars::prelude::{
    ArrowField, ArrowSchema, Column, CompatLevel, DataFrame, ParquetCompression, PolarsError, PolarsResult, Schema, SchemaExt,
    SchemaRef,
};
use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    BrotliLevel, Compressor, DynIter, DynStreamingIterator, FallibleStreamingIterator, GzipLevel, Page, SchemaDescriptor,
    StatisticsOptions, Version, WriteOptions, ZstdLevel, array_to_columns, get_dtype_encoding, to_parquet_schema,
};
use std::any::Any;
use std::borrow::Cow;
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

/// Partitions smaller than this, of bytes in memory, wait for the next ones, to be a row group with them: a group costs bytes and a reader's time
/// for each of its columns, however few its rows are.
const SMALL: u64 = 256 << 10;

/// A Parquet file.
pub struct ParquetSink {
    target: FileTarget,
    schema: SchemaRef,
    arrow: ArrowSchema,
    columns: SchemaDescriptor,
    compression: ParquetCompression,
    /// Bytes below which a partition waits for others.
    small: u64,
    open: Mutex<Option<Open>>,
}

impl std::fmt::Debug for ParquetSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParquetSink({:?})", self.target)
    }
}

/// A file being written, and the rows that wait to be a row group of it.
struct Open {
    file: OpenFile,
    layout: Layout,
    waiting: Vec<Vec<u8>>,
    /// Their rows, and the bytes of these in memory.
    n_rows: usize,
    plain_bytes: u64,
}

/// A partition that is to be written.
enum Encoded {
    Group(Group),
    /// One that is small, as [bytes](encode) until its row group is made.
    Few {
        n_rows: usize,
        plain_bytes: u64,
        bytes: Vec<u8>,
    },
}

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Encoded::Group(group) => write!(f, "a row group of {} rows in {} bytes", group.n_rows(), group.n_bytes()),
            Encoded::Few { n_rows, bytes, .. } => write!(f, "{n_rows} rows in {} bytes", bytes.len()),
        }
    }
}

impl Object for Encoded {
    fn n_bytes(&self) -> u64 {
        match self {
            Encoded::Group(group) => group.n_bytes(),
            Encoded::Few { bytes, .. } => bytes.capacity() as u64,
        }
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
        Ok(ParquetSink {
            target,
            schema: Arc::new(schema.clone()),
            arrow,
            columns,
            compression,
            small: SMALL,
            open: Mutex::new(None),
        })
    }

    /// The same with columns compressed otherwise.
    #[must_use]
    pub fn with_compression(self, compression: ParquetCompression) -> ParquetSink {
        ParquetSink { compression, ..self }
    }

    /// The same with a row group for every partition that has rows, however small.
    #[must_use]
    pub fn with_partitions_apart(self) -> ParquetSink {
        ParquetSink { small: 0, ..self }
    }

    fn fail(&self, e: PolarsError) -> Error {
        match e {
            PolarsError::IO { error, .. } => self.target.fail(&error),
            e => table_error(e).at(self.target.label()),
        }
    }

    fn row_group(&self, df: &DataFrame) -> PolarsResult<Group> {
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            version: Version::V1,
            compression: self.compression.into(),
            data_page_size: None,
        };
        let leaves = |(i, (column, field)): (usize, (&Column, &ArrowField))| {
            let series = column.as_materialized_series().rechunk();
            let array = series.to_arrow_with_field(0, Cow::Borrowed(field), true)?;
            array_to_columns(array, self.columns.fields()[i].clone(), options, &get_dtype_encoding(field.dtype()))
        };
        let packed = |pages: DynIter<'static, PolarsResult<Page>>| {
            let pages = pages.map(|page| page.map_err(|e| ParquetError::FeatureNotSupported(e.to_string())));
            DynStreamingIterator::new(Compressor::new_from_vec(pages, options.compression, vec![]).map_err(PolarsError::from))
        };
        // A column at a time: its pages are made, compressed and laid down before the next one's.
        let columns = df.columns().iter().zip(self.arrow.iter_values()).enumerate().flat_map(|column| match leaves(column) {
            Ok(leaves) => leaves.into_iter().map(|leaf| Ok(packed(leaf))).collect(),
            Err(e) => vec![Err(e)],
        });
        Group::new(&self.columns, df.height(), DynIter::new(columns))
    }

    /// A row group of a table, made where Polars' threads may be used.
    fn made(&self, df: &DataFrame) -> Result<Group> {
        apart(|| self.row_group(df)).map_err(|e| self.fail(e))
    }

    /// Makes a row group of what waits.
    fn join(&self, open: &mut Open) -> Result<()> {
        if open.n_rows == 0 {
            return Ok(());
        }
        let mut rows = Rows::new(self.schema.clone(), std::mem::take(&mut open.n_rows));
        for bytes in open.waiting.drain(..) {
            rows.block(&bytes, None)?;
        }
        open.plain_bytes = 0;
        let group = self.made(&rows.finish()?)?;
        open.layout.add(&group).map_err(|e| self.fail(e))
    }
}

impl TableSink for ParquetSink {
    fn label(&self) -> String {
        self.target.label()
    }

    fn begin(&self) -> Result<()> {
        let (open, file) = self.target.create()?;
        let layout = Layout::begin(file, self.target.folder()).map_err(|e| self.target.fail(&e))?;
        *self.open.lock() = Some(Open { file: open, layout, waiting: vec![], n_rows: 0, plain_bytes: 0 });
        Ok(())
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        let df = table(partition)?;
        if df.height() == 0 {
            return Ok(Chunk::Unit);
        }
        let n_rows = df.height();
        let plain_bytes = df.columns().iter().map(|c| own_bytes(c, 0..n_rows)).sum();
        let encoded = if plain_bytes < self.small {
            let mut bytes = encode(&self.schema, &[(df, 0..n_rows)])?;
            bytes.shrink_to_fit();
            Encoded::Few { n_rows, plain_bytes, bytes }
        } else {
            Encoded::Group(self.made(df)?)
        };
        Ok(Chunk::Object(Arc::new(encoded)))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        // What does not get smaller by compression stays about as it is. Beside it are a column in one piece (or the numbers of its values) and
        // a page of it, plain and packed.
        let encoded = partition_bytes.saturating_add(partition_bytes / 8 + (64 << 10));
        (encoded, partition_bytes.saturating_add(partition_bytes.saturating_mul(2).min(3 << 20)))
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        let encoded = match encoded {
            Chunk::Unit => return Ok(()),
            Chunk::Object(o) => o.as_any().downcast_ref::<Encoded>(),
            _ => None,
        };
        let mut open = self.open.lock();
        let open = open.as_mut().ok_or_else(|| Error::bug("commit before begin"))?;
        match encoded.ok_or_else(|| Error::bug("no rows to write"))? {
            Encoded::Group(group) => {
                self.join(open)?;
                open.layout.add(group).map_err(|e| self.fail(e))
            }
            Encoded::Few { n_rows, plain_bytes, bytes } => {
                if open.plain_bytes + plain_bytes > self.small {
                    self.join(open)?;
                }
                open.waiting.push(bytes.clone());
                open.n_rows += n_rows;
                open.plain_bytes += plain_bytes;
                Ok(())
            }
        }
    }

    fn finish(&self) -> Result<()> {
        let mut open = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        self.join(&mut open)?;
        open.layout.finish(&self.columns, &self.arrow).map_err(|e| self.fail(e))?;
        self.target.persist(open.file)
    }

    fn abort(&self) {
        // Dropping the temporary file removes it.
        self.open.lock().take();
    }

    fn held_bytes(&self) -> u64 {
        // What waits, its rows put together, and their row group.
        let (encoded, beside) = self.encode_bytes(SMALL);
        Layout::held_bytes() + 2 * SMALL + encoded + beside
    }
}

#[cfg(test)]
mod tests {
    use super::{ParquetSink, SMALL};
    use crate::chunk::Chunk;
    use crate::expr::table::TableSink;
    use polars::prelude::{
        Column, DataFrame, DataType, IntoLazy, NamedFrom, ParquetReader, SerReader, Series, UnionArgs, concat, df,
    };
    use polars_parquet::read::read_metadata;
    use polars_parquet_format::OffsetIndex;
    use polars_parquet_format::thrift::protocol::TCompactInputProtocol;
    use proptest::prelude::*;
    use std::fs::File;
    use std::sync::Arc;

    fn partition(from: usize, n: usize, wide: bool) -> DataFrame {
        let text = |i: usize| if wide { format!("{i:01000}") } else { format!("{i}") };
        let lists = |i: usize| Series::new("".into(), (0..i % 3).map(|j| (i + j) as i32).collect::<Vec<_>>());
        let rows = from..from + n;
        let mut table = df!(
            "i" => rows.clone().map(|i| (i % 7 > 0).then_some(i as i64)).collect::<Vec<_>>(),
            "t" => rows.clone().map(text).collect::<Vec<_>>(),
            "b" => rows.clone().map(|i| i % 3 == 0).collect::<Vec<_>>(),
        )
        .unwrap();
        let lists = Column::new("l".into(), rows.map(lists).collect::<Vec<_>>());
        table.with_column(lists.cast(&DataType::List(Box::new(DataType::Int32))).unwrap()).unwrap();
        let inner = [table.column("i").unwrap().as_materialized_series().clone()];
        let structs = polars::prelude::StructChunked::from_series("s".into(), n, inner.iter()).unwrap();
        table.with_column(polars::prelude::IntoColumn::into_column(structs)).unwrap();
        table
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn files_of_partitions_of_any_size_hold_their_rows(
            sizes in prop::collection::vec(prop_oneof![Just(0usize), 1..50usize, 200..600usize], 0..60)
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.parquet");
            let (mut from, mut tables) = (0, vec![partition(0, 0, false)]);
            for (i, &n) in sizes.iter().enumerate() {
                tables.push(partition(from, n, i % 2 == 0));
                from += n;
            }
            let sink = ParquetSink::new(&path, tables[0].schema(), false).unwrap();
            sink.begin().unwrap();
            for (i, table) in tables.iter().enumerate() {
                let encoded = sink.encode(i, &Chunk::Table(Arc::new(table.clone()))).unwrap();
                sink.commit(i, &encoded).unwrap();
            }
            sink.finish().unwrap();
            let want = concat(tables.iter().map(|t| t.clone().lazy()).collect::<Vec<_>>(), UnionArgs::default()).unwrap().collect().unwrap();
            let got = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
            prop_assert!(got.equals_missing(&want));

            // Groups are no smaller than they have to be, and every page is where the file says.
            let bytes = std::fs::read(&path).unwrap();
            let meta = read_metadata(&mut std::io::Cursor::new(&bytes)).unwrap();
            let all: u64 = tables.iter().map(crate::chunk::table_bytes::table_bytes).sum();
            prop_assert!(meta.row_groups.len() as u64 <= 2 * all / SMALL + sizes.iter().filter(|&&n| n >= 200).count() as u64 * 2 + 1);
            for group in &meta.row_groups {
                for column in group.parquet_columns() {
                    let (at, n) = (column.offset_index_offset().unwrap() as usize, column.offset_index_length().unwrap() as usize);
                    let mut index = TCompactInputProtocol::new(&bytes[at..at + n], 1 << 20);
                    let pages = OffsetIndex::read_from_in_protocol(&mut index).unwrap().page_locations;
                    prop_assert_eq!(pages[0].offset, column.data_page_offset());
                    let end = pages.last().map(|p| p.offset + i64::from(p.compressed_page_size)).unwrap();
                    prop_assert_eq!(end as u64, column.byte_range().end);
                }
            }
        }
    }
}
