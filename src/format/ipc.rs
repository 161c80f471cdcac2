//! Arrow IPC files: partitions of whole record batches, sized by their headers alone, and a sink that writes a record batch per
//! partition.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table, table_error};
use crate::chunk::table_bound::{Bound, varies};
use crate::chunk::{Chunk, Object};
use crate::expr::table::{TableSink, TableSource, not_sent};
use crate::format::ipc_file::IpcFile;
use crate::format::ranged::RangedFile;
use crate::format::table_file::{FileTarget, OpenFile};
use crate::format::table_files::{FileSet, FileSource, Fit, Place};
use crate::format::table_scan::Projection;
use parking_lot::Mutex;
use polars::prelude::{
    ArrayRef, ArrowSchema, CompatLevel, DataFrame, DataType, PolarsError, PolarsResult, Schema, SchemaExt, SchemaRef, polars_err,
};
use polars_arrow::io::ipc::IpcField;
use polars_arrow::io::ipc::write::{
    Compression, DictionaryTracker, EncodedData, FileWriter, WriteOptions, default_ipc_fields, encode_new_dictionaries,
    encode_record_batch,
};
use polars_arrow::record_batch::RecordBatchT;
use polars_core::series::arrow_export::ToArrowConverter;
use polars_core::series::arrow_export::categorical::CategoricalToArrowConverter;
use std::any::Any;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Record batches of one file that make a partition.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    file: usize,
    batch: usize,
    n_batches: usize,
    first_row: u64,
    bound: Bound,
    /// Bytes of its columns as they lie in memory, and of its batches in the file.
    column_bytes: u64,
    stored_bytes: u64,
}

/// Arrow IPC files of the same columns, one after the other.
#[derive(Debug)]
pub struct IpcSource {
    set: FileSet,
    files: Vec<Opened>,
    parts: Vec<Part>,
    projection: Projection,
    key: u128,
}

#[derive(Debug)]
struct Opened {
    file: IpcFile,
    fits: Vec<Fit>,
    /// Bytes of dictionaries, which every partition reads.
    dictionary_bytes: u64,
}

/// The columns of an Arrow IPC file, from its footer.
///
/// # Errors
/// A file that is missing, broken or of another format.
pub fn ipc_schema(path: &Path) -> Result<Schema> {
    Ok(IpcFile::open(&RangedFile::open(path)?)?.schema().clone())
}

/// Rows of every record batch of a file.
///
/// # Errors
/// As [`ipc_schema`]; headers that are broken.
pub fn ipc_batches(path: &Path) -> Result<Vec<u64>> {
    let file = RangedFile::open(path)?;
    Ok(IpcFile::open(&file)?.batches(&file, &[])?.iter().map(|b| b.n_rows).collect())
}

impl IpcSource {
    /// A source of the columns and rows that `projection` names. `target_bytes` gives, for all bytes there are, the size that partitions
    /// aim at in memory: up to it record batches are put together.
    ///
    /// # Errors
    /// Files that are missing or broken, or differ in their columns.
    pub fn new(set: FileSet, projection: Projection, target_bytes: impl FnOnce(u64) -> u64) -> Result<IpcSource> {
        let mut described = format!("{} {}", projection.describe(), set.describe()?);
        let found = set.each(|i, path| open(i, path, &set, &projection.read))?;
        let all = found.iter().flat_map(|(_, batches)| batches).map(|p| p.bound.bytes(&projection.read)).sum();
        let target = target_bytes(all);
        described += &format!("{target}");
        let (mut files, mut parts): (Vec<Opened>, Vec<Part>) = (vec![], vec![]);
        let mut first_row = 0;
        for (file, batches) in found {
            files.push(file);
            for batch in batches {
                let batch = Part { first_row, ..batch };
                first_row += batch.bound.rows;
                let joined = parts.last().and_then(|last| last.with(&batch)).filter(|p| p.bound.bytes(&projection.read) <= target);
                match (joined, parts.last_mut()) {
                    (Some(joined), Some(last)) => *last = joined,
                    _ => parts.push(batch),
                }
            }
        }
        if parts.is_empty() {
            parts.push(Part::default());
        }
        Ok(IpcSource { set, files, parts, projection, key: xxh3_128(described.as_bytes()) })
    }
}

/// A file, and a part for each of its record batches.
fn open(i: usize, path: &Path, set: &FileSet, read: &Schema) -> Result<(Opened, Vec<Part>)> {
    let from = set.open(path)?;
    let file = IpcFile::open(&from)?;
    let has = file.schema();
    let fits = set.fit(path, has, read)?;
    let wanted: Vec<bool> = has.iter_names().map(|n| read.contains(n)).collect();
    let varying: Vec<bool> = has.iter().map(|(n, d)| read.contains(n) && varies(d)).collect();
    let batches = file.batches(&from, &wanted)?;
    let var_bytes: Vec<u64> = match varying.contains(&true) {
        true => file.batches(&from, &varying)?.iter().map(|b| b.column_bytes).collect(),
        false => vec![0; batches.len()],
    };
    let parts = batches.iter().zip(var_bytes).enumerate().map(|(n, (b, var_bytes))| Part {
        file: i,
        batch: n,
        n_batches: 1,
        first_row: 0,
        bound: Bound { rows: b.n_rows, var_bytes },
        column_bytes: b.column_bytes,
        stored_bytes: b.stored_bytes,
    });
    let parts = parts.collect();
    let dictionary_bytes = file.dictionary_bytes(&from, &wanted)?;
    Ok((Opened { file, fits, dictionary_bytes }, parts))
}

