//! The elementwise operations, one row each: from this list come methods, docs, wire names, fusion, sweeps and bench rows.
//!
//! Names and meanings are NumPy's. Where NumPy raises an error or leaves the result open, an element cannot fail, so the row
//! says what it gives: integer division and remainder by zero give 0, integers wrap, and an integer to a negative power
//! is rounded toward zero (0, or 1 and -1 for those bases). How a row reads is told in `row`.

mod number;

use crate::base::{C64, C128, DType};
use crate::kernel::element::{DTypeRule, ElementOp, Tags};
use crate::kernel::lanes::{Block, Isa};
use crate::kernel::philox;
use crate::kernel::vmath::{complex, double, single};
use num_complex::Complex;
use number::{Pair, Real, Whole};

element_table! { $
unary {
    negative NEGATIVE "The opposite number." (a) Same [involution()] in (-1e3, 1e3) costs 0.3 {
        int => a.wrapping_neg();
        float => -a;
        complex => Complex::new(-a.re, -a.im);
    }
    positive POSITIVE "The number itself." (a) Same [involution() idempotent() monotone()] in (-1e3, 1e3) costs 0.3 {
        num => a;
        complex => a;
    }
    absolute ABSOLUTE "The magnitude, of complex numbers as a float; the lowest integer of a dtype stays as it is." (a) Part [idempotent()] in (-1e3, 1e3) costs 0.3 {
        signed => a.wrapping_abs();
        unsigned => a;
        float => a.abs();
        bool => a;
        complex => Pair::size(a);
    }
    fabs FABS "The magnitude, as a float." (a) Float [idempotent()] in (-1e3, 1e3) costs 0.3 {
        float => a.abs();
    }
    sign SIGN "-1, 0 or 1, as the number is negative, zero or positive; of a complex number the one at its angle on the unit circle; NaN stays NaN." (a) Same [idempotent() monotone()] in (-1e3, 1e3) costs 0.4 {
        signed => T::from(a > 0) - T::from(a < 0);
        unsigned => T::from(a > 0);
        float => if a > 0.0 { 1.0 } else if a < 0.0 { -1.0 } else if a == 0.0 { 0.0 } else { a };
        cmath sign;
    }
    reciprocal RECIPROCAL "One divided by the number; of integers rounded toward zero, and 0 for 0." (a) Same [] in (0.1, 1e3) costs 0.6 {
        int => Whole::truncated(1, a);
        float => 1.0 / a;
        complex => Pair::reciprocal(a);
    }
    square SQUARE "The number times itself." (a) Same [] in (-1e3, 1e3) costs 0.3 {
        int => a.wrapping_mul(a);
        float => a * a;
        complex => Pair::times(a, a);
    }
    sqrt SQRT "The square root." (a) Float [monotone()] in (0.0, 1e6) costs 1.0 {
        float => a.sqrt();
        cmath sqrt;
    }
    cbrt CBRT "The cube root." (a) Float [monotone()] in (-1e6, 1e6) costs 3.0 { math cbrt; }
    logical_not LOGICAL_NOT "Whether the value is zero or false." (a) Logical [involution()] in (0.0, 1.0) costs 0.1 {
        bool => !a;
    }
    invert INVERT "Every bit flipped; of bool the opposite." (a) Bits [involution()] in (0.0, 100.0) costs 0.3 {
        int => !a;
        bool => !a;
    }
    bitwise_count BITWISE_COUNT "How many bits of the magnitude are set, as uint8." (a) Count [] in (0.0, 100.0) costs 0.3 {
        signed => a.unsigned_abs().count_ones() as u8;
        unsigned => a.count_ones() as u8;
        bool => u8::from(a);
    }
    isnan ISNAN "Whether the value is NaN." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        float => a.is_nan();
        int => { let _ = a; false };
        bool => { let _ = a; false };
        complex => Pair::nan(a);
    }
    isinf ISINF "Whether the value is an infinity." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        float => a.is_infinite();
        int => { let _ = a; false };
        bool => { let _ = a; false };
        complex => a.re.is_infinite() | a.im.is_infinite();
    }
    isposinf ISPOSINF "Whether the value is positive infinity." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        float => a == T::INFINITY;
        int => { let _ = a; false };
        bool => { let _ = a; false };
    }
    isneginf ISNEGINF "Whether the value is negative infinity." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        float => a == T::NEG_INFINITY;
        int => { let _ = a; false };
        bool => { let _ = a; false };
    }
    isfinite ISFINITE "Whether the value is neither NaN nor an infinity." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        float => a.is_finite();
        int => { let _ = a; true };
        bool => { let _ = a; true };
        complex => a.re.is_finite() & a.im.is_finite();
    }
    signbit SIGNBIT "Whether the sign bit is set: negative numbers and -0.0." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        float => a.is_sign_negative();
        signed => a < 0;
        unsigned => { let _ = a; false };
    }
    spacing SPACING "The distance to the next float away from zero, with the sign of the number; NaN for an infinity." (a) Float [] in (-1e3, 1e3) costs 0.4 {
        float => Real::spacing(a);
    }
    mantissa MANTISSA "The number over the power of 2 that brings it to at least 1/2 and below 1 (frexp's first result); zeros, infinities and NaN stay." (a) Float [idempotent()] in (-1e3, 1e3) costs 0.5 {
        float => Real::mantissa(a);
    }
    exponent EXPONENT "The exponent of that power of 2, as a float (frexp's second result, which is int32); 0 for zeros, infinities and NaN." (a) Float [] in (-1e3, 1e3) costs 0.5 {
        float => Real::exponent(a);
    }
    floor FLOOR "The largest integer that is not above the number." (a) Same [idempotent() monotone()] in (-1e3, 1e3) costs 0.3 {
        float => a.floor();
        int => a;
        bool => a;
    }
    ceil CEIL "The smallest integer that is not below the number." (a) Same [idempotent() monotone()] in (-1e3, 1e3) costs 0.3 {
        float => a.ceil();
        int => a;
        bool => a;
    }
    trunc TRUNC "The number without its fraction." (a) Same [idempotent() monotone()] in (-1e3, 1e3) costs 0.3 {
        float => a.trunc();
        int => a;
        bool => a;
    }
    fix FIX "The number rounded toward zero; the same as trunc." (a) Same [idempotent() monotone()] in (-1e3, 1e3) costs 0.3 {
        float => a.trunc();
        int => a;
        bool => a;
    }
    rint RINT "The nearest integer; halves go to the even one." (a) Float [idempotent() monotone()] in (-1e3, 1e3) costs 0.3 {
        float => a.round_ties_even();
        complex => Pair::rint(a);
    }
    exp EXP "e to the power of the number." (a) Float [] in (-700.0, 700.0) costs 1.5 { math exp; cmath exp; }
    exp2 EXP2 "2 to the power of the number." (a) Float [] in (-1000.0, 1000.0) costs 1.5 { math exp2; cmath exp2; }
    expm1 EXPM1 "e to the power of the number, minus 1, exact near 0." (a) Float [] in (-50.0, 700.0) costs 2.0 { math expm1; cmath expm1; }
    log LOG "The natural logarithm." (a) Float [] in (1e-300, 1e300) costs 1.5 { math log; cmath log; }
    log2 LOG2 "The logarithm to base 2." (a) Float [] in (1e-300, 1e300) costs 1.5 { math log2; cmath log2; }
    log10 LOG10 "The logarithm to base 10." (a) Float [] in (1e-300, 1e300) costs 1.5 { math log10; cmath log10; }
    log1p LOG1P "The natural logarithm of 1 plus the number, exact near 0." (a) Float [] in (-0.99, 1e6) costs 2.0 { math log1p; cmath log1p; }
    sin SIN "The sine of an angle in radians." (a) Float [] in (-1e4, 1e4) costs 1.5 { trig sin_fast sin_slow; cmath sin; }
    cos COS "The cosine of an angle in radians." (a) Float [] in (-1e4, 1e4) costs 1.5 { trig cos_fast cos_slow; cmath cos; }
    tan TAN "The tangent of an angle in radians." (a) Float [] in (-1e4, 1e4) costs 2.5 { trig tan_fast tan_slow; cmath tan; }
    sinc SINC "The sine of pi times the number over pi times the number; 1 for 0, exactly 0 for other whole numbers." (a) Float [] in (-50.0, 50.0) costs 2.5 { math sinc; cmath sinc; }
    i0 I0 "The modified Bessel function of the first kind and order 0." (a) Float [] in (-700.0, 700.0) costs 12.0 { math i0; }
    arcsin ARCSIN "The angle in radians, -pi/2 to pi/2, whose sine this is." (a) Float [] in (-1.0, 1.0) costs 2.5 { math asin; cmath asin; }
    arccos ARCCOS "The angle in radians, 0 to pi, whose cosine this is." (a) Float [] in (-1.0, 1.0) costs 2.5 { math acos; cmath acos; }
    arctan ARCTAN "The angle in radians, -pi/2 to pi/2, whose tangent this is." (a) Float [] in (-1e3, 1e3) costs 2.5 { math atan; cmath atan; }
    sinh SINH "The hyperbolic sine." (a) Float [] in (-700.0, 700.0) costs 2.5 { math sinh; cmath sinh; }
    cosh COSH "The hyperbolic cosine." (a) Float [] in (-700.0, 700.0) costs 2.5 { math cosh; cmath cosh; }
    tanh TANH "The hyperbolic tangent." (a) Float [] in (-20.0, 20.0) costs 2.5 { math tanh; cmath tanh; }
    arcsinh ARCSINH "The number whose hyperbolic sine this is." (a) Float [] in (-1e6, 1e6) costs 3.0 { math asinh; cmath asinh; }
    arccosh ARCCOSH "The number, not negative, whose hyperbolic cosine this is." (a) Float [] in (1.0, 1e6) costs 3.0 { math acosh; cmath acosh; }
    arctanh ARCTANH "The number whose hyperbolic tangent this is." (a) Float [] in (-0.99, 0.99) costs 3.0 { math atanh; cmath atanh; }
    deg2rad DEG2RAD "An angle in degrees as radians." (a) Float [monotone()] in (-360.0, 360.0) costs 0.3 {
        float => a.radians();
    }
    rad2deg RAD2DEG "An angle in radians as degrees." (a) Float [monotone()] in (-7.0, 7.0) costs 0.3 {
        float => a.degrees();
    }
    real REAL "The real part, of complex numbers as a float; other numbers stay." (a) Part [idempotent()] in (-1e3, 1e3) costs 0.3 {
        any => a;
        complex => a.re;
    }
    imag IMAG "The imaginary part, of complex numbers as a float; 0 for other numbers." (a) Part [] in (-1e3, 1e3) costs 0.3 {
        any => { let _ = a; T::default() };
        complex => a.im;
    }
    conjugate CONJUGATE "The number with the opposite imaginary part; other numbers stay." (a) Same [involution()] in (-1e3, 1e3) costs 0.3 {
        num => a;
        complex => Complex::new(a.re, -a.im);
    }
    angle ANGLE "The angle in radians, -pi to pi, of a complex number, as a float; rad2deg makes degrees of it." (a) FloatPart [] in (-1e3, 1e3) costs 4.0 {
        f32 => single::atan2(0.0, a);
        f64 => double::atan2(0.0, a);
        complex => Pair::angle(a);
    }
    isreal ISREAL "Whether the imaginary part is 0." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        any => { let _ = a; true };
        complex => a.im == 0.0;
    }
    iscomplex ISCOMPLEX "Whether the imaginary part is not 0." (a) Test [] in (-1e3, 1e3) costs 0.2 {
        any => { let _ = a; false };
        complex => a.im != 0.0;
    }
}
binary {
    add ADD "The sum; of bool whether either holds." (a, b) Same [commutative() identity(-0.0)] in (-1e3, 1e3) costs 0.3 {
        int => a.wrapping_add(b);
        float => a + b;
        bool => a | b;
        complex => Pair::plus(a, b);
    }
    subtract SUBTRACT "The first number minus the second." (a, b) Same [identity(0.0)] in (-1e3, 1e3) costs 0.3 {
        int => a.wrapping_sub(b);
        float => a - b;
        complex => Pair::minus(a, b);
    }
    multiply MULTIPLY "The product; of bool whether both hold." (a, b) Same [commutative() identity(1.0)] in (-1e3, 1e3) costs 0.3 {
        int => a.wrapping_mul(b);
        float => a * b;
        bool => a & b;
        complex => Pair::times(a, b);
    }
    divide DIVIDE "The first number divided by the second, as a float." (a, b) Float [identity(1.0)] in (0.1, 1e3) costs 0.6 {
        float => a / b;
        complex => Pair::over(a, b);
    }
    floor_divide FLOOR_DIVIDE "The quotient rounded down; of integers by 0 it is 0, of an infinity by a finite number an infinity (as the Array API standard has it)." (a, b) Same [] in (0.1, 1e3) costs 3.0 {
        int => Whole::floor_divide(a, b);
        float => Real::floor_divide(a, b);
    }
    remainder REMAINDER "What is left of the first number after floor division, with the sign of the second; of integers by 0 it is 0." (a, b) Same [] in (0.1, 1e3) costs 3.0 {
        int => Whole::remainder(a, b);
        float => Real::remainder(a, b);
    }
    fmod FMOD "What is left of the first number after division rounded toward zero, with the sign of the first; of integers by 0 it is 0." (a, b) Same [] in (0.1, 1e3) costs 3.0 {
        int => Whole::fmod(a, b);
        float => a % b;
    }
    float_power FLOAT_POWER "The first number to the power of the second, always as float64." (a, b) Double [] in (0.1, 5.0) costs 5.0 {
        f64 => double::pow(a, b);
        C128 => complex::pow(a, b);
    }
    power POWER "The first number to the power of the second; an integer to a negative power is rounded toward zero." (a, b) Same [] in (0.1, 5.0) costs 5.0 {
        int => Whole::power(a, b);
        math pow;
        complex => Pair::through2(a, b, complex::pow);
    }
    maximum MAXIMUM "The larger of two; NaN if either is NaN. Complex numbers are ordered by real, then by imaginary part." (a, b) Same [commutative()] in (-1e3, 1e3) costs 0.4 {
        int => a.max(b);
        float => Real::maximum(a, b);
        bool => a | b;
        complex => Pair::maximum(a, b);
    }
    minimum MINIMUM "The smaller of two; NaN if either is NaN. Complex numbers are ordered by real, then by imaginary part." (a, b) Same [commutative()] in (-1e3, 1e3) costs 0.4 {
        int => a.min(b);
        float => Real::minimum(a, b);
        bool => a & b;
        complex => Pair::minimum(a, b);
    }
    fmax FMAX "The larger of two; NaN only if both are NaN." (a, b) Same [commutative()] in (-1e3, 1e3) costs 0.5 {
        int => a.max(b);
        float => if a.is_nan() { b } else if b.is_nan() { a } else { Real::maximum(a, b) };
        bool => a | b;
        complex => if Pair::nan(b) | Pair::at_most(b, a) { a } else { b };
    }
    fmin FMIN "The smaller of two; NaN only if both are NaN." (a, b) Same [commutative()] in (-1e3, 1e3) costs 0.5 {
        int => a.min(b);
        float => if a.is_nan() { b } else if b.is_nan() { a } else { Real::minimum(a, b) };
        bool => a & b;
        complex => if Pair::nan(b) | Pair::at_most(a, b) { a } else { b };
    }
    heaviside HEAVISIDE "0 for negative and 1 for positive numbers, the second argument for 0." (a, b) Float [] in (-1e3, 1e3) costs 0.4 {
        float => if a.is_nan() { a } else if a == 0.0 { b } else if a > 0.0 { 1.0 } else { 0.0 };
    }
    equal EQUAL "Whether the values are equal; NaN equals nothing." (a, b) Compare [commutative()] in (-1e3, 1e3) costs 0.3 { any => a == b; complex => (a.re == b.re) & (a.im == b.im); }
    not_equal NOT_EQUAL "Whether the values differ." (a, b) Compare [commutative()] in (-1e3, 1e3) costs 0.3 { any => a != b; complex => (a.re != b.re) | (a.im != b.im); }
    less LESS "Whether the first is less than the second; complex numbers are ordered by real, then by imaginary part." (a, b) Compare [] in (-1e3, 1e3) costs 0.3 { any => a < b; complex => Pair::below(a, b); }
    less_equal LESS_EQUAL "Whether the first is at most the second." (a, b) Compare [] in (-1e3, 1e3) costs 0.3 { any => a <= b; complex => Pair::at_most(a, b); }
    greater GREATER "Whether the first is greater than the second." (a, b) Compare [] in (-1e3, 1e3) costs 0.3 { any => a > b; complex => Pair::below(b, a); }
    greater_equal GREATER_EQUAL "Whether the first is at least the second." (a, b) Compare [] in (-1e3, 1e3) costs 0.3 { any => a >= b; complex => Pair::at_most(b, a); }
    logical_and LOGICAL_AND "Whether both hold." (a, b) Logical [commutative() identity(1.0)] in (0.0, 1.0) costs 0.1 { bool => a & b; }
    logical_or LOGICAL_OR "Whether either holds." (a, b) Logical [commutative() identity(0.0)] in (0.0, 1.0) costs 0.1 { bool => a | b; }
    logical_xor LOGICAL_XOR "Whether exactly one holds." (a, b) Logical [commutative() identity(0.0)] in (0.0, 1.0) costs 0.1 { bool => a ^ b; }
    bitwise_and BITWISE_AND "The bits set in both." (a, b) Bits [commutative()] in (0.0, 100.0) costs 0.3 { int => a & b; bool => a & b; }
    bitwise_or BITWISE_OR "The bits set in either." (a, b) Bits [commutative() identity(0.0)] in (0.0, 100.0) costs 0.3 { int => a | b; bool => a | b; }
    bitwise_xor BITWISE_XOR "The bits set in exactly one." (a, b) Bits [commutative() identity(0.0)] in (0.0, 100.0) costs 0.3 { int => a ^ b; bool => a ^ b; }
    left_shift LEFT_SHIFT "The bits moved up by the second number; 0 when that moves all of them out." (a, b) Bits [identity(0.0)] in (0.0, 60.0) costs 0.4 {
        int => Whole::left_shift(a, b);
    }
    right_shift RIGHT_SHIFT "The bits moved down by the second number, the sign kept." (a, b) Bits [identity(0.0)] in (0.0, 60.0) costs 0.4 {
        int => Whole::right_shift(a, b);
    }
    gcd GCD "The greatest common divisor; not negative, and the other number where one is 0." (a, b) Bits [commutative()] in (0.0, 1e5) costs 20.0 {
        int => Whole::gcd(a, b);
    }
    lcm LCM "The least common multiple; not negative but where it wraps, and 0 where one number is 0." (a, b) Bits [commutative()] in (0.0, 1e4) costs 25.0 {
        int => Whole::lcm(a, b);
    }
    logaddexp LOGADDEXP "The logarithm of the sum of e to the power of either number." (a, b) Float [commutative()] in (-700.0, 700.0) costs 4.0 { math logaddexp; }
    logaddexp2 LOGADDEXP2 "The logarithm to base 2 of the sum of 2 to the power of either number." (a, b) Float [commutative()] in (-1000.0, 1000.0) costs 4.0 { math logaddexp2; }
    ldexp LDEXP "The first number times 2 to the power of the second, rounded once; a fraction of the second is dropped." (a, b) First [identity(0.0)] in (-60.0, 60.0) costs 1.0 { math ldexp; }
    nextafter NEXTAFTER "The next float from the first number toward the second." (a, b) Float [] in (-1e3, 1e3) costs 0.6 {
        float => Real::next_after(a, b);
    }
    arctan2 ARCTAN2 "The angle in radians, -pi to pi, of the point whose y is the first and x the second number." (a, b) Float [] in (-1e3, 1e3) costs 4.0 { math atan2; }
    hypot HYPOT "The length of the hypotenuse over two legs." (a, b) Float [commutative()] in (-1e3, 1e3) costs 2.0 { math hypot; }
    copysign COPYSIGN "The first number with the sign of the second." (a, b) Float [] in (-1e3, 1e3) costs 0.3 { float => a.copysign(b); }
}
ternary {
    clip CLIP "The first number, but at least the second and at most the third, which wins where they cross; NaN if any is NaN." (a, lo, hi) Same [] in (-1e3, 1e3) costs 0.5 {
        int => a.max(lo).min(hi);
        float => Real::minimum(Real::maximum(a, lo), hi);
        bool => (a | lo) & hi;
        complex => Pair::minimum(Pair::maximum(a, lo), hi);
    }
}
choose {
    "where" WHERE "The second argument where the first holds, else the third." (c, a, b) in (0.0, 1e3) costs 0.4 { if c { a } else { b } }
}
generate {
    random_bits RANDOM_BITS "64 random bits for an element number (uint64) and the two words of a key." u64 U64 costs 0.7 { fill philox::fill_raw }
    random_uniform RANDOM_UNIFORM "A random number in [0, 1) for an element number and the two words of a key." f64 F64 costs 0.8 { fill philox::fill_uniform }
    random_normal RANDOM_NORMAL "A standard normal random number for an element number and the two words of a key." f64 F64 costs 4.0 { fill philox::fill_normal }
    random_below RANDOM_BELOW "A random integer below the fourth argument (any uint64 for 0), for an element number and the two words of a key." u64 U64 costs 1.5 { fill_with philox::fill_below }
}
}

/// The operation of this name.
pub fn find(name: &str) -> Option<&'static ElementOp> {
    ALL.iter().copied().find(|op| op.name == name)
}

#[cfg(test)]
mod tests;
