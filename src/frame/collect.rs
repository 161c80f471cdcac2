//! Runs a frame in a session: into memory, to a file, or not at all (explain).

use crate::base::Result;
use crate::expr::table::TableSink;
use crate::format::folder_sink::FolderSink;
use crate::format::ipc::IpcSink;
use crate::format::parquet_sink::ParquetSink;
use crate::format::table_format::TableFormat;
use crate::format::table_memory::CollectSink;
use crate::format::text_sink::TextSink;
use crate::frame::lazy::Frame;
use crate::frame::pipe::Pipe;
use crate::frame::run::{Run, sink};
use crate::frame::walk::walk;
use crate::session::Session;
use polars::prelude::DataFrame;
use std::path::Path;
use std::sync::Arc;

impl Frame {
    /// Runs the query up to its last stage, which `last` runs.
    pub(super) fn run<T>(&self, session: &Session, dry: bool, last: impl FnOnce(&mut Run<'_>, &Pipe) -> Result<T>) -> Result<T> {
        let tree = walk(&self.query, &self.columns)?;
        let mut run = Run::new(session, self.partition_bytes, dry);
        let pipe = tree.pipe(&mut run)?;
        last(&mut run, &pipe)
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
        self.run(session, false, computed_in)
    }

    /// Runs the query into a file, which is refused before anything runs.
    pub(super) fn sink(&self, session: &Session, file: impl TableSink + 'static) -> Result<()> {
        self.run(session, false, |run, pipe| run.last_session().store(&[sink(pipe.expr(), Arc::new(file))]))
    }

    fn sink_text(&self, session: &Session, file: TextSink) -> Result<()> {
        self.run(session, false, |run, pipe| {
            let file = file.with_partition_bytes(pipe.partition_bytes());
            run.last_session().store(&[sink(pipe.expr(), Arc::new(file))])
        })
    }

    /// Writes the result to a Parquet file, a row group per partition (small ones share one), compressed
    /// as [`with_parquet_compression`](Frame::with_parquet_compression) says.
    ///
    /// # Errors
    /// As [`collect_in`](Frame::collect_in); a target that exists where `overwrite` is false. The target is whole or not there.
    pub fn sink_parquet(&self, session: &Session, path: impl AsRef<Path>, overwrite: bool) -> Result<()> {
        self.sink(session, ParquetSink::new(path, &*self.schema()?, overwrite)?.with_compression(self.compression))
    }

    /// Writes the result to an Arrow IPC file, a record batch per partition, compressed with LZ4.
    ///
    /// # Errors
    /// As [`sink_parquet`](Frame::sink_parquet).
    pub fn sink_ipc(&self, session: &Session, path: impl AsRef<Path>, overwrite: bool) -> Result<()> {
        self.sink(session, IpcSink::new(path, &self.schema()?, overwrite)?)
    }

    /// Writes the result to a CSV file.
    ///
    /// # Errors
    /// As [`sink_parquet`](Frame::sink_parquet); columns that hold lists.
    pub fn sink_csv(&self, session: &Session, path: impl AsRef<Path>, overwrite: bool) -> Result<()> {
        self.sink_text(session, TextSink::csv(path, self.schema()?, overwrite)?)
    }

    /// Writes the result to an NDJSON file, a line per row.
    ///
    /// # Errors
    /// As [`sink_parquet`](Frame::sink_parquet); columns that hold bytes.
    pub fn sink_ndjson(&self, session: &Session, path: impl AsRef<Path>, overwrite: bool) -> Result<()> {
        self.sink_text(session, TextSink::ndjson(path, self.schema()?, overwrite)?)
    }

    /// Writes the result to a folder of files: one for every partition, or, with `keys`, for every value of these columns and partition,
    /// in folders like `year=2024`, which [`scan`](crate::frame::scan) reads as columns again (with types told from their text).
    ///
    /// # Errors
    /// As [`sink_parquet`](Frame::sink_parquet); keys that are no columns or make no names of folders. What holds other files is never
    /// overwritten.
    pub fn sink_folder(
        &self,
        session: &Session,
        path: impl AsRef<Path>,
        format: TableFormat,
        keys: &[&str],
        overwrite: bool,
    ) -> Result<()> {
        let folder = FolderSink::new(path, format, self.schema()?, keys, overwrite)?;
        self.sink(session, folder.with_compression(self.compression))
    }

    /// What collecting would do: steps, tasks, bytes. CSV files are read through to find where they can be cut; of Parquet files
    /// the footers. Where a later stage depends on what an earlier one finds, it is shown for the most that can be found.
    ///
    /// # Errors
    /// What the query asks for wrongly.
    pub fn explain(&self, session: &Session) -> Result<String> {
        self.run(session, true, |run, pipe| {
            let collected: Arc<dyn TableSink> = collector(run, pipe);
            let mut text = String::new();
            for note in &run.notes {
                text += &format!("{note}\n");
            }
            let mut plan = run.last_session().explain(&[sink(pipe.expr(), collected)])?;
            // What stages before it leave is less than it could be, nearly always.
            let refusal = plan.refusal.take_if(|_| run.has_stages);
            text += &plan.to_string();
            if let Some(refusal) = refusal {
                text += &format!("if earlier stages leave as much as they could, this one is refused: {refusal}\n");
            }
            Ok(text)
        })
    }
}

/// The rows of the last stage in memory.
pub(super) fn computed_in(run: &mut Run<'_>, pipe: &Pipe) -> Result<DataFrame> {
    let collected = collector(run, pipe);
    run.last_session().store(&[sink(pipe.expr(), collected.clone())])?;
    let mut df = collected.take()?;
    df.rechunk_mut();
    Ok(df)
}

fn collector(run: &Run<'_>, pipe: &Pipe) -> Arc<CollectSink> {
    let each = pipe.partition_bytes();
    let all = each.saturating_mul(pipe.n_partitions() as u64);
    Arc::new(CollectSink::new(all.min(run.last_session().config().budget_bytes / 4), each))
}
