//! Quicksort whose partitions and shortest lists are vector code.
//!
//! A partition reads groups of vectors from whichever end has less room, and writes what is small to the left and what is large to the
//! right, so that it needs no memory beside the list (Gueron and Krasnov, "Fast quicksort implementation using AVX instructions",
//! 2016); lists of up to 64 words go through a sorting network (Batcher, "Sorting networks and their applications", 1968) in registers.
//!
//! Invariant: nothing outside the list is read or written; where a vector reaches beyond it, a mask says so.

use std::arch::x86_64::*;

/// Words of a vector.
const LANES: usize = 8;
/// Words that are read at a time while a list is partitioned.
const GROUP: usize = 4 * LANES;
/// Lists up to this length are sorted in registers.
const SMALL: usize = 64;

/// Sorts a list; where parts stay uneven until `depth` partitions are nested, by another method.
#[target_feature(enable = "avx512f,popcnt,bmi2")]
pub(super) fn quicksort(mut v: &mut [u64], mut depth: u32) {
    loop {
        if v.len() <= SMALL {
            return small(v);
        }
        if depth == 0 {
            return v.sort_unstable();
        }
        depth -= 1;
        let pivot = pivot(v);
        let at = partition(v, pivot);
        if at == 0 {
            // The pivot is the smallest: what equals it is in place.
            let Some(next) = pivot.checked_add(1) else { return };
            let same = partition(v, next);
            v = &mut v[same..];
            continue;
        }
        let (low, high) = v.split_at_mut(at);
        // The shorter side first, so that calls are nested as often as the list can be halved.
        if low.len() < high.len() {
            quicksort(low, depth);
            v = high;
        } else {
            quicksort(high, depth);
            v = low;
        }
    }
}

/// About the median: that of some words spread over the list.
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn pivot(v: &[u64]) -> u64 {
    let n = if v.len() > 1 << 14 { SMALL } else { 16 };
    let mut some = [0; SMALL];
    for (i, s) in some[..n].iter_mut().enumerate() {
        *s = v[(2 * i + 1) * (v.len() / (2 * n))];
    }
    small(&mut some[..n]);
    some[n / 2]
}

/// Moves words below the pivot in front of the others; how many they are. The list is longer than [`SMALL`].
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn partition(v: &mut [u64], pivot: u64) -> usize {
    let n = v.len();
    assert!(n >= 2 * GROUP);
    let rest = n % GROUP;
    // What the ends held, so that there is room to write.
    let mut held = [0; 3 * GROUP];
    let n_held = 2 * GROUP + rest;
    held[..GROUP].copy_from_slice(&v[..GROUP]);
    held[GROUP..n_held].copy_from_slice(&v[n - GROUP - rest..]);
    let wide = _mm512_set1_epi64(pivot as i64);
    let data = v.as_mut_ptr();
    // Words up to `low` are small, those from `high` on are not; `left..right` was not read yet.
    let (mut low, mut high, mut left, mut right) = (0, n, GROUP, n - GROUP - rest);
    while left < right {
        // From the side with less room; then either has room for a group.
        let from_left = left - low <= high - right;
        let at = if from_left { left } else { right - GROUP };
        left += if from_left { GROUP } else { 0 };
        right -= if from_left { 0 } else { GROUP };
        // SAFETY: a group lies between `left` and `right`, as their distance is a multiple of its length.
        let group: [__m512i; GROUP / LANES] = unsafe { data.add(at).cast::<[__m512i; GROUP / LANES]>().read_unaligned() };
        for x in group {
            // SAFETY: what was read has left room for as much.
            unsafe { put(data, x, wide, LANES, &mut low, &mut high) };
        }
    }
    for part in held[..n_held].chunks(LANES) {
        // SAFETY: only words of the part are read, and as much room is left.
        unsafe {
            let x = _mm512_maskz_loadu_epi64(first(part.len()), part.as_ptr().cast());
            put(data, x, wide, part.len(), &mut low, &mut high);
        }
    }
    low
}

/// A mask of the first `n` lanes.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn first(n: usize) -> __mmask8 {
    _bzhi_u32(0xff, n as u32) as u8
}

/// Writes those of the first `n` words that are below the pivot from `low` on, and the others up to `high`.
///
/// # Safety
/// There must be room for them between the two.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
unsafe fn put(data: *mut u64, x: __m512i, pivot: __m512i, n: usize, low: &mut usize, high: &mut usize) {
    let small = _mm512_mask_cmplt_epu64_mask(first(n), x, pivot);
    let large = _mm512_mask_cmpge_epu64_mask(first(n), x, pivot);
    let n_small = small.count_ones() as usize;
    *high -= n - n_small;
    // Compressed in a register and then stored: some machines are slow at both in one.
    // SAFETY: the caller's.
    unsafe {
        _mm512_mask_storeu_epi64(data.add(*low).cast(), first(n_small), _mm512_maskz_compress_epi64(small, x));
        _mm512_mask_storeu_epi64(data.add(*high).cast(), first(n - n_small), _mm512_maskz_compress_epi64(large, x));
    }
    *low += n_small;
}

