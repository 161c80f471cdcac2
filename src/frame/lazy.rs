//! `Frame`: a query on tables, written with Polars' own expressions.

use crate::base::{Error, Result};
use crate::frame::error::query_error;
use crate::frame::kept::Kept;
use crate::frame::resolve::resolve;
use polars::prelude::{
    DataFrame, Expr, IdxSize, JoinArgs, LazyFrame, ParquetCompression, PlSmallStr, PlanCallback, PolarsResult, SchemaRef,
    SortMultipleOptions, UnionArgs, UniqueKeepStrategy, by_name,
};
use std::sync::Arc;

/// A lazy query on tables, run in partitions within a session's memory budget.
///
/// Partitions go through a query by themselves as far as they can. Where rows have to meet (large groupings, joins and sorts), they are
/// left in memory, or compressed on disk when it is short, and the next stage is planned by what is found there.
///
/// Rows come in the order that they would have in one partition: that of the source; groups in the order of their first row, equal rows
/// of a sort in theirs, a join's in order of the side that is said to keep its order, else of the larger. Results have the same bits for
/// any number of threads and any budget. Sums of floats are added partition by partition, so their last bits depend on the size of
/// partitions.
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
    /// Results that the query reads.
    pub(super) kept: Vec<Arc<Kept>>,
    /// What Parquet files are compressed with.
    pub(super) compression: ParquetCompression,
}

/// Groups of a [`Frame`], to be aggregated.
pub struct GroupBy {
    frame: Frame,
    keys: Vec<Expr>,
}

/// A frame of any query of Polars: a scan or a data frame in memory, and steps over it.
///
/// Scans may be of URLs (`s3://bucket/data/*.parquet`), which are looked up now; what is wrong with them is said when the frame is used.
pub fn frame(query: LazyFrame) -> Frame {
    let _ = resolve(&query);
    let columns = query.clone().collect_schema().map_or(vec![], |s| s.iter_names().map(ToString::to_string).collect());
    Frame { query, columns, partition_bytes: None, kept: vec![], compression: ParquetCompression::default() }
}

impl From<LazyFrame> for Frame {
    fn from(query: LazyFrame) -> Frame {
        frame(query)
    }
}

impl Frame {
    pub(super) fn with(&self, step: impl FnOnce(LazyFrame) -> LazyFrame) -> Frame {
        Frame { query: step(self.query.clone()), ..self.clone() }
    }

    /// The same query in partitions of about this size in memory (by default a sixteenth of a table, from 1 to 16 MiB). It changes the
    /// last bits of sums of floats.
    #[must_use]
    pub fn with_partition_bytes(mut self, bytes: u64) -> Frame {
        self.partition_bytes = Some(bytes.max(1));
        self
    }

    /// The same query, whose Parquet files are compressed otherwise than with Zstandard.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, ParquetCompression, df};
    /// use tilework::{Session, frame::{frame, scan_parquet}};
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("delays.parquet");
    /// let flights = frame(df!("delay" => [4, 1, 8])?.lazy()).with_parquet_compression(ParquetCompression::Snappy);
    /// flights.sink_parquet(&Session::default(), &path, false)?;
    /// assert_eq!(scan_parquet(&path)?.collect()?, df!("delay" => [4, 1, 8])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_parquet_compression(mut self, compression: ParquetCompression) -> Frame {
        self.compression = compression;
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

    /// The last `n` rows.
    #[must_use]
    pub fn tail(&self, n: IdxSize) -> Frame {
        self.with(|q| q.tail(n))
    }

    /// `len` rows from row `offset`, which is counted from the end if it is negative.
    #[must_use]
    pub fn slice(&self, offset: i64, len: IdxSize) -> Frame {
        self.with(|q| q.slice(offset, len))
    }

    /// Distinct rows, the first of each.
    #[must_use]
    pub fn unique(&self) -> Frame {
        self.with(|q| q.unique_stable(None, UniqueKeepStrategy::First))
    }

