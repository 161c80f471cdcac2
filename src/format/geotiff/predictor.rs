//! TIFF's predictors on one row: 2 takes differences of neighbours, 3 (floats) sorts bytes into planes and takes differences of
//! those (TIFF Technical Note 3).
//!
//! Rows are rows of words: unsigned integers as wide as a sample, in native order. All loops are written so that the compiler turns
//! them into vector code.

/// A sample as an unsigned integer of the same width.
pub(super) trait Word: crate::base::Element {
    const SIZE: usize;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn swap(self) -> Self;
    /// From its first bytes in native order.
    fn from_bytes(b: &[u8]) -> Self;
    fn write(self, b: &mut [u8]);
    /// Byte `i`, 0 the most significant.
    fn byte(self, i: usize) -> u8;
    /// From a small number.
    fn from_u64(v: u64) -> Self;
    /// Prefix sums of `row` at distance 1.
    fn prefix_sum(row: &mut [Self]);
}

macro_rules! word {
    ($($t:ty),*) => {$(
        impl Word for $t {
            const SIZE: usize = size_of::<$t>();
            #[inline(always)]
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn sub(self, other: Self) -> Self { self.wrapping_sub(other) }
            #[inline(always)]
            fn swap(self) -> Self { self.swap_bytes() }
            #[inline(always)]
            fn from_bytes(b: &[u8]) -> Self {
                let mut a = [0; size_of::<$t>()];
                a.copy_from_slice(&b[..size_of::<$t>()]);
                <$t>::from_ne_bytes(a)
            }
            #[inline(always)]
            fn write(self, b: &mut [u8]) { b.copy_from_slice(&self.to_ne_bytes()) }
            #[inline(always)]
            fn byte(self, i: usize) -> u8 { (self >> (8 * (size_of::<$t>() - 1 - i))) as u8 }
            #[inline(always)]
            fn from_u64(v: u64) -> Self { v as $t }
            fn prefix_sum(row: &mut [Self]) { accumulate_n::<$t, 1>(row) }
        }
    )*};
}
word!(u8, u16, u32, u64);

/// Copies bytes to words, swapping their bytes where the file's order is not the machine's.
pub(super) fn words_from_bytes<W: Word>(bytes: &[u8], out: &mut [W], swap: bool) {
    if swap {
        for (o, b) in out.iter_mut().zip(bytes.chunks_exact(W::SIZE)) {
            *o = W::from_bytes(b).swap();
        }
    } else {
        for (o, b) in out.iter_mut().zip(bytes.chunks_exact(W::SIZE)) {
            *o = W::from_bytes(b);
        }
    }
}

fn accumulate_n<W: Word, const N: usize>(row: &mut [W]) {
    let mut last = [W::default(); N];
    for pixel in row.chunks_exact_mut(N) {
        for (v, l) in pixel.iter_mut().zip(&mut last) {
            *l = l.add(*v);
            *v = *l;
        }
    }
}

/// Undoes predictor 2: every word but the first `stride` is the difference from the word `stride` before.
pub(super) fn accumulate<W: Word>(row: &mut [W], stride: usize) {
    match stride {
        1 => W::prefix_sum(row),
        2 => accumulate_n::<W, 2>(row),
        3 => accumulate_n::<W, 3>(row),
        4 => accumulate_n::<W, 4>(row),
        _ => {
            for i in stride..row.len() {
                row[i] = row[i].add(row[i - stride]);
            }
        }
    }
}

/// Predictor 2: writes the differences of `row` to `out` as native bytes.
pub(super) fn difference<W: Word>(row: &[W], stride: usize, out: &mut [u8]) {
    let stride = stride.min(row.len());
    let (head, tail) = out.split_at_mut(stride * W::SIZE);
    for (b, v) in head.chunks_exact_mut(W::SIZE).zip(row) {
        v.write(b);
    }
    for ((b, v), before) in tail.chunks_exact_mut(W::SIZE).zip(&row[stride..]).zip(row) {
        v.sub(*before).write(b);
    }
}

/// Writes `row` to `out` as native bytes.
pub(super) fn bytes_from_words<W: Word>(row: &[W], out: &mut [u8]) {
    for (b, v) in out.chunks_exact_mut(W::SIZE).zip(row) {
        v.write(b);
    }
}