/// Sorts a list of up to [`SMALL`] words.
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn small(v: &mut [u64]) {
    let n = v.len();
    assert!(n <= SMALL);
    let most = _mm512_set1_epi64(-1);
    let valid = |i: usize| first(n.saturating_sub(i * LANES).min(LANES));
    let at = v.as_mut_ptr();
    // Spelled out, as a loop would keep the vectors in memory.
    macro_rules! load {
        ($($i:literal)*) => {
            // SAFETY: only words of the list are read.
            [$(unsafe { _mm512_mask_loadu_epi64(most, valid($i), at.wrapping_add($i * LANES).cast()) }),*]
        };
    }
    macro_rules! store {
        ($x:ident: $($i:literal)*) => { $(
            // SAFETY: only words of the list are written.
            unsafe { _mm512_mask_storeu_epi64(at.wrapping_add($i * LANES).cast(), valid($i), $x[$i]) };
        )* };
    }
    macro_rules! network {
        ($x:ident: $(($a:literal $b:literal))*) => { $(
            ($x[$a], $x[$b]) = (_mm512_min_epu64($x[$a], $x[$b]), _mm512_max_epu64($x[$a], $x[$b]));
        )* };
    }
    if n <= 2 * LANES {
        let [a, b] = load!(0 1);
        let x = merge([order(a), order(b)]);
        store!(x: 0 1);
        return;
    }
    let mut x = load!(0 1 2 3 4 5 6 7);
    // Lane by lane across the vectors; then the lanes are eight sorted vectors.
    network!(x: (0 2) (1 3) (4 6) (5 7) (0 4) (1 5) (2 6) (3 7) (0 1) (2 3) (4 5) (6 7) (2 4) (3 5) (1 4) (3 6) (1 2) (3 4) (5 6));
    let [a, b, c, d, e, f, g, h] = transposed(x);
    let ([a, b], [c, d], [e, f], [g, h]) = (merge([a, b]), merge([c, d]), merge([e, f]), merge([g, h]));
    let ([a, b, c, d], [e, f, g, h]) = (merge([a, b, c, d]), merge([e, f, g, h]));
    let x = merge([a, b, c, d, e, f, g, h]);
    store!(x: 0 1 2 3 4 5 6 7);
}

/// Merges two sorted halves of vectors.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn merge<const N: usize>(x: [__m512i; N]) -> [__m512i; N] {
    let back = _mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    let mut y = x;
    for i in 0..N / 2 {
        let other = _mm512_permutexvar_epi64(back, x[N - 1 - i]);
        y[i] = _mm512_min_epu64(x[i], other);
        y[N / 2 + i] = _mm512_max_epu64(x[i], other);
    }
    let mut apart = N / 4;
    while apart > 0 {
        for i in 0..N {
            if i & apart == 0 {
                (y[i], y[i + apart]) = (_mm512_min_epu64(y[i], y[i + apart]), _mm512_max_epu64(y[i], y[i + apart]));
            }
        }
        apart /= 2;
    }
    for y in &mut y {
        *y = halves(*y);
    }
    y
}

/// Sorts a vector that rises and then falls.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn halves(x: __m512i) -> __m512i {
    let x = exchange(x, _mm512_shuffle_i64x2::<0b01_00_11_10>(x, x), 0b1111_0000);
    let x = exchange(x, _mm512_permutex_epi64::<0b01_00_11_10>(x), 0b1100_1100);
    exchange(x, _mm512_permutex_epi64::<0b10_11_00_01>(x), 0b1010_1010)
}

/// Sorts a vector.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn order(x: __m512i) -> __m512i {
    let x = exchange(x, _mm512_permutex_epi64::<0b10_11_00_01>(x), 0b1010_1010);
    let x = exchange(x, _mm512_permutex_epi64::<0b00_01_10_11>(x), 0b1100_1100);
    let x = exchange(x, _mm512_permutex_epi64::<0b10_11_00_01>(x), 0b1010_1010);
    let x = exchange(x, _mm512_permutexvar_epi64(_mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7), x), 0b1111_0000);
    let x = exchange(x, _mm512_permutex_epi64::<0b01_00_11_10>(x), 0b1100_1100);
    exchange(x, _mm512_permutex_epi64::<0b10_11_00_01>(x), 0b1010_1010)
}

/// The smaller words of two vectors, but the larger ones in the lanes of the mask.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn exchange(x: __m512i, other: __m512i, large: __mmask8) -> __m512i {
    _mm512_mask_max_epu64(_mm512_min_epu64(x, other), large, x, other)
}

/// Lanes as vectors.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn transposed(x: [__m512i; 8]) -> [__m512i; 8] {
    let mut y = x;
    for i in [0, 2, 4, 6] {
        (y[i], y[i + 1]) = (_mm512_unpacklo_epi64(x[i], x[i + 1]), _mm512_unpackhi_epi64(x[i], x[i + 1]));
    }
    // Twice the even and the odd quarters of two vectors, at a distance of 2 and then of 4.
    let mut z = y;
    for i in [0, 1, 4, 5] {
        z[i] = _mm512_shuffle_i64x2::<0b10_00_10_00>(y[i], y[i + 2]);
        z[i + 2] = _mm512_shuffle_i64x2::<0b11_01_11_01>(y[i], y[i + 2]);
    }
    let mut out = z;
    for i in 0..4 {
        out[i] = _mm512_shuffle_i64x2::<0b10_00_10_00>(z[i], z[i + 4]);
        out[i + 4] = _mm512_shuffle_i64x2::<0b11_01_11_01>(z[i], z[i + 4]);
    }
    out
}
