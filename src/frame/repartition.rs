//! Frames in other partitions: as a step of the query, which Polars takes for a function that changes nothing.

use crate::base::near::suggestion;
use crate::base::{Error, Result};
use crate::frame::lazy::Frame;
use polars::prelude::{DataFrame, LazyFrame, PlSmallStr, PolarsResult};
use polars_plan::dsl::DslPlan;
use polars_plan::plans::{DslFunction, FunctionIR};
use std::sync::Arc;

/// How rows are put into partitions.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Partitioning {
    /// So many partitions of as many rows each (or one more), in their order.
    Count(usize),
    /// Partitions of about so many bytes in memory, of as many rows each, in their order.
    Bytes(u64),
    /// Rows that are equal in these columns in one partition, of so many (None: as many as tasks take them well). A partition has the rows of
    /// several keys, in their order; of several partitions, the order is that of a hash.
    Key(Vec<String>, Option<usize>),
}

/// What the name of such a step begins with.
const STEP: &str = "\u{1}repartition ";

/// Every partition is a task and some bookkeeping at least.
const MOST_PARTITIONS: usize = 1 << 20;

impl Partitioning {
    /// The partitions that a function of this name stands for.
    pub(super) fn named(name: &str) -> Option<Partitioning> {
        serde_json::from_str(name.strip_prefix(STEP)?).ok()
    }

    fn check(&self) -> Result<()> {
        match self {
            Partitioning::Count(0) | Partitioning::Key(_, Some(0)) => {
                Err(Error::usage("a table has at least one partition, not 0"))
            }
            Partitioning::Count(n) | Partitioning::Key(_, Some(n)) if *n > MOST_PARTITIONS => {
                Err(Error::usage(format!("{n} partitions: at most {MOST_PARTITIONS} are made")))
            }
            Partitioning::Bytes(0) => Err(Error::usage("partitions of 0 bytes hold no rows")),
            Partitioning::Key(columns, _) if columns.is_empty() => Err(Error::usage("repartition by key needs a column")),
            _ => Ok(()),
        }
    }
}

impl Frame {
    /// The same rows in other partitions, which is what steps by partition see: [`map_partitions`](Frame::map_partitions),
    /// [`for_each_partition`](Frame::for_each_partition), [`sink_folder`](Frame::sink_folder). Rows are computed before, to know how many there are.
    ///
    /// # Errors
    /// No partitions, or no columns; columns that are not there.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, df};
    /// use tilework::{Session, frame::{Partitioning, frame}};
    /// let flights = frame(df!("origin" => ["JFK", "EWR", "JFK"], "delay" => [4, 1, 8])?.lazy());
    /// let halves = flights.repartition(Partitioning::Count(2))?;
    /// assert_eq!(halves.n_partitions(&Session::default())?, 2);
    /// assert_eq!(halves.partition(&Session::default(), 1)?, df!("origin" => ["EWR", "JFK"], "delay" => [1, 8])?);
    /// let by_origin = flights.repartition(Partitioning::Key(vec!["origin".into()], None))?;
    /// let n_keys = |rows: &polars::prelude::DataFrame| rows.column("origin").and_then(|c| c.n_unique());
    /// by_origin.for_each_partition(&Session::default(), |_, rows| {
    ///     assert!(rows.height() != 1 || n_keys(&rows).unwrap() == 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn repartition(&self, to: Partitioning) -> Result<Frame> {
        to.check()?;
        let spec = serde_json::to_string(&to).map_err(|e| Error::bug(format!("{to:?} cannot be written: {e}")))?;
        let names: Vec<String> = self.schema()?.iter_names().map(ToString::to_string).collect();
        let keys = if let Partitioning::Key(columns, _) = &to { columns.as_slice() } else { &[] };
        if let Some(missing) = keys.iter().find(|k| !names.contains(k)) {
            return Err(Error::usage(format!("there is no column '{missing}'{}", suggestion(missing, &names, names.len()))));
        }
        let same = |rows: DataFrame| -> PolarsResult<DataFrame> { Ok(rows) };
        let function = FunctionIR::Opaque {
            function: Arc::new(same),
            schema: None,
            predicate_pd: true,
            // Keys have to be there, asked for or not.
            projection_pd: keys.is_empty(),
            streamable: true,
            fmt_str: PlSmallStr::from_string(format!("{STEP}{spec}")),
        };
        Ok(self.with(|q| {
            let flags = q.get_current_optimizations();
            let function = DslFunction::FunctionIR(function);
            LazyFrame::from(DslPlan::MapFunction { input: Arc::new(q.logical_plan), function }).with_optimizations(flags)
        }))
    }
}
