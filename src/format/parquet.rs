//! Parquet: partitions of row groups, sized by their metadata alone, and a sink that writes a row group per partition.
//!
//! A partition is a run of rows within one row group, or several small row groups together. Its upper bound in memory comes from the
//! footer: rows times the width of the columns' types, and for strings the uncompressed bytes. Decoding is Polars'.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{apart, stack, table, table_error};
use crate::chunk::table_bound::{Bound, varies};
use crate::expr::table::{TableSink, TableSource, not_sent};
use crate::format::parquet_file::ParquetFile;
use crate::format::table_file::{FileTarget, OpenFile};
use crate::format::table_scan::{Projection, files_label};
use parking_lot::Mutex;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{DataFrame, ParquetWriter, PolarsError, Schema};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_128;

/// Rows of one file that make a partition.
#[derive(Clone, Copy, Debug)]
struct Part {
    file: usize,
    /// First row group, and how many: one, of which rows are taken from `first_row` on, or several whole ones.
    group: usize,
    n_groups: usize,
    first_row: usize,
    n_rows: usize,
    is_whole: bool,
    bound: Bound,
    /// Its share of the bytes of strings and lists of its row group, if they are spread evenly.
    var_share: u64,
    /// Bytes in the file.
    stored_bytes: u64,
    /// Bytes decompressed.
    plain_bytes: u64,
}

/// Parquet files of the same columns, one after the other.
#[derive(Debug)]
pub struct ParquetSource {
    label: String,
    files: Vec<ParquetFile>,
    parts: Vec<Part>,
    projection: Projection,
    key: u128,
}

/// The columns of a Parquet file, from its footer.
///
/// # Errors
/// A file that is missing, broken or of another format.
pub fn parquet_schema(path: &Path) -> Result<Schema> {
    Ok(ParquetFile::open(path)?.schema())
}

impl ParquetSource {
    /// A source of the columns and rows that `projection` names. `target_bytes` gives, for all bytes there are, the size that partitions
    /// aim at in memory: up to the first row groups are put together, beyond the second one is cut.
    ///
    /// # Errors
    /// Files that are missing or broken, or differ in their columns.
    pub fn new(paths: Vec<PathBuf>, projection: Projection, target_bytes: impl FnOnce(u64) -> (u64, u64)) -> Result<ParquetSource> {
        let (mut files, mut groups): (Vec<ParquetFile>, Vec<Part>) = (vec![], vec![]);
        let mut described = projection.describe();
        for (i, path) in paths.iter().enumerate() {
            let meta = path.metadata().map_err(|e| Error::io(path.display(), &e))?;
            described += &format!("{} {} {:?}", path.display(), meta.len(), meta.modified().ok());
            let file = ParquetFile::open(path)?;
            let schema = file.schema();
            for (name, dtype) in projection.read.iter() {
                if schema.get(name) != Some(dtype) {
                    let what = schema.get(name).map_or("no such column".into(), |d| format!("{d}"));
                    return Err(Error::unsupported(format!(
                        "column '{name}' is {dtype} in the first file, {what} in {}",
                        path.display()
                    )));
                }
            }
            row_groups(i, &file, &projection, &mut groups);
            files.push(file);
        }
        let targets = target_bytes(groups.iter().map(|g| g.bound.bytes(&projection.read)).sum());
        described += &format!("{targets:?}");
        let mut parts = parts(&groups, &projection.read, targets);
        if parts.is_empty() {
            parts.push(Part {
                file: 0,
                group: 0,
                n_groups: 0,
                first_row: 0,
                n_rows: 0,
                is_whole: true,
                bound: Bound::default(),
                var_share: 0,
                stored_bytes: 0,
                plain_bytes: 0,
            });
        }
        Ok(ParquetSource { label: files_label(&paths), files, parts, projection, key: xxh3_128(described.as_bytes()) })
    }

    /// What a partition holds at most.
    pub fn bound(&self) -> Bound {
        let max = |f: fn(&Part) -> u64| self.parts.iter().map(f).max().unwrap_or(0);
        Bound { rows: max(|p| p.bound.rows), var_bytes: max(|p| p.bound.var_bytes) }
    }

