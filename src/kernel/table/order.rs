//! Keys of several columns as bytes that compare as the rows do.

use crate::base::Result;
use crate::chunk::dataframe::table_error;
use polars::prelude::{BinaryOffsetChunked, DataFrame, DataType, IdxSize, PlSmallStr, SortMultipleOptions};
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

/// The flag of each of `n` keys: one for each, or one for all.
pub fn each(flags: &[bool], n: usize) -> impl Iterator<Item = bool> {
    (0..n).map(|i| flags.get(i).or(flags.first()).copied().unwrap_or(false))
}

/// The rows of keys in their order, equal ones in theirs; None for types whose order is not that of their bytes.
///
/// # Errors
/// Polars' own.
pub fn rows_in_order(keys: &DataFrame, options: &SortMultipleOptions) -> Result<Option<Vec<IdxSize>>> {
    let has_bytes = |d: &DataType| !d.is_nested() && !d.is_categorical() && !d.is_enum() && !d.is_object() && !d.is_null();
    if !keys.columns().iter().all(|c| has_bytes(c.dtype())) {
        return Ok(None);
    }
    let flags = |flags: &[bool]| each(flags, keys.width()).collect::<Vec<_>>();
    let sorted = Sorted::new(keys, &flags(&options.descending), &flags(&options.nulls_last))?;
    let bytes = sorted.0.downcast_as_array();
    // The first bytes as a number tell most keys apart, and short ones whole.
    let mut rows: Vec<(u128, IdxSize)> = sorted.iter().map(first_bytes).zip(0..).collect();
    let is_short = sorted.iter().map(<[u8]>::len).max().unwrap_or(0) <= size_of::<u128>();
    if is_short {
        rows.sort_unstable();
    } else {
        rows.sort_unstable_by(|a, b| {
            let whole = |row: IdxSize| bytes.value(row as usize);
            a.0.cmp(&b.0).then_with(|| whole(a.1).cmp(whole(b.1))).then(a.1.cmp(&b.1))
        });
    }
    Ok(Some(rows.into_iter().map(|(_, row)| row).collect()))
}

/// The first bytes of a key as a number: keys that differ in them come as these numbers do.
pub(super) fn first_bytes(key: &[u8]) -> u128 {
    let mut first = [0; size_of::<u128>()];
    let n = key.len().min(first.len());
    first[..n].copy_from_slice(&key[..n]);
    u128::from_be_bytes(first)
}

/// Up to `n - 1` keys that cut a sample into `n` parts of about equal size; fewer where keys are equal.
pub fn cuts(mut sample: Vec<Vec<u8>>, n: usize) -> Vec<Vec<u8>> {
    sample.sort_unstable();
    let mut cuts: Vec<Vec<u8>> = (1..n).filter_map(|i| sample.get(i * sample.len() / n).cloned()).collect();
    cuts.dedup();
    cuts
}
