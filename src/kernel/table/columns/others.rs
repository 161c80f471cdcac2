//! Columns of other types, which Polars puts together, and which are Arrow IPC as bytes.

use super::{Grow, Part, Rest, To, broken};
use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, stack, table_error};
use polars::prelude::{DataFrame, IdxSize, IpcCompression, IpcWriter, PolarsResult, SerWriter, Series};
use polars_arrow::io::ipc::read::{FileReader, read_file_metadata};
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

/// A column that grows.
pub(super) struct Others {
    rows: Series,
}

impl Others {
    pub(super) fn new(to: To) -> Others {
        Others { rows: Series::new_empty(to.name, &to.dtype) }
    }

    fn append(&mut self, more: &Series) -> Result<()> {
        self.rows.append(more).map(|_| ()).map_err(table_error)
    }
}

impl Grow for Others {
    fn encode(&self, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
        let mut rows = Series::new_empty(self.rows.name().clone(), self.rows.dtype());
        for (series, of) in parts {
            rows.append(&series.slice(of.start as i64, of.len())).map_err(table_error)?;
        }
        // Categories are numbered by piece, and a file has one number for each: there must be one piece.
        let (mut column, mut bytes) = (rows.rechunk().into_frame(), Vec::new());
        let mut writer = IpcWriter::new(&mut bytes).with_compression(Some(IpcCompression::LZ4)).with_parallel(false);
        apart(|| writer.finish(&mut column)).map_err(|e| Error::bug(format!("a column cannot be written as Arrow IPC: {e}")))?;
        out.extend((bytes.len() as u64).to_le_bytes());
        out.extend(bytes);
        Ok(())
    }

    fn gather(&mut self, from: &Series, rows: &[IdxSize]) -> Result<()> {
        self.append(&apart(|| from.take_slice(rows)).map_err(table_error)?)
    }

    fn slice(&mut self, from: &Series, rows: Range<usize>) -> Result<()> {
        self.append(&from.slice(rows.start as i64, rows.len()))
    }

    fn block(&mut self, n: usize, rows: Range<usize>, bytes: &mut Rest<'_>) -> Result<()> {
        let n_bytes = bytes.number()?;
        let mut bytes = Cursor::new(bytes.take(n_bytes as usize)?);
        let metadata = read_file_metadata(&mut bytes).map_err(|_| broken())?;
        // SAFETY: these are the bytes that Polars wrote in this process.
        let reader = unsafe { FileReader::new(bytes, metadata, None, None).unchecked() };
        let tables = apart(|| reader.map(|batch| Ok(Arc::new(DataFrame::from(batch?)))).collect::<PolarsResult<Vec<_>>>());
        let table = stack(&tables.map_err(|_| broken())?)?;
        let column = table.column(self.rows.name()).map_err(table_error)?;
        if column.len() != n {
            return Err(broken());
        }
        self.slice(column.as_materialized_series(), rows)
    }

    fn finish(self: Box<Self>) -> Result<Series> {
        Ok(self.rows.rechunk())
    }
}
