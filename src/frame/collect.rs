//! Runs a frame in a session: into memory, to a file, or not at all (explain).

use crate::base::Result;
use crate::expr::table::TableSink;
use crate::format::csv::CsvSink;
use crate::format::parquet::ParquetSink;
use crate::format::table_memory::CollectSink;
use crate::frame::lazy::Frame;
use crate::frame::plan::{Planned, plan, sink};
use crate::frame::walk::walk;
use crate::session::Session;
use polars::prelude::DataFrame;
use std::path::Path;
use std::sync::Arc;

/// The part of the budget that one state of a reduction may take: eight are merged at a time, beside what that needs.
const STATES_PER_BUDGET: u64 = 32;

impl Frame {
    fn plan(&self, session: &Session) -> Result<Planned> {
        let chain = walk(&self.query, &self.columns)?;
        plan(chain, self.partition_bytes, session.config().budget_bytes / STATES_PER_BUDGET)
    }

    fn collector(planned: &Planned, session: &Session) -> Arc<CollectSink> {
        let all = planned.partition_bytes.saturating_mul(planned.n_partitions as u64);
        Arc::new(CollectSink::new(all.min(session.config().budget_bytes / 4)))
    }

    /// The result in memory, computed in a session of its own settings (half of the memory, all cores).
    ///
    /// # Errors
    /// As [`collect_in`](Frame::collect_in).
    pub fn collect(&self) -> Result<DataFrame> {
        self.collect_in(&Session::default())
    }

    /// The result in memory.
    ///
    /// # Errors
    /// What the query asks for wrongly, before anything is read; queries that are not supported, named; a plan or a result that
    /// does not fit the budget; files that are broken.
    pub fn collect_in(&self, session: &Session) -> Result<DataFrame> {
        let planned = self.plan(session)?;
        let collected = Frame::collector(&planned, session);
        session.store(&[sink(&planned, collected.clone())?])?;
        let mut df = collected.take()?;
        df.rechunk_mut();
        Ok(df)
    }

    /// Writes the result to a Parquet file, a row group per partition.
    ///
    /// # Errors
    /// As [`collect_in`](Frame::collect_in); a target that exists where `overwrite` is false. The target is whole or not there.
    pub fn sink_parquet(&self, session: &Session, path: impl AsRef<Path>, overwrite: bool) -> Result<()> {
        let planned = self.plan(session)?;
        let file = ParquetSink::new(path, &planned.schema, planned.partition_bytes, overwrite)?;
        session.store(&[sink(&planned, Arc::new(file))?])
    }

    /// Writes the result to a CSV file.
    ///
    /// # Errors
    /// As [`sink_parquet`](Frame::sink_parquet); columns that hold lists.
    pub fn sink_csv(&self, session: &Session, path: impl AsRef<Path>, overwrite: bool) -> Result<()> {
        let planned = self.plan(session)?;
        let file = CsvSink::new(path, planned.schema.clone(), overwrite)?;
        session.store(&[sink(&planned, Arc::new(file))?])
    }

    /// What collecting would do: steps, tasks, bytes. CSV files are read through to find where they can be cut; of Parquet files
    /// the footers.
    ///
    /// # Errors
    /// What the query asks for wrongly.
    pub fn explain(&self, session: &Session) -> Result<String> {
        let planned = self.plan(session)?;
        let collected: Arc<dyn TableSink> = Frame::collector(&planned, session);
        let mut text = String::new();
        for note in &planned.notes {
            text += &format!("{note}\n");
        }
        Ok(text + &session.explain(&[sink(&planned, collected)?])?.to_string())
    }
}
