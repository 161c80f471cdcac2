//! Which of several buckets a row goes to, by the hash of its key or by its place in an order.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::kernel::table::order::Sorted;
use polars::polars_utils::aliases::PlSeedableRandomStateQuality;
use polars::prelude::{DataFrame, IdxSize};
use polars_core::hashing::columns_to_hashes;

/// Rows of every bucket, rising.
pub type Buckets = Vec<Vec<IdxSize>>;

/// Rows by the hash of their keys, which is the same in every process: equal keys are in one bucket.
///
/// # Errors
/// Keys that have no hash.
pub fn by_hash(keys: &DataFrame, n_buckets: usize) -> Result<Buckets> {
    let mut hashes = Vec::with_capacity(keys.height());
    columns_to_hashes(keys, Some(PlSeedableRandomStateQuality::fixed()), &mut hashes).map_err(table_error)?;
    let n = n_buckets as u128;
    Ok(deal(n_buckets, hashes.iter().map(|&h| ((u128::from(h) * n) >> 64) as usize)))
}

/// Rows by their place among `cuts`, which rise: bucket `i` has what is not less than cut `i - 1` and less than cut `i`.
///
/// # Errors
/// A bug: cuts of other columns.
pub fn by_order(rows: &Sorted, cuts: &[Vec<u8>]) -> Result<Buckets> {
    if !cuts.is_sorted() {
        return Err(Error::bug("cuts that do not rise"));
    }
    Ok(deal(cuts.len() + 1, rows.iter().map(|r| cuts.partition_point(|c| c.as_slice() <= r))))
}

fn deal(n_buckets: usize, of_rows: impl ExactSizeIterator<Item = usize>) -> Buckets {
    let share = of_rows.len() / n_buckets.max(1);
    let mut buckets: Buckets = (0..n_buckets).map(|_| Vec::with_capacity(share + share / 4)).collect();
    for (row, bucket) in of_rows.enumerate() {
        buckets[bucket].push(row as IdxSize);
    }
    buckets
}
