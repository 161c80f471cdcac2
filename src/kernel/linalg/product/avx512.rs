//! Products of floats with AVX-512: tiles of 8 rows by three vectors that stay in registers, of packed factors.
//!
//! Loops and packing are those of Van Zee and van de Geijn, "BLIS: A framework for rapidly instantiating BLAS functionality" (2015), for
//! results in C order: some columns of `b` stay in the first cache while rows of `a` from the second pass by. What comes next is fetched
//! ahead of its use.
//!
//! Every element of a tile is one fused multiply-add after the other along the inner axis, from zero, and is then added to what the result
//! is so far.

use crate::chunk::BufferMut;
use crate::kernel::linalg::rows::Rows;
use std::arch::x86_64::*;

/// Rows of a tile.
const TALL: usize = 8;
/// Vectors of a tile's row.
const WIDE: usize = 3;
/// Rows of `a` that are packed at a time: half of a second cache.
const ROWS: usize = 21 * TALL;
/// Vectors of `b`'s rows that are packed at a time.
const COLUMNS: usize = 64 * WIDE;
/// Bytes of a row of tiles by which they are fetched ahead.
const AHEAD: usize = 512;
/// Steps along the inner axis in which a tile fetches one line of the next columns.
const FETCH: usize = 8;
/// So many times [`FETCH`] steps before its end a tile fetches what it will be added to.
const LATE: usize = 8;

// Packed factors are part of what a product keeps.
const _: () = assert!((ROWS * size_of::<f64>() + COLUMNS * size_of::<__m512d>()) * super::DEPTH <= super::SLAB_BYTES);

/// Elements with vector code.
pub(super) trait Vectors: super::Multiply {
    /// The product of `a` and `b` on top of `start`, at most `depth` of the inner axis at a time.
    ///
    /// # Safety
    /// The machine must have AVX-512F.
    unsafe fn vector_product(c: &mut [Self], start: Option<&[Self]>, a: Rows<'_, Self>, b: Rows<'_, Self>, depth: usize);
}

/// Steps of a tile, written out: a loop would be kept one, and a closure might not be compiled for the same instructions.
macro_rules! steps {
    ($sums:ident, $rows:ident, $columns:ident, $($p:literal)*) => {
        $(step(&mut $sums, &$rows[$p], &$columns[$p]);)*
    };
}

