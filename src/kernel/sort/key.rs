//! The order of elements, as numbers that are compared at once.
//!
//! Floats are ordered as NumPy sorts them: by size, NaN behind all others. Zeros of both signs are equal where places are asked for; where
//! values are, -0.0 comes before 0.0, so that there is one order, however the elements lay.

use crate::base::Element;
use crate::base::dtype::{C64, C128};
use crate::kernel::isa::{self, Job};
use crate::kernel::lanes::Isa;
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

    /// Turns elements of 64 bits, where they lie, into words that rise with their keys; None of others, which stay as they are.
    fn to_words(_: &mut [Self]) -> Option<&mut [u64]> {
        None
    }

    /// Turns words back into elements.
    fn from_words(_: &mut [u64]) {}

    /// How far an integer is from one that is not larger; None for what is no integer.
    fn distance(self, _from: Self) -> Option<u64> {
        None
    }

    /// The integer at a distance that there is; of what is no integer itself.
    fn farther(self, _distance: u64) -> Self {
        self
    }
}

impl SortKey for bool {
    type Key = bool;
    fn key(self) -> bool {
        self
    }
    fn sort(v: &mut [bool]) {
        v.sort_unstable();
    }
}

macro_rules! integer {
    ($($t:ty: $sort:expr $(, flip $flip:expr)?;)*) => {$(
        impl SortKey for $t {
            type Key = $t;
            fn key(self) -> $t {
                self
            }
            fn sort(v: &mut [$t]) {
                if !by_counting(v) {
                    $sort(v);
                }
            }
            $(
                fn to_words(v: &mut [$t]) -> Option<&mut [u64]> {
                    // SAFETY: integers of one size have the same layout, and every pattern of bits is valid for both.
                    let words = unsafe { std::slice::from_raw_parts_mut(v.as_mut_ptr().cast::<u64>(), v.len()) };
                    Self::from_words(words);
                    Some(words)
                }
                fn from_words(words: &mut [u64]) {
                    if $flip != 0 {
                        words.iter_mut().for_each(|w| *w ^= $flip);
                    }
                }
            )?
            fn distance(self, from: $t) -> Option<u64> {
                Some((self as u64).wrapping_sub(from as u64))
            }
            fn farther(self, distance: u64) -> $t {
                (self as u64).wrapping_add(distance) as $t
            }
        }
    )*};
}
integer!(i8: <[i8]>::sort_unstable; i16: <[i16]>::sort_unstable; i32: <[i32]>::sort_unstable; i64: sort_as_words, flip 1u64 << 63;);
integer!(u8: <[u8]>::sort_unstable; u16: <[u16]>::sort_unstable; u32: <[u32]>::sort_unstable; u64: sort_as_words, flip 0u64;);

fn sort_as_words<T: SortKey>(v: &mut [T]) {
    if let Some(words) = T::to_words(v) {
        sort_words(words);
        T::from_words(words);
    }
}

/// Integers are sorted by counting where at most so many values lie between them.
pub const COUNTED: usize = 4 << 20;

/// Sorts integers that lie so close together that counts of all values between them take no more memory than they; else tells that it
/// does not.
fn by_counting<T: SortKey>(v: &mut [T]) -> bool {
    let Some((low, n_values)) = span(v) else { return false };
    if n_values > (size_of_val(v) / size_of::<u32>()).min(COUNTED) as u64 || u32::try_from(v.len()).is_err() {
        return false;
    }
    let mut counts = vec![0u32; n_values as usize];
    v.iter().for_each(|x| counts[x.distance(low).unwrap_or(0) as usize] += 1);
    let mut rest = v;
    for (i, n) in counts.into_iter().enumerate() {
        let same;
        (same, rest) = rest.split_at_mut(n as usize);
        same.fill(low.farther(i as u64));
    }
    true
}

/// The least of some integers, and how many there are from it to the largest; None of none, and of what are no integers.
pub fn span<T: SortKey>(v: &[T]) -> Option<(T, u64)> {
    let first = *v.first()?;
    first.distance(first)?;
    let (mut low, mut high) = (first, first);
    isa::run(Isa::detect(), Ends { v, low: &mut low, high: &mut high });
    high.distance(low)?.checked_add(1).map(|n| (low, n))
}

/// Looks for the least and the largest of some integers.
struct Ends<'a, T> {
    v: &'a [T],
    low: &'a mut T,
    high: &'a mut T,
}

impl<T: SortKey> Job for Ends<'_, T> {
    #[inline(always)]
    fn run(self) {
        const LANES: usize = 32;
        let (lanes, rest) = self.v.as_chunks::<LANES>();
        let (mut low, mut high) = ([*self.low; LANES], [*self.high; LANES]);
        let grow = |low: &mut T, high: &mut T, x: T| {
            *low = if x.key() < low.key() { x } else { *low };
            *high = if x.key() > high.key() { x } else { *high };
        };
        for lane in lanes {
            for i in 0..LANES {
                grow(&mut low[i], &mut high[i], lane[i]);
            }
        }
        for &x in low.iter().chain(&high).chain(rest) {
            grow(self.low, self.high, x);
        }
    }
}

macro_rules! float {
    ($t:ty, $bits:ty, $sort:expr $(, $words:ident)?) => {
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
                let keys = <$t>::to_keys(v);
                $sort(keys);
                <$t>::from_keys(keys);
            }
            $(
                fn to_words(v: &mut [$t]) -> Option<&mut [$words]> {
                    Some(<$t>::to_keys(v))
                }
                fn from_words(words: &mut [$words]) {
                    <$t>::from_keys(words);
                }
            )?
        }

        impl InKeys<$bits> for $t {
            fn to_keys(v: &mut [$t]) -> &mut [$bits] {
                // SAFETY: floats and unsigned integers of one size have the same layout, and every pattern of bits is valid for both.
                let keys = unsafe { std::slice::from_raw_parts_mut(v.as_mut_ptr().cast::<$bits>(), v.len()) };
                keys.iter_mut().for_each(|k| *k = <$t>::from_bits(*k).key());
                keys
            }
            fn from_keys(keys: &mut [$bits]) {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                keys.iter_mut().for_each(|k| *k = if *k & SIGN == 0 { !*k } else { *k ^ SIGN });
            }
        }
    };
}
float!(f32, u32, <[u32]>::sort_unstable);
float!(f64, u64, sort_words, u64);

/// Floats that are turned into their keys, and back, where they lie.
trait InKeys<K>: Sized {
    fn to_keys(v: &mut [Self]) -> &mut [K];
    fn from_keys(keys: &mut [K]);
}

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
