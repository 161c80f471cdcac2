//! Casts between any two dtypes, as Rust's `as` converts: floats to integers saturate and NaN gives 0; to bool is "not zero".
//! Real numbers become complex ones without an imaginary part. What is complex becomes complex or bool only: programs that ask
//! for more are refused before they are compiled, and the real part stands for it here.

use crate::base::{C64, C128, DType};
use crate::for_dtype;
use crate::kernel::lanes::{Block, Isa, Lane1, block1};
use num_complex::Complex;
use std::marker::PhantomData;

struct To<U>(PhantomData<U>);

macro_rules! casts {
    ($($t:ty: $($u:ty)*;)*) => {$($(
        impl Lane1<$t> for To<$u> {
            type Out = $u;
            #[inline(always)]
            #[allow(clippy::unnecessary_cast)]
            fn call(a: $t) -> $u {
                a as $u
            }
        }
    )*)*};
}
macro_rules! cast_all {
    ($($t:ty)*) => {
        $(casts!($t: i8 i16 i32 i64 u8 u16 u32 u64 f32 f64;);)*
        $(impl Lane1<$t> for To<bool> {
            type Out = bool;
            #[inline(always)]
            fn call(a: $t) -> bool {
                a != <$t>::default()
            }
        })*
    };
}
cast_all!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

macro_rules! from_bool {
    ($($u:ty)*) => {$(
        impl Lane1<bool> for To<$u> {
            type Out = $u;
            #[inline(always)]
            fn call(a: bool) -> $u {
                u8::from(a) as $u
            }
        }
    )*};
}
from_bool!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

impl Lane1<bool> for To<bool> {
    type Out = bool;
    #[inline(always)]
    fn call(a: bool) -> bool {
        a
    }
}

macro_rules! into_complex {
    ($($t:ty: $x:ident => $f32:expr, $f64:expr;)*) => {$(
        impl Lane1<$t> for To<C64> {
            type Out = C64;
            #[inline(always)]
            #[allow(clippy::unnecessary_cast)]
            fn call($x: $t) -> C64 {
                Complex::new($f32, 0.0)
            }
        }
        impl Lane1<$t> for To<C128> {
            type Out = C128;
            #[inline(always)]
            #[allow(clippy::unnecessary_cast)]
            fn call($x: $t) -> C128 {
                Complex::new($f64, 0.0)
            }
        }
    )*};
}
macro_rules! numbers_into_complex {
    ($($t:ty)*) => { into_complex!($($t: x => x as f32, x as f64;)*); };
}
numbers_into_complex!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
into_complex!(bool: x => f32::from(u8::from(x)), f64::from(u8::from(x)););

macro_rules! from_complex {
    ($($t:ty: $($u:ty)*;)*) => {$($(
        impl Lane1<$t> for To<$u> {
            type Out = $u;
            #[inline(always)]
            #[allow(clippy::unnecessary_cast)]
            fn call(a: $t) -> $u {
                a.re as $u
            }
        }
    )*)*};
}
from_complex!(C64: i8 i16 i32 i64 u8 u16 u32 u64 f32 f64; C128: i8 i16 i32 i64 u8 u16 u32 u64 f32 f64;);

macro_rules! complex_to {
    ($($t:ty => $u:ty, $a:ident: $e:expr;)*) => {$(
        impl Lane1<$t> for To<$u> {
            type Out = $u;
            #[inline(always)]
            fn call($a: $t) -> $u {
                $e
            }
        }
    )*};
}
complex_to! {
    C64 => C64, a: a;
    C64 => C128, a: Complex::new(f64::from(a.re), f64::from(a.im));
    C64 => bool, a: (a.re != 0.0) | (a.im != 0.0);
    C128 => C64, a: Complex::new(a.re as f32, a.im as f32);
    C128 => C128, a: a;
    C128 => bool, a: (a.re != 0.0) | (a.im != 0.0);
}

/// The block function that casts `from` to `to`.
pub fn block(from: DType, to: DType, isa: Isa) -> Block {
    for_dtype!(from, T => for_dtype!(to, U => block1::<To<U>, T>(isa)))
}
