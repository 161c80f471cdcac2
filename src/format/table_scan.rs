//! What every table source needs: which columns are read, which rows are kept, and bounds of what comes of it.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::chunk::dataframe::{apart, described, table_error};
use polars::prelude::{DataFrame, Expr, IntoLazy, PlSmallStr, SchemaRef, col};
use std::sync::Arc;

/// The part of a table that a query reads.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Columns read from storage, at least one, in the storage's order.
    pub read: SchemaRef,
    /// Columns handed on.
    pub output: SchemaRef,
    /// Rows handed on: those for which this is true.
    pub filter: Option<Expr>,
}

impl Projection {
    /// Names of the columns read.
    pub fn read_names(&self) -> Vec<PlSmallStr> {
        self.read.iter_names().cloned().collect()
    }

    /// Columns of the filter.
    pub fn filter_names(&self) -> Vec<PlSmallStr> {
        let leaves = self.filter.as_ref().map(polars_plan::utils::expr_to_leaf_column_names).unwrap_or_default();
        self.read.iter_names().filter(|n| leaves.contains(n)).cloned().collect()
    }

    /// Columns for people.
    pub fn columns(&self) -> Arc<[(String, String)]> {
        described(&self.output)
    }

    /// The rows and columns that are handed on, of those read.
    ///
    /// # Errors
    /// The filter's own.
    pub fn apply(&self, read: DataFrame) -> Result<Chunk> {
        let same = read.schema().iter_names().eq(self.output.iter_names());
        let df = match &self.filter {
            None if same => read,
            filter => {
                let mut q = read.lazy();
                if let Some(f) = filter {
                    q = q.filter(f.clone());
                }
                if !same {
                    q = q.select(self.output.iter_names().map(|n| col(n.clone())).collect::<Vec<_>>());
                }
                apart(|| q.collect()).map_err(table_error)?
            }
        };
        Ok(Chunk::Table(Arc::new(df)))
    }

    /// What tells this part from any other, for keys.
    pub fn describe(&self) -> String {
        format!("{:?} {:?} {:?}", self.read_names(), self.output.iter_names().collect::<Vec<_>>(), self.filter)
    }
}
