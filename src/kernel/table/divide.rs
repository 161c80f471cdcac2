//! Which of several buckets a row goes to, by the hash of its key or by its place in an order.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::kernel::table::order::{Sorted, first_bytes};
use polars::polars_utils::aliases::PlSeedableRandomStateQuality;
use polars::prelude::{DataFrame, IdxSize, UInt64Chunked};
use polars_core::hashing::columns_to_hashes;
use std::ops::Range;

/// Rows of every bucket, rising.
#[derive(Debug)]
pub struct Buckets {
    /// Of all buckets, one after the other.
    rows: Vec<IdxSize>,
    /// Where each ends among them.
    ends: Vec<IdxSize>,
}

impl Buckets {
    /// All rows, bucket by bucket, and where each bucket ends among them.
    pub fn into_parts(self) -> (Vec<IdxSize>, Ends) {
        (self.rows, Ends(self.ends))
    }
}

/// Where buckets end in rows that are in their order.
#[derive(Debug)]
pub struct Ends(Vec<IdxSize>);

impl Ends {
    /// Rows of bucket `i`.
    pub fn of(&self, i: usize) -> Range<usize> {
        let first = if i == 0 { 0 } else { self.0[i - 1] };
        first as usize..self.0[i] as usize
    }

    /// Number of buckets.
    pub fn n_buckets(&self) -> usize {
        self.0.len()
    }

    /// Bytes in memory.
    pub fn n_bytes(&self) -> u64 {
        (self.0.len() * size_of::<IdxSize>()) as u64
    }
}

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
    // Most keys differ in their first bytes, which compare as numbers; and what the first and the last cut begin with does not tell them apart.
    let firsts: Vec<u128> = cuts.iter().map(|c| first_bytes(c)).collect();
    let (least, most) = (firsts.first().copied().unwrap_or(0), firsts.last().copied().unwrap_or(0));
    let alike_bits = (least ^ most).leading_zeros().min(u64::BITS);
    let narrow = |first: u128| (first.clamp(least, most) << alike_bits >> u64::BITS) as u64;
    let narrowed: Vec<u64> = firsts.iter().map(|&f| narrow(f)).collect();
    let bucket = |row: &[u8]| {
        let first = first_bytes(row);
        let rough = narrow(first);
        let mut less = narrowed.partition_point(|&n| n < rough);
        while less < firsts.len() && firsts[less] < first {
            less += 1;
        }
        let alike = firsts[less..].iter().take_while(|&&f| f == first).count();
        less + cuts[less..less + alike].partition_point(|cut| cut.as_slice() <= row)
    };
    Ok(deal(cuts.len() + 1, rows.iter().map(bucket)))
}

/// Rows by their numbers among `cuts`, which rise: bucket `i` has those from cut `i - 1` on that are less than cut `i`. Rows without one come last.
pub fn by_number(numbers: &UInt64Chunked, cuts: &[u64]) -> Buckets {
    let bucket = |n: Option<u64>| n.map_or(cuts.len(), |n| cuts.partition_point(|&cut| cut <= n));
    deal(cuts.len() + 1, numbers.iter().map(bucket))
}

fn deal(n_buckets: usize, of_rows: impl Iterator<Item = usize>) -> Buckets {
    let buckets: Vec<u32> = of_rows.map(|b| b as u32).collect();
    let mut ends = vec![0; n_buckets];
    for &b in &buckets {
        ends[b as usize] += 1;
    }
    let mut next = Vec::with_capacity(n_buckets);
    let mut end = 0;
    for e in &mut ends {
        next.push(end);
        end += *e;
        *e = end;
    }
    let mut rows = vec![0; buckets.len()];
    for (row, &b) in buckets.iter().enumerate() {
        let at = &mut next[b as usize];
        rows[*at as usize] = row as IdxSize;
        *at += 1;
    }
    Buckets { rows, ends }
}
