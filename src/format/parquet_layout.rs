//! The layout of a Parquet file of any number of row groups in little memory: row groups are made each on its own, as if it were alone in a
//! file, and are put one behind the other. What the footer says of them waits in its written form, outside memory once it is much.
//!
//! The format is [Apache Parquet's](https://parquet.apache.org/docs/file-format/); pages, statistics and indexes are Polars'.

use polars::prelude::{ArrowSchema, PolarsError, PolarsResult};
use polars_parquet::parquet::write::{FileWriter, RowGroupIterColumns, Version, WriteOptions};
use polars_parquet::read::ParquetError;
use polars_parquet::write::{SchemaDescriptor, schema_to_metadata_key};
use polars_parquet_format::thrift::protocol::{TCompactInputProtocol, TCompactOutputProtocol};
use polars_parquet_format::{ColumnChunk, FileMetaData, OffsetIndex, RowGroup};
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;
use tempfile::SpooledTempFile;

/// A Parquet file begins and ends with this.
const MAGIC: &[u8; 4] = b"PAR1";
/// Pages have their least and greatest values, and are of the version that every reader knows.
const OPTIONS: WriteOptions = WriteOptions { write_statistics: true, version: Version::V1 };
/// Descriptions of row groups beyond this many bytes wait in a temporary file.
const SPOOL: usize = 128 << 10;
/// The most bytes of descriptions, which with what else is in the footer are to have a length of 31 bits.
const MOST_DESCRIBED: usize = i32::MAX as usize - (64 << 20);

/// A row group as it lies in a file of its own.
pub(super) struct Group {
    bytes: Vec<u8>,
    described: RowGroup,
}

/// Bytes of a file that grow by an eighth at a time, not by doubling.
struct Growing(Vec<u8>);

impl Write for Growing {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.0.capacity() - self.0.len() < buf.len() {
            self.0.reserve_exact(buf.len() + self.0.len() / 8 + 4096);
        }
        self.0.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Group {
    /// A row group of these pages, by leaf column.
    ///
    /// # Errors
    /// What making the pages meets.
    pub(super) fn new(
        schema: &SchemaDescriptor,
        n_rows: usize,
        columns: RowGroupIterColumns<'_, PolarsError>,
    ) -> PolarsResult<Group> {
        let mut file = FileWriter::new(Growing(vec![]), schema.clone(), OPTIONS, None);
        file.write(n_rows as u64, columns)?;
        file.end(None)?;
        let (bytes, mut described) = file.into_inner_and_metadata();
        let described = described.row_groups.pop().ok_or_else(|| malformed("no row group"))?;
        Ok(Group { bytes: bytes.0, described })
    }

    /// Bytes of the row group in memory.
    pub(super) fn n_bytes(&self) -> u64 {
        // Beside a column's numbers lie its path and the ends of its values.
        self.bytes.capacity() as u64 + (self.described.columns.len() * (size_of::<ColumnChunk>() + 512)) as u64
    }

    pub(super) fn n_rows(&self) -> i64 {
        self.described.num_rows
    }

    fn part(&self, from: Option<i64>, length: Option<i64>) -> PolarsResult<&[u8]> {
        let range = from.zip(length).and_then(|(from, n)| Some(usize::try_from(from).ok()?..usize::try_from(from + n).ok()?));
        range.and_then(|r| self.bytes.get(r)).ok_or_else(|| malformed("a part outside its file"))
    }
}

/// A file being laid out.
pub(super) struct Layout {
    file: BufWriter<File>,
    at: i64,
    n_rows: i64,
    n_groups: u32,
    groups: SpooledTempFile,
    n_described: usize,
}

impl Layout {
    /// Begins an empty file. What is too much for memory waits in the folder `beside` it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn begin(file: File, beside: &Path) -> io::Result<Layout> {
        let mut file = BufWriter::new(file);
        file.write_all(MAGIC)?;
        let groups = tempfile::spooled_tempfile_in(SPOOL, beside);
        Ok(Layout { file, at: MAGIC.len() as i64, n_rows: 0, n_groups: 0, groups, n_described: 0 })
    }

    /// Bytes that a layout holds from start to end.
    pub(super) fn held_bytes() -> u64 {
        2 * SPOOL as u64 // with room to grow; the buffer of the file is small
    }