macro_rules! vectors {
    ($t:ident, $v:ident, $lanes:literal, $zero:ident, $load:ident, $store:ident, $all:ident, $fma:ident, $add:ident, $transpose:ident) => {
        mod $t {
            use super::{AHEAD, BufferMut, COLUMNS, FETCH, LATE, ROWS, Rows, Start, TALL, Vectors, WIDE, $transpose, fetch};
            use std::arch::x86_64::*;

            const LANES: usize = $lanes;
            /// Columns of a tile.
            const WIDTH: usize = WIDE * LANES;

            impl Vectors for $t {
                unsafe fn vector_product(c: &mut [$t], start: Option<&[$t]>, a: Rows<'_, $t>, b: Rows<'_, $t>, depth: usize) {
                    // SAFETY: the caller's promise.
                    unsafe { product(c, start, a, b, depth) }
                }
            }

            #[target_feature(enable = "avx512f")]
            fn product(c: &mut [$t], start: Option<&[$t]>, a: Rows<'_, $t>, b: Rows<'_, $t>, depth: usize) {
                let (m, n, k) = (a.n_rows(), b.n_columns(), a.n_columns());
                let depth = depth.min(k);
                let (tall, wide) = (m.min(ROWS).next_multiple_of(TALL), n.min(COLUMNS * LANES).next_multiple_of(WIDTH));
                let mut room = BufferMut::for_overwrite((tall + wide) * depth * size_of::<$t>());
                let (columns, rows) = room.elements_mut::<$t>().split_at_mut(wide * depth);
                for left in (0..n).step_by(COLUMNS * LANES) {
                    let width = (COLUMNS * LANES).min(n - left);
                    for at in (0..k).step_by(depth) {
                        let steps = depth.min(k - at);
                        let columns = &mut columns[..width.next_multiple_of(WIDTH) * steps];
                        pack_columns(columns, b, left, at, steps);
                        for top in (0..m).step_by(ROWS) {
                            let height = ROWS.min(m - top);
                            let rows = &mut rows[..height.next_multiple_of(TALL) * steps];
                            pack_rows(rows, a, top, at, steps);
                            let from = top * n + left;
                            let start = match at {
                                0 => start.map_or(Start::Zero, |s| Start::At(&s[from..])),
                                _ => Start::Sum,
                            };
                            block(&mut c[from..], start, n, (height, width), rows, columns, steps);
                        }
                    }
                }
            }

            /// Rows `top` and on, `steps` of the inner axis from `at` on: tile by tile, and in a tile step by step. Missing rows are zeros.
            #[target_feature(enable = "avx512f")]
            fn pack_rows(out: &mut [$t], a: Rows<'_, $t>, top: usize, at: usize, steps: usize) {
                for (tile, out) in out.chunks_exact_mut(TALL * steps).enumerate() {
                    let first = top + tile * TALL;
                    let out = out.as_chunks_mut::<TALL>().0;
                    if first + TALL > a.n_rows() {
                        out.fill([0.0; TALL]);
                        for i in first..a.n_rows() {
                            out.iter_mut().zip(&a.row(i)[at..]).for_each(|(o, &v)| o[i - first] = v);
                        }
                        continue;
                    }
                    let rows: [&[$t]; TALL] = std::array::from_fn(|i| &a.row(first + i)[at..at + steps]);
                    let squares: [&[[$t; TALL]]; TALL] = rows.map(|r| r.as_chunks().0);
                    let (whole, rest) = out.as_chunks_mut::<TALL>();
                    for (p, out) in whole.iter_mut().enumerate() {
                        rows.iter().for_each(|r| fetch(r.as_ptr().wrapping_add(p * TALL).wrapping_byte_add(AHEAD)));
                        $transpose(squares.map(|s| &s[p]), out);
                    }
                    for (p, out) in (whole.len() * TALL..).zip(rest) {
                        *out = rows.map(|r| r[p]);
                    }
                }
            }

            /// Columns `left` and on, packed likewise. Missing columns are zeros.
            #[target_feature(enable = "avx512f")]
            fn pack_columns(out: &mut [$t], b: Rows<'_, $t>, left: usize, at: usize, steps: usize) {
                let width = (out.len() / steps).min(b.n_columns() - left);
                for p in 0..steps {
                    let (whole, rest) = b.row(at + p)[left..left + width].as_chunks::<WIDTH>();
                    for (tile, v) in whole.iter().enumerate() {
                        for line in v.as_chunks::<LANES>().0 {
                            fetch(line.as_ptr().wrapping_add(2 * b.stride()));
                        }
                        out[(tile * steps + p) * WIDTH..][..WIDTH].copy_from_slice(v);
                    }
                    if !rest.is_empty() {
                        let last = &mut out[(whole.len() * steps + p) * WIDTH..][..WIDTH];
                        last[..rest.len()].copy_from_slice(rest);
                        last[rest.len()..].fill(0.0);
                    }
                }
            }

            /// The product of packed rows and columns, on top of `start`, to the upper left of `c`. Rows of both are `stride` apart.
            #[target_feature(enable = "avx512f")]
            fn block(
                c: &mut [$t],
                start: Start<'_, $t>,
                stride: usize,
                (height, width): (usize, usize),
                rows: &[$t],
                columns: &[$t],
                steps: usize,
            ) {
                let share = (WIDTH * steps).div_ceil(height.div_ceil(TALL));
                for (j, column) in columns.chunks_exact(WIDTH * steps).enumerate() {
                    for (i, row) in rows.chunks_exact(TALL * steps).enumerate() {
                        // Every tile of these columns fetches a share of the next columns.
                        let next = column.as_ptr().wrapping_add(WIDTH * steps + i * share);
                        let (row, column) = (row.as_chunks::<TALL>().0, column.as_chunks::<WIDTH>().0);
                        let (down, across) = (TALL.min(height - i * TALL), WIDTH.min(width - j * WIDTH));
                        let from = i * TALL * stride + j * WIDTH;
                        let (c, start) = (&mut c[from..], start.from(from));
                        if (down, across) == (TALL, WIDTH) {
                            tile(c, start, stride, row, column, next);
                            continue;
                        }
                        let mut edge = [0.0; TALL * WIDTH];
                        tile(&mut edge, Start::Zero, WIDTH, row, column, next);
                        for (i, edge) in edge.chunks_exact(WIDTH).enumerate().take(down) {
                            let line = i * stride..i * stride + across;
                            let c = &mut c[line.clone()];
                            match start {
                                Start::Zero => c.copy_from_slice(&edge[..across]),
                                Start::Sum => c.iter_mut().zip(edge).for_each(|(c, &e)| *c += e),
                                Start::At(s) => c.iter_mut().zip(edge).zip(&s[line]).for_each(|((c, &e), &s)| *c = s + e),
                            }
                        }
                    }
                }
            }

            /// A tile to the upper left of `c`.
            #[target_feature(enable = "avx512f")]
            fn tile(
                c: &mut [$t],
                start: Start<'_, $t>,
                stride: usize,
                rows: &[[$t; TALL]],
                columns: &[[$t; WIDTH]],
                next: *const $t,
            ) {
                let mut sums = [[$zero(); WIDE]; TALL];
                let (many, last) = rows.as_chunks::<FETCH>();
                let (many_columns, last_columns) = columns.as_chunks::<FETCH>();
                let late = many.len().saturating_sub(LATE);
                let mut next = next.cast::<i8>();
                for (n, (rows, columns)) in many.iter().zip(many_columns).enumerate() {
                    if n == late {
                        fetch_tile(start.at(c), stride);
                    }
                    steps!(sums, rows, columns, 0 1 2 3);
                    _mm_prefetch::<_MM_HINT_T1>(next);
                    next = next.wrapping_add(64);
                    steps!(sums, rows, columns, 4 5 6 7);
                }
                for (row, column) in last.iter().zip(last_columns) {
                    step(&mut sums, row, column);
                }
                for (i, sums) in sums.iter().enumerate() {
                    let line = i * stride..i * stride + WIDTH;
                    let c = &mut c[line.clone()];
                    let under = match start {
                        Start::Zero => None,
                        Start::Sum => Some(c.as_ptr()),
                        Start::At(s) => Some(s[line].as_ptr()),
                    };
                    for (j, &sum) in sums.iter().enumerate() {
                        // SAFETY: both are `WIDE` vectors.
                        unsafe {
                            let sum = under.map_or(sum, |s| $add(sum, $load(s.add(j * LANES))));
                            $store(c.as_mut_ptr().add(j * LANES), sum);
                        }
                    }
                }
            }

            /// Fetches what a tile will be added to.
            #[inline]
            #[target_feature(enable = "avx512f")]
            fn fetch_tile(c: *const $t, stride: usize) {
                for i in 0..TALL {
                    // A row that does not begin with a line ends in one more.
                    for at in [0, LANES, 2 * LANES, WIDTH - 1] {
                        fetch(c.wrapping_add(i * stride + at));
                    }
                }
            }

            /// Adds the products of one step.
            #[inline]
            #[target_feature(enable = "avx512f")]
            fn step(sums: &mut [[$v; WIDE]; TALL], row: &[$t; TALL], column: &[$t; WIDTH]) {
                // SAFETY: vectors of an array of `WIDE` of them.
                let v: [$v; WIDE] = std::array::from_fn(|j| unsafe { $load(column.as_ptr().add(j * LANES)) });
                fetch(row.as_ptr().wrapping_byte_add(AHEAD));
                for (sums, &x) in sums.iter_mut().zip(row) {
                    let x = $all(x);
                    for (sum, &v) in sums.iter_mut().zip(&v) {
                        *sum = $fma(x, v, *sum);
                    }
                }
            }
        }
    };
}
vectors!(
    f64,
    __m512d,
    8,
    _mm512_setzero_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_set1_pd,
    _mm512_fmadd_pd,
    _mm512_add_pd,
    transpose_f64
);
vectors!(
    f32,
    __m512,
    16,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_set1_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps,
    transpose_f32
);

