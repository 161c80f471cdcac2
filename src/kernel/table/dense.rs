//! Keys that are whole numbers (or dates and times, which are stored as such) in a range that is not much larger than their number:
//! what is asked of them is answered at their place in that range, without hashes.

use crate::base::Result;
use crate::chunk::dataframe::apart;
use crate::kernel::table::lookup::Matches;
use crate::kernel::table::mask;
use polars::prelude::{Column, DataFrame, DataType, IdxSize, Int64Chunked, IntoColumn};
use polars_arrow::array::PrimitiveArray;
use polars_arrow::bitmap::Bitmap;
use polars_core::runtime::RAYON;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use std::ops::Range;

/// How long a range may be: so many times as long as there are keys, and so many numbers more, which are few for any number of keys.
pub(super) struct Width {
    per_key: u64,
    few: u64,
}

/// Where every number has a slot, or a bit.
pub(super) const SLOTS: Width = Width { per_key: 8, few: 1 << 10 };
const BITS: Width = Width { per_key: 224, few: 1 << 21 };
const ANY: Width = Width { per_key: u64::MAX, few: u64::MAX };

impl Width {
    /// The longest range for so many keys.
    const fn longest(&self, n_keys: u64) -> u64 {
        n_keys.saturating_mul(self.per_key).saturating_add(self.few)
    }
}

/// The keys as numbers. Those that do not fit 64 bits with a sign are null.
pub(super) fn numbers(keys: &Column) -> Option<Int64Chunked> {
    let dtype = keys.dtype();
    let fits = dtype.is_integer() && !matches!(dtype, DataType::Int128 | DataType::UInt128) || dtype.is_temporal();
    let physical = if fits { keys.to_physical_repr() } else { return None };
    let wide = if physical.dtype() == &DataType::Int64 { physical } else { physical.cast(&DataType::Int64).ok()? };
    wide.i64().ok().cloned()
}

/// Calls `f` with the number and the row of every key that is not null.
fn each(keys: &Int64Chunked, mut f: impl FnMut(i64, usize)) {
    let mut row = 0;
    for array in keys.downcast_iter() {
        match array.validity().filter(|v| v.unset_bits() > 0) {
            None => array.values().iter().enumerate().for_each(|(i, &v)| f(v, row + i)),
            Some(valid) => {
                let values = array.values().iter().zip(valid.iter()).enumerate();
                values.filter(|(_, (_, valid))| *valid).for_each(|(i, (&v, _))| f(v, row + i));
            }
        }
        row += array.len();
    }
}

/// The values of a column; of null, any.
pub(super) fn each_value(c: &Int64Chunked) -> impl Iterator<Item = i64> {
    c.downcast_iter().flat_map(|a| a.values().iter().copied())
}

/// Whether no value is less than the one before it, and none is null.
pub fn rises(c: &Int64Chunked) -> bool {
    c.null_count() == 0 && each_value(c).is_sorted()
}

/// Whether every value is larger than the one before it, and none is null.
fn rises_strictly(c: &Int64Chunked) -> bool {
    c.null_count() == 0 && each_value(c).is_sorted_by(|a, b| a < b)
}

/// The least key and how many numbers there are from it to the greatest; None for keys that are no numbers or too far apart.
pub(super) fn range(keys: &Int64Chunked, nulls: usize, width: &Width) -> Option<(i64, u64)> {
    let n = (keys.len() - keys.null_count()) as u64;
    if keys.null_count() > nulls {
        return None;
    }
    if n == 0 {
        return Some((0, 0));
    }
    let (mut least, mut greatest) = (i64::MAX, i64::MIN);
    each(keys, |v, _| (least, greatest) = (least.min(v), greatest.max(v)));
    let span = greatest.wrapping_sub(least) as u64;
    (span < width.longest(n)).then_some((least, span + 1))
}

/// How keys of several whole numbers are one: each at its place in its range.
#[derive(Debug)]
pub(super) struct Packing {
    /// Of each column, its least number and how many there are to its greatest.
    ranges: Vec<(i64, u64)>,
}

