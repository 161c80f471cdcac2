//! Rows of a Parquet file by row group: its footer is read once; columns of a filter are decoded first, the others only where it holds.
//! Decoding is Polars'.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table_error};
use crate::format::table_scan::Projection;
use polars::io::parquet::read::_internal::to_deserializer;
use polars::prelude::{
    ArrowSchema, Column, DataFrame, Expr, IntoLazy, ParquetReader, PlSmallStr, PolarsError, Schema, SchemaExt, Series,
};
use polars_parquet::read::{FileMetadata, Filter};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file and its footer.
pub(super) struct ParquetFile {
    pub(super) path: PathBuf,
    pub(super) meta: Arc<FileMetadata>,
    fields: Arc<ArrowSchema>,
}

impl std::fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParquetFile({})", self.path.display())
    }
}

/// An error of reading `file`: what Polars says about its bytes means that they are broken.
fn broken(file: &Path, e: PolarsError) -> Error {
    match e {
        PolarsError::IO { error, .. } if error.kind() != std::io::ErrorKind::Other => Error::io(file.display(), &error),
        e => Error::corrupt(format!("{} is not a whole Parquet file: {e}", file.display())),
    }
}

/// Runs a reader, which may panic on broken bytes.
fn guarded<T: Send>(file: &Path, read: impl FnOnce() -> std::result::Result<T, PolarsError> + Send) -> Result<T> {
    apart(|| catch_unwind(AssertUnwindSafe(read)))
        .map_err(|_| Error::corrupt(format!("{} is not a whole Parquet file", file.display())))?
        .map_err(|e| broken(file, e))
}

impl ParquetFile {
    /// Reads the footer.
    ///
    /// # Errors
    /// A file that is missing, broken or of another format.
    pub(super) fn open(path: &Path) -> Result<ParquetFile> {
        let file = File::open(path).map_err(|e| Error::io(path.display(), &e))?;
        if file.metadata().map_err(|e| Error::io(path.display(), &e))?.is_dir() {
            return Err(Error::usage(format!("{} is a folder: name a file", path.display())).with_os_error(libc::EISDIR));
        }
        let mut reader = <ParquetReader<File> as polars::prelude::SerReader<File>>::new(file);
        let (meta, fields) = guarded(path, move || {
            let meta = reader.get_metadata()?.clone();
            Ok((meta, reader.schema()?))
        })?;
        Ok(ParquetFile { path: path.to_path_buf(), meta, fields })
    }

    /// The columns.
    pub(super) fn schema(&self) -> Schema {
        Schema::from_arrow_schema(self.fields.as_ref())
    }

    fn column(&self, file: &File, group: usize, name: &PlSmallStr, filter: Option<Filter>) -> Result<Column> {
        let missing = || Error::corrupt(format!("{} has no column '{name}'", self.path.display()));
        let field = self.fields.get(name).ok_or_else(missing)?.clone();
        let chunks = self.meta.row_groups[group].columns_under_root_iter(name).ok_or_else(missing)?;
        let mut columns = Vec::new();
        for chunk in chunks {
            let range = chunk.byte_range();
            let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
            file.read_exact_at(&mut bytes, range.start).map_err(|e| match e.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    Error::corrupt(format!("{} is not a whole Parquet file: it ends within column '{name}'", self.path.display()))
                }
                _ => Error::io(self.path.display(), &e),
            })?;
            columns.push((chunk, bytes.into()));
        }
        guarded(&self.path, || {
            let (arrays, _) = to_deserializer(columns, field.clone(), filter)?;
            Ok(Column::from(Series::try_from((&field, arrays))?))
        })
    }

    fn columns(
        &self,
        file: &File,
        group: usize,
        names: &[PlSmallStr],
        filter: Option<&Filter>,
        n_rows: usize,
    ) -> Result<DataFrame> {
        let columns = names.iter().map(|n| self.column(file, group, n, filter.cloned()));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        if let Some(c) = columns.iter().find(|c| c.len() != n_rows) {
            let (path, name, n) = (self.path.display(), c.name(), c.len());
            return Err(Error::corrupt(format!("{path}: {n} rows in column '{name}' where its footer speaks of {n_rows}")));
        }
        DataFrame::new(n_rows, columns).map_err(table_error)
    }

    /// Rows `rows` of a row group: those and the columns that the projection hands on.
    ///
    /// # Errors
    /// Bytes that are broken; the filter's own.
    pub(super) fn read(&self, group: usize, rows: Range<usize>, projection: &Projection) -> Result<DataFrame> {
        let file = File::open(&self.path).map_err(|e| Error::io(self.path.display(), &e))?;
        let n_all = self.meta.row_groups[group].num_rows();
        let some = (rows != (0..n_all)).then(|| Filter::new_ranged(rows.start, rows.end));
        let output: Vec<PlSmallStr> = projection.output.iter_names().cloned().collect();
        let Some(filter) = &projection.filter else {
            return self.columns(&file, group, &output, some.as_ref(), rows.len());
        };
        let asked = projection.filter_names();
        let first = self.columns(&file, group, &asked, some.as_ref(), rows.len())?;
        let mask = mask(&first, filter)?;
        let n = mask.sum().unwrap_or(0) as usize;
        let (kept, others): (Vec<_>, Vec<_>) = output.iter().cloned().partition(|n| asked.contains(n));
        let mut out = first.select(kept).and_then(|df| apart(|| df.filter_seq(&mask))).map_err(table_error)?;
        if !others.is_empty() && n > 0 {
            let before = std::iter::repeat_n(false, rows.start);
            let after = std::iter::repeat_n(false, n_all - rows.end);
            let bits = before.chain(mask.iter().map(|b| b == Some(true))).chain(after).collect();
            let rest = self.columns(&file, group, &others, Some(&Filter::new_masked(bits)), n)?;
            let columns = out.columns().iter().chain(rest.columns()).cloned().collect();
            out = DataFrame::new(n, columns).map_err(table_error)?;
        } else if n == 0 {
            return Ok(DataFrame::empty_with_schema(&projection.output));
        }
        out.select(output).map_err(table_error)
    }
}

/// For which rows the filter is true.
fn mask(rows: &DataFrame, filter: &Expr) -> Result<polars::prelude::BooleanChunked> {
    let named = filter.clone().alias(PlSmallStr::from_static("\u{1}mask"));
    let mask = apart(|| rows.clone().lazy().select([named]).collect()).map_err(table_error)?;
    // A literal is one value for all rows.
    let mask = if mask.height() == rows.height() { mask } else { mask.new_from_index(0, rows.height()) };
    let column = mask.columns().first().ok_or_else(|| Error::bug("a filter without a value"))?;
    Ok(column.bool().map_err(table_error)?.clone())
}
