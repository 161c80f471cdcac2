//! A folder of files being written: one for every partition, or for every value of some columns (`key=value`) and partition. It is made
//! under a temporary name beside its target, which it takes when it is whole.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table, table_error};
use crate::chunk::table_bound::row_bytes;
use crate::chunk::{Chunk, Object};
use crate::expr::table::TableSink;
use crate::format::partial;
use crate::format::table_format::TableFormat;
use crate::format::text_sink::Text;
use parking_lot::Mutex;
use polars::prelude::{
    DataFrame, DataType, IpcCompression, IpcWriter, ParquetCompression, ParquetWriter, PlSmallStr, PolarsResult, Schema, SchemaRef,
    SerWriter,
};
use std::any::Any;
use std::fmt::Write;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// A partition is not divided into more files than this.
const MOST_FILES: usize = 4096;
/// The name that stands for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A folder of files.
#[derive(Debug)]
pub struct FolderSink {
    path: PathBuf,
    format: TableFormat,
    schema: SchemaRef,
    keys: Vec<PlSmallStr>,
    overwrite: bool,
    compression: ParquetCompression,
    open: Mutex<Option<(TempDir, File)>>,
    has_files: AtomicBool,
}

/// Files by their place in the folder.
struct Files(Vec<(String, Vec<u8>)>);

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files", self.0.len())
    }
}