    /// One row of those that are equal in these columns: the first, the last, or none if there are several.
    #[must_use]
    pub fn unique_by<S: Into<PlSmallStr>>(&self, columns: impl IntoIterator<Item = S>, keep: UniqueKeepStrategy) -> Frame {
        self.with(|q| q.unique_stable(Some(by_name(columns, true, false)), keep))
    }

    /// The rows of both frames that belong together: whose keys are equal.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, JoinArgs, JoinType, col, df};
    /// use tilework::frame::frame;
    /// let flights = frame(df!("plane" => ["N1", "N2", "N1"], "delay" => [4, 1, 8])?.lazy());
    /// let planes = frame(df!("plane" => ["N1", "N2"], "seats" => [182, 55])?.lazy());
    /// let both = flights.join(&planes, [col("plane")], [col("plane")], JoinArgs::new(JoinType::Left));
    /// assert_eq!(both.collect()?, df!("plane" => ["N1", "N2", "N1"], "delay" => [4, 1, 8], "seats" => [182, 55, 182])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn join(&self, right: &Frame, left_on: impl AsRef<[Expr]>, right_on: impl AsRef<[Expr]>, args: JoinArgs) -> Frame {
        self.beside(right, |l, r| l.join(r, left_on.as_ref(), right_on.as_ref(), args))
    }

    /// Every pair of rows of both frames. Columns of the right that the left has too get a suffix (`_right`).
    #[must_use]
    pub fn cross_join(&self, right: &Frame, suffix: Option<&str>) -> Frame {
        self.beside(right, |l, r| l.cross_join(r, suffix.map(PlSmallStr::from)))
    }

    /// The rows of all frames, one frame below the other.
    ///
    /// # Errors
    /// No frames; columns that differ.
    pub fn concat(frames: &[Frame]) -> Result<Frame> {
        let first = frames.first().ok_or_else(|| Error::usage("no frames to concatenate"))?;
        let queries: Vec<LazyFrame> = frames.iter().map(|f| f.query.clone()).collect();
        let query = polars::prelude::concat(queries, UnionArgs::default()).map_err(|e| query_error(e, &first.columns))?;
        let both = frames.iter().skip(1).fold(first.clone(), |all, f| all.beside(f, |l, _| l));
        let concatenated = both.with(|_| query);
        concatenated.schema()?;
        Ok(concatenated)
    }

    fn beside(&self, right: &Frame, join: impl FnOnce(LazyFrame, LazyFrame) -> LazyFrame) -> Frame {
        let columns = self.columns.iter().chain(&right.columns).cloned().collect();
        let partition_bytes = self.partition_bytes.into_iter().chain(right.partition_bytes).min();
        let kept = self.kept.iter().chain(&right.kept).cloned().collect();
        Frame { query: join(self.query.clone(), right.query.clone()), columns, partition_bytes, kept, ..self.clone() }
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
        resolve(&self.query)?;
        self.query.clone().collect_schema().map_err(|e| query_error(e, &self.columns))
    }
}

impl GroupBy {
    /// What `function` makes of the rows of every group, in order of the groups' first rows. `schema` has the columns that it makes. Rows of
    /// a group are brought together; groups are computed side by side.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, col, df};
    /// use std::sync::Arc;
    /// use tilework::frame::frame;
    /// let flights = frame(df!("origin" => ["JFK", "EWR", "JFK"], "delay" => [4, 1, 8])?.lazy());
    /// let latest = flights.group_by([col("origin")]).map_groups(|rows| Ok(rows.tail(Some(1))), flights.schema()?);
    /// assert_eq!(latest.collect()?, df!("origin" => ["JFK", "EWR"], "delay" => [8, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn map_groups<F>(&self, function: F, schema: SchemaRef) -> Frame
    where
        F: Fn(DataFrame) -> PolarsResult<DataFrame> + Send + Sync + 'static,
    {
        self.frame.with(|q| q.group_by_stable(&self.keys).apply(PlanCallback::new(function), schema))
    }

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
