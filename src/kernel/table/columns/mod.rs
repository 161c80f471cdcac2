//! Rows of tables put together in one, and as bytes that are quickly made and few: numbers as narrow as their range in the block, texts that
//! repeat as numbers, lists and structs as the columns they are made of.
//!
//! Bytes are for the process that made them: they say nothing of names and types, and are taken for what was written (who keeps them has a
//! checksum of them). Columns without a form of their own here (categories, arrays) are Arrow IPC.

mod bools;
mod nested;
mod numbers;
mod others;
mod texts;

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::chunk::table_bound::varies;
use crate::chunk::table_bytes::{column_bytes, own_bytes, table_bytes};
use bools::Bools;
use nested::{Lists, Structs};
use numbers::Numbers;
use others::Others;
use polars::prelude::{Column, DataFrame, DataType, IdxSize, PlSmallStr, Schema, SchemaRef, Series};
use polars_arrow::array::Array;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};
use std::borrow::Cow;
use std::ops::Range;
use texts::Texts;

/// Rows of a table that follow each other.
pub type Slice<'a> = (&'a DataFrame, Range<usize>);

/// A column in one piece, and which rows of it.
type Part<'a> = (Cow<'a, Series>, &'a Range<usize>);

/// What values mostly take.
const LIKELY_BYTES: usize = 3;

/// A column that grows, and how columns of its type are stored. Rows that it is told to take are there.
trait Grow {
    /// Appends rows of other columns of this type as bytes.
    fn encode(&self, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()>;
    /// Takes rows of a column in one piece, in their order.
    fn gather(&mut self, from: &Series, rows: &[IdxSize]) -> Result<()>;
    /// Takes rows that follow each other in a column in one piece.
    fn slice(&mut self, from: &Series, rows: Range<usize>) -> Result<()>;
    /// Takes some of the `n` rows that the next bytes are.
    fn block(&mut self, n: usize, rows: Range<usize>, bytes: &mut Rest<'_>) -> Result<()>;
    /// The column.
    fn finish(self: Box<Self>) -> Result<Series>;
}

/// An empty column with room for `n` rows.
fn empty(name: &PlSmallStr, dtype: &DataType, n: usize) -> Box<dyn Grow> {
    let to = To { name: name.clone(), dtype: dtype.clone() };
    match dtype {
        DataType::Categorical(..) | DataType::Enum(..) => return Box::new(Others::new(to)),
        DataType::List(inner) => return Box::new(Lists::new(to, inner, n)),
        DataType::Struct(fields) => return Box::new(Structs::new(to, fields, n)),
        _ => {}
    }
    match dtype.to_physical() {
        DataType::Boolean => Box::new(Bools::new(to)),
        DataType::String | DataType::Binary => Box::new(Texts::new(to, n)),
        DataType::Int8 => Box::new(Numbers::<i8>::new(to, n)),
        DataType::Int16 => Box::new(Numbers::<i16>::new(to, n)),
        DataType::Int32 => Box::new(Numbers::<i32>::new(to, n)),
        DataType::Int64 => Box::new(Numbers::<i64>::new(to, n)),
        DataType::Int128 => Box::new(Numbers::<i128>::new(to, n)),
        DataType::UInt8 => Box::new(Numbers::<u8>::new(to, n)),
        DataType::UInt16 => Box::new(Numbers::<u16>::new(to, n)),
        DataType::UInt32 => Box::new(Numbers::<u32>::new(to, n)),
        DataType::UInt64 => Box::new(Numbers::<u64>::new(to, n)),
        DataType::UInt128 => Box::new(Numbers::<u128>::new(to, n)),
        DataType::Float32 => Box::new(Numbers::<f32>::new(to, n)),
        DataType::Float64 => Box::new(Numbers::<f64>::new(to, n)),
        _ => Box::new(Others::new(to)),
    }
}

/// Rows of several tables, one after the other, as bytes.
///
/// # Errors
/// A bug: other columns than the schema's, rows that there are not.
pub fn encode<'a>(schema: &Schema, from: &'a [Slice<'a>]) -> Result<Vec<u8>> {
    from.iter().try_for_each(|(table, rows)| check_rows(schema, table, rows))?;
    let n_rows: usize = from.iter().map(|(_, rows)| rows.len()).sum();
    let mut out = Vec::with_capacity(n_rows * schema.len() * LIKELY_BYTES);
    out.extend((n_rows as u64).to_le_bytes());
    for (i, (name, dtype)) in schema.iter().enumerate() {
        let parts: Vec<Part<'a>> = from.iter().map(|(table, rows)| (piece(&table.columns()[i]), rows)).collect();
        empty(name, dtype, 0).encode(&parts, &mut out)?;
    }
    Ok(out)
}

/// A table that is made of rows of others. Its columns are in one piece, and keep nothing of those tables alive.
pub struct Rows {
    schema: SchemaRef,
    columns: Vec<Box<dyn Grow>>,
    n_rows: usize,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows of {:?}", self.n_rows, self.schema)
    }
}

impl Rows {
    /// No rows yet, of these columns, and room for `n_rows`.
    pub fn new(schema: SchemaRef, n_rows: usize) -> Rows {
        let columns = schema.iter().map(|(name, dtype)| empty(name, dtype, n_rows)).collect();
        Rows { columns, schema, n_rows: 0 }
    }

