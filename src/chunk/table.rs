//! Tables as bytes: Arrow's IPC file format, through Polars.
//!
//! The length is counted by writing to nowhere first, which costs time but no second copy of the table. Where the `frame` feature is
//! off, an encoded table is refused by name.

#[cfg(feature = "frame")]
pub(super) use with_polars::{encoded_len, read, write};
#[cfg(not(feature = "frame"))]
pub(super) use without_polars::read;

#[cfg(feature = "frame")]
mod with_polars {
    use crate::base::caught::caught;
    use crate::base::{Error, Result};
    use crate::chunk::Chunk;
    use polars::prelude::{DataFrame, IpcReader, IpcWriter, PolarsError, SerReader, SerWriter};
    use std::io::Write;
    use std::sync::Arc;

    /// Bytes that [`write`] will write.
    pub(in crate::chunk) fn encoded_len(table: &DataFrame) -> Result<u64> {
        let mut counted = Counted { out: std::io::sink(), n: 0 };
        write_ipc(table, &mut counted)?;
        Ok(counted.n)
    }

    /// Writes a table that takes `n` bytes.
    pub(in crate::chunk) fn write(table: &DataFrame, n: u64, out: &mut impl Write) -> Result<()> {
        let mut counted = Counted { out, n: 0 };
        write_ipc(table, &mut counted)?;
        if counted.n != n {
            return Err(Error::bug(format!("a table took {} bytes after {n} were counted", counted.n)));
        }
        Ok(())
    }

    fn write_ipc(table: &DataFrame, out: &mut impl Write) -> Result<()> {
        // The clone shares all columns; the writer wants it mutable to bring their pieces into line.
        IpcWriter::new(out).finish(&mut table.clone()).map_err(|e| match e {
            PolarsError::IO { error, .. } => Error::io("writing a table", &error),
            e => Error::bug(format!("a table cannot be written as Arrow IPC: {e}")),
        })
    }

    /// Reads a table; its columns are copied.
    pub(in crate::chunk) fn read(bytes: &[u8]) -> Result<Chunk> {
        // Arrow's reader may panic on broken bytes, which are the sender's fault and not a bug here.
        let decode = || caught(|| IpcReader::new(std::io::Cursor::new(bytes)).finish());
        crate::chunk::dataframe::apart(decode)
            .ok_or_else(|| Error::corrupt("chunk: the table's bytes are broken"))?
            .map(|t| Chunk::Table(Arc::new(t)))
            .map_err(|e| Error::corrupt(format!("chunk: the table's bytes are broken: {e}")))
    }

    struct Counted<W> {
        out: W,
        n: u64,
    }

    impl<W: Write> Write for Counted<W> {
        fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
            let n = self.out.write(buf)?;
            self.n += n as u64;
            Ok(n)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            self.out.flush()
        }
    }
}

#[cfg(not(feature = "frame"))]
mod without_polars {
    use crate::base::{Error, Result};
    use crate::chunk::Chunk;

    pub(in crate::chunk) fn read(_: &[u8]) -> Result<Chunk> {
        Err(Error::unsupported("chunk: a table, but this build is without the `frame` feature"))
    }
}
