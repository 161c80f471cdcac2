//! What is known of rows that one stage leaves for the next.

use crate::base::Result;
use crate::chunk::dataframe::{column_bytes, table_bytes, table_error};
use crate::chunk::table_bound::{Bound, varies, width};
use crate::kernel::table::divide::Buckets;
use crate::kernel::table::lookup::gather;
use polars::prelude::{DataFrame, DataType, IdxSize};
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
    /// What a table holds.
    pub fn of(rows: &DataFrame) -> Measured {
        let var_bytes = rows.columns().iter().filter(|c| varies(c.dtype())).map(column_bytes).sum();
        Measured { bound: Bound { rows: rows.height() as u64, var_bytes }, bytes: table_bytes(rows) }
    }

    /// What each bucket of a table will hold by itself. The table's columns are in one piece.
    ///
    /// # Errors
    /// Polars' own.
    pub fn of_buckets(table: &DataFrame, buckets: &Buckets) -> Result<Vec<Measured>> {
        let mut all = vec![Measured::default(); buckets.n_buckets()];
        let mut row_bits = 0;
        let varying = |all: &mut [Measured], bytes: &dyn Fn(&[IdxSize]) -> u64| {
            for (i, m) in all.iter_mut().enumerate().filter(|(i, _)| !buckets.of(*i).is_empty()) {
                let bytes = bytes(buckets.of(i));
                m.bytes += bytes;
                m.bound.var_bytes += bytes;
            }
        };
        for c in table.columns() {
            match c.dtype() {
                DataType::String => {
                    let strings = c.str().map_err(table_error)?.rechunk();
                    varying(&mut all, &|rows| of_views(strings.downcast_as_array().views(), rows));
                }
                DataType::Binary => {
                    let strings = c.binary().map_err(table_error)?.rechunk();
                    varying(&mut all, &|rows| of_views(strings.downcast_as_array().views(), rows));
                }
                d if varies(d) => {
                    let column = DataFrame::new(table.height(), vec![c.clone()]).map_err(table_error)?;
                    varying(&mut all, &|rows| table_bytes(&gather(&column, rows)));
                }
                d => row_bits += 8 * width(d) - if c.null_count() > 0 { 7 } else { 8 },
            }
        }
        for (i, m) in all.iter_mut().enumerate() {
            m.bound.rows = buckets.of(i).len() as u64;
            m.bytes += (m.bound.rows * row_bits).div_ceil(8);
        }
        Ok(all)
    }
}

/// Bytes of rows of a column of strings by themselves: short ones are in their views.
fn of_views(views: &[View], rows: &[IdxSize]) -> u64 {
    let long = |n: u32| if n > View::MAX_INLINE_SIZE { u64::from(n) } else { 0 };
    let n_rows = rows.len() as u64;
    16 * n_rows + n_rows / 8 + 1 + rows.iter().map(|&r| long(views[r as usize].length)).sum::<u64>()
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
