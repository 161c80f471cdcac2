//! The order of elements, as numbers that are compared at once.
//!
//! Floats are ordered as NumPy sorts them: by size, NaN behind all others. Zeros of both signs are equal where places are asked for; where
//! values are, -0.0 comes before 0.0, so that there is one order, however the elements lay.

use crate::base::Element;
use crate::base::dtype::{C64, C128};
use crate::kernel::sort::sort_words;

/// An element with a total order.
pub trait SortKey: Element {
    /// What stands for it.
    type Key: Ord + Copy + Send + Sync + std::fmt::Debug;

    /// Rises with the element; the same only for elements of the same bits (all NaN count as one).
    fn key(self) -> Self::Key;

    /// Rises with the element; the same for elements that are equal.
    fn size_key(self) -> Self::Key {
        self.key()
    }

    /// Sorts elements by their keys.
    fn sort(v: &mut [Self]);
}

macro_rules! by_itself {
    ($($t:ty),*) => {$(
        impl SortKey for $t {
            type Key = $t;
            fn key(self) -> $t {
                self
            }
            fn sort(v: &mut [$t]) {
                v.sort_unstable();
            }
        }
    )*};
}
by_itself!(bool, i32, u32);

macro_rules! counted {
    ($($t:ty),*) => {$(
        impl SortKey for $t {
            type Key = $t;
            fn key(self) -> $t {
                self
            }
            fn sort(v: &mut [$t]) {
                const VALUES: usize = 1 << <$t>::BITS;
                // Not where counts would take more memory than the list.
                if size_of_val(v) < VALUES * size_of::<u32>() || u32::try_from(v.len()).is_err() {
                    return v.sort_unstable();
                }
                let mut counts = vec![0u32; VALUES];
                v.iter().for_each(|&x| counts[(i64::from(x) - i64::from(<$t>::MIN)) as usize] += 1);
                let mut rest = v;
                for (x, n) in (<$t>::MIN..=<$t>::MAX).zip(counts) {
                    let same;
                    (same, rest) = rest.split_at_mut(n as usize);
                    same.fill(x);
                }
            }
        }
    )*};
}
counted!(i8, i16, u8, u16);

macro_rules! words {
    ($($t:ty, $sign:literal);*) => {$(
        impl SortKey for $t {
            type Key = $t;
            fn key(self) -> $t {
                self
            }
            fn sort(v: &mut [$t]) {
                // SAFETY: integers of one size have the same layout, and every pattern of bits is valid for both.
                let words = unsafe { std::slice::from_raw_parts_mut(v.as_mut_ptr().cast::<u64>(), v.len()) };
                words.iter_mut().for_each(|w| *w ^= $sign << 63);
                sort_words(words);
                words.iter_mut().for_each(|w| *w ^= $sign << 63);
            }
        }
    )*};
}
words!(u64, 0; i64, 1);

macro_rules! float {
    ($t:ty, $bits:ty, $sort:expr) => {
        impl SortKey for $t {
            type Key = $bits;
            fn key(self) -> $bits {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                let bits = self.to_bits();
                // Negative numbers fall with their bits: turned round, and below the others.
                let key = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                if self.is_nan() { <$bits>::MAX } else { key }
            }
            fn size_key(self) -> $bits {
                (self + 0.0).key()
            }
            fn sort(v: &mut [$t]) {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                // SAFETY: floats and unsigned integers of one size have the same layout, and every pattern of bits is valid for both.
                let keys = unsafe { std::slice::from_raw_parts_mut(v.as_mut_ptr().cast::<$bits>(), v.len()) };
                for k in &mut *keys {
                    *k = <$t>::from_bits(*k).key();
                }
                $sort(keys);
                for k in keys {
                    *k = if *k & SIGN == 0 { !*k } else { *k ^ SIGN };
                }
            }
        }
    };
}
float!(f32, u32, <[u32]>::sort_unstable);
float!(f64, u64, sort_words);

macro_rules! complex {
    ($t:ty, $part:ty) => {
        /// By the real part, then by the imaginary one; those with NaN last, and by which part it is in, as NumPy sorts. The signs of zeros
        /// come last of all.
        impl SortKey for $t {
            type Key = (bool, bool, <$part as SortKey>::Key, <$part as SortKey>::Key, bool, bool);
            fn key(self) -> Self::Key {
                let plus = |part: $part| part == 0.0 && part.is_sign_positive();
                let (re_nan, im_nan, re, im, ..) = self.size_key();
                (re_nan, im_nan, re, im, plus(self.re), plus(self.im))
            }
            fn size_key(self) -> Self::Key {
                (self.re.is_nan(), self.im.is_nan(), self.re.size_key(), self.im.size_key(), false, false)
            }
            fn sort(v: &mut [$t]) {
                v.sort_unstable_by_key(|v| v.key());
            }
        }
    };
}
complex!(C64, f32);
complex!(C128, f64);
