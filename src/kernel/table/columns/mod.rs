//! Rows of tables as bytes that are quickly made and few: numbers as narrow as their range in the block, texts that repeat as numbers.
//!
//! Bytes are for the process that made them: they say nothing of names and types, and are taken for what was written (who keeps them has a
//! checksum of them). Columns without a form of their own here (lists, structs, categories) are Arrow IPC.

mod numbers;
mod texts;

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, stack, table_error};
use crate::kernel::table::rows::RowsOf;
use numbers::Number;
use polars::prelude::{
    Column, DataFrame, DataType, IdxSize, IpcCompression, IpcWriter, PlSmallStr, PolarsResult, Schema, SchemaRef, SerWriter, Series,
};
use polars_arrow::array::{Array, BinaryViewArray, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};
use polars_arrow::io::ipc::read::{FileReader, read_file_metadata};
use std::io::Cursor;
use std::sync::Arc;

/// Some rows of a table.
pub type Some<'a> = (&'a DataFrame, &'a [IdxSize]);

/// A column in one piece, as it is stored, and which rows of it.
type Part<'a> = (Series, &'a [IdxSize]);

/// How a column is stored.
enum Form {
    Number(DataType),
    Bool,
    Text,
    Other,
}

impl Form {
    fn of(dtype: &DataType) -> Form {
        match dtype {
            DataType::Categorical(..) | DataType::Enum(..) => return Form::Other,
            _ => {}
        }
        match dtype.to_physical() {
            DataType::Boolean => Form::Bool,
            DataType::String | DataType::Binary => Form::Text,
            d if d.is_primitive_numeric() && !matches!(d, DataType::Float16) => Form::Number(d),
            _ => Form::Other,
        }
    }
}

/// Runs a piece of code with `$n` as the type of the numbers of a physical type.
macro_rules! with_number {
    ($dtype:expr, $n:ident => $run:expr) => {
        match $dtype {
            DataType::Int8 => {
                type $n = i8;
                $run
            }
            DataType::Int16 => {
                type $n = i16;
                $run
            }
            DataType::Int32 => {
                type $n = i32;
                $run
            }
            DataType::Int64 => {
                type $n = i64;
                $run
            }
            DataType::Int128 => {
                type $n = i128;
                $run
            }
            DataType::UInt8 => {
                type $n = u8;
                $run
            }
            DataType::UInt16 => {
                type $n = u16;
                $run
            }
            DataType::UInt32 => {
                type $n = u32;
                $run
            }
            DataType::UInt64 => {
                type $n = u64;
                $run
            }
            DataType::UInt128 => {
                type $n = u128;
                $run
            }
            DataType::Float32 => {
                type $n = f32;
                $run
            }
            DataType::Float64 => {
                type $n = f64;
                $run
            }
            other => Err(Error::bug(format!("{other} is no type of numbers"))),
        }
    };
}

/// Rows of several tables, one after the other, as bytes.
///
/// # Errors
/// A bug: other columns than the schema's, rows that there are not.
pub fn encode<'a>(schema: &Schema, from: &[Some<'a>]) -> Result<Vec<u8>> {
    if from.iter().any(|(table, rows)| table.width() != schema.len() || rows.iter().any(|&r| r as usize >= table.height())) {
        return Err(Error::bug("rows of a table that it does not have"));
    }
    let mut out = Vec::new();
    let n_rows: usize = from.iter().map(|(_, rows)| rows.len()).sum();
    out.extend((n_rows as u64).to_le_bytes());
    for (i, (name, dtype)) in schema.iter().enumerate() {
        if from.iter().any(|(table, _)| table.columns()[i].dtype() != dtype) {
            return Err(Error::bug(format!("a column '{name}' that is not {dtype}")));
        }
        // Categories are numbered by piece, and a file of Arrow has one number for each: there must be one piece.
        let part = |&(table, rows): &Some<'a>| (table.columns()[i].as_materialized_series().rechunk(), rows);
        let parts: Vec<Part<'a>> = from.iter().map(part).collect();
        match Form::of(dtype) {
            Form::Number(d) => with_number!(d, N => put_numbers::<N>(&parts, &mut out))?,
            Form::Bool => put_bools(&parts, &mut out)?,
            Form::Text => put_texts(&parts, &mut out)?,
            Form::Other => put_other(name, dtype, &parts, &mut out)?,
        }
    }
    Ok(out)
}

/// The table of these columns that [`encode`] made bytes of, in one piece.
///
/// # Errors
/// Bytes that are none.
pub fn decode(schema: &SchemaRef, bytes: &[u8]) -> Result<DataFrame> {
    let mut rest = Rest(bytes);
    let n_rows = rest.number()? as usize;
    let column = |(name, dtype): (&PlSmallStr, &DataType)| {
        let array = match Form::of(dtype) {
            Form::Number(d) => with_number!(d, N => numbers_of::<N>(n_rows, &mut rest))?,
            Form::Bool => bools_of(n_rows, &mut rest)?,
            Form::Text => {
                let valid = rest.validity(n_rows)?;
                let texts = texts::decode(n_rows, &mut rest)?;
                if texts.len() != n_rows {
                    return Err(broken());
                }
                // SAFETY: the texts of a column of strings are what strings were.
                let texts =
                    if dtype == &DataType::String { unsafe { texts.to_utf8view_unchecked() }.boxed() } else { texts.boxed() };
                texts.with_validity(valid)
            }
            Form::Other => return other_of(name, n_rows, &mut rest),
        };
        // SAFETY: the array has the type that is stored for this one.
        Ok(Column::from(unsafe { Series::from_chunks_and_dtype_unchecked(name.clone(), vec![array], dtype) }))
    };
    let columns = schema.iter().map(column).collect::<Result<Vec<_>>>()?;
    if !rest.0.is_empty() {
        return Err(broken());
    }
    DataFrame::new(n_rows, columns).map_err(table_error)
}