    /// What all partitions hold together at most.
    pub fn total(&self) -> Bound {
        let rows = self.parts.iter().map(|p| p.bound.rows).sum();
        let var_bytes = self.parts.iter().map(|p| p.var_share).sum();
        Bound { rows, var_bytes }
    }

    fn read_part(&self, part: &Part) -> Result<DataFrame> {
        if part.n_rows == 0 {
            return Ok(DataFrame::empty_with_schema(&self.projection.output));
        }
        let file = &self.files[part.file];
        if part.n_groups == 1 {
            return file.read(part.group, part.first_row..part.first_row + part.n_rows, &self.projection);
        }
        let groups = part.group..part.group + part.n_groups;
        let read = |g: usize| file.read(g, 0..file.meta.row_groups[g].num_rows(), &self.projection).map(Arc::new);
        stack(&groups.map(read).collect::<Result<Vec<_>>>()?)
    }
}

/// The row groups of a file.
fn row_groups(file: usize, of: &ParquetFile, projection: &Projection, groups: &mut Vec<Part>) {
    for (i, group) in of.meta.row_groups.iter().enumerate() {
        let n_rows = group.num_rows();
        let bound = Bound { rows: n_rows as u64, var_bytes: 0 };
        let mut part = Part {
            file,
            group: i,
            n_groups: 1,
            first_row: 0,
            n_rows,
            is_whole: true,
            bound,
            var_share: 0,
            stored_bytes: 0,
            plain_bytes: 0,
        };
        for (name, dtype) in projection.read.iter() {
            for chunk in group.columns_under_root_iter(name).into_iter().flatten() {
                part.stored_bytes += chunk.compressed_size().max(0) as u64;
                part.plain_bytes += chunk.uncompressed_size().max(0) as u64;
                if varies(dtype) {
                    // Values of a nested column may be more than rows, each in a repeated dictionary entry's place.
                    let nested = if dtype.is_nested() { chunk.num_values().max(0) as u64 * 17 } else { 0 };
                    part.bound.var_bytes += chunk.uncompressed_size().max(0) as u64 + nested;
                }
            }
        }
        part.var_share = part.bound.var_bytes;
        groups.push(part);
    }
}

/// Partitions: small row groups of a file together, large ones cut by rows.
fn parts(groups: &[Part], schema: &Schema, (joined_bytes, cut_bytes): (u64, u64)) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for group in groups {
        let bytes = group.bound.bytes(schema);
        if let Some(last) = parts.last_mut().filter(|p| p.file == group.file && p.is_whole) {
            let var_bytes = last.bound.var_bytes + group.bound.var_bytes;
            let bound = Bound { rows: last.bound.rows + group.bound.rows, var_bytes };
            if bound.bytes(schema) <= joined_bytes {
                *last = Part {
                    n_groups: last.n_groups + 1,
                    n_rows: last.n_rows + group.n_rows,
                    bound,
                    var_share: bound.var_bytes,
                    stored_bytes: last.stored_bytes + group.stored_bytes,
                    plain_bytes: last.plain_bytes + group.plain_bytes,
                    ..*last
                };
                continue;
            }
        }
        if bytes <= cut_bytes { parts.push(*group) } else { split(*group, bytes.div_ceil(cut_bytes), &mut parts) }
    }
    parts
}

/// A row group in about `n` runs of rows. Strings may all be in one of them.
fn split(group: Part, n: u64, parts: &mut Vec<Part>) {
    let step = (group.n_rows as u64).div_ceil(n.max(1)).max(1) as usize;
    let mut row = 0;
    while row < group.n_rows {
        let n_rows = step.min(group.n_rows - row);
        let share = |bytes: u64| (bytes as f64 * n_rows as f64 / group.n_rows as f64) as u64;
        parts.push(Part {
            first_row: row,
            n_rows,
            is_whole: false,
            bound: Bound { rows: n_rows as u64, ..group.bound },
            var_share: share(group.var_share),
            stored_bytes: share(group.stored_bytes),
            ..group
        });
        row += n_rows;
    }
}

