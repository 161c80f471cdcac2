//! Record batches of an Arrow IPC file: their rows and the bytes of their columns, from their headers alone, and reading some of them.
//! Decoding is Polars'.

use crate::base::{Error, Result};
use crate::format::table_files::{Fit, fitted, guarded};
use polars::prelude::{Column, DataFrame, PolarsError, PolarsResult, Schema, SchemaExt, Series, polars_err};
use polars_arrow::datatypes::{ArrowDataType, PhysicalType};
use polars_arrow::io::ipc::format::ipc::planus::ReadAsRoot;
use polars_arrow::io::ipc::format::ipc::{Block, MessageHeaderRef, MessageRef, RecordBatchRef};
use polars_arrow::io::ipc::read::{FileMetadata, read_batch, read_file_dictionaries, read_file_metadata};
use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A file and its footer.
pub(super) struct IpcFile {
    pub(super) path: PathBuf,
    meta: FileMetadata,
}

impl std::fmt::Debug for IpcFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IpcFile({})", self.path.display())
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
    pub(super) fn open(path: &Path) -> Result<IpcFile> {
        let mut file = File::open(path).map_err(|e| Error::io(path.display(), &e))?;
        if file.metadata().map_err(|e| Error::io(path.display(), &e))?.is_dir() {
            return Err(Error::usage(format!("{} is a folder: name a file", path.display())).with_os_error(libc::EISDIR));
        }
        let meta = guarded(path, "Arrow IPC", move || read_file_metadata(&mut file))?;
        Ok(IpcFile { path: path.to_path_buf(), meta })
    }

    /// The columns.
    pub(super) fn schema(&self) -> Schema {
        Schema::from_arrow_schema(self.meta.schema.as_ref())
    }

    /// What the headers of all record batches say, where it is asked for some of the columns.
    ///
    /// # Errors
    /// Headers that are broken.
    pub(super) fn batches(&self, columns: &[bool]) -> Result<Vec<Batch>> {
        let file = File::open(&self.path).map_err(|e| Error::io(self.path.display(), &e))?;
        guarded(&self.path, "Arrow IPC", || self.meta.blocks.iter().map(|b| self.batch(&file, b, columns)).collect())
    }

    /// Bytes of all dictionaries, as they lie in memory, if there is one in the columns asked for.
    ///
    /// # Errors
    /// Headers that are broken.
    pub(super) fn dictionary_bytes(&self, columns: &[bool]) -> Result<u64> {
        if !self.needs_dictionaries(columns) {
            return Ok(0);
        }
        let file = File::open(&self.path).map_err(|e| Error::io(self.path.display(), &e))?;
        let blocks = self.meta.dictionaries.as_deref().unwrap_or_default();
        guarded(&self.path, "Arrow IPC", || blocks.iter().map(|b| self.batch(&file, b, &[]).map(|b| b.column_bytes)).sum())
    }

    fn needs_dictionaries(&self, columns: &[bool]) -> bool {
        self.meta.ipc_schema.fields.iter().zip(columns).any(|(f, &wanted)| wanted && f.contains_dictionary())
    }

    fn batch(&self, file: &File, block: &Block, columns: &[bool]) -> PolarsResult<Batch> {
        let negative = |_| polars_err!(ComputeError: "a block has a negative place or length");
        let start = u64::try_from(block.offset).map_err(negative)?;
        let mut header = vec![0; u64::try_from(block.meta_data_length).map_err(negative)? as usize];
        file.read_exact_at(&mut header, start)?;
        let at = if header.starts_with(&[0xff; 4]) { 8 } else { 4 };
        let message = MessageRef::read_as_root(header.get(at..).unwrap_or_default())?;
        let body = start + header.len() as u64;
        let stored_bytes = u64::try_from(block.body_length).map_err(negative)?;
        let (n_rows, column_bytes) = match message.header()? {
            Some(MessageHeaderRef::RecordBatch(batch)) => (batch.length()?, self.column_bytes(file, batch, body, columns)?),
            Some(MessageHeaderRef::DictionaryBatch(dictionary)) => {
                let batch = dictionary.data()?.ok_or_else(|| polars_err!(ComputeError: "a dictionary without values"))?;
                let all = buffers(file, batch, body)?;
                (batch.length()?, all.iter().sum())
            }
            _ => return Err(polars_err!(ComputeError: "a block that is no record batch")),
        };
        Ok(Batch { n_rows: u64::try_from(n_rows).map_err(negative)?, column_bytes, stored_bytes })
    }

    /// Bytes of the buffers of the columns asked for.
    fn column_bytes(&self, file: &File, batch: RecordBatchRef<'_>, body: u64, columns: &[bool]) -> PolarsResult<u64> {
        let sizes = buffers(file, batch, body)?;
        let variadic = batch.variadic_buffer_counts()?;
        let mut variadic: VecDeque<usize> = variadic.into_iter().flat_map(|v| v.iter()).map(|n| n.max(0) as usize).collect();
        let (mut at, mut bytes) = (0, 0);
        for (field, &wanted) in self.meta.schema.iter_values().zip(columns) {
            let n = n_buffers(field.dtype(), &mut variadic);
            if wanted {
                bytes += sizes.iter().skip(at).take(n).sum::<u64>();
            }
            at += n;
        }
        Ok(bytes)
    }

    /// Some record batches, with the columns of `read`.
    ///
    /// # Errors
    /// Bytes that are broken, casts that fail.
    pub(super) fn read(&self, batches: std::ops::Range<usize>, read: &Schema, fits: &[Fit]) -> Result<DataFrame> {
        let mut file = File::open(&self.path).map_err(|e| Error::io(self.path.display(), &e))?;
        let mut there: Vec<usize> = read.iter_names().filter_map(|n| self.meta.schema.index_of(n)).collect();
        there.sort_unstable();
        if there.is_empty() {
            // Something has to tell how many rows there are.
            there.push(0);
        }
        let wanted: Vec<bool> = (0..self.meta.schema.len()).map(|i| there.contains(&i)).collect();
        guarded(&self.path, "Arrow IPC", || {
            let (mut message, mut data) = (vec![], vec![]);
            let dictionaries = match self.needs_dictionaries(&wanted) {
                true => read_file_dictionaries(&mut file, &self.meta, &mut data, Default::default())?,
                false => Default::default(),
            };
            let mut rows: Option<DataFrame> = None;
            for i in batches {
                let checked = Default::default();
                let batch = read_batch(
                    &mut file,
                    &dictionaries,
                    &self.meta,
                    Some(&there),
                    None,
                    i,
                    false,
                    &mut message,
                    &mut data,
                    checked,
                )?;
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
        })
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

/// Bytes of every buffer of a batch in memory. Compressed ones begin with them.
fn buffers(file: &File, batch: RecordBatchRef<'_>, body: u64) -> PolarsResult<Vec<u64>> {
    let compressed = batch.compression()?.is_some();
    let buffers = batch.buffers()?.into_iter().flat_map(|b| b.iter());
    let size = |b: polars_arrow::io::ipc::format::ipc::BufferRef<'_>| {
        let length = b.length().max(0) as u64;
        if !compressed || length < 8 {
            return Ok(length);
        }
        let mut plain = [0; 8];
        file.read_exact_at(&mut plain, body + b.offset().max(0) as u64)?;
        // A negative length is said of one that was left as it is.
        Ok(u64::try_from(i64::from_le_bytes(plain)).unwrap_or(length - 8))
    };
    buffers.map(size).collect()
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
