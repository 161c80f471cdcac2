//! Products of matrices on top of what was summed up before: `c = start + a b`.
//!
//! Floats and complex numbers are added up by fused multiply-adds along the inner axis, in runs of at most `DEPTH`: by vector code of our own
//! where there is AVX-512, else by the packed kernels of the `gemm` crate, to the same bits. Integers wrap, and of bool the sum is "or". A
//! product with a vector is a kernel of its own, whose order of adding is fixed.

use crate::base::Element;
use crate::base::dtype::{C64, C128};
#[cfg(target_arch = "x86_64")]
use crate::kernel::lanes::Isa;
use crate::kernel::linalg::rows::Rows;

#[cfg(target_arch = "x86_64")]
mod avx512;

/// Partial sums of a dot product, added in a fixed order in the end.
const LANES: usize = 16;
/// Rows and columns of `b` that an integer product works on at a time: they stay in the first cache.
const TILE: (usize, usize) = (32, 512);

/// Elements that can be multiplied as matrices.
pub trait Multiply: Element {
    /// Makes `c`, which lies in C order, the product of `a` and `b` on top of `start` (else of zeros). All must fit together.
    fn product(c: &mut [Self], start: Option<&[Self]>, a: Rows<'_, Self>, b: Rows<'_, Self>) {
        begin(c, start);
        Self::add_product(c, a, b);
    }

    /// Adds the product of `a` and `b` to `c`.
    fn add_product(c: &mut [Self], a: Rows<'_, Self>, b: Rows<'_, Self>);

    /// Bytes that a thread holds or keeps for products of blocks of `rows` by `inner` and `inner` by `columns`: packed pieces of the factors.
    fn kept_bytes(rows: usize, columns: usize, inner: usize) -> u64 {
        let _ = (rows, columns, inner);
        0
    }
}

/// At most so much of the inner axis is multiplied at a time: no more than any machine's caches hold, so that the order of adding is the same
/// on all.
const DEPTH: usize = 400;
/// Products of matrices that are shorter in any direction are not worth packing in tiles.
#[cfg(target_arch = "x86_64")]
const WORTH_PACKING: usize = 16;
/// The highest threshold there is, in tiles of the result's columns.
const NO_PACKING: usize = 256;
/// Rows or columns that packing may round up by, for either factor.
const SLACK: usize = 256;
/// What a thread keeps for its second cache; vector code packs into less.
const SLAB_BYTES: usize = 6 << 20;

/// So much of the inner axis is multiplied at a time.
fn depth(k: usize) -> usize {
    k.div_ceil(k.div_ceil(DEPTH).max(1))
}

/// What a sum begins with.
fn begin<T: Copy + Default>(c: &mut [T], start: Option<&[T]>) {
    match start {
        Some(start) => c.copy_from_slice(start),
        None => c.fill(T::default()),
    }
}

/// Rows, columns and inner length of a product.
///
/// # Panics
/// When the three do not fit together.
fn sizes<T>(c: &[T], a: Rows<'_, T>, b: Rows<'_, T>) -> (usize, usize, usize) {
    let (m, n, k) = (a.n_rows(), b.n_columns(), a.n_columns());
    assert!(c.len() == m * n && b.n_rows() == k, "a product of {m} by {k} and {} by {n}", b.n_rows());
    (m, n, k)
}