impl Object for Files {
    fn n_bytes(&self) -> u64 {
        self.0.iter().map(|(name, bytes)| (name.len() + bytes.capacity()) as u64 + 64).sum()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl FolderSink {
    /// A sink for tables of this schema, in folders by the values of `keys`. Nothing is touched yet.
    ///
    /// # Errors
    /// Keys that are no columns or make no names of folders; a target that exists and may not be overwritten: what holds other files than
    /// this sink writes never is.
    pub fn new(
        path: impl AsRef<Path>,
        format: TableFormat,
        schema: SchemaRef,
        keys: &[&str],
        overwrite: bool,
    ) -> Result<FolderSink> {
        let path = partial::local(path.as_ref())?;
        let path = std::path::absolute(&path).map_err(|e| Error::io(path.display(), &e))?;
        for key in keys {
            check_key(key, &schema)?;
        }
        let rest: Schema =
            schema.iter().filter(|(n, _)| !keys.contains(&n.as_str())).map(|(n, d)| (n.clone(), d.clone())).collect();
        if rest.is_empty() {
            return Err(Error::usage("all columns are keys of folders: leave at least one for the files"));
        }
        match format {
            TableFormat::Csv => Text::Csv.check(&rest)?,
            TableFormat::Ndjson => Text::Ndjson.check(&rest)?,
            TableFormat::Parquet | TableFormat::Ipc => (),
        }
        let keys = keys.iter().map(|k| PlSmallStr::from_str(k)).collect();
        let open = Mutex::new(None);
        let (compression, has_files) = (ParquetCompression::default(), AtomicBool::new(false));
        let sink = FolderSink { path, format, schema: Arc::new(rest), keys, overwrite, compression, open, has_files };
        sink.check_target()?;
        Ok(sink)
    }

    /// The same with Parquet compressed otherwise.
    #[must_use]
    pub fn with_compression(self, compression: ParquetCompression) -> FolderSink {
        FolderSink { compression, ..self }
    }

    fn check_target(&self) -> Result<()> {
        if self.path.symlink_metadata().is_err() {
            return Ok(());
        }
        if !self.overwrite {
            return Err(partial::exists(&self.path));
        }
        if self.path.is_dir() && holds_only(&self.path, self.format) {
            return Ok(());
        }
        Err(Error::usage(format!(
            "{} is no folder of nothing but such files: remove it, or choose another name",
            self.path.display()
        )))
    }

    fn fail(&self, e: &std::io::Error) -> Error {
        Error::io(format!("writing {}", self.path.display()), e)
    }

    fn ending(&self) -> &'static str {
        match self.format {
            TableFormat::Parquet => "parquet",
            TableFormat::Csv => "csv",
            TableFormat::Ipc => "arrow",
            TableFormat::Ndjson => "ndjson",
        }
    }

    /// A table as a file.
    fn file(&self, mut df: DataFrame) -> PolarsResult<Vec<u8>> {
        df.rechunk_mut();
        let mut out = Vec::new();
        match self.format {
            TableFormat::Parquet => {
                let writer = ParquetWriter::new(&mut out).with_compression(self.compression);
                writer.set_parallel(false).finish(&mut df).map(drop)?;
            }
            TableFormat::Csv => Text::Csv.write(&df, true, &mut out)?,
            TableFormat::Ipc => {
                IpcWriter::new(&mut out).with_compression(Some(IpcCompression::LZ4)).with_parallel(false).finish(&mut df)?;
            }
            TableFormat::Ndjson => Text::Ndjson.write(&df, true, &mut out)?,
        }
        Ok(out)
    }

    /// The rows of a partition as files.
    fn files(&self, i: usize, df: &DataFrame) -> Result<Vec<(String, Vec<u8>)>> {
        let name = format!("{i:06}.{}", self.ending());
        if self.keys.is_empty() {
            return Ok(vec![(name, self.file(df.clone()).map_err(table_error)?)]);
        }
        let groups = df.partition_by_stable(self.keys.iter().cloned(), true).map_err(table_error)?;
        if groups.len() > MOST_FILES {
            return Err(Error::usage(format!(
                "{} values of {} in one partition, each of which would be a file: at most {MOST_FILES} are made; choose columns with \
                 fewer values",
                groups.len(),
                self.keys.iter().map(|k| format!("'{k}'")).collect::<Vec<_>>().join(", ")
            )));
        }
        let file = |group: DataFrame| {
            let mut folder = String::new();
            for key in &self.keys {
                let value = group.column(key)?.cast(&DataType::String)?;
                let value = value.str()?.get(0).map_or(NULL.to_string(), encoded);
                let _ = write!(folder, "{key}={value}/");
            }
            let rows = group.drop_many(self.keys.iter().cloned());
            Ok((folder + &name, self.file(rows)?))
        };
        groups.into_iter().map(file).collect::<PolarsResult<Vec<_>>>().map_err(table_error)
    }

    fn write(&self, folder: &Path, files: &[(String, Vec<u8>)]) -> std::io::Result<()> {
        for (name, bytes) in files {
            let path = folder.join(name);
            if let (false, Some(parent)) = (self.keys.is_empty(), path.parent()) {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, bytes)?;
            self.has_files.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Refuses a column that makes no names of folders.
fn check_key(key: &str, schema: &Schema) -> Result<()> {
    let names: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    let dtype = schema.get(key).ok_or_else(|| {
        Error::usage(format!("there is no column '{key}'{}", crate::base::near::suggestion(key, &names, names.len())))
    })?;
    if !(dtype.is_integer() || matches!(dtype, DataType::String | DataType::Boolean | DataType::Date)) {
        return Err(Error::dtype(format!(
            "column '{key}' is {dtype}, which makes no names of folders: keys are integers, strings, booleans or dates"
        )));
    }
    match key.is_empty() || key.contains(['/', '=', '\0']) || key.starts_with(['.', '_']) {
        true => Err(Error::usage(format!("'{key}' makes no name of a folder: rename the column"))),
        false => Ok(()),
    }
}

/// A value as part of a name, with what is no letter, digit or harmless sign by its number.
fn encoded(value: &str) -> String {
    let mut out = String::new();
    for b in value.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(b.into()),
            _ => drop(write!(out, "%{b:02X}")),
        }
    }
    out
}

/// Whether a folder holds nothing but files of a format, in folders of keys.
fn holds_only(folder: &Path, format: TableFormat) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().all(|e| match e.file_type() {
        Ok(t) if t.is_dir() => e.file_name().to_string_lossy().contains('=') && holds_only(&e.path(), format),
        Ok(t) => t.is_file() && TableFormat::of_name(&e.path()) == Some(format),
        Err(_) => false,
    })
}

impl TableSink for FolderSink {
    fn label(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn begin(&self) -> Result<()> {
        self.check_target()?;
        // The usual mode of new folders, less the process's umask.
        let mode = Permissions::from_mode(0o777);
        let make = |b: &mut tempfile::Builder<'_, '_>, parent: &Path| b.permissions(mode).tempdir_in(parent);
        let folder = partial::named(&self.path, make).map_err(|e| self.fail(&e))?;
        let lock = partial::lock(folder.path()).map_err(|e| self.fail(&e))?;
        self.has_files.store(false, Ordering::Relaxed);
        *self.open.lock() = Some((folder, lock));
        Ok(())
    }

    fn encode(&self, i: usize, partition: &Chunk) -> Result<Chunk> {
        let df = table(partition)?;
        if df.height() == 0 {
            return Ok(Chunk::Unit);
        }
        let files = apart(|| self.files(i, df)).map_err(|e| e.at(self.label()))?;
        Ok(Chunk::Object(Arc::new(Files(files))))
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        let rows = (partition_bytes / row_bytes(&self.schema) + 1) as usize;
        let n_files = if self.keys.is_empty() { 1 } else { rows.min(MOST_FILES) } as u64;
        let encoded = match self.format {
            TableFormat::Csv => Text::Csv.most_bytes(&self.schema, partition_bytes),
            TableFormat::Ndjson => Text::Ndjson.most_bytes(&self.schema, partition_bytes),
            TableFormat::Parquet | TableFormat::Ipc => partition_bytes + partition_bytes / 8,
        };
        // A file grows by doubling; the rows are there a second time, by their keys, and a column in one piece.
        let encoded = encoded.saturating_mul(2).saturating_add(n_files * (1024 + 256 * self.schema.len() as u64));
        (encoded, partition_bytes.saturating_mul(3))
    }

    fn commit(&self, _: usize, encoded: &Chunk) -> Result<()> {
        let files = match encoded {
            Chunk::Unit => return Ok(()),
            Chunk::Object(o) => o.as_any().downcast_ref::<Files>(),
            _ => None,
        };
        let files = files.ok_or_else(|| Error::bug("no files to write"))?;
        let folder = self.open.lock().as_ref().map(|o| o.0.path().to_path_buf());
        let folder = folder.ok_or_else(|| Error::bug("commit before begin"))?;
        self.write(&folder, &files.0).map_err(|e| self.fail(&e))
    }

    fn ordered(&self) -> bool {
        false
    }

    fn finish(&self) -> Result<()> {
        let (folder, _lock) = self.open.lock().take().ok_or_else(|| Error::bug("finish before begin"))?;
        if !self.has_files.load(Ordering::Relaxed) {
            // Of no rows, a file that tells the columns.
            let empty = apart(|| self.file(DataFrame::empty_with_schema(&self.schema))).map_err(table_error)?;
            let name = format!("{:06}.{}", 0, self.ending());
            fs::write(folder.path().join(name), empty).map_err(|e| self.fail(&e))?;
        }
        self.check_target()?;
        partial::publish_folder(folder, &self.path, self.overwrite).map_err(|e| self.fail(&e))
    }

    fn abort(&self) {
        // Dropping the temporary folder removes it.
        self.open.lock().take();
    }
}
