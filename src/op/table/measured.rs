//! What is known of rows that one stage leaves for the next.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use crate::chunk::table_bound::{Bound, varies, width};
use crate::chunk::table_bytes::{column_bytes, own_bytes, table_bytes};
use crate::kernel::table::divide::Ends;
use polars::prelude::{Column, DataFrame, DataType, Series};
use polars_arrow::array::View;

/// Rows and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Rows and bytes of strings and lists.
    pub bound: Bound,
    /// Bytes in memory.
    pub bytes: u64,
}

/// Rows are never taken for narrower than this.
const LEAST_ROW_BYTES: u64 = 16;

impl Measured {
    /// What rows that are sorted, grouped or joined weigh: their bytes, or, of narrow ones, a part of what their keys and places take meanwhile.
    pub fn weight(&self) -> u64 {
        self.bytes.max(self.bound.rows.saturating_mul(LEAST_ROW_BYTES))
    }

    /// What a table holds. Texts that rows share count for each of them, since who takes rows may copy them.
    pub fn of(rows: &DataFrame) -> Measured {
        let varying = |c: &Column| match texts(c) {
            Some(pieces) => column_bytes(c).saturating_sub(VIEW_BYTES * c.len() as u64).max(pieces.into_iter().map(lengths).sum()),
            None => column_bytes(c).max(own_bytes(c, 0..c.len())),
        };
        let var_bytes = rows.columns().iter().filter(|c| varies(c.dtype())).map(varying).sum();
        Measured { bound: Bound { rows: rows.height() as u64, var_bytes }, bytes: table_bytes(rows) }
    }

    /// What each bucket of a table will hold by itself. The table's rows are in order of the buckets, its columns in one piece.
    pub fn of_buckets(table: &DataFrame, ends: &Ends) -> Vec<Measured> {
        let mut all = vec![Measured::default(); ends.n_buckets()];
        let mut row_bits = 0;
        for c in table.columns() {
            if !varies(c.dtype()) {
                row_bits += 8 * width(c.dtype()) - if c.null_count() > 0 { 7 } else { 8 };
                continue;
            }
            let pieces = texts(c).unwrap_or_default();
            for (i, m) in all.iter_mut().enumerate() {
                let bytes = if ends.of(i).is_empty() { 0 } else { own_bytes(c, ends.of(i)) };
                let var_bytes = match pieces[..] {
                    [views] => lengths(&views[ends.of(i)]),
                    _ => bytes,
                };
                m.bytes += bytes;
                m.bound.var_bytes += var_bytes;
            }
        }
        for (i, m) in all.iter_mut().enumerate() {
            m.bound.rows = ends.of(i).len() as u64;
            m.bytes += (m.bound.rows * row_bits).div_ceil(8);
        }
        all
    }
}

/// Bytes of strings and lists of all rows, as a [`Bound`] counts them.
///
/// # Errors
/// Polars' own.
pub fn varying_of_all(rows: &DataFrame) -> Result<u64> {
    let of = |c: &Column| -> Result<u64> {
        Ok(match texts(c) {
            Some(pieces) => pieces.into_iter().map(lengths).sum(),
            None => varying_of_rows(&c.clone().into_frame())?.into_iter().map(u64::from).sum(),
        })
    };
    rows.columns().iter().filter(|c| varies(c.dtype())).map(of).sum()
}

/// Bytes of strings and lists of every row, as a [`Bound`] counts them; nothing where no column has any.
///
/// # Errors
/// Polars' own.
pub fn varying_of_rows(rows: &DataFrame) -> Result<Vec<u32>> {
    let mut all = Vec::new();
    for c in rows.columns().iter().filter(|c| varies(c.dtype())) {
        all.resize(rows.height(), 0u32);
        match c {
            Column::Series(s) => add_varying(s, &mut all)?,
            Column::Scalar(one) => {
                let mut of_one = [0];
                add_varying(&one.as_single_value_series(), if c.is_empty() { &mut [] } else { &mut of_one })?;
                all.iter_mut().for_each(|n| *n = n.saturating_add(of_one[0]));
            }
        }
    }
    Ok(all)
}

/// Bytes of strings and lists of the row that has most.
///
/// # Errors
/// Polars' own.
pub fn longest_row(rows: &DataFrame) -> Result<u64> {
    Ok(varying_of_rows(rows)?.into_iter().max().unwrap_or(0).into())
}

/// Adds the bytes of every value. Those of a list are its length times the longest of all values in lists.
fn add_varying(values: &Series, to: &mut [u32]) -> Result<()> {
    let mut rows = to.iter_mut();
    let mut add = |n: u64| rows.next().into_iter().for_each(|row| *row = row.saturating_add(u32::try_from(n).unwrap_or(u32::MAX)));
    match values.dtype() {
        DataType::String => values.str().map_err(table_error)?.iter().for_each(|v| add(v.map_or(0, str::len) as u64)),
        DataType::Binary => values.binary().map_err(table_error)?.iter().for_each(|v| add(v.map_or(0, <[u8]>::len) as u64)),
        DataType::List(inner) => {
            let lists = values.list().map_err(table_error)?;
            let each = width(inner) + most_varying(&lists.get_inner())?;
            lists.downcast_iter().flat_map(|a| a.offsets().lengths()).for_each(|n| add(n as u64 * each));
        }
        DataType::Struct(_) => {
            for field in values.struct_().map_err(table_error)?.fields_as_series() {
                to.iter_mut().for_each(|row| *row = row.saturating_add(width(field.dtype()) as u32));
                if varies(field.dtype()) {
                    add_varying(&field, to)?;
                }
            }
        }
        _ => {
            let each = (values.estimated_size() as u64).div_ceil(values.len().max(1) as u64);
            to.iter_mut().for_each(|row| *row = row.saturating_add(u32::try_from(each).unwrap_or(u32::MAX)));
        }
    }
    Ok(())
}

/// Bytes of the longest value.
fn most_varying(values: &Series) -> Result<u64> {
    if !varies(values.dtype()) {
        return Ok(0);
    }
    let mut all = vec![0; values.len()];
    add_varying(values, &mut all)?;
    Ok(all.into_iter().max().unwrap_or(0).into())
}

/// The views of a column of strings, piece by piece; None for other columns, and where one value stands for all rows.
fn texts(column: &Column) -> Option<Vec<&[View]>> {
    let Column::Series(series) = column else { return None };
    match series.dtype() {
        DataType::String => Some(series.str().ok()?.downcast_iter().map(|a| a.views().as_slice()).collect()),
        DataType::Binary => Some(series.binary().ok()?.downcast_iter().map(|a| a.views().as_slice()).collect()),
        _ => None,
    }
}

/// Bytes of a value of a column of strings in its row.
const VIEW_BYTES: u64 = size_of::<View>() as u64;

/// The bytes of texts alone, as a [`Bound`] counts them.
fn lengths(views: &[View]) -> u64 {
    views.iter().map(|v| u64::from(v.length)).sum()
}

impl std::ops::AddAssign for Measured {
    fn add_assign(&mut self, other: Measured) {
        self.bound = self.bound.plus(other.bound);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl std::iter::Sum for Measured {
    fn sum<I: Iterator<Item = Measured>>(all: I) -> Measured {
        all.fold(Measured::default(), |mut sum, m| {
            sum += m;
            sum
        })
    }
}
