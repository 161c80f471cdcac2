//! `Frame`: a query on tables, written with Polars' own expressions.

use crate::base::{Error, Result};
use crate::format::parquet::parquet_schema;
use crate::frame::error::query_error;
use polars::prelude::{
    Expr, IdxSize, LazyCsvReader, LazyFileListReader, LazyFrame, PlRefPath, ScanArgsParquet, SchemaRef, SortMultipleOptions,
    UniqueKeepStrategy,
};
use std::path::Path;

/// A lazy query on one table, run in partitions within a session's memory budget.
///
/// Rows keep a fixed order: that of the source; groups come in the order of their first row, equal rows of a sort in theirs. Results
/// have the same bits for any number of threads and any budget. Sums of floats are added partition by partition, so their last bits
/// depend on the size of partitions.
///
/// # Example
/// ```
/// use polars::prelude::{col, df};
/// use polars::prelude::IntoLazy;
/// let flights = df!("origin" => ["JFK", "EWR", "JFK"], "delay" => [4.0, 1.0, 8.0])?;
/// let mean = tilework::frame::frame(flights.lazy()).group_by([col("origin")]).agg([col("delay").mean()]);
/// assert_eq!(mean.collect()?, df!("origin" => ["JFK", "EWR"], "delay" => [6.0, 1.0])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Frame {
    pub(super) query: LazyFrame,
    /// Columns of the sources, for suggestions.
    pub(super) columns: Vec<String>,
    /// The size that partitions aim at; None to go by the size of the data.
    pub(super) partition_bytes: Option<u64>,
}

/// Groups of a [`Frame`], to be aggregated.
pub struct GroupBy {
    frame: Frame,
    keys: Vec<Expr>,
}

/// A frame of any query of Polars: a scan or a data frame in memory, and steps over it.
pub fn frame(query: LazyFrame) -> Frame {
    let columns = query.clone().collect_schema().map_or(vec![], |s| s.iter_names().map(ToString::to_string).collect());
    Frame { query, columns, partition_bytes: None }
}

impl From<LazyFrame> for Frame {
    fn from(query: LazyFrame) -> Frame {
        frame(query)
    }
}

fn ref_path(path: &Path) -> Result<PlRefPath> {
    let text = path.to_str().ok_or_else(|| Error::usage(format!("{} is not a name in UTF-8", path.display())))?;
    Ok(PlRefPath::new(text))
}

/// A Parquet file. Only its footer is read now.
///
/// # Errors
/// A file that is missing, or broken.
pub fn scan_parquet(path: impl AsRef<Path>) -> Result<Frame> {
    let path = path.as_ref();
    let schema = parquet_schema(path)?;
    let args = ScanArgsParquet { glob: false, ..Default::default() };
    let query = LazyFrame::scan_parquet(ref_path(path)?, args).map_err(|e| query_error(e, &[]))?;
    let columns = schema.iter_names().map(ToString::to_string).collect();
    Ok(Frame { query, columns, partition_bytes: None })
}

/// A CSV file with a header and commas; types come from its first 1000 records. For other kinds of CSV, make a scan with
/// `LazyCsvReader` and give it to [`frame`].
///
/// # Errors
/// A file that is missing or has no header.
pub fn scan_csv(path: impl AsRef<Path>) -> Result<Frame> {
    let path = path.as_ref();
    let meta = path.metadata().map_err(|e| Error::io(path.display(), &e))?;
    if meta.is_dir() {
        return Err(Error::usage(format!("{} is a folder: name a file", path.display())).with_os_error(libc::EISDIR));
    }
    let query = LazyCsvReader::new(ref_path(path)?).with_infer_schema_length(Some(1000)).with_glob(false).finish();
    let query = query.map_err(|e| query_error(e, &[]).at(path.display().to_string()))?;
    let schema = query.clone().collect_schema().map_err(|e| Error::corrupt(format!("{}: {e}", path.display())))?;
    let columns = schema.iter_names().map(ToString::to_string).collect();
    Ok(Frame { query, columns, partition_bytes: None })
}

impl Frame {
    fn with(&self, step: impl FnOnce(LazyFrame) -> LazyFrame) -> Frame {
        Frame { query: step(self.query.clone()), ..self.clone() }
    }

    /// The same query in partitions of about this size in memory (by default a sixteenth of a table, from 1 to 16 MiB). It changes the
    /// last bits of sums of floats.
    #[must_use]
    pub fn with_partition_bytes(mut self, bytes: u64) -> Frame {
        self.partition_bytes = Some(bytes.max(1));
        self
    }

    /// Rows for which `predicate` is true.
    #[must_use]
    pub fn filter(&self, predicate: Expr) -> Frame {
        self.with(|q| q.filter(predicate))
    }

    /// These columns. Expressions that aggregate make one row.
    #[must_use]
    pub fn select(&self, exprs: impl AsRef<[Expr]>) -> Frame {
        self.with(|q| q.select(exprs))
    }

    /// Further columns.
    #[must_use]
    pub fn with_columns(&self, exprs: impl AsRef<[Expr]>) -> Frame {
        self.with(|q| q.with_columns(exprs))
    }

    /// Groups of equal keys, in order of their first row.
    pub fn group_by(&self, keys: impl AsRef<[Expr]>) -> GroupBy {
        GroupBy { frame: self.clone(), keys: keys.as_ref().to_vec() }
    }

    /// Rows sorted by columns; equal rows stay in their order.
    #[must_use]
    pub fn sort(&self, by: impl AsRef<[Expr]>, options: SortMultipleOptions) -> Frame {
        self.with(|q| q.sort_by_exprs(by, options.with_maintain_order(true)))
    }

    /// The first `n` rows.
    #[must_use]
    pub fn limit(&self, n: IdxSize) -> Frame {
        self.with(|q| q.limit(n))
    }

    /// Distinct rows, the first of each.
    #[must_use]
    pub fn unique(&self) -> Frame {
        self.with(|q| q.unique_stable(None, UniqueKeepStrategy::First))
    }

    /// The query as Polars has it.
    pub fn lazy(&self) -> LazyFrame {
        self.query.clone()
    }

    /// Columns of the result.
    ///
    /// # Errors
    /// What the query asks for wrongly: a missing column, types that do not fit.
    pub fn schema(&self) -> Result<SchemaRef> {
        self.query.clone().collect_schema().map_err(|e| query_error(e, &self.columns))
    }
}

impl GroupBy {
    /// Aggregates every group.
    #[must_use]
    pub fn agg(&self, aggs: impl AsRef<[Expr]>) -> Frame {
        self.frame.with(|q| q.group_by_stable(&self.keys).agg(aggs))
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.query.describe_plan() {
            Ok(plan) => f.write_str(&plan),
            Err(e) => write!(f, "Frame({e})"),
        }
    }
}