    /// Adds some rows of a table, in their order.
    ///
    /// # Errors
    /// A bug: other columns, rows that there are not.
    pub fn gather(&mut self, from: &DataFrame, rows: &[IdxSize]) -> Result<()> {
        check(&self.schema, from)?;
        if rows.iter().any(|&r| r as usize >= from.height()) {
            return Err(no_rows());
        }
        self.n_rows += rows.len();
        self.columns.iter_mut().zip(from.columns()).try_for_each(|(to, c)| to.gather(&piece(c), rows))
    }

    /// Adds rows of a table that follow each other.
    ///
    /// # Errors
    /// A bug: other columns, rows that there are not.
    pub fn slice(&mut self, from: &DataFrame, rows: Range<usize>) -> Result<()> {
        check_rows(&self.schema, from, &rows)?;
        self.n_rows += rows.len();
        self.columns.iter_mut().zip(from.columns()).try_for_each(|(to, c)| to.slice(&piece(c), rows.clone()))
    }

    /// Adds some of the rows that [`encode`] made bytes of, all of them if none are said.
    ///
    /// # Errors
    /// Bytes that are none.
    pub fn block(&mut self, bytes: &[u8], rows: Option<Range<usize>>) -> Result<()> {
        let mut bytes = Rest(bytes);
        let n = bytes.number()? as usize;
        let rows = rows.unwrap_or(0..n);
        if rows.start > rows.end || rows.end > n {
            return Err(broken());
        }
        self.n_rows += rows.len();
        self.columns.iter_mut().try_for_each(|to| to.block(n, rows.clone(), &mut bytes))?;
        if bytes.0.is_empty() { Ok(()) } else { Err(broken()) }
    }