/// What a tile is added to.
#[derive(Clone, Copy)]
enum Start<'a, T> {
    /// Nothing.
    Zero,
    /// What is there.
    Sum,
    /// What stands elsewhere.
    At(&'a [T]),
}

impl<T> Start<'_, T> {
    /// Where it stands, for a result at `c`.
    fn at(self, c: &[T]) -> *const T {
        match self {
            Start::At(s) => s.as_ptr(),
            Start::Zero | Start::Sum => c.as_ptr(),
        }
    }

    /// From the `n`th element on.
    fn from(self, n: usize) -> Self {
        match self {
            Start::At(s) => Start::At(&s[n..]),
            other => other,
        }
    }
}

/// Fetches a line of memory into the first cache.
#[inline(always)]
fn fetch<T>(line: *const T) {
    // SAFETY: fetching ahead reads nothing, wherever it points.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
}

/// Rows as columns.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose_f64(rows: [&[f64; TALL]; TALL], out: &mut [[f64; TALL]; TALL]) {
    // SAFETY: a vector's worth of elements.
    let r = rows.map(|r| unsafe { _mm512_loadu_pd(r.as_ptr()) });
    // Pairs of rows, pairs of those, and pairs of those again.
    let pairs: [_; TALL] = std::array::from_fn(|n| {
        let (x, y) = (r[n / 2 * 2], r[n / 2 * 2 + 1]);
        if n % 2 == 0 { _mm512_unpacklo_pd(x, y) } else { _mm512_unpackhi_pd(x, y) }
    });
    let fours: [_; TALL] = std::array::from_fn(|n| {
        let (x, y) = (pairs[n / 4 * 4 + n % 2], pairs[n / 4 * 4 + 2 + n % 2]);
        if n / 2 % 2 == 0 { _mm512_shuffle_f64x2::<0x88>(x, y) } else { _mm512_shuffle_f64x2::<0xdd>(x, y) }
    });
    for (n, out) in out.iter_mut().enumerate() {
        let (x, y) = (fours[n % 4], fours[4 + n % 4]);
        let column = if n < 4 { _mm512_shuffle_f64x2::<0x88>(x, y) } else { _mm512_shuffle_f64x2::<0xdd>(x, y) };
        // SAFETY: a vector's worth of elements.
        unsafe { _mm512_storeu_pd(out.as_mut_ptr(), column) };
    }
}

