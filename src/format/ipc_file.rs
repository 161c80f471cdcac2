//! Record batches of an Arrow IPC file: their rows and the bytes of their columns, from their headers alone, and reading some of them.
//! Decoding is Polars'.

use crate::base::{Error, Result};
use crate::format::ranged::RangedFile;
use crate::format::ranged_reader::Reader;
use crate::format::table_files::{Fit, fitted, guarded};
use polars::prelude::{Column, DataFrame, PolarsError, PolarsResult, Schema, SchemaExt, Series, polars_err};
use polars_arrow::datatypes::{ArrowDataType, PhysicalType};
use polars_arrow::io::ipc::format::ipc::planus::ReadAsRoot;
use polars_arrow::io::ipc::format::ipc::{Block, MessageHeaderRef, MessageRef, RecordBatchRef};
use polars_arrow::io::ipc::read::{FileMetadata, read_batch, read_file_dictionaries, read_file_metadata};
use std::collections::VecDeque;
use std::io::BufReader;

/// A file and its footer.
pub(super) struct IpcFile {
    meta: FileMetadata,
    schema: Schema,
}

impl std::fmt::Debug for IpcFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} record batches", self.meta.blocks.len())
    }
}

/// What the header of a record batch says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Batch {
    pub n_rows: u64,
    /// Bytes of the columns asked for, as they lie in memory, and of the whole batch in the file.
    pub column_bytes: u64,
    pub stored_bytes: u64,
}

impl IpcFile {
    /// Reads the footer.
    ///
    /// # Errors
    /// A file that is missing, broken or of another format.
    pub(super) fn open(file: &RangedFile) -> Result<IpcFile> {
        let footer = |reader: &mut BufReader<Reader<'_>>| {
            guarded(&file.path, "Arrow IPC", || {
                let meta = read_file_metadata(reader)?;
                let schema = Schema::from_arrow_schema(meta.schema.as_ref());
                Ok(IpcFile { meta, schema })
            })
        };
        file.decode(&vec![], footer)
    }

    /// The columns.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What the headers of all record batches say, where it is asked for some of the columns.
    ///
    /// # Errors
    /// Headers that are broken.
    pub(super) fn batches(&self, file: &RangedFile, columns: &[bool]) -> Result<Vec<Batch>> {
        self.meta.blocks.iter().map(|b| self.batch(file, b, columns)).collect()
    }

    /// Bytes of all dictionaries, as they lie in memory, if there is one in the columns asked for.
    ///
    /// # Errors
    /// Headers that are broken.
    pub(super) fn dictionary_bytes(&self, file: &RangedFile, columns: &[bool]) -> Result<u64> {
        if !self.needs_dictionaries(columns) {
            return Ok(0);
        }
        let blocks = self.meta.dictionaries.as_deref().unwrap_or_default();
        blocks.iter().map(|b| self.batch(file, b, &[]).map(|b| b.column_bytes)).sum()
    }

    fn needs_dictionaries(&self, columns: &[bool]) -> bool {
        self.meta.ipc_schema.fields.iter().zip(columns).any(|(f, &wanted)| wanted && f.contains_dictionary())
    }

    fn batch(&self, file: &RangedFile, block: &Block, columns: &[bool]) -> Result<Batch> {
        let broken = |what: &str| Error::corrupt(format!("{} is not a whole Arrow IPC file: {what}", file.path.display()));
        let whole = |n: i64| u64::try_from(n).map_err(|_| broken("a block has a negative place or length"));
        let (start, n_header) = (whole(block.offset)?, whole(block.meta_data_length.into())?);
        if !file.holds(start, n_header) {
            return Err(broken("it ends before one of its blocks"));
        }
        let mut header = vec![0; n_header as usize];
        file.read_exact_at(start, &mut header)?;
        let body = start + n_header;
        let (n_rows, buffers, n_of_columns) = guarded(&file.path, "Arrow IPC", || self.buffers(&header))?;
        let sizes = buffers.into_iter().map(|b| b.plain_bytes(file, body)).collect::<Result<Vec<u64>>>()?;
        let (mut at, mut column_bytes) = (0, 0);
        match n_of_columns {
            None => column_bytes = sizes.iter().sum(),
            Some(n_of_columns) => {
                for (n, &wanted) in n_of_columns.into_iter().zip(columns) {
                    if wanted {
                        column_bytes += sizes.iter().skip(at).take(n).sum::<u64>();
                    }
                    at += n;
                }
            }
        }
        Ok(Batch { n_rows: whole(n_rows)?, column_bytes, stored_bytes: whole(block.body_length)? })
    }

    /// What the header of a block says: its rows, its buffers, and, of a record batch, how many of them each column has.
    fn buffers(&self, header: &[u8]) -> PolarsResult<(i64, Vec<Stored>, Option<Vec<usize>>)> {
        let at = if header.starts_with(&[0xff; 4]) { 8 } else { 4 };
        match MessageRef::read_as_root(header.get(at..).unwrap_or_default())?.header()? {
            Some(MessageHeaderRef::RecordBatch(batch)) => {
                let variadic = batch.variadic_buffer_counts()?;
                let mut variadic: VecDeque<usize> =
                    variadic.into_iter().flat_map(|v| v.iter()).map(|n| n.max(0) as usize).collect();
                let n_of_columns = self.meta.schema.iter_values().map(|f| n_buffers(f.dtype(), &mut variadic)).collect();
                Ok((batch.length()?, stored(batch)?, Some(n_of_columns)))
            }
            Some(MessageHeaderRef::DictionaryBatch(dictionary)) => {
                let batch = dictionary.data()?.ok_or_else(|| polars_err!(ComputeError: "a dictionary without values"))?;
                Ok((batch.length()?, stored(batch)?, None))
            }
            _ => Err(polars_err!(ComputeError: "a block that is no record batch")),
        }
    }

    /// Some record batches, with the columns of `read`.
    ///
    /// # Errors
    /// Bytes that are broken, casts that fail.
    pub(super) fn read(
        &self,
        file: &RangedFile,
        batches: std::ops::Range<usize>,
        read: &Schema,
        fits: &[Fit],
    ) -> Result<DataFrame> {
        let mut there: Vec<usize> = read.iter_names().filter_map(|n| self.meta.schema.index_of(n)).collect();
        there.sort_unstable();
        if there.is_empty() {
            // Something has to tell how many rows there are.
            there.push(0);
        }
        let wanted: Vec<bool> = (0..self.meta.schema.len()).map(|i| there.contains(&i)).collect();
        let blocks = self.meta.blocks.get(batches.clone()).unwrap_or_default();
        let extent = |b: &Block| {
            let (start, n) = (u64::try_from(b.offset).ok()?, b.body_length.checked_add(b.meta_data_length.into())?);
            Some(start..start.checked_add(u64::try_from(n).ok()?)?)
        };
        let parts = file.fetch(blocks.iter().filter_map(extent).collect())?;
        let rows = |reader: &mut BufReader<Reader<'_>>| {
            guarded(&file.path, "Arrow IPC", || self.rows(reader, batches, &there, &wanted, read, fits))
        };
        file.decode(&parts, rows)
    }

    fn rows(
        &self,
        reader: &mut BufReader<Reader<'_>>,
        batches: std::ops::Range<usize>,
        there: &[usize],
        wanted: &[bool],
        read: &Schema,
        fits: &[Fit],
    ) -> PolarsResult<DataFrame> {
        let (mut message, mut data) = (vec![], vec![]);
        let dictionaries = match self.needs_dictionaries(wanted) {
            true => read_file_dictionaries(reader, &self.meta, &mut data, Default::default())?,
            false => Default::default(),
        };
        let mut rows: Option<DataFrame> = None;
        for i in batches {
            let checked = Default::default();
            let batch =
                read_batch(reader, &dictionaries, &self.meta, Some(there), None, i, false, &mut message, &mut data, checked)?;
            let n = batch.len();
            let columns = there.iter().zip(batch.into_arrays()).map(|(&c, array)| self.column(c, array));
            let found = DataFrame::new(n, columns.collect::<PolarsResult<_>>()?)?;
            let found = arranged(&found, read, fits)?;
            match &mut rows {
                None => rows = Some(found),
                Some(rows) => {
                    rows.vstack_mut(&found)?;
                }
            }
        }
        Ok(rows.unwrap_or_else(|| DataFrame::empty_with_schema(read)))
    }

    fn column(&self, i: usize, array: polars::prelude::ArrayRef) -> PolarsResult<Column> {
        let (_, field) = self.meta.schema.get_at_index(i).ok_or_else(|| polars_err!(ComputeError: "no column {i}"))?;
        Ok(Column::from(Series::try_from((field, array))?))
    }
}