impl Packing {
    /// How these keys are packed; None for keys that are not all whole numbers, or have too many values.
    pub(super) fn new(keys: &DataFrame) -> Option<Packing> {
        // One is as it is, and columns found are counted in a byte.
        if !(2..=usize::from(u8::MAX)).contains(&keys.width()) {
            return None;
        }
        let of = |key: &Column| range(&numbers(key)?, key.null_count(), &ANY);
        let ranges: Vec<(i64, u64)> = keys.columns().iter().map(of).collect::<Option<_>>()?;
        let n_values = ranges.iter().try_fold(1u64, |n, (_, len)| n.checked_mul((*len).max(1)))?;
        i64::try_from(n_values).is_ok().then_some(Packing { ranges })
    }

    /// The keys as numbers; null where one is, or lies in no range. None for keys that are no numbers.
    pub(super) fn pack(&self, keys: &DataFrame) -> Option<DataFrame> {
        let mut packed = vec![0i64; keys.height()];
        let mut n_found = vec![0u8; keys.height()];
        for (key, &(least, len)) in keys.columns().iter().zip(&self.ranges) {
            each(&numbers(key)?, |v, row| {
                let at = v.wrapping_sub(least) as u64;
                if at < len {
                    packed[row] = packed[row].wrapping_mul(len as i64).wrapping_add(at as i64);
                    n_found[row] += 1;
                }
            });
        }
        let all = self.ranges.len() as u8;
        let valid = mask::of_values(&n_found, |&n| n == all);
        let array = PrimitiveArray::from_vec(packed).with_validity(Some(valid));
        let column = Int64Chunked::with_chunk("key 0".into(), array).into_column();
        DataFrame::new(keys.height(), vec![column]).ok()
    }
}

/// Which numbers of a range are keys, and how many of them come before each.
#[derive(Debug)]
struct Ranks {
    least: i64,
    lines: Vec<Line>,
    n_keys: usize,
}

/// A cache line for every [`PER_LINE`] numbers: a bit for each that is a key, and how many keys come before them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
struct Line {
    before: IdxSize,
    bits: [u64; 7],
}

const PER_LINE: u64 = 7 * 64;

/// Where the number at a place of the range is: its line, the word there and its bit.
fn place(at: u64) -> (usize, usize, u64) {
    let bit = at % PER_LINE;
    ((at / PER_LINE) as usize, (bit / 64) as usize, 1 << (bit % 64))
}

impl Ranks {
    fn new(keys: &Int64Chunked, least: i64, len: u64) -> Ranks {
        let mut lines = vec![Line::default(); len.div_ceil(PER_LINE) as usize];
        let shares = Share::of_lines(lines.len(), keys.len());
        let lengths = shares.iter().map(|s| s.lines.len());
        by_share(&shares, split(&mut lines, lengths), |share, lines| {
            share.each(keys, least, |at, _| {
                let (line, word, bit) = place(at);
                lines[line - share.lines.start].bits[word] |= bit;
            });
        });
        let mut n_keys = 0;
        for line in &mut lines {
            line.before = n_keys;
            n_keys += line.bits.iter().map(|b| b.count_ones()).sum::<u32>();
        }
        Ranks { least, lines, n_keys: n_keys as usize }
    }

    /// How many keys come before a key.
    fn of(&self, v: i64) -> Option<usize> {
        let (line, word, bit) = place(v.wrapping_sub(self.least) as u64);
        let line = self.lines.get(line)?;
        let in_words: u32 = line.bits[..word].iter().map(|b| b.count_ones()).sum();
        let in_word = (line.bits[word] & (bit - 1)).count_ones();
        (line.bits[word] & bit != 0).then(|| (line.before + in_words + in_word) as usize)
    }

    /// How many keys come before a line.
    fn before(&self, line: usize) -> usize {
        self.lines.get(line).map_or(self.n_keys, |l| l.before as usize)
    }
}

/// Keys that one thread sees to: those of some lines.
struct Share {
    lines: Range<usize>,
}

/// Fewer keys are seen to by one thread.
const SHARED_KEYS: usize = 1 << 18;
/// Every thread goes through all keys, so that more do not help much.
const MOST_SHARES: usize = 8;

impl Share {
    fn of_lines(n_lines: usize, n_keys: usize) -> Vec<Share> {
        let n = if n_keys < SHARED_KEYS { 1 } else { RAYON.current_num_threads().clamp(1, MOST_SHARES) };
        (0..n).map(|i| Share { lines: n_lines * i / n..n_lines * (i + 1) / n }).collect()
    }

