//! Rows of several tables put together in one.

use crate::base::{Error, Result};
use crate::chunk::table_bound::varies;
use polars::prelude::{Column, DataFrame, DataType, IdxSize, SchemaRef};
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
        // What lies in views alone keeps nothing alive, and need not be looked at string by string.
        let share = if from.columns().iter().all(lies_in_rows) { ShareStrategy::Always } else { ShareStrategy::Never };
        // SAFETY: all rows are there, as was looked at above.
        unsafe { self.builder.gather_extend(from, rows, share) };
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

/// Whether a column has nothing outside of its rows.
fn lies_in_rows(column: &Column) -> bool {
    match column.dtype() {
        DataType::String => column.str().is_ok_and(|c| c.downcast_iter().all(|a| a.total_buffer_len() == 0)),
        other => !varies(other),
    }
}

impl std::fmt::Debug for RowsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows of {:?}", self.builder.len(), self.schema)
    }
}

#[cfg(test)]
mod tests {
    use super::RowsOf;
    use polars::prelude::df;

    #[test]
    fn rows_are_put_together_whatever_their_strings_are() {
        let short = df!("s" => [Some("a"), None, Some("twelve bytes")], "i" => [1, 2, 3]).unwrap();
        let long = df!("s" => ["a text that is longer than a view", "b", ""], "i" => [4, 5, 6]).unwrap();
        let mut rows = RowsOf::new(short.schema().clone(), 6);
        rows.gather(&short, &[2, 1]).unwrap();
        rows.gather(&long, &[0, 2]).unwrap();
        rows.gather(&short, &[0, 1]).unwrap();
        assert!(rows.gather(&short, &[3]).is_err());
        let want = df!(
            "s" => [Some("twelve bytes"), None, Some("a text that is longer than a view"), Some(""), Some("a"), None],
            "i" => [3, 2, 4, 6, 1, 2],
        );
        assert!(rows.finish().equals_missing(&want.unwrap()));
    }
}