impl Part {
    /// This and the next part of the same file.
    fn with(&self, next: &Part) -> Option<Part> {
        (self.file == next.file).then(|| Part {
            n_batches: self.n_batches + next.n_batches,
            bound: self.bound.plus(next.bound),
            column_bytes: self.column_bytes + next.column_bytes,
            stored_bytes: self.stored_bytes + next.stored_bytes,
            ..*self
        })
    }
}

impl FileSource for IpcSource {
    fn bound(&self) -> Bound {
        self.parts.iter().map(|p| p.bound).fold(Bound::default(), Bound::most)
    }

    fn total(&self) -> Bound {
        self.parts.iter().map(|p| p.bound).fold(Bound::default(), Bound::plus)
    }

    fn place(&self, i: usize) -> Place {
        let part = &self.parts[i];
        Place { file: part.file, first_row: part.first_row, n_rows: part.bound.rows }
    }
}

impl TableSource for IpcSource {
    fn name(&self) -> &'static str {
        "ipc"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.set.label()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.projection.columns()
    }

    fn n_partitions(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let part = &self.parts[i];
        if part.n_batches == 0 {
            return self.projection.apply(DataFrame::empty_with_schema(&self.projection.read));
        }
        let Opened { file, fits, .. } = &self.files[part.file];
        let path = &self.set.paths[part.file];
        let from = self.set.open(path)?;
        let df = file.read(&from, part.batch..part.batch + part.n_batches, &self.projection.read, fits)?;
        self.projection.apply(df).map_err(|e| e.at(path.display().to_string()))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let part = &self.parts[i];
        let out = part.bound.bytes(&self.projection.read);
        let dictionaries = self.files.get(part.file).map_or(0, |f| f.dictionary_bytes);
        // A buffer as it is stored beside what was decompressed, and the rows before the filter or a cast.
        let held = part.column_bytes.min(out) + part.column_bytes / 2 + dictionaries;
        let fetched = self.set.paths.get(part.file).map_or(0, |p| self.set.fetch_bytes(p, part.stored_bytes));
        (out, held + fetched + if self.projection.filter.is_some() { out } else { 0 })
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.parts[i].stored_bytes
    }
}

/// An Arrow IPC file being written: one record batch per partition, compressed with LZ4.
///
/// Batches are made in parallel, except where there are categories: these get their numbers in the file in order of the rows.
pub struct IpcSink {
    target: FileTarget,
    schema: Arc<ArrowSchema>,
    fields: Vec<IpcField>,
    columns: SchemaRef,
    in_order: bool,
    open: Mutex<Option<Open>>,
}

struct Open {
    file: OpenFile,
    writer: FileWriter<BufWriter<File>>,
    /// Of each column; they know which categories are in the file.
    converters: Vec<ToArrowConverter>,
}

const OPTIONS: WriteOptions = WriteOptions { compression: Some(Compression::LZ4) };

impl std::fmt::Debug for IpcSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IpcSink({:?})", self.target)
    }
}

/// Whether a type has categories in it that are not known beforehand.
fn has_categories(dtype: &DataType) -> bool {
    match dtype {
        DataType::Categorical(..) => true,
        DataType::List(inner) | DataType::Array(inner, _) => has_categories(inner),
        DataType::Struct(fields) => fields.iter().any(|f| has_categories(f.dtype())),
        _ => false,
    }
}

/// A record batch as it will be written.
struct Encoded(EncodedData);

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "record batch of {} bytes", self.0.arrow_data.len())
    }
}

