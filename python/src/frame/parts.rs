//! A result that need not fit in memory: written once to a file that has lost its name already, and read again partition by partition.

use crate::frame::Table;
use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, SerReader};
use pyo3::prelude::{PyRef, PyRefMut, Python};
use pyo3::{pyclass, pymethods};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tilework::chunk::dataframe::table_error;
use tilework::frame::Frame;
use tilework::{Error, Result, Session};

/// The partitions of a result that have rows, in order.
#[pyclass(module = "tilework._tilework")]
pub struct Parts {
    file: File,
    /// Rows of the partitions still to come.
    rows: std::vec::IntoIter<usize>,
    first_row: usize,
}

fn told(e: std::io::Error) -> Error {
    Error::io("the temporary file of a result", &e)
}

impl Parts {
    /// Runs the query.
    pub fn new(frame: &Frame, session: &Session) -> Result<Parts> {
        let folder = &session.config().spill_dir;
        let folder = tempfile::Builder::new().prefix("tilework-result-").tempdir_in(folder).map_err(told)?;
        let path = folder.path().join("result.parquet");
        frame.sink_parquet(session, &path, false)?;
        let file = File::open(&path).map_err(told)?;
        let mut reader = ParquetReader::new(file.try_clone().map_err(told)?);
        let groups = &reader.get_metadata().map_err(table_error)?.row_groups;
        let rows: Vec<usize> = groups.iter().map(|g| g.num_rows()).collect();
        Ok(Parts { file, rows: rows.into_iter(), first_row: 0 })
    }

    fn read(&self, n_rows: usize) -> Result<DataFrame> {
        let reader = ParquetReader::new(self.file.try_clone().map_err(told)?).read_parallel(ParallelStrategy::None);
        reader.with_slice(Some((self.first_row, n_rows))).finish().map_err(table_error)
    }
}

impl Iterator for Parts {
    type Item = Result<DataFrame>;

    fn next(&mut self) -> Option<Result<DataFrame>> {
        let n_rows = self.rows.next()?;
        // Who asks may be C code, which panics must not reach.
        let df = catch_unwind(AssertUnwindSafe(|| self.read(n_rows)));
        self.first_row += n_rows;
        Some(df.unwrap_or_else(|_| Err(Error::bug("a panic while a result was read"))))
    }
}

#[pymethods]
impl Parts {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(mut this: PyRefMut<'_, Self>, py: Python<'_>) -> crate::error::Out<Option<Table>> {
        let parts = &mut *this;
        Ok(py.detach(|| parts.next()).transpose()?.map(Table))
    }
}
