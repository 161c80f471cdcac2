//! Numbers by how far they are above the least of their column, in as many bytes as the greatest needs.

use super::{Rest, broken};
use crate::base::Result;
use polars_arrow::types::NativeType;

/// What a column holds: whole numbers, or floats by their bits.
pub(super) trait Number: NativeType {
    type Whole: Whole;
    fn whole(self) -> Self::Whole;
    fn of(whole: Self::Whole) -> Self;
}

/// A whole number.
pub(super) trait Whole: Copy {
    const BYTES: usize;
    /// The least of some numbers, and how far the greatest is above it.
    fn range(of: &[Self]) -> (Self, u128);
    /// Appends the lowest `W` bytes of what numbers are above the least.
    fn narrow<const W: usize>(of: &[Self], least: Self, out: &mut Vec<u8>);
    /// The number that is `W` bytes above the least.
    fn widen<const W: usize>(bytes: &[u8], least: Self) -> Self;
    fn to_bytes(self) -> [u8; 16];
    fn of_bytes(bytes: [u8; 16]) -> Self;
}

macro_rules! whole {
    ($($t:ty as $bits:ty),*) => {$(
        impl Whole for $t {
            const BYTES: usize = size_of::<$t>();

            fn range(of: &[Self]) -> (Self, u128) {
                let Some(&first) = of.first() else { return (0, 0) };
                let (mut least, mut greatest) = (first, first);
                for &v in of {
                    (least, greatest) = (least.min(v), greatest.max(v));
                }
                (least, greatest.wrapping_sub(least) as $bits as u128)
            }

            fn narrow<const W: usize>(of: &[Self], least: Self, out: &mut Vec<u8>) {
                let first = out.len();
                out.resize(first + of.len() * W, 0);
                for (v, bytes) in of.iter().zip(out[first..].chunks_exact_mut(W)) {
                    bytes.copy_from_slice(&v.wrapping_sub(least).to_le_bytes()[..W.min(Self::BYTES)]);
                }
            }

            fn widen<const W: usize>(bytes: &[u8], least: Self) -> Self {
                let mut above = [0; Self::BYTES];
                above[..W.min(Self::BYTES)].copy_from_slice(bytes);
                Self::from_le_bytes(above).wrapping_add(least)
            }

            fn to_bytes(self) -> [u8; 16] {
                (self as $bits as u128).to_le_bytes()
            }

            fn of_bytes(bytes: [u8; 16]) -> Self {
                u128::from_le_bytes(bytes) as Self
            }
        }
    )*};
}

whole!(i8 as u8, i16 as u16, i32 as u32, i64 as u64, i128 as u128, u8 as u8, u16 as u16, u32 as u32, u64 as u64, u128 as u128);

macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            type Whole = $t;
            fn whole(self) -> $t { self }
            fn of(whole: $t) -> $t { whole }
        }
    )*};
}

number!(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128);

impl Number for f32 {
    type Whole = u32;
    fn whole(self) -> u32 {
        self.to_bits()
    }
    fn of(whole: u32) -> f32 {
        f32::from_bits(whole)
    }
}

impl Number for f64 {
    type Whole = u64;
    fn whole(self) -> u64 {
        self.to_bits()
    }
    fn of(whole: u64) -> f64 {
        f64::from_bits(whole)
    }
}

/// Appends numbers: how many bytes each has, the least, and what the others are above it.
pub(super) fn encode<W: Whole>(of: &[W], out: &mut Vec<u8>) {
    let (least, span) = W::range(of);
    let n_bytes = (u128::BITS - span.leading_zeros()).div_ceil(8);
    // Bytes of one number, of a few sizes.
    let width: u8 = match n_bytes {
        5 | 6 => 6,
        7 | 8 => 8,
        9.. => 16,
        n => n as u8,
    };
    out.push(width);
    out.extend(least.to_bytes());
    match width {
        0 => {}
        1 => W::narrow::<1>(of, least, out),
        2 => W::narrow::<2>(of, least, out),
        3 => W::narrow::<3>(of, least, out),
        4 => W::narrow::<4>(of, least, out),
        6 => W::narrow::<6>(of, least, out),
        8 => W::narrow::<8>(of, least, out),
        _ => W::narrow::<16>(of, least, out),
    }
}

/// The next `n` numbers.
pub(super) fn decode<N: Number>(n: usize, rest: &mut Rest<'_>) -> Result<Vec<N>> {
    fn widened<N: Number, const W: usize>(bytes: &[u8], least: N::Whole) -> Vec<N> {
        bytes.chunks_exact(W).map(|b| N::of(N::Whole::widen::<W>(b, least))).collect()
    }
    let width = usize::from(rest.byte()?);
    let mut least = [0; 16];
    least.copy_from_slice(rest.take(16)?);
    let least = N::Whole::of_bytes(least);
    if width > N::Whole::BYTES {
        return Err(broken());
    }
    let bytes = rest.take(n.checked_mul(width).ok_or_else(broken)?)?;
    Ok(match width {
        0 => vec![N::of(least); n],
        1 => widened::<N, 1>(bytes, least),
        2 => widened::<N, 2>(bytes, least),
        3 => widened::<N, 3>(bytes, least),
        4 => widened::<N, 4>(bytes, least),
        6 => widened::<N, 6>(bytes, least),
        8 => widened::<N, 8>(bytes, least),
        16 => widened::<N, 16>(bytes, least),
        _ => return Err(broken()),
    })
}