macro_rules! float {
    ($($t:ty: $($vectors:ident)?),*) => {$(
        impl Multiply for $t {
            $(fn product(c: &mut [$t], start: Option<&[$t]>, a: Rows<'_, $t>, b: Rows<'_, $t>) {
                if !$vectors(c, start, a, b) {
                    begin(c, start);
                    Self::add_product(c, a, b);
                }
            })?

            fn add_product(c: &mut [$t], a: Rows<'_, $t>, b: Rows<'_, $t>) {
                let (m, n, k) = sizes(c, a, b);
                if m == 0 || n == 0 || k == 0 {
                    return;
                }
                if m == 1 {
                    return combine_rows(c, a.row(0), b, |c, x, y| *c += x * y);
                }
                if n == 1 {
                    // One column in C order is one run.
                    let column: Vec<$t> = if b.stride() == 1 { Vec::new() } else { (0..k).map(|i| b.row(i)[0]).collect() };
                    let x = if b.stride() == 1 { b.data() } else { &column };
                    c.iter_mut().enumerate().for_each(|(i, c)| *c += dot(a.row(i), x));
                    return;
                }
                let (sa, sb) = (a.stride() as isize, b.stride() as isize);
                // Rows are runs already: packing them once more costs memory and gains nothing.
                gemm::set_rhs_packing_threshold(NO_PACKING);
                let depth = depth(k);
                for at in (0..k).step_by(depth) {
                    let (left, top) = (a.data().as_ptr().wrapping_add(at), b.row(at).as_ptr());
                    let one: $t = faer::traits::math_utils::one();
                    // SAFETY: `Rows` holds what its shape and stride reach; the shapes were compared above.
                    unsafe {
                        gemm::gemm(
                            m, n, depth.min(k - at), c.as_mut_ptr(), 1, n as isize, true, left, 1, sa, top, 1, sb, one, one, false, false,
                            false, gemm::Parallelism::None,
                        );
                    }
                }
            }

            fn kept_bytes(rows: usize, columns: usize, inner: usize) -> u64 {
                ((rows + columns + 2 * SLACK) * inner.min(DEPTH) * size_of::<$t>() + SLAB_BYTES) as u64
            }
        }
    )*};
}
float!(f32: in_vectors, f64: in_vectors, C64:, C128:);

/// The product by vector code, if the machine has it and the product is worth packing its factors.
#[cfg(target_arch = "x86_64")]
fn in_vectors<T: avx512::Vectors>(c: &mut [T], start: Option<&[T]>, a: Rows<'_, T>, b: Rows<'_, T>) -> bool {
    let (m, n, k) = sizes(c, a, b);
    if Isa::detect() != Isa::Avx512 || [m, n, k].iter().any(|&n| n < WORTH_PACKING) {
        return false;
    }
    assert!(start.is_none_or(|s| s.len() == c.len()), "a start of another shape");
    // SAFETY: the machine has the features.
    unsafe { avx512::Vectors::vector_product(c, start, a, b, depth(k)) };
    true
}

#[cfg(not(target_arch = "x86_64"))]
fn in_vectors<T>(_: &mut [T], _: Option<&[T]>, _: Rows<'_, T>, _: Rows<'_, T>) -> bool {
    false
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Multiply for $t {
            fn add_product(c: &mut [$t], a: Rows<'_, $t>, b: Rows<'_, $t>) {
                tiles(c, a, b, |c, x, y| *c = c.wrapping_add(x.wrapping_mul(y)));
            }
        }
    )*};
}
integer!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Multiply for bool {
    fn add_product(c: &mut [bool], a: Rows<'_, bool>, b: Rows<'_, bool>) {
        tiles(c, a, b, |c, x, y| *c |= x & y);
    }
}

/// Sum of products in [`LANES`] partial sums.
fn dot<T: Copy + Default + std::ops::Add<Output = T> + std::ops::Mul<Output = T>>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::default(); LANES];
    let (a, b) = (a.chunks_exact(LANES), b[..a.len()].chunks_exact(LANES));
    let rest = a.remainder().iter().zip(b.remainder());
    for (x, y) in a.clone().zip(b.clone()) {
        for i in 0..LANES {
            sums[i] = sums[i] + x[i] * y[i];
        }
    }
    rest.enumerate().for_each(|(i, (&x, &y))| sums[i] = sums[i] + x * y);
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            sums[i] = sums[i] + sums[i + n];
        }
    }
    sums[0]
}

/// Adds the rows of `b`, each times its factor, to `c`.
fn combine_rows<T: Copy>(c: &mut [T], factors: &[T], b: Rows<'_, T>, add: impl Fn(&mut T, T, T)) {
    for (i, &x) in factors.iter().enumerate() {
        c.iter_mut().zip(b.row(i)).for_each(|(c, &y)| add(c, x, y));
    }
}

