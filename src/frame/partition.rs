//! Frames by their partitions: how many there are, one of them, all in turn, functions of the user's own on each.

use crate::base::{Error, Result};
use crate::chunk::Chunk;
use crate::chunk::dataframe::{described, table};
use crate::expr::table::TableSink;
use crate::frame::collect::computed_in;
use crate::frame::lazy::Frame;
use crate::frame::run::sink;
use crate::op::table::wrap::Cut;
use crate::session::Session;
use parking_lot::Mutex;
use polars::lazy::frame::OptFlags;
use polars::prelude::{DataFrame, PolarsResult, Schema, SchemaRef, UdfSchema};
use std::fmt;
use std::sync::Arc;

/// Hands partitions to a function, in order.
struct Each<F> {
    function: Mutex<F>,
}

impl<F> fmt::Debug for Each<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("for each partition")
    }
}

impl<F: FnMut(usize, DataFrame) -> Result<()> + Send> TableSink for Each<F> {
    fn label(&self) -> String {
        "for each partition".into()
    }

    fn begin(&self) -> Result<()> {
        Ok(())
    }

    fn encode(&self, _: usize, partition: &Chunk) -> Result<Chunk> {
        Ok(partition.clone())
    }

    fn encode_bytes(&self, partition_bytes: u64) -> (u64, u64) {
        (partition_bytes, 0)
    }

    fn ordered(&self) -> bool {
        true
    }

    fn commit(&self, i: usize, encoded: &Chunk) -> Result<()> {
        (self.function.lock())(i, (**table(encoded)?).clone())
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }

    fn abort(&self) {}
}

impl Frame {
    /// Number of partitions of the result. Stages before the last are run to know it.
    ///
    /// # Errors
    /// As [`collect_in`](Frame::collect_in).
    pub fn n_partitions(&self, session: &Session) -> Result<usize> {
        self.run(session, false, |_, pipe| Ok(pipe.n_partitions()))
    }

    /// Partition `i` of the result.
    ///
    /// # Errors
    /// As [`collect_in`](Frame::collect_in); a partition that is not there.
    pub fn partition(&self, session: &Session, i: usize) -> Result<DataFrame> {
        self.run(session, false, |run, pipe| {
            let n = pipe.n_partitions();
            if i >= n {
                return Err(Error::usage(format!("there is no partition {i}: the result has {n}, counted from 0")));
            }
            let one = run.readable(pipe.clone(), "partition")?.cut(vec![Cut { partition: i, rows: None }])?;
            computed_in(run, &one)
        })
    }

    /// Hands every partition of the result to a function, in order, while later ones are computed: for results that do not fit in memory.
    ///
    /// # Errors
    /// As [`collect_in`](Frame::collect_in); the function's own, which ends the run.
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, col, df, lit};
    /// use tilework::{Session, frame::frame};
    /// let flights = frame(df!("delay" => [4, 1, 8])?.lazy()).filter(col("delay").gt(lit(2)));
    /// let mut n_rows = 0;
    /// flights.for_each_partition(&Session::default(), |_, rows| {
    ///     n_rows += rows.height();
    ///     Ok(())
    /// })?;
    /// assert_eq!(n_rows, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_each_partition(
        &self,
        session: &Session,
        mut function: impl FnMut(usize, DataFrame) -> Result<()> + Send,
    ) -> Result<()> {
        let (sender, receiver) = std::sync::mpsc::sync_channel::<(usize, DataFrame)>(0);
        // A sink outlives its borrows as far as types go: rows cross a channel to where the function lives.
        let sent = Each { function: Mutex::new(move |i, rows| sender.send((i, rows)).map_err(|_| Error::usage("stopped"))) };
        let sent = Arc::new(sent);
        std::thread::scope(|s| {
            let run = s.spawn(move || self.run(session, false, |run, pipe| run.last_session().store(&[sink(pipe.expr(), sent)])));
            let mut result = Ok(());
            for (i, rows) in &receiver {
                result = function(i, rows);
                if result.is_err() {
                    break;
                }
            }
            drop(receiver);
            let ran = run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result.and(ran)
        })
    }

    /// What `function` makes of every partition by itself. `schema` has the columns that it makes; it may make up to four times the bytes of
    /// its rows. Where partitions begin depends on the data and on [`with_partition_bytes`](Frame::with_partition_bytes).
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, df};
    /// use tilework::frame::frame;
    /// let flights = frame(df!("delay" => [4, 1, 8])?.lazy());
    /// let first = flights.map_partitions(|rows| Ok(rows.head(Some(1))), flights.schema()?);
    /// assert_eq!(first.collect()?, df!("delay" => [4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn map_partitions<F>(&self, function: F, schema: SchemaRef) -> Frame
    where
        F: Fn(DataFrame) -> PolarsResult<DataFrame> + Send + Sync + 'static,
    {
        let columns = described(&schema);
        let checked = move |rows: DataFrame| {
            let made = function(rows)?;
            let found = described(made.schema());
            if found != columns {
                let list = |c: &[(String, String)]| c.iter().map(|(n, d)| format!("{n}: {d}")).collect::<Vec<_>>().join(", ");
                return Err(polars::prelude::PolarsError::SchemaMismatch(
                    format!("map_partitions was to make the columns {}, but its function made {}", list(&columns), list(&found))
                        .into(),
                ));
            }
            Ok(made)
        };
        // A partition is a batch to Polars; nothing is moved past the function.
        let schema: Arc<dyn UdfSchema> = Arc::new(move |_: &Schema| Ok(schema.clone()));
        self.with(|q| q.map(checked, OptFlags::STREAMING, Some(schema), Some("map_partitions")))
    }
}