/// Rows as columns.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose_f32(rows: [&[f32; TALL]; TALL], out: &mut [[f32; TALL]; TALL]) {
    // SAFETY: a vector's worth of elements.
    let r = rows.map(|r| unsafe { _mm256_loadu_ps(r.as_ptr()) });
    let pairs: [_; TALL] = std::array::from_fn(|n| {
        let (x, y) = (r[n / 2 * 2], r[n / 2 * 2 + 1]);
        if n % 2 == 0 { _mm256_unpacklo_ps(x, y) } else { _mm256_unpackhi_ps(x, y) }
    });
    let fours: [_; TALL] = std::array::from_fn(|n| {
        let (x, y) = (pairs[n / 4 * 4 + n / 2 % 2], pairs[n / 4 * 4 + 2 + n / 2 % 2]);
        if n % 2 == 0 { _mm256_shuffle_ps::<0x44>(x, y) } else { _mm256_shuffle_ps::<0xee>(x, y) }
    });
    for (n, out) in out.iter_mut().enumerate() {
        let (x, y) = (fours[n % 4], fours[4 + n % 4]);
        let column = if n < 4 { _mm256_permute2f128_ps::<0x20>(x, y) } else { _mm256_permute2f128_ps::<0x31>(x, y) };
        // SAFETY: a vector's worth of elements.
        unsafe { _mm256_storeu_ps(out.as_mut_ptr(), column) };
    }
}
