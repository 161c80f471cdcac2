//! Rows of a Parquet file by row group: columns of a filter are decoded first, the others only where it holds. Decoding is Polars'.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table_error};
use crate::format::table_files::{Fit, fitted, guarded};
use crate::format::table_scan::Projection;
use polars::io::parquet::read::_internal::to_deserializer;
use polars::prelude::{
    ArrowSchema, BooleanChunked, Column, DataFrame, DataType, Expr, IntoLazy, ParquetReader, PlSmallStr, Schema, SchemaExt, Series,
};
use polars_parquet::read::{FileMetadata, Filter};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the end of a file says.
pub(super) struct Footer {
    pub(super) meta: Arc<FileMetadata>,
    pub(super) fields: Arc<ArrowSchema>,
}

impl std::fmt::Debug for Footer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} row groups", self.meta.row_groups.len())
    }
}

/// A file, and how the columns of a scan are had from it.
#[derive(Debug)]
pub(super) struct ParquetFile {
    pub(super) path: PathBuf,
    /// Of each column read.
    pub(super) fits: Vec<Fit>,
    /// Kept where there are few files: of thousands they would take more memory than is said of them.
    pub(super) footer: Option<Arc<Footer>>,
}

impl Footer {
    /// Reads it.
    ///
    /// # Errors
    /// A file that is missing, broken or of another format.
    pub(super) fn read(path: &Path) -> Result<Footer> {
        let file = File::open(path).map_err(|e| Error::io(path.display(), &e))?;
        if file.metadata().map_err(|e| Error::io(path.display(), &e))?.is_dir() {
            return Err(Error::usage(format!("{} is a folder: name a file", path.display())).with_os_error(libc::EISDIR));
        }
        let mut reader = <ParquetReader<File> as polars::prelude::SerReader<File>>::new(file);
        guarded(path, "Parquet", move || {
            let meta = reader.get_metadata()?.clone();
            Ok(Footer { meta, fields: reader.schema()? })
        })
    }

    /// The columns.
    pub(super) fn schema(&self) -> Schema {
        Schema::from_arrow_schema(self.fields.as_ref())
    }
}

/// A file being read.
struct Open<'a> {
    file: File,
    path: &'a Path,
    footer: &'a Footer,
    group: usize,
    projection: &'a Projection,
    fits: &'a [Fit],
}

impl Open<'_> {
    /// A column, of the rows that a filter keeps, which are `n_rows`.
    fn column(&self, name: &PlSmallStr, filter: Option<Filter>, n_rows: usize) -> Result<Column> {
        let (at, _, dtype) = self.projection.read.get_full(name).ok_or_else(|| Error::bug(format!("'{name}' is not read")))?;
        let fit = self.fits.get(at).copied().unwrap_or(Fit::Same);
        if fit == Fit::Missing {
            return Ok(Column::full_null(name.clone(), n_rows, dtype));
        }
        let missing = || Error::corrupt(format!("{} has no column '{name}'", self.path.display()));
        let field = self.footer.fields.get(name).ok_or_else(missing)?.clone();
        let chunks = self.footer.meta.row_groups[self.group].columns_under_root_iter(name).ok_or_else(missing)?;
        let mut columns = Vec::new();
        for chunk in chunks {
            let range = chunk.byte_range();
            let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
            self.file.read_exact_at(&mut bytes, range.start).map_err(|e| match e.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    Error::corrupt(format!("{} is not a whole Parquet file: it ends within column '{name}'", self.path.display()))
                }
                _ => Error::io(self.path.display(), &e),
            })?;
            columns.push((chunk, bytes.into()));
        }
        let column = guarded(self.path, "Parquet", || {
            let (arrays, _) = to_deserializer(columns, field.clone(), filter)?;
            Ok(Column::from(Series::try_from((&field, arrays))?))
        })?;
        if column.len() != n_rows {
            let (path, n) = (self.path.display(), column.len());
            return Err(Error::corrupt(format!("{path}: {n} rows in column '{name}' where its footer speaks of {n_rows}")));
        }
        fitted(column, fit, dtype).map_err(|e| table_error(e).at(format!("{}, column '{name}'", self.path.display())))
    }

    fn columns(&self, names: &[PlSmallStr], filter: Option<&Filter>, n_rows: usize) -> Result<DataFrame> {
        let columns = names.iter().map(|n| self.column(n, filter.cloned(), n_rows));
        DataFrame::new(n_rows, columns.collect::<Result<Vec<_>>>()?).map_err(table_error)
    }
}

impl ParquetFile {
    /// The footer.
    ///
    /// # Errors
    /// A file that is no longer what it was.
    pub(super) fn footer(&self) -> Result<Arc<Footer>> {
        match &self.footer {
            Some(footer) => Ok(footer.clone()),
            None => Footer::read(&self.path).map(Arc::new),
        }
    }

    /// Rows `rows` of a row group: those and the columns that the projection hands on.
    ///
    /// # Errors
    /// Bytes that are broken; the filter's own.
    pub(super) fn read(&self, footer: &Footer, group: usize, rows: Range<usize>, projection: &Projection) -> Result<DataFrame> {
        let file = File::open(&self.path).map_err(|e| Error::io(self.path.display(), &e))?;
        let n_all = footer.meta.row_groups.get(group).map_or(0, |g| g.num_rows());
        if rows.end > n_all {
            return Err(Error::corrupt(format!("{} has changed while it was read", self.path.display())));
        }
        let open = Open { file, path: &self.path, footer, group, projection, fits: &self.fits };
        let some = (rows != (0..n_all)).then(|| Filter::new_ranged(rows.start, rows.end));
        let output: Vec<PlSmallStr> = projection.output.iter_names().cloned().collect();
        let Some(filter) = &projection.filter else {
            return open.columns(&output, some.as_ref(), rows.len());
        };
        let asked = projection.filter_names();
        let first = open.columns(&asked, some.as_ref(), rows.len())?;
        let mask = mask(&first, filter)?;
        let n = mask.sum().unwrap_or(0) as usize;
        if n == 0 {
            return Ok(DataFrame::empty_with_schema(&projection.output));
        }
        let (kept, others): (Vec<_>, Vec<_>) = output.iter().cloned().partition(|n| asked.contains(n));
        let mut out = first.select(kept).and_then(|df| apart(|| df.filter_seq(&mask))).map_err(table_error)?;
        if !others.is_empty() {
            let before = std::iter::repeat_n(false, rows.start);
            let after = std::iter::repeat_n(false, n_all - rows.end);
            let bits = before.chain(mask.iter().map(|b| b == Some(true))).chain(after).collect();
            let rest = open.columns(&others, Some(&Filter::new_masked(bits)), n)?;
            let columns = out.columns().iter().chain(rest.columns()).cloned().collect();
            out = DataFrame::new(n, columns).map_err(table_error)?;
        }
        out.select(output).map_err(table_error)
    }
}

/// For which rows the filter is true.
fn mask(rows: &DataFrame, filter: &Expr) -> Result<BooleanChunked> {
    let named = filter.clone().alias(PlSmallStr::from_static("\u{1}mask"));
    let mask = apart(|| rows.clone().lazy().select([named]).collect()).map_err(table_error)?;
    // A literal is one value for all rows.
    let mask = if mask.height() == rows.height() { mask } else { mask.new_from_index(0, rows.height()) };
    let column = mask.columns().first().ok_or_else(|| Error::bug("a filter without a value"))?;
    let column =
        if column.dtype() == &DataType::Boolean { column.clone() } else { column.cast(&DataType::Boolean).map_err(table_error)? };
    Ok(column.bool().map_err(table_error)?.clone())
}
