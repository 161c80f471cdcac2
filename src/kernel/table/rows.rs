//! Rows of several tables put together in one.

use crate::base::{Error, Result};
use polars::prelude::{DataFrame, IdxSize, SchemaRef};
use polars_arrow::array::builder::ShareStrategy;
use polars_core::frame::builder::DataFrameBuilder;

/// A table that is made of rows of others. Its columns are in one piece.
pub struct RowsOf {
    builder: DataFrameBuilder,
    schema: SchemaRef,
}

impl RowsOf {
    /// No rows yet, of these columns, and room for `n_rows`.
    pub fn new(schema: SchemaRef, n_rows: usize) -> RowsOf {
        let mut builder = DataFrameBuilder::new(schema.clone());
        builder.reserve(n_rows);
        RowsOf { builder, schema }
    }

    /// Adds some rows, in their order. Strings are copied, so that the result keeps nothing of their table alive.
    ///
    /// # Errors
    /// A bug: other columns, rows that there are not.
    pub fn gather(&mut self, from: &DataFrame, rows: &[IdxSize]) -> Result<()> {
        self.check(from)?;
        if rows.iter().any(|&r| r as usize >= from.height()) {
            return Err(Error::bug("rows of a table that it does not have"));
        }
        // SAFETY: all rows are there, as was looked at above.
        unsafe { self.builder.gather_extend(from, rows, ShareStrategy::Never) };
        Ok(())
    }

    /// Adds `n` rows from `first` on. Strings stay where they are.
    ///
    /// # Errors
    /// A bug: other columns.
    pub fn slice(&mut self, from: &DataFrame, first: usize, n: usize) -> Result<()> {
        self.check(from)?;
        self.builder.subslice_extend(from, first, n, ShareStrategy::Always);
        Ok(())
    }

    fn check(&self, from: &DataFrame) -> Result<()> {
        let fits = from.width() == self.schema.len()
            && from.columns().iter().zip(self.schema.iter()).all(|(c, (name, dtype))| c.name() == name && c.dtype() == dtype);
        if fits { Ok(()) } else { Err(Error::bug(format!("rows of {:?} in a table of {:?}", from.schema(), self.schema))) }
    }

    /// The table.
    pub fn finish(self) -> DataFrame {
        self.builder.freeze()
    }
}

impl std::fmt::Debug for RowsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows of {:?}", self.builder.len(), self.schema)
    }
}