    /// Calls `f` with the place in the range and the row of every key of these lines.
    fn each(&self, keys: &Int64Chunked, least: i64, mut f: impl FnMut(u64, usize)) {
        let (first, n) = (self.lines.start as u64 * PER_LINE, self.lines.len() as u64 * PER_LINE);
        each(keys, |v, row| {
            let at = v.wrapping_sub(least) as u64;
            if at.wrapping_sub(first) < n {
                f(at, row);
            }
        });
    }

    /// Calls `f` with the rank of every key of these lines among them, and its row.
    fn ranked(&self, keys: &Int64Chunked, ranks: &Ranks, mut f: impl FnMut(usize, usize)) {
        let first = ranks.before(self.lines.start);
        // Every key has a rank.
        let rank = |at: u64| ranks.of(ranks.least.wrapping_add(at as i64)).unwrap_or(first) - first;
        self.each(keys, ranks.least, |at, row| f(rank(at), row));
    }
}

/// Values cut into pieces of these lengths.
fn split<T>(mut values: &mut [T], lengths: impl Iterator<Item = usize>) -> Vec<&mut [T]> {
    let cut = |n: usize| {
        let (piece, rest) = std::mem::take(&mut values).split_at_mut(n);
        values = rest;
        piece
    };
    lengths.map(cut).collect()
}

/// Calls `f` with every share and what it has, side by side.
fn by_share<T: Send>(shares: &[Share], of: Vec<T>, f: impl Fn(&Share, T) + Sync) {
    let each: Vec<_> = shares.iter().zip(of).collect();
    if each.len() == 1 {
        each.into_iter().for_each(|(share, of)| f(share, of));
    } else {
        apart(|| RAYON.install(|| each.into_par_iter().for_each(|(share, of)| f(share, of))));
    }
}

/// The rows of every key, by how many keys come before it.
#[derive(Debug)]
enum Rows {
    /// One of each, in their order.
    Rising,
    /// One of each.
    One(Vec<IdxSize>),
    /// Those of key `i` from `starts[i]` to `starts[i + 1]`.
    Some { starts: Vec<IdxSize>, rows: Vec<IdxSize> },
}

/// The rows of keys, by their place in the range of all keys.
#[derive(Debug)]
pub(super) struct Dense {
    ranks: Ranks,
    rows: Rows,
    n_rows: usize,
}

impl Dense {
    /// The rows of these keys; where `any` is set, only one of each.
    pub(super) fn new(keys: &Column, any: bool) -> Option<Dense> {
        let wide = numbers(keys)?;
        let (least, len) = range(&wide, keys.null_count(), &BITS)?;
        let (n_rows, n_valid) = (keys.len(), keys.len() - keys.null_count());
        let ranks = Ranks::new(&wide, least, len);
        if rises_strictly(&wide) {
            return Some(Dense { ranks, rows: Rows::Rising, n_rows });
        }
        let shares = Share::of_lines(ranks.lines.len(), wide.len());
        let n_keys = |s: &Share| ranks.before(s.lines.end) - ranks.before(s.lines.start);
        if ranks.n_keys == n_valid || any {
            let mut rows = vec![0; ranks.n_keys];
            by_share(&shares, split(&mut rows, shares.iter().map(n_keys)), |share, rows| {
                share.ranked(&wide, &ranks, |rank, row| rows[rank] = row as IdxSize);
            });
            return Some(Dense { ranks, rows: Rows::One(rows), n_rows });
        }
        let mut starts: Vec<IdxSize> = vec![0; ranks.n_keys + 1];
        by_share(&shares, split(&mut starts[1..], shares.iter().map(n_keys)), |share, counts| {
            share.ranked(&wide, &ranks, |rank, _| counts[rank] += 1);
        });
        let mut sum = 0;
        for s in &mut starts {
            sum += *s;
            *s = sum;
        }
        let mut rows = vec![0; sum as usize];
        let start = |line: usize| starts[ranks.before(line)] as usize;
        let lengths = shares.iter().map(|s| start(s.lines.end) - start(s.lines.start));
        by_share(&shares, split(&mut rows, lengths), |share, rows| {
            let first = start(share.lines.start) as IdxSize;
            let of_share = &starts[ranks.before(share.lines.start)..ranks.before(share.lines.end)];
            let mut next: Vec<IdxSize> = of_share.iter().map(|s| s - first).collect();
            share.ranked(&wide, &ranks, |rank, row| {
                let slot = &mut next[rank];
                rows[*slot as usize] = row as IdxSize;
                *slot += 1;
            });
        });
        Some(Dense { ranks, rows: Rows::Some { starts, rows }, n_rows })
    }

