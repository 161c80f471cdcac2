//! What the elementwise table needs of integers and floats beyond Rust's own methods.

/// Integers.
pub(super) trait Whole: Sized {
    /// The quotient rounded down; 0 for a divisor of 0; wraps.
    fn floor_divide(a: Self, b: Self) -> Self;
    /// `a` minus the floored quotient times `b`; 0 for a divisor of 0.
    fn remainder(a: Self, b: Self) -> Self;
    /// The quotient rounded toward zero; 0 for a divisor of 0; wraps.
    fn truncated(a: Self, b: Self) -> Self;
    /// `a` to the power of `b` by squaring, wrapping; rounded toward zero for negative `b` (and 0 for 0).
    fn power(a: Self, b: Self) -> Self;
    /// 0 when `b` is negative or at least the number of bits.
    fn left_shift(a: Self, b: Self) -> Self;
    /// As if shifted one by one; 0 or -1 when `b` is negative or at least the number of bits.
    fn right_shift(a: Self, b: Self) -> Self;
}

macro_rules! whole {
    ($signed:literal: $($t:ident)*) => {$(
        impl Whole for $t {
            #[inline(always)]
            fn floor_divide(a: $t, b: $t) -> $t {
                if b == 0 {
                    return 0;
                }
                let q = a.wrapping_div(b);
                let below = a.wrapping_rem(b) != 0 && (a < 0 as $t) != (b < 0 as $t);
                q.wrapping_sub($t::from(below))
            }
            #[inline(always)]
            fn remainder(a: $t, b: $t) -> $t {
                if b == 0 {
                    return 0;
                }
                let r = a.wrapping_rem(b);
                if r != 0 && (r < 0 as $t) != (b < 0 as $t) { r.wrapping_add(b) } else { r }
            }
            #[inline(always)]
            fn truncated(a: $t, b: $t) -> $t {
                if b == 0 { 0 } else { a.wrapping_div(b) }
            }
            #[inline(always)]
            fn power(a: $t, b: $t) -> $t {
                if $signed && b < 0 as $t {
                    let one = 1 as $t;
                    return if a == one {
                        one
                    } else if a == one.wrapping_neg() {
                        if b & 1 == 0 { one } else { a }
                    } else {
                        0
                    };
                }
                let (mut result, mut base, mut left) = (1 as $t, a, b);
                while left > 0 {
                    if left & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    left >>= 1;
                }
                result
            }
            #[inline(always)]
            fn left_shift(a: $t, b: $t) -> $t {
                let in_range = b >= 0 as $t && b < $t::BITS as $t;
                if in_range { a.wrapping_shl(b as u32) } else { 0 }
            }
            #[inline(always)]
            fn right_shift(a: $t, b: $t) -> $t {
                let in_range = b >= 0 as $t && b < $t::BITS as $t;
                if in_range {
                    a.wrapping_shr(b as u32)
                } else if $signed {
                    a.wrapping_shr($t::BITS - 1)
                } else {
                    0
                }
            }
        }
    )*};
}
whole!(true: i8 i16 i32 i64);
whole!(false: u8 u16 u32 u64);

/// Floats.
pub(super) trait Real: Sized {
    /// The quotient rounded down, exactly from the remainder, as Python defines it.
    fn floor_divide(a: Self, b: Self) -> Self;
    /// The remainder with the sign of the divisor; exact but for one rounding.
    fn remainder(a: Self, b: Self) -> Self;
    /// NaN if either is; the positive one of two zeros.
    fn maximum(a: Self, b: Self) -> Self;
    /// NaN if either is; the negative one of two zeros.
    fn minimum(a: Self, b: Self) -> Self;
    /// Degrees as radians.
    fn radians(self) -> Self;
    /// Radians as degrees.
    fn degrees(self) -> Self;
}

macro_rules! real {
    ($($t:ident)*) => {$(
        impl Real for $t {
            #[inline(always)]
            fn floor_divide(a: $t, b: $t) -> $t {
                if b == 0.0 {
                    return a / b;
                }
                let rest = a % b;
                let mut q = (a - rest) / b;
                if rest != 0.0 && (b < 0.0) != (rest < 0.0) {
                    q -= 1.0;
                }
                if q == 0.0 {
                    return (0.0 as $t).copysign(a / b);
                }
                let floor = q.floor();
                if q - floor > 0.5 { floor + 1.0 } else { floor }
            }
            #[inline(always)]
            fn remainder(a: $t, b: $t) -> $t {
                let rest = a % b;
                if rest == 0.0 {
                    (0.0 as $t).copysign(b)
                } else if (b < 0.0) != (rest < 0.0) && b == b && rest == rest {
                    rest + b
                } else {
                    rest
                }
            }
            #[inline(always)]
            fn maximum(a: $t, b: $t) -> $t {
                // Equal numbers have equal bits, but for zeros: those of the positive one.
                let equal = $t::from_bits(a.to_bits() & b.to_bits());
                let larger = if a > b || a.is_nan() { a } else { b };
                if a == b { equal } else { larger }
            }
            #[inline(always)]
            fn minimum(a: $t, b: $t) -> $t {
                let equal = $t::from_bits(a.to_bits() | b.to_bits());
                let smaller = if a < b || a.is_nan() { a } else { b };
                if a == b { equal } else { smaller }
            }
            #[inline(always)]
            fn radians(self) -> $t {
                self * (std::$t::consts::PI / 180.0)
            }
            #[inline(always)]
            fn degrees(self) -> $t {
                self * (180.0 / std::$t::consts::PI)
            }
        }
    )*};
}
real!(f32 f64);