/// Prefix sums of bytes at distance 1, eight at a time: even and odd bytes in lanes of 16 bits, where sums of four cannot overflow.
fn prefix_sum_bytes(row: &mut [u8]) {
    const LANES: u64 = 0x0001_0001_0001_0001;
    const LOW: u64 = 0x00ff_00ff_00ff_00ff;
    let mut carry = 0u64;
    let (blocks, rest) = row.as_chunks_mut::<8>();
    for b in blocks {
        let x = u64::from_le_bytes(*b);
        let odd = (x >> 8) & LOW;
        // Lane k of `to_odd` is the sum of all bytes up to 2k + 1; one byte less gives the sum up to 2k.
        let to_odd = ((x & LOW) + odd).wrapping_mul(LANES);
        let base = carry * LANES;
        let high = (to_odd + base) & LOW;
        let low = (to_odd - odd + base) & LOW;
        *b = (low | high << 8).to_le_bytes();
        carry = (carry + (to_odd >> 48)) & 0xff;
    }
    let mut last = carry as u8;
    for v in rest {
        last = last.wrapping_add(*v);
        *v = last;
    }
}

/// Predictor 3: writes the byte planes of `row`, most significant first, as differences at distance `stride`. `planes` is scratch.
pub(super) fn float_difference<W: Word>(row: &[W], stride: usize, planes: &mut Vec<u8>, out: &mut [u8]) {
    let n = row.len();
    planes.resize(n * W::SIZE, 0);
    for (i, plane) in planes.chunks_exact_mut(n.max(1)).enumerate() {
        for (p, v) in plane.iter_mut().zip(row) {
            *p = v.byte(i);
        }
    }
    difference::<u8>(planes, stride, out);
}

/// Undoes predictor 3 on a whole row of a block, giving its first `out.len()` words. The row's bytes are scratch afterwards.
pub(super) fn float_accumulate<W: Word>(row: &mut [u8], stride: usize, out: &mut [W]) {
    if stride == 1 {
        prefix_sum_bytes(row);
    } else {
        accumulate::<u8>(row, stride);
    }
    let n = row.len() / W::SIZE;
    merge_planes(row, n, out);
}

fn merge_planes<W: Word>(planes: &[u8], n: usize, out: &mut [W]) {
    let len = out.len().min(n);
    let plane = |i: usize| &planes[i * n..i * n + len];
    match W::SIZE {
        4 => {
            let (a, b, c, d) = (plane(0), plane(1), plane(2), plane(3));
            for ((((o, &a), &b), &c), &d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *o = W::from_u64(u64::from(u32::from_be_bytes([a, b, c, d])));
            }
        }
        size => {
            for (i, o) in out[..len].iter_mut().enumerate() {
                *o = W::from_u64((0..size).fold(0, |v, k| v << 8 | u64::from(planes[k * n + i])));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Word, accumulate, difference, float_accumulate, float_difference, words_from_bytes};
    use proptest::prelude::*;

    fn round_trip<W: Word>(row: &[W], stride: usize) {
        let mut bytes = vec![0; row.len() * W::SIZE];
        difference(row, stride, &mut bytes);
        let mut back = vec![W::default(); row.len()];
        words_from_bytes(&bytes, &mut back, false);
        accumulate(&mut back, stride);
        assert_eq!(back, row);
        float_difference(row, stride, &mut Vec::new(), &mut bytes);
        let mut back = vec![W::default(); row.len()];
        float_accumulate(&mut bytes, stride, &mut back);
        assert_eq!(back, row);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(80))]
        #[test]
        fn rows_come_back(row in prop::collection::vec(any::<u64>(), 0..70), stride in 1usize..7) {
            let row = &row[..row.len() / stride * stride];
            round_trip(row, stride);
            round_trip(&row.iter().map(|&v| v as u32).collect::<Vec<_>>(), stride);
            round_trip(&row.iter().map(|&v| v as u16).collect::<Vec<_>>(), stride);
            round_trip(&row.iter().map(|&v| v as u8).collect::<Vec<_>>(), stride);
        }
    }

    #[test]
    fn known_rows() {
        let mut out = [0; 8];
        difference(&[10u16, 7, 300, 300], 1, &mut out);
        assert_eq!(out, [10, 0, 253, 255, 37, 1, 0, 0]);
        // 1.0f32 is 3f 80 00 00, 2.0f32 is 40 00 00 00.
        let words = [1.0f32.to_bits(), 2.0f32.to_bits()];
        float_difference(&words, 1, &mut Vec::new(), &mut out);
        assert_eq!(out, [0x3f, 1, 0x40, 0x80, 0, 0, 0, 0]);
    }
}