    /// Most bytes that the table takes for a range that is long for its few keys.
    pub(super) const fn few_bytes() -> u64 {
        BITS.few / PER_LINE * size_of::<Line>() as u64
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Rows of the key that has most.
    pub(super) fn most_matches(&self) -> u64 {
        match &self.rows {
            Rows::Rising | Rows::One(_) => 1,
            Rows::Some { starts, .. } => starts.windows(2).map(|w| u64::from(w[1] - w[0])).max().unwrap_or(1),
        }
    }

    /// The matches of these keys, in order of their rows; None if they are more than `limit`. Keys that are no numbers have none.
    pub(super) fn matches(&self, keys: &Column, unmatched: bool, limit: usize) -> Option<Matches> {
        let Some(wide) = numbers(keys) else { return Some(Matches::default()) };
        let n = wide.len();
        let within = |m: Matches| Some(m).filter(|m| m.rows.len() <= limit);
        let (starts, rows) = match &self.rows {
            Rows::Rising => return within(self.one_each(&wide, unmatched, |rank| rank as IdxSize)),
            Rows::One(rows) => return within(self.one_each(&wide, unmatched, |rank| rows[rank])),
            Rows::Some { starts, rows } => (starts, rows),
        };
        let mut m = Matches { built: Vec::with_capacity(n), rows: Vec::with_capacity(n) };
        let mut some = |value: Option<i64>, row: usize| {
            if m.rows.len() > limit {
                return;
            }
            let rank = value.and_then(|v| self.ranks.of(v));
            let found = rank.map_or(&[][..], |i| &rows[starts[i] as usize..starts[i + 1] as usize]);
            m.built.extend_from_slice(found);
            if found.is_empty() && unmatched {
                m.built.push(IdxSize::MAX);
            }
            m.rows.resize(m.built.len(), row as IdxSize);
        };
        match unmatched {
            true => wide.iter().enumerate().for_each(|(row, v)| some(v, row)),
            false => each(&wide, |v, row| some(Some(v), row)),
        }
        within(m)
    }

    /// The matches, where a key has one row: `row_of` the number of keys before it.
    fn one_each(&self, keys: &Int64Chunked, unmatched: bool, row_of: impl Fn(usize) -> IdxSize) -> Matches {
        let n = keys.len();
        let mut m = Matches { built: vec![0; n], rows: vec![0; n] };
        let mut n_found = 0;
        let mut one = |value: Option<i64>, row: usize| {
            let built = value.and_then(|v| self.ranks.of(v)).map_or(IdxSize::MAX, &row_of);
            (m.built[n_found], m.rows[n_found]) = (built, row as IdxSize);
            n_found += usize::from(unmatched || built != IdxSize::MAX);
        };
        match unmatched {
            true => keys.iter().enumerate().for_each(|(row, v)| one(v, row)),
            false => each(keys, |v, row| one(Some(v), row)),
        }
        m.built.truncate(n_found);
        m.rows.truncate(n_found);
        m
    }
}

/// Which keys there are: a bit for every number of their range.
pub struct KeySet {
    least: i64,
    bits: Vec<u64>,
    len: u64,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySet({} numbers from {})", self.len, self.least)
    }
}

impl KeySet {
    /// The keys that are not null; None where they are no numbers, or too far apart.
    pub fn new(keys: &Column) -> Option<KeySet> {
        let wide = numbers(keys)?;
        let (least, len) = range(&wide, keys.null_count(), &BITS)?;
        let mut set = KeySet { least, bits: vec![0; len.div_ceil(64) as usize], len };
        set.add(&wide);
        Some(set)
    }