fn broken() -> Error {
    Error::corrupt("rows of a query are not as they were written")
}

/// The array of a series in one piece.
fn array<A: Array>(series: &Series) -> Result<&A> {
    let of = |chunk: &Box<dyn Array>| chunk.as_any().downcast_ref::<A>().map(std::ptr::from_ref);
    let found = if let [chunk] = series.chunks().as_slice() { of(chunk) } else { None };
    // SAFETY: the array lies in the series, which is borrowed for as long.
    found.map(|a| unsafe { &*a }).ok_or_else(|| Error::bug(format!("a column of {} that is stored otherwise", series.dtype())))
}

fn put_numbers<N: Number>(parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
    put_validity(parts, out);
    let mut values = Vec::with_capacity(parts.iter().map(|p| p.1.len()).sum());
    for (series, rows) in parts {
        let stored = series.to_physical_repr();
        let of = array::<PrimitiveArray<N>>(&stored)?.values().as_slice();
        values.extend(rows.iter().map(|&r| of[r as usize].whole()));
    }
    numbers::encode(&values, out);
    Ok(())
}

fn numbers_of<N: Number>(n_rows: usize, rest: &mut Rest<'_>) -> Result<Box<dyn Array>> {
    let valid = rest.validity(n_rows)?;
    let values: Vec<N> = numbers::decode(n_rows, rest)?;
    Ok(PrimitiveArray::from_vec(values).with_validity(valid).boxed())
}

fn put_bools(parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
    put_validity(parts, out);
    let mut bits = BitmapBuilder::new();
    for (series, rows) in parts {
        let of = array::<BooleanArray>(series)?.values();
        rows.iter().for_each(|&r| bits.push(of.get_bit(r as usize)));
    }
    put_bits(&bits.freeze(), out);
    Ok(())
}

fn bools_of(n_rows: usize, rest: &mut Rest<'_>) -> Result<Box<dyn Array>> {
    let valid = rest.validity(n_rows)?;
    let values = rest.bits(n_rows)?;
    Ok(BooleanArray::from(values).with_validity(valid).boxed())
}

fn put_texts(parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
    put_validity(parts, out);
    let texts = |series: &Series| match series.dtype() {
        DataType::String => array::<Utf8ViewArray>(series).map(Utf8ViewArray::to_binview),
        _ => array::<BinaryViewArray>(series).cloned(),
    };
    let arrays = parts.iter().map(|(series, rows)| Ok((texts(series)?, *rows))).collect::<Result<Vec<_>>>()?;
    texts::encode(&arrays, out)
}

/// A column as Arrow IPC.
fn put_other(name: &PlSmallStr, dtype: &DataType, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
    let schema = Schema::from_iter([(name.clone(), dtype.clone())]);
    let mut rows = RowsOf::new(Arc::new(schema), parts.iter().map(|(_, rows)| rows.len()).sum());
    for (series, of) in parts {
        rows.gather(&series.clone().into_frame(), of)?;
    }
    let (mut column, mut bytes) = (rows.finish(), Vec::new());
    let mut writer = IpcWriter::new(&mut bytes).with_compression(Some(IpcCompression::LZ4)).with_parallel(false);
    apart(|| writer.finish(&mut column)).map_err(|e| Error::bug(format!("a column cannot be written as Arrow IPC: {e}")))?;
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
    Ok(())
}

fn other_of(name: &PlSmallStr, n_rows: usize, rest: &mut Rest<'_>) -> Result<Column> {
    let n = rest.number()?;
    let mut bytes = Cursor::new(rest.take(n as usize)?);
    let metadata = read_file_metadata(&mut bytes).map_err(|_| broken())?;
    // SAFETY: these are the bytes that Polars wrote in this process.
    let reader = unsafe { FileReader::new(bytes, metadata, None, None).unchecked() };
    let tables = apart(|| reader.map(|batch| Ok(Arc::new(DataFrame::from(batch?)))).collect::<PolarsResult<Vec<_>>>());
    let mut table = stack(&tables.map_err(|_| broken())?)?;
    table.rechunk_mut();
    if table.height() == n_rows { Ok(table.column(name).map_err(table_error)?.clone()) } else { Err(broken()) }
}

fn put_validity(parts: &[Part<'_>], out: &mut Vec<u8>) {
    if parts.iter().all(|(series, _)| series.null_count() == 0) {
        out.push(0);
        return;
    }
    let mut valid = BitmapBuilder::new();
    for (series, rows) in parts {
        match series.chunks().first().and_then(|c| c.validity()) {
            Some(of) => rows.iter().for_each(|&r| valid.push(of.get_bit(r as usize))),
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