impl Object for Encoded {
    fn n_bytes(&self) -> u64 {
        (self.0.ipc_message.len() + self.0.arrow_data.len()) as u64
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IpcSink {
    /// A sink for tables of this schema. Nothing is touched yet.
    ///
    /// # Errors
    /// When the target is a folder, or exists and may not be overwritten.
    pub fn new(path: impl AsRef<Path>, schema: &SchemaRef, overwrite: bool) -> Result<IpcSink> {
        let target = FileTarget::new(path, overwrite)?;
        let arrow = Arc::new(schema.to_arrow(CompatLevel::newest()));
        let fields = default_ipc_fields(arrow.iter_values());
        let in_order = schema.iter_values().any(has_categories);
        Ok(IpcSink { target, schema: arrow, fields, columns: schema.clone(), in_order, open: Mutex::new(None) })
    }

    fn fail(&self, e: PolarsError) -> Error {
        match e {
            PolarsError::IO { error, .. } => self.target.fail(&error),
            e => table_error(e).at(self.target.label()),
        }
    }

    /// What makes Arrow's columns of Polars'.
    fn converters(&self) -> Vec<ToArrowConverter> {
        let converter = |dtype| {
            let mut categorical_converter = CategoricalToArrowConverter { converters: Default::default(), persist_remap: true };
            categorical_converter.initialize(dtype);
            ToArrowConverter { skip_attach_pl_metadata: true, categorical_converter }
        };
        self.columns.iter_values().map(converter).collect()
    }

    /// The columns of a table, each in one piece.
    fn batch(&self, df: &DataFrame, converters: &mut [ToArrowConverter]) -> PolarsResult<RecordBatchT<ArrayRef>> {
        let columns = df.columns().iter().zip(self.schema.iter_values()).zip(converters);
        let arrays = columns.map(|((column, field), converter)| {
            let series = column.as_materialized_series().rechunk();
            let known = converter.categorical_converter.converters.len();
            converter.categorical_converter.initialize(series.dtype());
            if converter.categorical_converter.converters.len() > known {
                return Err(polars_err!(InvalidOperation: "column '{}' has other categories than were said", column.name()));
            }
            converter.array_to_arrow(series.chunks()[0].as_ref(), series.dtype(), Cow::Borrowed(field))
        });
        RecordBatchT::try_new(df.height(), self.schema.clone(), arrays.collect::<PolarsResult<Vec<_>>>()?)
    }

    fn encoded(&self, df: &DataFrame, converters: &mut [ToArrowConverter]) -> PolarsResult<Encoded> {
        let mut encoded = EncodedData::default();
        encode_record_batch(&self.batch(df, converters)?, &OPTIONS, &mut encoded);
        Ok(Encoded(encoded))
    }

    /// The dictionaries of all batches, which converters know at the end.
    fn dictionaries(&self, converters: &mut [ToArrowConverter]) -> PolarsResult<Vec<EncodedData>> {
        let batch = self.batch(&DataFrame::empty_with_schema(&self.columns), converters)?;
        let mut tracker = DictionaryTracker { dictionaries: Default::default(), cannot_replace: false };
        let mut encoded = Vec::new();
        for (field, array) in self.fields.iter().zip(batch.arrays()) {
            encode_new_dictionaries(field, array.as_ref(), &OPTIONS, &mut tracker, &mut encoded)?;
        }
        Ok(encoded)
    }
}

impl TableSink for IpcSink {
    fn label(&self) -> String {
        self.target.label()
    }

    fn begin(&self) -> Result<()> {
        let (open, file) = self.target.create()?;
        let mut writer = FileWriter::new(BufWriter::new(file), self.schema.clone(), Some(self.fields.clone()), OPTIONS);
        writer.start().map_err(|e| self.fail(e))?;
        *self.open.lock() = Some(Open { file: open, writer, converters: self.converters() });
        Ok(())
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        let df = table(partition)?;
        if df.height() == 0 {
            return Ok(Chunk::Unit);
        }
        if self.in_order {
            return Ok(partition.clone());
        }
        let encoded = apart(|| self.encoded(df, &mut self.converters())).map_err(|e| self.fail(e))?;
        Ok(Chunk::Object(Arc::new(encoded)))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        // What does not get smaller by compression stays about as it is; beside it are columns in one piece.
        let encoded = partition_bytes.saturating_add(partition_bytes / 8 + (64 << 10));
        let beside = partition_bytes.saturating_mul(2);
        if self.in_order { (partition_bytes.saturating_add(encoded).saturating_add(beside), 0) } else { (encoded, beside) }
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        let mut open = self.open.lock();
        let open = open.as_mut().ok_or_else(|| Error::bug("commit before begin"))?;
        let Open { writer, converters, .. } = open;
        let written = match encoded {
            Chunk::Unit => Ok(()),
            Chunk::Table(df) => apart(|| self.encoded(df, converters)).and_then(|batch| writer.write_encoded(&[], &batch.0)),
            Chunk::Object(o) => {
                let batch = o.as_any().downcast_ref::<Encoded>().ok_or_else(|| Error::bug("no record batch to write"))?;
                writer.write_encoded(&[], &batch.0)
            }
            other => return Err(Error::bug(format!("{other:?} is no record batch"))),
        };
        written.map_err(|e| self.fail(e))
    }

    fn finish(&self) -> Result<()> {
        let open = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        let Open { file, mut writer, mut converters } = open;
        let dictionaries = apart(|| self.dictionaries(&mut converters)).map_err(|e| self.fail(e))?;
        let end = writer.write_encoded_dictionaries(&dictionaries).and_then(|()| writer.finish());
        end.map_err(|e| self.fail(e))?;
        writer.into_inner().flush().map_err(|e| self.target.fail(&e))?;
        self.target.persist(file)
    }

    fn abort(&self) {
        // Dropping the temporary file removes it.
        self.open.lock().take();
    }
}
