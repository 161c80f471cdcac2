//! Columns of a Parquet file by row group. Decoding is Polars'.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::format::parquet_sieve::{Condition, Sieve};
use crate::format::ranged::RangedFile;
use crate::format::ranged_reader::{Parts, Reader};
use crate::format::table_files::{Fit, fitted, guarded};
use crate::format::table_scan::Projection;
use polars::io::parquet::read::_internal::to_deserializer;
use polars::prelude::{ArrowSchema, Column, DataFrame, PlSmallStr, Schema, SchemaExt, Series};
use polars_arrow::array::Array;
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::Field;
use polars_parquet::read::{FileMetadata, Filter, PredicateFilter, infer_schema, read_metadata};
use std::io::BufReader;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// What the end of a file says.
pub(super) struct Footer {
    pub(super) meta: Arc<FileMetadata>,
    pub(super) fields: Arc<ArrowSchema>,
    /// The columns.
    pub(super) schema: Schema,
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
    pub(super) fn read(file: &RangedFile) -> Result<Footer> {
        let footer = |reader: &mut BufReader<Reader<'_>>| {
            guarded(&file.path, "Parquet", || {
                let meta = Arc::new(read_metadata(reader)?);
                let fields = Arc::new(infer_schema(&meta)?);
                Ok(Footer { schema: Schema::from_arrow_schema(&fields), fields, meta })
            })
        };
        file.decode(&vec![], footer)
    }
}

/// Values of a column, piece by piece.
type Arrays = Vec<Box<dyn Array>>;

/// A row group being read.
pub(super) struct Open<'a> {
    file: &'a RangedFile,
    /// What was read ahead of it.
    parts: Parts,
    pub(super) footer: &'a Footer,
    pub(super) group: usize,
    projection: &'a Projection,
    fits: &'a [Fit],
}

impl Open<'_> {
    /// A column, of the rows that a filter keeps, which are `n_rows`.
    pub(super) fn column(&self, name: &PlSmallStr, filter: Option<Filter>, n_rows: usize) -> Result<Column> {
        let (at, _, dtype) = self.projection.read.get_full(name).ok_or_else(|| Error::bug(format!("'{name}' is not read")))?;
        let fit = self.fits.get(at).copied().unwrap_or(Fit::Same);
        if fit == Fit::Missing {
            return Ok(Column::full_null(name.clone(), n_rows, dtype));
        }
        let (field, arrays, _) = self.decoded(name, filter)?;
        let column = guarded(&self.file.path, "Parquet", || Ok(Column::from(Series::try_from((&field, arrays))?)))?;
        self.counted(name, column.len(), n_rows)?;
        fitted(column, fit, dtype).map_err(|e| table_error(e).at(format!("{}, column '{name}'", self.file.path.display())))
    }

    /// The rows of a column that a condition on its values keeps, and these values.
    pub(super) fn matching(&self, name: &PlSmallStr, of: PredicateFilter, n_rows: usize) -> Result<(Option<Column>, Bitmap)> {
        let wants_values = of.include_values;
        let (field, arrays, mask) = self.decoded(name, Some(Filter::Predicate(of)))?;
        self.counted(name, mask.len(), n_rows)?;
        if !wants_values {
            return Ok((None, mask));
        }
        let column = guarded(&self.file.path, "Parquet", || Ok(Column::from(Series::try_from((&field, arrays))?)))?;
        self.counted(name, column.len(), mask.set_bits())?;
        Ok((Some(column), mask))
    }

    fn counted(&self, name: &PlSmallStr, n: usize, n_rows: usize) -> Result<()> {
        if n == n_rows {
            return Ok(());
        }
        let path = self.file.path.display();
        Err(Error::corrupt(format!("{path}: {n} rows in column '{name}' where its footer speaks of {n_rows}")))
    }

    /// A column's field, its values, and (of a condition on them) where they are.
    fn decoded(&self, name: &PlSmallStr, filter: Option<Filter>) -> Result<(Field, Arrays, Bitmap)> {
        let missing = || Error::corrupt(format!("{} has no column '{name}'", self.file.path.display()));
        let field = self.footer.fields.get(name).ok_or_else(missing)?.clone();
        let chunks = self.footer.meta.row_groups[self.group].columns_under_root_iter(name).ok_or_else(missing)?;
        let mut columns = Vec::new();
        for chunk in chunks {
            let range = chunk.byte_range();
            let n = range.end.saturating_sub(range.start);
            if !self.file.holds(range.start, n) {
                let path = self.file.path.display();
                return Err(Error::corrupt(format!("{path} is not a whole Parquet file: it ends within column '{name}'")));
            }
            columns.push((chunk, self.file.read_fetched(&self.parts, range.start, n as usize)?.into()));
        }
        let (arrays, mask) = guarded(&self.file.path, "Parquet", || to_deserializer(columns, field.clone(), filter))?;
        Ok((field, arrays, mask))
    }

    /// Whether a column is read as it is stored.
    pub(super) fn is_same(&self, name: &PlSmallStr) -> bool {
        let at = self.projection.read.index_of(name);
        at.and_then(|at| self.fits.get(at)).is_none_or(|fit| *fit == Fit::Same)
    }
}

impl ParquetFile {
    /// Rows `rows` of a row group that meet the conditions, and the columns that the projection hands on.
    ///
    /// # Errors
    /// Bytes that are broken; the conditions' own.
    pub(super) fn read(
        &self,
        file: &RangedFile,
        footer: &Footer,
        group: usize,
        rows: Range<usize>,
        projection: &Projection,
        conditions: &[Condition],
    ) -> Result<DataFrame> {
        let n_all = footer.meta.row_groups.get(group).map_or(0, |g| g.num_rows());
        if rows.end > n_all {
            return Err(Error::corrupt(format!("{} has changed while it was read", self.path.display())));
        }
        let columns = projection.read.iter_names().filter_map(|n| footer.meta.row_groups.get(group)?.columns_under_root_iter(n));
        let parts = file.fetch(columns.flatten().map(|c| c.byte_range()).collect())?;
        let open = Open { file, parts, footer, group, projection, fits: &self.fits };
        Sieve::new(open, rows, n_all).read(conditions, &projection.output)
    }
}
