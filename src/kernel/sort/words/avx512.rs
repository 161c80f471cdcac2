//! Quicksort whose partitions and shortest lists are vector code.
//!
//! A partition reads groups of vectors from whichever end has less room, and writes what is small to the left and what is large to the
//! right, so that it needs no memory beside the list (Gueron and Krasnov, "Fast quicksort implementation using AVX instructions",
//! 2016). Lists of up to 128 words are sorted in registers: every lane across the vectors by a network, then the lanes are merged two by
//! two (Batcher, "Sorting networks and their applications", 1968).
//!
//! Invariant: nothing outside the list is read or written; where a vector reaches beyond it, a mask says so.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

/// Words of a vector.
const LANES: usize = 8;
/// Words that are read at a time while a list is partitioned.
const GROUP: usize = 8 * LANES;
/// Lists up to this length are sorted in registers.
const SMALL: usize = 2 * GROUP;
/// Lists up to this length are partitioned with memory beside them.
const SHORT: usize = 1024;

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
    let n = if v.len() > 1 << 14 { GROUP } else { 2 * LANES };
    let mut some = [0; GROUP];
    for (i, s) in some[..n].iter_mut().enumerate() {
        *s = v[(2 * i + 1) * (v.len() / (2 * n))];
    }
    small(&mut some[..n]);
    some[n / 2]
}

/// Moves words below the pivot in front of the others; how many they are.
#[target_feature(enable = "avx512f,popcnt,bmi2")]
pub(super) fn partition(v: &mut [u64], pivot: u64) -> usize {
    if v.len() <= SHORT { partition_short(v, pivot) } else { partition_long(v, pivot) }
}

/// With what is not small beside the list: the words follow each other without a branch.
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn partition_short(v: &mut [u64], pivot: u64) -> usize {
    let n = v.len();
    assert!(n <= SHORT);
    let pivot = _mm512_set1_epi64(pivot as i64);
    let mut beside = [const { MaybeUninit::<u64>::uninit() }; SHORT + LANES];
    let (data, others) = (v.as_mut_ptr(), beside.as_mut_ptr().cast::<u64>());
    let (mut low, mut high) = (0, SHORT + LANES);
    let whole = n - n % LANES;
    for at in (0..whole).step_by(LANES) {
        // SAFETY: whole vectors of the list are read, before or where they are written: no more words are small than were read. Beside it
        // is room for a vector more than all.
        unsafe {
            let (x, n_small) = split(_mm512_loadu_si512(data.add(at).cast()), pivot);
            _mm512_storeu_si512(data.add(low).cast(), x);
            _mm512_storeu_si512(others.add(high - LANES).cast(), x);
            low += n_small;
            high -= LANES - n_small;
        }
    }
    let n_last = n - whole;
    // SAFETY: only words of the list are read and written.
    unsafe {
        let x = _mm512_maskz_loadu_epi64(first(n_last), data.add(whole).cast());
        let n_small = put(x, pivot, n_last, data.add(low), others.add(high));
        low += n_small;
        high -= n_last - n_small;
        std::ptr::copy_nonoverlapping(others.add(high), data.add(low), n - low);
    }
    low
}

/// In place, a group of vectors at a time.
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn partition_long(v: &mut [u64], pivot: u64) -> usize {
    let n = v.len();
    assert!(n >= 2 * GROUP);
    let rest = n % GROUP;
    // What the ends held, so that there is room to write.
    let mut held = [0; 3 * GROUP];
    let n_held = 2 * GROUP + rest;
    held[..GROUP].copy_from_slice(&v[..GROUP]);
    held[GROUP..n_held].copy_from_slice(&v[n - GROUP - rest..]);
    let pivot = _mm512_set1_epi64(pivot as i64);
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
            let (x, n_small) = split(x, pivot);
            // SAFETY: what was read has left room for whole vectors on both sides; what is too much in one is overwritten later.
            unsafe {
                _mm512_storeu_si512(data.add(low).cast(), x);
                _mm512_storeu_si512(data.add(high - LANES).cast(), x);
            }
            low += n_small;
            high -= LANES - n_small;
        }
    }
    for part in held[..n_held].chunks(LANES) {
        // SAFETY: only words of the part are read, and as much room is left.
        unsafe {
            let x = _mm512_maskz_loadu_epi64(first(part.len()), part.as_ptr().cast());
            let n_small = put(x, pivot, part.len(), data.add(low), data.add(high));
            low += n_small;
            high -= part.len() - n_small;
        }
    }
    low
}