    /// The table.
    ///
    /// # Errors
    /// Columns that could not be put together.
    pub fn finish(self) -> Result<DataFrame> {
        let columns = self.columns.into_iter().map(|c| c.finish().map(Column::from)).collect::<Result<Vec<_>>>()?;
        DataFrame::new(self.n_rows, columns).map_err(table_error)
    }
}

/// The same rows with strings and lists copied out of what they were cut from, so that a few rows don't keep a partition alive.
///
/// # Errors
/// Columns that could not be put together.
pub fn compact(table: DataFrame) -> Result<DataFrame> {
    let height = table.height();
    let columns = table.into_columns().into_iter().map(|c| match &c {
        Column::Series(s) if varies(s.dtype()) => {
            let mut copy = empty(s.name(), s.dtype(), height);
            copy.slice(&piece(&c), 0..height)?;
            Ok(Column::from(copy.finish()?))
        }
        // One value for all rows.
        _ => Ok(c),
    });
    DataFrame::new(height, columns.collect::<Result<_>>()?).map_err(table_error)
}

/// The same rows; strings and lists are [copied out](compact) where they keep much more alive than they have.
///
/// # Errors
/// As [`compact`].
pub fn settled(table: DataFrame) -> Result<DataFrame> {
    let sparse = |c: &Column| varies(c.dtype()) && column_bytes(c) > 2 * own_bytes(c, 0..c.len()) + 1024;
    if table.columns().iter().any(sparse) { compact(table) } else { Ok(table) }
}

/// The same rows with their bytes; strings and lists are [copied out](compact) if these are more than `limit`, since a few may keep many
/// alive.
///
/// # Errors
/// As [`compact`].
pub fn fitted(table: DataFrame, limit: u64) -> Result<(DataFrame, u64)> {
    let bytes = table_bytes(&table);
    if bytes <= limit {
        return Ok((table, bytes));
    }
    let table = compact(table)?;
    let bytes = table_bytes(&table);
    Ok((table, bytes))
}

/// Refuses a table of other columns.
fn check(schema: &Schema, table: &DataFrame) -> Result<()> {
    let fits = table.width() == schema.len()
        && table.columns().iter().zip(schema.iter()).all(|(c, (name, dtype))| c.name() == name && c.dtype() == dtype);
    if fits { Ok(()) } else { Err(Error::bug(format!("rows of {:?} in a table of {schema:?}", table.schema()))) }
}

/// Refuses a table of other columns, and rows that it does not have.
fn check_rows(schema: &Schema, table: &DataFrame, rows: &Range<usize>) -> Result<()> {
    check(schema, table)?;
    if rows.start <= rows.end && rows.end <= table.height() { Ok(()) } else { Err(no_rows()) }
}

fn no_rows() -> Error {
    Error::bug("rows of a table that it does not have")
}

/// A column in one piece.
fn piece(column: &Column) -> Cow<'_, Series> {
    let series = column.as_materialized_series();
    if series.n_chunks() == 1 { Cow::Borrowed(series) } else { Cow::Owned(series.rechunk()) }
}

/// The name and type of a column that grows.
struct To {
    name: PlSmallStr,
    dtype: DataType,
}

impl To {
    /// A column of this name and type, of an array that has the type which is stored for it.
    fn series(self, stored: Box<dyn Array>) -> Series {
        // SAFETY: every form makes the arrays that its types are stored as.
        unsafe { Series::from_chunks_and_dtype_unchecked(self.name, vec![stored], &self.dtype) }
    }
}

fn broken() -> Error {
    Error::corrupt("rows of a query are not as they were written")
}

/// The array of a series in one piece.
fn piece_of(series: &Series) -> Result<&dyn Array> {
    match &series.chunks()[..] {
        [only] => Ok(only.as_ref()),
        several => Err(Error::bug(format!("a column in {} pieces", several.len()))),
    }
}

/// The array of a series in one piece, as it is stored.
fn array<A: Array>(series: &Series) -> Result<&A> {
    let found = piece_of(series)?.as_any().downcast_ref::<A>();
    found.ok_or_else(|| Error::bug(format!("a column of {} that is stored otherwise", series.dtype())))
}

/// Appends which rows are there.
fn put_validity(parts: &[Part<'_>], out: &mut Vec<u8>) {
    if parts.iter().all(|(series, _)| series.null_count() == 0) {
        out.push(0);
        return;
    }
    let mut valid = BitmapBuilder::new();
    for (series, rows) in parts {
        match series.chunks().first().and_then(|c| c.validity()) {
            Some(of) => valid.subslice_extend_from_bitmap(of, rows.start, rows.len()),
            None => valid.extend_constant(rows.len(), true),
        }
    }
    out.push(1);
    put_bits(&valid.freeze(), out);
}

fn put_bits(bits: &Bitmap, out: &mut Vec<u8>) {
    // A fresh bitmap begins with its first byte.
    out.extend(&bits.as_slice().0[..bits.len().div_ceil(8)]);
}

/// Bytes that have not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or_else(broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> Result<u64> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }

    fn bits(&mut self, n: usize) -> Result<Bitmap> {
        let bytes = self.take(n.div_ceil(8))?;
        Ok(Bitmap::from_u8_slice(bytes, n))
    }

    fn validity(&mut self, n_rows: usize) -> Result<Option<Bitmap>> {
        if self.byte()? == 0 { Ok(None) } else { self.bits(n_rows).map(Some) }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
