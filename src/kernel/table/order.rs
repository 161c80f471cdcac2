//! Keys of several columns as bytes that compare as the rows do.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use polars::prelude::{BinaryOffsetChunked, DataFrame, PlSmallStr};
use polars_core::prelude::row_encode::_get_rows_encoded_ca;

/// Keys of rows as bytes.
pub struct Sorted(BinaryOffsetChunked);

impl Sorted {
    /// The keys of rows, columns by their weight, each with its direction and the place of its nulls.
    ///
    /// # Errors
    /// Columns that have no order.
    pub fn new(keys: &DataFrame, descending: &[bool], nulls_last: &[bool]) -> Result<Sorted> {
        let encoded = _get_rows_encoded_ca(PlSmallStr::EMPTY, keys.columns(), descending, nulls_last, false);
        Ok(Sorted(encoded.map_err(table_error)?.rechunk().into_owned()))
    }

    /// The keys, in the order of the rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.downcast_as_array().values_iter()
    }
}

/// Up to `n - 1` keys that cut a sample into `n` parts of about equal size; fewer where keys are equal.
pub fn cuts(mut sample: Vec<Vec<u8>>, n: usize) -> Vec<Vec<u8>> {
    sample.sort_unstable();
    let mut cuts: Vec<Vec<u8>> = (1..n).filter_map(|i| sample.get(i * sample.len() / n).cloned()).collect();
    cuts.dedup();
    cuts
}
