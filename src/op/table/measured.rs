//! What is known of rows that one stage leaves for the next.

use crate::base::Result;
use crate::chunk::dataframe::{apart, column_bytes, table_bytes, table_error};
use crate::chunk::table_bound::{Bound, varies, width};
use crate::kernel::table::divide::Ends;
use polars::prelude::{Column, DataFrame, DataType, IdxSize};
use polars_arrow::array::View;

/// Rows and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Rows and bytes of strings and lists.
    pub bound: Bound,
    /// Bytes in memory.
    pub bytes: u64,
}

impl Measured {
    /// What a table holds. Texts that rows share count for each of them, since who takes rows may copy them.
    pub fn of(rows: &DataFrame) -> Measured {
        let varying = |c: &Column| match texts(c) {
            Some(pieces) => {
                let apart = pieces.into_iter().map(|views| Texts::of(views).text_bytes).sum();
                column_bytes(c).saturating_sub(VIEW_BYTES * c.len() as u64).max(apart)
            }
            None => column_bytes(c),
        };
        let var_bytes = rows.columns().iter().filter(|c| varies(c.dtype())).map(varying).sum();
        Measured { bound: Bound { rows: rows.height() as u64, var_bytes }, bytes: table_bytes(rows) }
    }

    /// What each bucket of a table will hold by itself. The table's rows are in order of the buckets, its columns in one piece.
    ///
    /// # Errors
    /// Polars' own.
    pub fn of_buckets(table: &DataFrame, ends: &Ends) -> Result<Vec<Measured>> {
        let mut all = vec![Measured::default(); ends.n_buckets()];
        let mut row_bits = 0;
        for c in table.columns() {
            if !varies(c.dtype()) {
                row_bits += 8 * width(c.dtype()) - if c.null_count() > 0 { 7 } else { 8 };
                continue;
            }
            let pieces = texts(c).unwrap_or_default();
            for (i, m) in all.iter_mut().enumerate() {
                let (bytes, var_bytes) = match pieces[..] {
                    _ if ends.of(i).is_empty() => continue,
                    [views] => {
                        let t = Texts::of(&views[ends.of(i)]);
                        (t.bytes, t.text_bytes)
                    }
                    // A slice of lists has all values of its column.
                    _ => {
                        let rows: Vec<_> = ends.of(i).map(|row| row as IdxSize).collect();
                        let bytes = apart(|| c.take_slice(&rows)).map(|c| column_bytes(&c)).map_err(table_error)?;
                        (bytes, bytes)
                    }
                };
                m.bytes += bytes;
                m.bound.var_bytes += var_bytes;
            }
        }
        for (i, m) in all.iter_mut().enumerate() {
            m.bound.rows = ends.of(i).len() as u64;
            m.bytes += (m.bound.rows * row_bits).div_ceil(8);
        }
        Ok(all)
    }
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

/// Rows of a column of strings by themselves.
struct Texts {
    /// In memory: short ones are in their views.
    bytes: u64,
    /// Of the texts alone, as a [`Bound`] counts them.
    text_bytes: u64,
}

impl Texts {
    fn of(views: &[View]) -> Texts {
        let n_rows = views.len() as u64;
        let (mut long, mut text_bytes) = (0, 0);
        for v in views {
            let n = u64::from(v.length);
            text_bytes += n;
            long += if v.length > View::MAX_INLINE_SIZE { n } else { 0 };
        }
        Texts { bytes: VIEW_BYTES * n_rows + n_rows / 8 + 1 + long, text_bytes }
    }
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