    /// The set of keys that lie in several columns, which are read twice, if there is room for its bytes; and that room.
    ///
    /// # Errors
    /// Those of `part` and `room`.
    pub fn of_parts<R>(
        n_parts: usize,
        part: impl Fn(usize) -> Result<Column>,
        room: impl FnOnce(u64) -> Result<Option<R>>,
    ) -> Result<Option<(KeySet, R)>> {
        let (mut n, mut ends) = (0, None);
        for i in 0..n_parts {
            let keys = part(i)?;
            let wide = numbers(&keys);
            let Some((least, len)) = wide.as_ref().and_then(|w| range(w, keys.null_count(), &ANY)) else { return Ok(None) };
            let here = (keys.len() - keys.null_count()) as u64;
            n += here;
            if here > 0 {
                let (low, high): (i64, i64) = ends.unwrap_or((i64::MAX, i64::MIN));
                ends = Some((low.min(least), high.max(least.wrapping_add(len as i64 - 1))));
            }
        }
        let (least, greatest) = ends.unwrap_or((0, 0));
        let span = greatest.wrapping_sub(least) as u64;
        if span >= BITS.longest(n) {
            return Ok(None);
        }
        let Some(room) = room((span / 64 + 1) * 8)? else { return Ok(None) };
        let mut set = KeySet { least, bits: vec![0; (span / 64 + 1) as usize], len: span + 1 };
        for i in 0..n_parts {
            numbers(&part(i)?).iter().for_each(|keys| set.add(keys));
        }
        Ok(Some((set, room)))
    }

    fn add(&mut self, keys: &Int64Chunked) {
        each(keys, |v, _| {
            let at = v.wrapping_sub(self.least) as u64;
            self.bits[(at / 64) as usize] |= 1 << (at % 64);
        });
    }

    /// Upper bound of the bytes of a set of so many keys.
    pub fn bytes(n_keys: u64) -> u64 {
        BITS.longest(n_keys).div_ceil(64).saturating_mul(8)
    }

