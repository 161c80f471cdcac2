//! Which rows are left, as bits.

use polars_arrow::bitmap::Bitmap;

/// The bits of `left` but those for which `found`, which has a bit for each of them that is set, is not set.
pub fn of_those(left: &Bitmap, found: &Bitmap) -> Bitmap {
    let found = words(found);
    let mut place = 0;
    let kept = words(left).into_iter().map(|word| {
        let n = word.count_ones() as usize;
        let bits = bits_from(&found, place);
        place += n;
        if n == 64 { bits } else { deposited(bits, word) }
    });
    of_words(kept, left.len())
}

/// A bit for every value: whether it is such.
pub fn of_values<T>(values: &[T], is_such: impl Fn(&T) -> bool) -> Bitmap {
    let word = |some: &[T]| some.iter().enumerate().fold(0u64, |word, (i, v)| word | u64::from(is_such(v)) << i);
    of_words(values.chunks(64).map(word), values.len())
}

/// The first `n` bits of words.
fn of_words(words: impl Iterator<Item = u64>, n: usize) -> Bitmap {
    Bitmap::from_u8_vec(words.flat_map(u64::to_le_bytes).take(n.div_ceil(8)).collect(), n)
}

fn words(bits: &Bitmap) -> Vec<u64> {
    let chunks = bits.chunks::<u64>();
    let rest = chunks.remainder();
    chunks.chain([rest]).collect()
}

/// 64 bits from a place on; zeros beyond the end.
fn bits_from(words: &[u64], place: usize) -> u64 {
    let word = |i: usize| words.get(i).copied().unwrap_or(0);
    let shift = place % 64;
    let low = word(place / 64) >> shift;
    if shift == 0 { low } else { low | word(place / 64 + 1) << (64 - shift) }
}

/// The lowest bits of `bits`, one after the other, at the places that are set in `at`.
fn deposited(mut bits: u64, at: u64) -> u64 {
    let (mut rest, mut out) = (at, 0);
    while rest != 0 {
        let place = rest & rest.wrapping_neg();
        if bits & 1 == 1 {
            out |= place;
        }
        bits >>= 1;
        rest ^= place;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{of_those, of_values};
    use polars_arrow::bitmap::Bitmap;

    #[test]
    fn a_bit_is_set_for_every_such_value() {
        for n in [0u64, 1, 63, 64, 65, 1000] {
            let values: Vec<u64> = (0..n).map(|i| i * i % 11).collect();
            let expected: Bitmap = values.iter().map(|v| *v < 4).collect();
            assert_eq!(of_values(&values, |v| *v < 4), expected);
        }
    }

    #[test]
    fn bits_are_kept_where_they_are_found() {
        for n in [0, 1, 63, 64, 65, 128, 200, 1000] {
            for (keep, find) in [(1, 2), (3, 1), (1, 1), (7, 3), (2, 5)] {
                let left: Vec<bool> = (0..n).map(|i| i % keep == 0).collect();
                let n_left = left.iter().filter(|l| **l).count();
                let found: Vec<bool> = (0..n_left).map(|i| i * i % find == 0).collect();
                let mut next = found.iter();
                let expected: Vec<bool> = left.iter().map(|l| *l && *next.next().unwrap()).collect();
                // Bits that do not begin with a byte.
                let of = |bits: &[bool]| [&[true; 3], bits].concat().into_iter().collect::<Bitmap>().sliced(3, bits.len());
                let kept: Vec<bool> = of_those(&of(&left), &of(&found)).iter().collect();
                assert_eq!(kept, expected, "{n} {keep} {find}");
            }
        }
    }
}