/// The columns of `read`, of those that a file has.
fn arranged(found: &DataFrame, read: &Schema, fits: &[Fit]) -> Result<DataFrame, PolarsError> {
    let columns = read.iter().zip(fits).map(|((name, dtype), &fit)| match fit {
        Fit::Missing => Ok(Column::full_null(name.clone(), found.height(), dtype)),
        _ => fitted(found.column(name)?.clone(), fit, dtype),
    });
    DataFrame::new(found.height(), columns.collect::<PolarsResult<_>>()?)
}

/// A buffer in a file, behind the header of its batch.
struct Stored {
    offset: u64,
    length: u64,
    compressed: bool,
}

impl Stored {
    /// Its bytes in memory. Compressed ones begin with them.
    fn plain_bytes(&self, file: &RangedFile, body: u64) -> Result<u64> {
        if !self.compressed || self.length < 8 {
            return Ok(self.length);
        }
        let mut plain = [0; 8];
        file.read_exact_at(body.saturating_add(self.offset), &mut plain)?;
        // A negative length is said of one that was left as it is.
        Ok(u64::try_from(i64::from_le_bytes(plain)).unwrap_or(self.length - 8))
    }
}

/// The buffers of a batch.
fn stored(batch: RecordBatchRef<'_>) -> PolarsResult<Vec<Stored>> {
    let compressed = batch.compression()?.is_some();
    let buffers = batch.buffers()?.into_iter().flat_map(|b| b.iter());
    Ok(buffers.map(|b| Stored { offset: b.offset().max(0) as u64, length: b.length().max(0) as u64, compressed }).collect())
}

/// How many buffers a column of a type has in a record batch.
fn n_buffers(dtype: &ArrowDataType, variadic: &mut VecDeque<usize>) -> usize {
    match dtype.to_physical_type() {
        PhysicalType::Null => 0,
        PhysicalType::Binary | PhysicalType::LargeBinary | PhysicalType::Utf8 | PhysicalType::LargeUtf8 => 3,
        PhysicalType::BinaryView | PhysicalType::Utf8View => 2 + variadic.pop_front().unwrap_or(0),
        PhysicalType::Dictionary(_) => 2,
        physical => {
            let own = match physical {
                PhysicalType::FixedSizeList | PhysicalType::Struct => 1,
                _ => 2,
            };
            let inner: usize = match dtype.to_storage() {
                ArrowDataType::Struct(fields) => fields.iter().map(|f| n_buffers(f.dtype(), variadic)).sum(),
                ArrowDataType::List(f)
                | ArrowDataType::LargeList(f)
                | ArrowDataType::FixedSizeList(f, _)
                | ArrowDataType::Map(f, _) => n_buffers(f.dtype(), variadic),
                _ => 0,
            };
            own + inner
        }
    }
}
