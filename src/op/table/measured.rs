//! What is known of rows that one stage leaves for the next.

use crate::base::Result;
use crate::chunk::dataframe::{apart, column_bytes, table_bytes, table_error};
use crate::chunk::table_bound::{Bound, varies, width};
use crate::kernel::table::divide::Ends;
use polars::prelude::{Column, DataFrame, DataType, IdxSize, PolarsResult};
use polars_arrow::array::View;
use std::ops::Range;

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
        let var_bytes = |c: &Column| match (c.str(), c.binary()) {
            (Ok(texts), _) => texts.downcast_iter().map(|a| of_views(a.views())).sum::<u64>().max(column_bytes(c)),
            (_, Ok(texts)) => texts.downcast_iter().map(|a| of_views(a.views())).sum::<u64>().max(column_bytes(c)),
            _ if varies(c.dtype()) => column_bytes(c),
            _ => 0,
        };
        let var_bytes = rows.columns().iter().map(var_bytes).sum();
        Measured { bound: Bound { rows: rows.height() as u64, var_bytes }, bytes: table_bytes(rows) }
    }

    /// What each bucket of a table will hold by itself. The table's rows are in order of the buckets, its columns in one piece.
    ///
    /// # Errors
    /// Polars' own.
    pub fn of_buckets(table: &DataFrame, ends: &Ends) -> Result<Vec<Measured>> {
        let mut all = vec![Measured::default(); ends.n_buckets()];
        let mut row_bits = 0;
        let varying = |all: &mut [Measured], bytes: &dyn Fn(Range<usize>) -> u64| {
            for (i, m) in all.iter_mut().enumerate().filter(|(i, _)| !ends.of(*i).is_empty()) {
                let bytes = bytes(ends.of(i));
                m.bytes += bytes;
                m.bound.var_bytes += bytes;
            }
        };
        for c in table.columns() {
            match c.dtype() {
                DataType::String => {
                    let strings = c.str().map_err(table_error)?.rechunk();
                    varying(&mut all, &|rows| of_views(&strings.downcast_as_array().views()[rows]));
                }
                DataType::Binary => {
                    let strings = c.binary().map_err(table_error)?.rechunk();
                    varying(&mut all, &|rows| of_views(&strings.downcast_as_array().views()[rows]));
                }
                // A slice of lists has all values of its column.
                d if varies(d) => {
                    let taken =
                        |rows: Range<usize>| c.take_slice(&(rows.start as IdxSize..rows.end as IdxSize).collect::<Vec<_>>());
                    let sizes = (0..ends.n_buckets()).map(|i| taken(ends.of(i)).map(|c| column_bytes(&c)));
                    let sizes = apart(|| sizes.collect::<PolarsResult<Vec<_>>>()).map_err(table_error)?;
                    for (m, bytes) in all.iter_mut().zip(sizes).filter(|(_, bytes)| *bytes > 0) {
                        m.bytes += bytes;
                        m.bound.var_bytes += bytes;
                    }
                }
                d => row_bits += 8 * width(d) - if c.null_count() > 0 { 7 } else { 8 },
            }
        }
        for (i, m) in all.iter_mut().enumerate() {
            m.bound.rows = ends.of(i).len() as u64;
            m.bytes += (m.bound.rows * row_bits).div_ceil(8);
        }
        Ok(all)
    }
}

/// Bytes of rows of a column of strings by themselves: short ones are in their views.
fn of_views(views: &[View]) -> u64 {
    let long = |n: u32| if n > View::MAX_INLINE_SIZE { u64::from(n) } else { 0 };
    let n_rows = views.len() as u64;
    16 * n_rows + n_rows / 8 + 1 + views.iter().map(|v| long(v.length)).sum::<u64>()
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
