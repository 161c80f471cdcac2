//! Casts between any two dtypes, as Rust's `as` converts: floats to integers saturate and NaN gives 0; to bool is "not zero".

use crate::base::DType;
use crate::for_dtype;
use crate::kernel::lanes::{Block, Isa, Lane1, block1};
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

/// The block function that casts `from` to `to`.
pub fn block(from: DType, to: DType, isa: Isa) -> Block {
    for_dtype!(from, T => for_dtype!(to, U => block1::<To<U>, T>(isa)))
}
