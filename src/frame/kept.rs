//! Results that are kept in files of the spill folder, for further queries.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::format::parquet_sink::ParquetSink;
use crate::frame::lazy::{Frame, frame};
use crate::session::Session;
use polars::prelude::{LazyFrame, ParquetCompression, PlRefPath, ScanArgsParquet};
use std::path::PathBuf;
use std::sync::Arc;

/// A result in a file that is there as long as this is.
#[derive(Debug)]
pub struct Kept {
    folder: tempfile::TempDir,
}

impl Kept {
    /// A place for a result.
    ///
    /// # Errors
    /// A spill folder in which nothing can be made.
    pub fn empty(session: &Session) -> Result<Kept> {
        let spill = &session.config().spill_dir;
        let folder = tempfile::Builder::new().prefix("tilework-result-").tempdir_in(spill);
        folder.map(|folder| Kept { folder }).map_err(|e| Error::io(spill.display(), &e))
    }

    /// The result of a query, which is run.
    ///
    /// # Errors
    /// As [`sink_parquet`](Frame::sink_parquet).
    pub fn of(frame: &Frame, session: &Session) -> Result<Kept> {
        let kept = Kept::empty(session)?;
        // What is read again soon is packed and unpacked fast, and has the partitions that it had.
        let file = ParquetSink::new(kept.path(), &*frame.schema()?, false)?.with_compression(ParquetCompression::Lz4Raw);
        frame.sink(session, file.with_partitions_apart())?;
        Ok(kept)
    }

    /// The file, which whoever has made this writes as Parquet.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("result.parquet")
    }

    /// A query that reads the file.
    ///
    /// # Errors
    /// A spill folder whose name is not in UTF-8.
    pub fn query(&self) -> Result<LazyFrame> {
        let path = self.path();
        let text = path.to_str().ok_or_else(|| Error::usage(format!("{} is not a name in UTF-8", path.display())))?;
        let args = ScanArgsParquet { glob: false, ..Default::default() };
        LazyFrame::scan_parquet(PlRefPath::new(text), args).map_err(table_error)
    }
}

impl Frame {
    /// Runs the query: a frame that reads the result, which lies in the spill folder as long as frames read it.
    ///
    /// # Errors
    /// As [`sink_parquet`](Frame::sink_parquet).
    ///
    /// # Example
    /// ```
    /// use polars::prelude::{IntoLazy, col, df};
    /// use tilework::{Session, frame::frame};
    /// let session = Session::default();
    /// let sorted = frame(df!("delay" => [4, 1, 8])?.lazy()).sort([col("delay")], Default::default()).persist(&session)?;
    /// assert_eq!(sorted.limit(1).collect()?, df!("delay" => [1])?);
    /// assert_eq!(sorted.tail(1).collect()?, df!("delay" => [8])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn persist(&self, session: &Session) -> Result<Frame> {
        let kept = Kept::of(self, session)?;
        let query = kept.query()?;
        Ok(Frame { partition_bytes: self.partition_bytes, kept: vec![Arc::new(kept)], ..frame(query) })
    }
}