    /// Which of these keys are in the set; None where they are no numbers. Null is in no set.
    pub fn has(&self, keys: &Column) -> Option<Bitmap> {
        let wide = numbers(keys)?;
        let has = |v: i64| {
            let at = v.wrapping_sub(self.least) as u64;
            self.bits.get((at / 64) as usize).is_some_and(|b| b >> (at % 64) & 1 == 1)
        };
        let mut found = polars_arrow::bitmap::BitmapBuilder::with_capacity(wide.len());
        for array in wide.downcast_iter() {
            let of_values = mask::of_values(array.values(), |&v| has(v));
            match array.validity() {
                Some(valid) => found.extend_from_bitmap(&(&of_values & valid)),
                None => found.extend_from_bitmap(&of_values),
            }
        }
        Some(found.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::{Dense, KeySet, Packing};
    use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series};

    fn column(values: &[Option<i64>]) -> Column {
        Column::from(Series::new("".into(), values))
    }

    #[test]
    fn keys_are_found_at_their_place_also_at_the_ends_of_their_type() {
        for least in [i64::MIN, -3, 0, i64::MAX - 4] {
            let built = column(&[Some(least + 4), None, Some(least), Some(least + 2)]);
            let set = KeySet::new(&built).unwrap();
            let dense = Dense::new(&built, false).unwrap();
            let asked =
                column(&[Some(least), Some(least + 1), None, Some(least + 4), Some(least.wrapping_sub(1)), Some(0x5555_5555)]);
            let m = dense.matches(&asked, false, usize::MAX).unwrap();
            assert_eq!((m.built, m.rows), (vec![2, 0], vec![0, 3]), "{least}");
            let m = dense.matches(&asked, true, usize::MAX).unwrap();
            assert_eq!(m.built, [2, u32::MAX, u32::MAX, 0, u32::MAX, u32::MAX], "{least}");
            let has: Vec<bool> = set.has(&asked).unwrap().iter().collect();
            assert_eq!(has, [true, false, false, true, false, false], "{least}");
        }
    }

    #[test]
    fn several_numbers_are_one() {
        let table =
            |a: &[Option<i64>], b: &[Option<i64>]| DataFrame::new(a.len(), vec![column(a), column(b).with_name("b".into())]);
        let built =
            table(&[Some(-1), Some(7), None, Some(7)], &[Some(i64::MAX), Some(i64::MAX - 2), Some(i64::MAX), Some(i64::MAX)])
                .unwrap();
        let packing = Packing::new(&built).unwrap();
        let packed = |t: &DataFrame| packing.pack(t).unwrap().columns()[0].i64().unwrap().iter().collect::<Vec<_>>();
        assert_eq!(packed(&built), [Some(2), Some(24), None, Some(26)]);
        let asked = table(&[Some(8), Some(7), Some(7), Some(0)], &[Some(i64::MAX), Some(3), Some(i64::MAX), None]).unwrap();
        assert_eq!(packed(&asked), [None, None, Some(26), None]);
        let wide = table(&[Some(i64::MIN), Some(0)], &[Some(0), Some(5)]).unwrap();
        assert!(Packing::new(&wide).is_none(), "more values than numbers");
        assert!(Packing::new(&wide.select(["b"]).unwrap()).is_none());
        let many = (0..256).map(|i| column(&[Some(1)]).with_name(i.to_string().into())).collect();
        assert!(Packing::new(&DataFrame::new(1, many).unwrap()).is_none(), "more columns than are counted");
    }

    #[test]
    fn many_keys_are_found_as_few_are() {
        let n = 2 * super::SHARED_KEYS as i64;
        for times in [1, 3] {
            // All different, or each three times, and far from each other in no order.
            let keys: Vec<Option<i64>> = (0..n).map(|i| (i % 1000 != 7).then_some(i * 48_271 % n / times * 29 - 5)).collect();
            let dense = Dense::new(&column(&keys), false).unwrap();
            let mut rows_of: std::collections::HashMap<i64, Vec<u32>> = std::collections::HashMap::new();
            keys.iter().enumerate().for_each(|(row, k)| k.iter().for_each(|k| rows_of.entry(*k).or_default().push(row as u32)));
            let asked: Vec<i64> = (-7..n * 29).step_by(13).collect();
            let m = dense.matches(&column(&asked.iter().map(|&k| Some(k)).collect::<Vec<_>>()), false, usize::MAX).unwrap();
            let want: Vec<u32> = asked.iter().filter_map(|k| rows_of.get(k)).flatten().copied().collect();
            assert!(m.built == want && !want.is_empty(), "{times}");
            assert_eq!(dense.most_matches(), times as u64);
        }
        let rising: Vec<Option<i64>> = (0..n).map(|i| Some(i * 3 - n)).collect();
        let dense = Dense::new(&column(&rising), false).unwrap();
        let m = dense.matches(&column(&(-n..n).map(Some).collect::<Vec<_>>()), false, usize::MAX).unwrap();
        assert!(m.built.iter().copied().eq(0..(2 * n as u32).div_ceil(3)) && m.rows.iter().all(|row| row % 3 == 0));
        assert_eq!(dense.most_matches(), 1);
    }

    #[test]
    fn rows_of_a_key_come_in_order() {
        let built = column(&[Some(7), Some(5), Some(7), None, Some(7)]);
        let dense = Dense::new(&built, false).unwrap();
        assert_eq!(dense.most_matches(), 3);
        let m = dense.matches(&column(&[Some(6), Some(7), Some(5)]), true, usize::MAX).unwrap();
        assert_eq!((m.built, m.rows), (vec![u32::MAX, 0, 2, 4, 1], vec![0, 1, 1, 1, 2]));
        assert_eq!(Dense::new(&built, true).unwrap().most_matches(), 1);
    }

    #[test]
    fn what_is_far_apart_or_no_number_is_left_to_hashes() {
        assert!(Dense::new(&column(&[Some(0), Some(1 << 40)]), false).is_none());
        assert!(KeySet::new(&column(&[Some(i64::MIN), Some(i64::MAX)])).is_none());
        assert!(KeySet::new(&Column::from(Series::new("".into(), ["a"]))).is_none());
        // A number that has no place among those with a sign.
        let large = Column::from(Series::new("".into(), [u64::MAX, 1]));
        assert!(Dense::new(&large, false).is_none());
        assert_eq!(
            Dense::new(&column(&[]), false).unwrap().matches(&column(&[Some(0)]), true, usize::MAX).unwrap().built,
            [u32::MAX]
        );
        let dates = column(&[Some(3), Some(1)]).cast(&DataType::Int32).unwrap().cast(&DataType::Date).unwrap();
        assert_eq!(Dense::new(&dates, false).unwrap().matches(&dates, false, usize::MAX).unwrap().built, [0, 1]);
    }
}