    /// Adds a row group at the end.
    ///
    /// # Errors
    /// When it cannot be written; when they are more than a footer can tell.
    pub(super) fn add(&mut self, group: &Group) -> PolarsResult<()> {
        let mut described = group.described.clone();
        described.file_offset = Some(self.at);
        described.ordinal = self.n_groups.try_into().ok();
        let mut moved = Vec::with_capacity(described.columns.len());
        for column in &mut described.columns {
            let data = column.meta_data.as_mut().ok_or_else(|| malformed("a column without a description"))?;
            let first = data.dictionary_page_offset.unwrap_or(data.data_page_offset);
            let by = self.at - first;
            self.write(group.part(Some(first), Some(data.total_compressed_size))?)?;
            data.data_page_offset += by;
            data.dictionary_page_offset = data.dictionary_page_offset.map(|at| at + by);
            // The description is in the footer alone.
            column.file_offset = 0;
            moved.push(by);
        }
        for column in &mut described.columns {
            let (at, length) = (self.at, column.column_index_length);
            self.write(group.part(column.column_index_offset, length.map(i64::from))?)?;
            column.column_index_offset = Some(at);
        }
        for (column, by) in described.columns.iter_mut().zip(moved) {
            let bytes = group.part(column.offset_index_offset, column.offset_index_length.map(i64::from))?;
            let mut index = OffsetIndex::read_from_in_protocol(&mut TCompactInputProtocol::new(bytes, 2 * bytes.len() + 1024))
                .map_err(ParquetError::from)?;
            for page in &mut index.page_locations {
                page.offset += by;
            }
            let mut bytes = vec![];
            index.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut bytes)).map_err(ParquetError::from)?;
            column.offset_index_offset = Some(self.at);
            column.offset_index_length = i32::try_from(bytes.len()).ok();
            self.write(&bytes)?;
        }
        let mut bytes = vec![];
        described.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut bytes)).map_err(ParquetError::from)?;
        self.groups.write_all(&bytes)?;
        self.n_described += bytes.len();
        if self.n_described > MOST_DESCRIBED {
            let message = format!("{} row groups are more than the footer of one file can tell: write a folder", self.n_groups);
            return Err(PolarsError::ComputeError(message.into()));
        }
        self.n_rows += group.n_rows();
        self.n_groups += 1;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.at += bytes.len() as i64;
        Ok(())
    }

    /// Writes the footer, with the schema in Arrow's form too.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(mut self, schema: &SchemaDescriptor, arrow: &ArrowSchema) -> PolarsResult<()> {
        // Polars' own of a file without rows.
        let created_by = concat!("tilework version ", env!("CARGO_PKG_VERSION")).to_string();
        let mut empty = FileWriter::new(vec![], schema.clone(), OPTIONS, Some(created_by));
        empty.end(Some(vec![schema_to_metadata_key(arrow)]))?;
        let footer = FileMetaData { num_rows: self.n_rows, ..empty.into_inner_and_metadata().1 };
        // What a footer says before its row groups, and what it says after them: the list of none between is two bytes (its field and its
        // length), and at the very end is one that says so.
        let whole = written(&footer)?;
        let before = written(&FileMetaData { key_value_metadata: None, created_by: None, column_orders: None, ..footer })?;
        let from = self.at;
        self.write(&before[..before.len() - 2])?;
        self.write(&list_of_structs(self.n_groups))?;
        self.groups.rewind()?;
        self.at += io::copy(&mut self.groups, &mut self.file)? as i64;
        self.write(&whole[before.len() - 1..])?;
        let length = (self.at - from) as u64;
        self.write(&(length as u32).to_le_bytes())?;
        self.write(MAGIC)?;
        Ok(self.file.flush()?)
    }
}

fn written(footer: &FileMetaData) -> PolarsResult<Vec<u8>> {
    let mut bytes = vec![];
    footer.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut bytes)).map_err(ParquetError::from)?;
    Ok(bytes)
}

/// The beginning of a list of `n` structures in Thrift's
/// [compact protocol](https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md#list-and-set).
fn list_of_structs(n: u32) -> Vec<u8> {
    const STRUCT: u8 = 12;
    if n < 15 {
        return vec![(n as u8) << 4 | STRUCT];
    }
    let (mut bytes, mut rest) = (vec![0xf0 | STRUCT], n);
    while rest >= 128 {
        bytes.push(rest as u8 | 128);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn malformed(what: &str) -> PolarsError {
    ParquetError::OutOfSpec(format!("{what} in a row group that was made")).into()
}
