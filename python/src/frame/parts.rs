//! Results that need not fit in memory: written once to a file, and read again partition by partition, or by other queries.

use crate::error::{Out, value};
use crate::frame::{Frame as PyFrame, Table};
use crate::session::Session as PySession;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, ParquetWriter, SerReader};
use pyo3::prelude::{PyRef, PyRefMut, Python};
use pyo3::{pyclass, pymethods};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tilework::chunk::dataframe::table_error;
use tilework::frame::{Frame, Kept};
use tilework::{Error, Result, Session};

/// The partitions of a result that have rows, in order.
#[pyclass(module = "tilework._tilework")]
pub struct Parts {
    file: File,
    /// Rows of the partitions still to come.
    rows: std::vec::IntoIter<usize>,
    first_row: usize,
}

/// A result that Python writes, table by table.
#[pyclass(module = "tilework._tilework")]
pub struct Writer {
    kept: Option<Kept>,
    writer: Option<BatchedWriter<File>>,
    partition_bytes: u64,
}

#[pymethods]
impl Writer {
    #[new]
    fn new(py: Python<'_>, session: &PySession, partition_bytes: u64) -> Out<Writer> {
        let kept = session.plan(py, Kept::empty)?;
        Ok(Writer { kept: Some(kept), writer: None, partition_bytes })
    }

    /// A further table, whose columns are those of the first.
    fn write(&mut self, table: PyRef<'_, Table>) -> Out<()> {
        let kept = self.kept.as_ref().ok_or_else(|| value("the result is finished"))?;
        if self.writer.is_none() {
            let file = File::create(kept.path()).map_err(told)?;
            self.writer = Some(ParquetWriter::new(file).batched(table.0.schema()).map_err(table_error)?);
        }
        if let Some(writer) = &mut self.writer {
            writer.write_batch(&table.0).map_err(table_error)?;
        }
        Ok(())
    }

    /// A query that reads all tables.
    fn finish(&mut self) -> Out<PyFrame> {
        let writer = self.writer.take().ok_or_else(|| value("there are no tables in the result"))?;
        writer.finish().map_err(table_error)?;
        let kept = self.kept.take().ok_or_else(|| value("the result is finished"))?;
        PyFrame::of_kept(kept, self.partition_bytes)
    }
}

fn told(e: std::io::Error) -> Error {
    Error::io("the temporary file of a result", &e)
}

impl Parts {
    /// Runs the query.
    pub fn new(frame: &Frame, session: &Session) -> Result<Parts> {
        // The file loses its name when this returns, and is there as long as it is read.
        let kept = Kept::of(frame, session)?;
        let file = File::open(kept.path()).map_err(told)?;
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

    fn __next__(mut this: PyRefMut<'_, Self>, py: Python<'_>) -> Out<Option<Table>> {
        let parts = &mut *this;
        Ok(py.detach(|| parts.next()).transpose()?.map(Table))
    }
}