impl TableSource for ParquetSource {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    fn columns(&self) -> Arc<[(String, String)]> {
        self.projection.columns()
    }

    fn n_partitions(&self) -> usize {
        self.parts.len()
    }

    fn read(&self, i: usize) -> Result<Chunk> {
        let part = &self.parts[i];
        let rows = self.read_part(part).map_err(|e| e.at(self.files[part.file].path.display().to_string()))?;
        Ok(Chunk::Table(Arc::new(rows)))
    }

    fn bytes(&self, i: usize) -> (u64, u64) {
        let part = &self.parts[i];
        let out = part.bound.bytes(&self.projection.read);
        // The mapped bytes of the file, decompressed pages, and the rows before the filter.
        (out, part.stored_bytes + part.plain_bytes + if self.projection.filter.is_some() { out } else { 0 })
    }

    fn stored_bytes(&self, i: usize) -> u64 {
        self.parts[i].stored_bytes
    }
}

/// A Parquet file being written: one row group per partition, Zstandard, with statistics.
pub struct ParquetSink {
    target: FileTarget,
    schema: Schema,
    partition_bytes: u64,
    open: Mutex<Option<(OpenFile, BatchedWriter<BufWriter<File>>)>>,
    written: AtomicU64,
}

impl std::fmt::Debug for ParquetSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParquetSink({:?})", self.target)
    }
}

impl ParquetSink {
    /// A sink for tables of this schema. Nothing is touched yet.
    ///
    /// # Errors
    /// When the target is a folder, or exists and may not be overwritten.
    pub fn new(path: impl AsRef<Path>, schema: &Schema, overwrite: bool) -> Result<ParquetSink> {
        let target = FileTarget::new(path, overwrite)?;
        Ok(ParquetSink { target, schema: schema.clone(), partition_bytes: 0, open: Mutex::new(None), written: AtomicU64::new(0) })
    }

    /// The same for partitions of at most so many bytes.
    #[must_use]
    pub fn with_partition_bytes(self, partition_bytes: u64) -> ParquetSink {
        ParquetSink { partition_bytes, ..self }
    }

    fn fail(&self, e: PolarsError) -> Error {
        match e {
            PolarsError::IO { error, .. } => self.target.fail(&error),
            e => table_error(e).at(self.target.label()),
        }
    }
}

impl TableSink for ParquetSink {
    fn label(&self) -> String {
        self.target.label()
    }

    fn begin(&self) -> Result<()> {
        let (open, file) = self.target.create()?;
        let writer =
            ParquetWriter::new(BufWriter::new(file)).set_parallel(false).batched(&self.schema).map_err(|e| self.fail(e))?;
        *self.open.lock() = Some((open, writer));
        Ok(())
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        let mut df = (**table(partition)?).clone();
        df.rechunk_mut();
        Ok(Chunk::Table(Arc::new(df)))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        (partition_bytes, 0)
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        let df = table(encoded)?;
        let mut open = self.open.lock();
        let (_, writer) = open.as_mut().ok_or_else(|| Error::bug("commit before begin"))?;
        if df.height() > 0 {
            apart(|| writer.write_batch(df)).map_err(|e| self.fail(e))?;
        }
        self.written.fetch_add(crate::chunk::dataframe::table_bytes(df), Ordering::Relaxed);
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        let (open, writer) = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        let bytes = writer.finish().map_err(|e| self.fail(e))?;
        drop(writer); // flushes; `finish` has flushed already and told of failures
        self.written.store(bytes, Ordering::Relaxed);
        self.target.persist(open)
    }

    fn abort(&self) {
        // Dropping the temporary file removes it.
        self.open.lock().take();
    }

    /// Compressed pages of the row group at hand.
    fn held_bytes(&self) -> u64 {
        self.partition_bytes.saturating_mul(2)
    }
}