/// A vector's words below the pivot, then the others; how many are below.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn split(x: __m512i, pivot: __m512i) -> (__m512i, usize) {
    let small = _mm512_cmplt_epu64_mask(x, pivot);
    // SAFETY: as many bytes as a row of the table has.
    let order = unsafe { _mm_loadl_epi64(SIDES[usize::from(small)].as_ptr().cast()) };
    (_mm512_permutexvar_epi64(_mm512_cvtepu8_epi64(order), x), small.count_ones() as usize)
}

/// For every mask the lanes in it, and then the others.
static SIDES: [[u8; LANES]; 256] = {
    let mut sides = [[0; LANES]; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut low, mut high, mut lane) = (0, (mask as u8).count_ones() as usize, 0);
        while lane < LANES {
            let at = if mask >> lane & 1 == 1 { &mut low } else { &mut high };
            sides[mask][*at] = lane as u8;
            *at += 1;
            lane += 1;
        }
        mask += 1;
    }
    sides
};

/// A mask of the first `n` lanes.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn first(n: usize) -> __mmask8 {
    _bzhi_u32(0xff, n as u32) as u8
}

/// Writes those of the first `n` words that are below the pivot from `low` on, and the others so that they end at `high`; how many are
/// below.
///
/// # Safety
/// There must be room for them; between the two, if they lie in one list.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
unsafe fn put(x: __m512i, pivot: __m512i, n: usize, low: *mut u64, high: *mut u64) -> usize {
    let small = _mm512_mask_cmplt_epu64_mask(first(n), x, pivot);
    let large = _mm512_mask_cmpge_epu64_mask(first(n), x, pivot);
    let n_small = small.count_ones() as usize;
    // Compressed in a register and then stored: some machines are slow at both in one.
    // SAFETY: the caller's.
    unsafe {
        _mm512_mask_storeu_epi64(low.cast(), first(n_small), _mm512_maskz_compress_epi64(small, x));
        let high = high.sub(n - n_small).cast();
        _mm512_mask_storeu_epi64(high, first(n - n_small), _mm512_maskz_compress_epi64(large, x));
    }
    n_small
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
        ($($i:literal $x:expr),*) => { $(
            // SAFETY: only words of the list are written.
            unsafe { _mm512_mask_storeu_epi64(at.wrapping_add($i * LANES).cast(), valid($i), $x) };
        )* };
    }
    macro_rules! network {
        ($x:ident: $(($a:literal $b:literal))*) => { $(
            ($x[$a], $x[$b]) = (_mm512_min_epu64($x[$a], $x[$b]), _mm512_max_epu64($x[$a], $x[$b]));
        )* };
    }
    if n <= 2 * LANES {
        let [a, b] = merge([order(load!(0)[0]), order(load!(1)[0])]);
        store!(0 a, 1 b);
    } else if n <= 8 * LANES {
        let mut x = load!(0 1 2 3 4 5 6 7);
        network!(x: (0 1) (2 3) (4 5) (6 7) (0 2) (1 3) (4 6) (5 7) (1 2) (5 6) (0 4) (1 5) (2 6) (3 7) (2 4) (3 5) (1 2) (3 4) (5 6));
        let x = transposed(lanes_merged(x));
        store!(0 x[0], 1 x[1], 2 x[2], 3 x[3], 4 x[4], 5 x[5], 6 x[6], 7 x[7]);
    } else {
        let mut x = load!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        network!(x: (0 1) (2 3) (4 5) (6 7) (8 9) (10 11) (12 13) (14 15) (0 2) (1 3) (4 6) (5 7) (8 10) (9 11) (12 14) (13 15)
            (1 2) (5 6) (9 10) (13 14) (0 4) (1 5) (2 6) (3 7) (8 12) (9 13) (10 14) (11 15) (2 4) (3 5) (10 12) (11 13)
            (1 2) (3 4) (5 6) (9 10) (11 12) (13 14) (0 8) (1 9) (2 10) (3 11) (4 12) (5 13) (6 14) (7 15)
            (4 8) (5 9) (6 10) (7 11) (2 4) (3 5) (6 8) (7 9) (10 12) (11 13) (1 2) (3 4) (5 6) (7 8) (9 10) (11 12) (13 14));
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = lanes_merged(x);
        let (x, y) = (transposed([a, b, c, d, e, f, g, h]), transposed([i, j, k, l, m, n, o, p]));
        store!(0 x[0], 1 y[0], 2 x[1], 3 y[1], 4 x[2], 5 y[2], 6 x[3], 7 y[3]);
        store!(8 x[4], 9 y[4], 10 x[5], 11 y[5], 12 x[6], 13 y[6], 14 x[7], 15 y[7]);
    }
}

