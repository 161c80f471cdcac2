//! Keys of several columns as bytes that compare as the rows do.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::kernel::table::dense::{each_value, numbers};
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
    if let [only] = keys.columns()
        && only.null_count() == 0
        && let Some(numbers) = numbers(only).filter(|n| n.null_count() == 0)
    {
        let falls = if flags(&options.descending)[0] { u64::MAX } else { 0 };
        // The sign turned, numbers compare as their bits do.
        return Ok(Some(by_bits(each_value(&numbers).map(|v| (v as u64 ^ 1 << 63) ^ falls))));
    }
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

/// Fewer rows are sorted by comparing them.
const FEW_ROWS: usize = 1 << 10;
/// Bits that rows are dealt by at a time.
const DIGIT_BITS: u32 = 11;

/// Rows in the order of their numbers, equal ones in theirs: dealt by one digit of those bits that differ after the other, the least first.
fn by_bits(values: impl Iterator<Item = u64>) -> Vec<IdxSize> {
    let mut rows: Vec<(u64, IdxSize)> = values.zip(0..).collect();
    if rows.len() < FEW_ROWS {
        rows.sort_unstable();
        return rows.into_iter().map(|(_, row)| row).collect();
    }
    let digits = 1 << DIGIT_BITS;
    let first = rows[0].0;
    let mut differ = rows.iter().fold(0, |bits, (v, _)| bits | (v ^ first));
    let mut dealt = vec![(0, 0); if differ == 0 { 0 } else { rows.len() }];
    while differ != 0 {
        let shift = differ.trailing_zeros();
        let digit = |v: u64| (v >> shift) as usize & (digits - 1);
        let mut next = vec![0u32; digits];
        rows.iter().for_each(|&(v, _)| next[digit(v)] += 1);
        let mut before = 0;
        for n in &mut next {
            before += std::mem::replace(n, before);
        }
        for &(v, row) in &rows {
            let place = &mut next[digit(v)];
            dealt[*place as usize] = (v, row);
            *place += 1;
        }
        std::mem::swap(&mut rows, &mut dealt);
        differ &= !((digits as u64 - 1) << shift);
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The first bytes of a key as a number: keys that differ in them come as these numbers do.
pub(super) fn first_bytes(key: &[u8]) -> u128 {
    let mut first = [0; size_of::<u128>()];
    let n = key.len().min(first.len());
    first[..n].copy_from_slice(&key[..n]);
    u128::from_be_bytes(first)
}

/// A key of a sample, with how many rows it stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sampled {
    /// The key's bytes.
    pub key: Vec<u8>,
    /// Rows.
    pub rows: u32,
}

impl Sampled {
    /// Key and number as bytes.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.key.extend(self.rows.to_le_bytes());
        self.key
    }

    /// What [`into_bytes`](Sampled::into_bytes) made.
    ///
    /// # Errors
    /// A bug: other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Sampled> {
        let (key, rows) = bytes.split_last_chunk().ok_or_else(|| Error::bug("a sample without its number of rows"))?;
        Ok(Sampled { key: key.to_vec(), rows: u32::from_le_bytes(*rows) })
    }
}

/// Half as many keys of a sample, each for the rows of the one after it too.
pub fn thin(sample: &mut Vec<Sampled>) {
    sample.sort_unstable();
    let mut at = 0;
    let both = |pair: &mut [Sampled]| pair.iter().fold(0u32, |n, s| n.saturating_add(s.rows));
    sample.chunks_mut(2).for_each(|pair| pair[0].rows = both(pair));
    sample.retain(|_| {
        at += 1;
        at % 2 == 1
    });
}

/// Up to `n - 1` keys that cut the rows that a sample stands for into `n` parts of about equal size; fewer where keys are equal.
pub fn cuts(mut sample: Vec<Sampled>, n: usize) -> Vec<Vec<u8>> {
    sample.sort_unstable();
    let all: u64 = sample.iter().map(|s| u64::from(s.rows)).sum();
    let (mut cuts, mut before) = (Vec::new(), 0);
    for s in sample {
        let end = before + u64::from(s.rows);
        // The rows that it stands for have a border among them.
        let border = before.saturating_mul(n as u64).div_ceil(all.max(1)).max(1);
        if border < n as u64 && border.saturating_mul(all) < end.saturating_mul(n as u64) && cuts.last() != Some(&s.key) {
            cuts.push(s.key);
        }
        before = end;
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::{FEW_ROWS, Sampled, cuts, rows_in_order, thin};
    use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series, SortMultipleOptions, TimeUnit};

    #[test]
    fn numbers_come_as_the_engine_sorts_them() {
        let all = |n: usize, of: &dyn Fn(u64) -> u64| (0..n as u64).map(|i| of(i) as i64).collect::<Vec<_>>();
        let mixed = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ i << 40;
        let values: [&dyn Fn(u64) -> u64; 6] =
            [&mixed, &|_| 7, &|i| i % 5, &|i| ((i % 3) << 63) | (i % 2), &|i| mixed(i) & 0xFF00_0000_0FF0_0001, &|i| i];
        for n in [0, 1, FEW_ROWS - 1, FEW_ROWS, 5000] {
            for of in values {
                let wide = Series::new("k".into(), all(n, of));
                let narrow = (&wide % &Series::new("k".into(), [100i64])).unwrap();
                for key in [
                    wide.clone(),
                    narrow.cast(&DataType::Int8).unwrap(),
                    wide.cast(&DataType::Datetime(TimeUnit::Nanoseconds, None)).unwrap(),
                    Series::new("k".into(), all(n, of).into_iter().map(|v| v as u64).collect::<Vec<_>>()),
                ] {
                    for falls in [false, true] {
                        let options = SortMultipleOptions::default().with_order_descending(falls).with_maintain_order(true);
                        let keys = DataFrame::new(n, vec![Column::from(key.clone())]).unwrap();
                        let rows = rows_in_order(&keys, &options).unwrap().unwrap();
                        let want = key.arg_sort((&options).into());
                        assert_eq!(rows, want.iter().flatten().collect::<Vec<_>>(), "{n} {falls} {}", key.dtype());
                    }
                }
            }
        }
    }

    #[test]
    fn keys_weigh_as_much_as_the_rows_that_they_stand_for() {
        let of = |all: &[(u8, u32)]| all.iter().map(|&(k, rows)| Sampled { key: vec![k], rows }).collect::<Vec<_>>();
        let alike = of(&[(1, 5), (2, 5), (3, 5), (4, 5)]);
        assert_eq!(cuts(alike.clone(), 2), [[3]]);
        assert_eq!(cuts(alike.clone(), 4), [[2], [3], [4]]);
        assert!(cuts(alike, 1).is_empty());
        // Half of the rows stand behind the first key, and a third of them behind the last.
        assert_eq!(cuts(of(&[(9, 20), (3, 5), (1, 30), (2, 5)]), 2), [[2]]);
        assert_eq!(cuts(of(&[(9, 20), (3, 5), (1, 30), (2, 5)]), 3), [[1], [9]]);
        let mut sample = of(&[(9, 20), (3, 5), (1, 30), (2, 5), (10, 1)]);
        thin(&mut sample);
        assert_eq!(sample, of(&[(1, 35), (3, 25), (10, 1)]));
        assert_eq!(
            Sampled::from_bytes(&Sampled { key: vec![7, 0], rows: 300 }.into_bytes()).unwrap(),
            Sampled { key: vec![7, 0], rows: 300 }
        );
        assert!(Sampled::from_bytes(&[1]).is_err());
    }
}