/// The product tile by tile of `b`; every element of `c` still gets its products in order.
fn tiles<T: Copy>(c: &mut [T], a: Rows<'_, T>, b: Rows<'_, T>, add: impl Fn(&mut T, T, T)) {
    let (m, n, k) = sizes(c, a, b);
    for left in (0..n).step_by(TILE.1) {
        let columns = left..(left + TILE.1).min(n);
        for top in (0..k).step_by(TILE.0) {
            for i in 0..m {
                let row = &mut c[i * n + columns.start..i * n + columns.end];
                for (p, &x) in a.row(i)[top..(top + TILE.0).min(k)].iter().enumerate() {
                    row.iter_mut().zip(&b.row(top + p)[columns.clone()]).for_each(|(c, &y)| add(c, x, y));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn simple<T: Multiply + std::ops::Add<Output = T> + std::ops::Mul<Output = T>>(a: &[T], b: &[T], m: usize, k: usize) -> Vec<T> {
        let n = b.len() / k;
        let at = |i: usize, j: usize| (0..k).fold(T::default(), |s, p| s + a[i * k + p] * b[p * n + j]);
        (0..m * n).map(|e| at(e / n, e % n)).collect()
    }

    #[test]
    fn products_are_those_of_the_definition() {
        for (m, k, n) in
            [(1, 1, 1), (3, 5, 2), (1, 40, 7), (9, 100, 1), (33, 65, 600), (40, 300, 48), (16, 16, 16), (300, 17, 3100)]
        {
            let a: Vec<i32> = (0..m * k).map(|i| (i * 31 % 17) as i32 - 8).collect();
            let b: Vec<i32> = (0..k * n).map(|i| (i * 37 % 23) as i32 - 11).collect();
            let want = simple(&a, &b, m, k);
            let mut c = vec![5; m * n];
            i32::product(&mut c, None, Rows::new(&a, m, k).unwrap(), Rows::new(&b, k, n).unwrap());
            assert_eq!(c, want);
            // Small integers are exact in any order of adding.
            let (af, bf): (Vec<f32>, Vec<f32>) = (a.iter().map(|&v| v as f32).collect(), b.iter().map(|&v| v as f32).collect());
            let mut c = vec![5.0f32; m * n];
            let start: Vec<f32> = (0..m * n).map(|i| (i % 5) as f32).collect();
            f32::product(&mut c, Some(&start), Rows::new(&af, m, k).unwrap(), Rows::new(&bf, k, n).unwrap());
            let want: Vec<f32> = want.iter().zip(&start).map(|(&v, &s)| v as f32 + s).collect();
            assert_eq!(c, want, "{m} {k} {n}");
        }
    }

    /// Products by vector code and by the `gemm` crate are the same bits, whatever is in the matrices.
    macro_rules! same_bits {
        ($name:ident, $t:ident) => {
            fn $name(
                m: usize,
                k: usize,
                n: usize,
                seed: u64,
                special: usize,
                with_start: bool,
            ) -> std::result::Result<(), TestCaseError> {
                let value = |i: usize| {
                    let h = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    match (special > 0 && i % special == 3, h % 4) {
                        (true, 0) => $t::NAN,
                        (true, 1) => $t::INFINITY,
                        (true, 2) => -0.0,
                        _ => ((h >> 40) as $t / 4e6 - 2.0) * (10.0 as $t).powi((h % 13) as i32 - 6),
                    }
                };
                let (a, b): (Vec<$t>, Vec<$t>) = ((0..m * k).map(value).collect(), (7..7 + k * n).map(value).collect());
                let start: Option<Vec<$t>> = with_start.then(|| (3..3 + m * n).map(value).collect());
                let (ra, rb) = (Rows::new(&a, m, k).unwrap(), Rows::new(&b, k, n).unwrap());
                let (mut got, mut want) = (vec![1.0; m * n], vec![1.0; m * n]);
                $t::product(&mut got, start.as_deref(), ra, rb);
                begin(&mut want, start.as_deref());
                $t::add_product(&mut want, ra, rb);
                let same = |x: &$t, y: &$t| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
                let differs = (0..m * n).find(|&i| !same(&got[i], &want[i]));
                prop_assert!(differs.is_none(), "{m} {k} {n}: element {differs:?}");
                Ok(())
            }
        };
    }
    same_bits!(same_f64, f64);
    same_bits!(same_f32, f32);

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn vector_code_gives_the_bits_of_the_crate(
            (m, k, n) in (16usize..300, 16usize..600, 16usize..300),
            seed in any::<u64>(),
            special in 0usize..4000,
            with_start in any::<bool>(),
        ) {
            same_f64(m, k, n, seed, special, with_start)?;
            same_f32(m, k, n, seed, special, with_start)?;
        }
    }
}