/// Merges the two halves of a sorted pair.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn merge([a, b]: [__m512i; 2]) -> [__m512i; 2] {
    let b = turned::<8>(b);
    [halves(_mm512_min_epu64(a, b)), halves(_mm512_max_epu64(a, b))]
}

/// Makes of lanes that are sorted across the vectors one list, lane after lane: pairs of lanes are merged, and pairs of these.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn lanes_merged<const N: usize>(x: [__m512i; N]) -> [__m512i; N] {
    let x = within_lanes(crossed::<N, 2>(x, 0b1010_1010));
    let mut x = crossed::<N, 4>(x, 0b1100_1100);
    for x in &mut x {
        *x = exchange(*x, _mm512_permutex_epi64::<0b10_11_00_01>(*x), 0b1010_1010);
    }
    let mut x = crossed::<N, 8>(within_lanes(x), 0b1111_0000);
    for x in &mut x {
        *x = exchange(*x, _mm512_permutex_epi64::<0b01_00_11_10>(*x), 0b1100_1100);
        *x = exchange(*x, _mm512_permutex_epi64::<0b10_11_00_01>(*x), 0b1010_1010);
    }
    within_lanes(x)
}

/// The smaller words of two lists in groups of `L` lanes to the first half of a group, and the larger ones (the mask) to the second: each
/// word is compared with the one as far from the other end.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn crossed<const N: usize, const L: usize>(mut x: [__m512i; N], large: __mmask8) -> [__m512i; N] {
    for i in 0..N / 2 {
        let j = N - 1 - i;
        let other = turned::<L>(x[j]);
        let (min, max) = (_mm512_min_epu64(x[i], other), _mm512_max_epu64(x[i], other));
        x[i] = _mm512_mask_mov_epi64(min, large, max);
        x[j] = turned::<L>(_mm512_mask_mov_epi64(max, large, min));
    }
    x
}

/// The lanes of each group of `L` from the last to the first.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn turned<const L: usize>(x: __m512i) -> __m512i {
    match L {
        2 => _mm512_permutex_epi64::<0b10_11_00_01>(x),
        4 => _mm512_permutex_epi64::<0b00_01_10_11>(x),
        _ => _mm512_permutexvar_epi64(_mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7), x),
    }
}

/// Sorts every lane across up to 16 vectors, where it rises and then falls.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn within_lanes<const N: usize>(x: [__m512i; N]) -> [__m512i; N] {
    // Spelled out, as a loop over distances would keep the vectors in memory.
    let x = if N > 8 { apart::<N, 8>(x) } else { x };
    apart::<N, 1>(apart::<N, 2>(apart::<N, 4>(x)))
}

/// The smaller words of vectors at a distance to the first, and the larger ones to the second.
#[inline]
#[target_feature(enable = "avx512f,popcnt,bmi2")]
fn apart<const N: usize, const D: usize>(mut x: [__m512i; N]) -> [__m512i; N] {
    for i in 0..N {
        if i & D == 0 {
            (x[i], x[i + D]) = (_mm512_min_epu64(x[i], x[i + D]), _mm512_max_epu64(x[i], x[i + D]));
        }
    }
    x
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
