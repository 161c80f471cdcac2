//! What filters need of an element: its value as float64 and back, and keys that order it.

use crate::base::Element;

/// An element that filters compute with (bool as bytes of 0 and 1).
pub trait Pixel: Element {
    /// Integers in the order of the elements, of the same size. NaN comes after all others.
    type Key: Copy + Ord + Default + Send + Sync + 'static;
    /// The value.
    fn to_f64(self) -> f64;
    /// The value as C converts it: integers drop the fraction, and wrap.
    fn from_f64(v: f64) -> Self;
    /// The value as a 64-bit integer; larger ones keep their bits.
    fn to_i64(self) -> i64;
    /// The lower bits of an integer; for bool, whether it is not 0.
    fn from_i64(v: i64) -> Self;
    /// The key.
    fn key(self) -> Self::Key;
    /// The element of a key.
    fn from_key(k: Self::Key) -> Self;
    /// The larger, or NaN if either is.
    fn larger(self, other: Self) -> Self;
    /// The smaller, or NaN if either is.
    fn smaller(self, other: Self) -> Self;
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Pixel for $t {
            type Key = $t;
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn from_f64(v: f64) -> Self { v as i64 as $t }
            #[inline(always)]
            fn to_i64(self) -> i64 { self as i64 }
            #[inline(always)]
            fn from_i64(v: i64) -> Self { v as $t }
            #[inline(always)]
            fn key(self) -> $t { self }
            #[inline(always)]
            fn from_key(k: $t) -> $t { k }
            #[inline(always)]
            fn larger(self, other: Self) -> Self { if other > self { other } else { self } }
            #[inline(always)]
            fn smaller(self, other: Self) -> Self { if other < self { other } else { self } }
        }
    )*};
}
integer!(i8, i16, i32, i64, u8, u16, u32);

impl Pixel for u64 {
    type Key = u64;
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self as f64
    }
    #[inline(always)]
    fn from_f64(v: f64) -> Self {
        if v < 0.0 { v as i64 as u64 } else { v as u64 }
    }
    #[inline(always)]
    fn to_i64(self) -> i64 {
        self as i64
    }
    #[inline(always)]
    fn from_i64(v: i64) -> Self {
        v as u64
    }
    #[inline(always)]
    fn key(self) -> u64 {
        self
    }
    #[inline(always)]
    fn from_key(k: u64) -> u64 {
        k
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        if other < self { other } else { self }
    }
}

impl Pixel for bool {
    type Key = u8;
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    #[inline(always)]
    fn from_f64(v: f64) -> Self {
        v as i64 != 0
    }
    #[inline(always)]
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
    #[inline(always)]
    fn from_i64(v: i64) -> Self {
        v != 0
    }
    #[inline(always)]
    fn key(self) -> u8 {
        u8::from(self)
    }
    #[inline(always)]
    fn from_key(k: u8) -> bool {
        k != 0
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self & other
    }
}

macro_rules! float {
    ($($t:ty, $bits:ty, $key:ty, $shift:literal);*) => {$(
        impl Pixel for $t {
            type Key = $key;
            #[inline(always)]
            fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)]
            fn from_f64(v: f64) -> Self { v as $t }
            #[inline(always)]
            fn to_i64(self) -> i64 { self as i64 }
            #[inline(always)]
            fn from_i64(v: i64) -> Self { v as $t }
            // Negative numbers have all bits but the sign turned round, so that integers order them; all NaNs become one.
            #[inline(always)]
            fn key(self) -> $key {
                let bits = if self.is_nan() { <$t>::NAN.to_bits() as $key & <$key>::MAX } else { self.to_bits() as $key };
                bits ^ ((bits >> $shift) as $bits >> 1) as $key
            }
            #[inline(always)]
            fn from_key(k: $key) -> $t { <$t>::from_bits((k ^ ((k >> $shift) as $bits >> 1) as $key) as $bits) }
            #[inline(always)]
            fn larger(self, other: Self) -> Self { if other > self || other.is_nan() { other } else { self } }
            #[inline(always)]
            fn smaller(self, other: Self) -> Self { if other < self || other.is_nan() { other } else { self } }
        }
    )*};
}
float!(f32, u32, i32, 31; f64, u64, i64, 63);

#[cfg(test)]
mod tests {
    use super::Pixel;

    #[test]
    fn keys_order_floats_and_come_back() {
        let rising = [f64::NEG_INFINITY, -1e300, -1.5, -1e-310, -0.0, 0.0, 1e-310, 2.0, 1e300, f64::INFINITY, f64::NAN];
        assert!(rising.windows(2).all(|w| w[0].key() < w[1].key()));
        for v in rising {
            assert_eq!(f64::from_key(v.key()).to_bits(), v.to_bits());
        }
        let narrow = [f32::NEG_INFINITY, -2.5, -0.0, 0.0, 1e-40, 7.0, f32::INFINITY, f32::NAN];
        assert!(narrow.windows(2).all(|w| w[0].key() < w[1].key()));
        assert!(narrow.iter().all(|v| f32::from_key(v.key()).to_bits() == v.to_bits()));
        assert_eq!((-f64::NAN).key(), f64::NAN.key());
    }

    #[test]
    fn floats_become_integers_as_in_c() {
        assert_eq!((u8::from_f64(-3.7), u8::from_f64(259.9), i8::from_f64(200.0), i32::from_f64(-2.9)), (253, 3, -56, -2));
        assert_eq!((u64::from_f64(-1.0), u64::from_f64(1.8e19)), (u64::MAX, 18_000_000_000_000_000_000));
    }
}
