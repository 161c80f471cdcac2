//! Numbers by how far they are above the least of their column, in as many bytes as the greatest needs.

use super::{Grow, Part, Rest, To, array, broken, put_validity};
use crate::base::Result;
use polars::prelude::{IdxSize, Series};
use polars_arrow::array::PrimitiveArray;
use polars_arrow::bitmap::OptBitmapBuilder;
use polars_arrow::types::NativeType;
use std::ops::Range;

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

macro_rules! float {
    ($($t:ty as $bits:ty),*) => {$(
        impl Number for $t {
            type Whole = $bits;
            fn whole(self) -> $bits { self.to_bits() }
            fn of(whole: $bits) -> $t { <$t>::from_bits(whole) }
        }
    )*};
}

float!(f32 as u32, f64 as u64);

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

/// Appends some of the next `n` numbers.
pub(super) fn decode<N: Number>(n: usize, rows: Range<usize>, rest: &mut Rest<'_>, to: &mut Vec<N>) -> Result<()> {
    fn widen<N: Number, const W: usize>(bytes: &[u8], least: N::Whole, to: &mut Vec<N>) {
        to.extend(bytes.chunks_exact(W).map(|b| N::of(N::Whole::widen::<W>(b, least))));
    }
    let width = usize::from(rest.byte()?);
    let mut least = [0; 16];
    least.copy_from_slice(rest.take(16)?);
    let least = N::Whole::of_bytes(least);
    if width > N::Whole::BYTES {
        return Err(broken());
    }
    let bytes = rest.take(n.checked_mul(width).ok_or_else(broken)?)?;
    let bytes = &bytes[rows.start * width..rows.end * width];
    match width {
        0 => to.resize(to.len() + rows.len(), N::of(least)),
        1 => widen::<N, 1>(bytes, least, to),
        2 => widen::<N, 2>(bytes, least, to),
        3 => widen::<N, 3>(bytes, least, to),
        4 => widen::<N, 4>(bytes, least, to),
        6 => widen::<N, 6>(bytes, least, to),
        8 => widen::<N, 8>(bytes, least, to),
        16 => widen::<N, 16>(bytes, least, to),
        _ => return Err(broken()),
    }
    Ok(())
}

/// A column of numbers that grows.
pub(super) struct Numbers<N> {
    to: To,
    values: Vec<N>,
    valid: OptBitmapBuilder,
}

impl<N: Number> Numbers<N> {
    pub(super) fn new(to: To, n_rows: usize) -> Numbers<N> {
        Numbers { to, values: Vec::with_capacity(n_rows), valid: OptBitmapBuilder::default() }
    }
}

impl<N: Number> Grow for Numbers<N> {
    fn encode(&self, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
        put_validity(parts, out);
        let mut values = Vec::with_capacity(parts.iter().map(|p| p.1.len()).sum());
        for (series, rows) in parts {
            let stored = series.to_physical_repr();
            let of = array::<PrimitiveArray<N>>(&stored)?.values().as_slice();
            values.extend(of[(*rows).clone()].iter().map(|v| v.whole()));
        }
        encode(&values, out);
        Ok(())
    }

    fn gather(&mut self, from: &Series, rows: &[IdxSize]) -> Result<()> {
        let stored = from.to_physical_repr();
        let from = array::<PrimitiveArray<N>>(&stored)?;
        let of = from.values().as_slice();
        self.values.extend(rows.iter().map(|&r| of[r as usize]));
        // SAFETY: the rows are there, or the line above has panicked.
        unsafe { self.valid.gather_extend_from_opt_validity(from.validity(), rows) };
        Ok(())
    }

    fn slice(&mut self, from: &Series, rows: Range<usize>) -> Result<()> {
        let stored = from.to_physical_repr();
        let from = array::<PrimitiveArray<N>>(&stored)?;
        self.valid.subslice_extend_from_opt_validity(from.validity(), rows.start, rows.len());
        self.values.extend_from_slice(&from.values().as_slice()[rows]);
        Ok(())
    }

    fn block(&mut self, n: usize, rows: Range<usize>, bytes: &mut Rest<'_>) -> Result<()> {
        self.valid.subslice_extend_from_opt_validity(bytes.validity(n)?.as_ref(), rows.start, rows.len());
        decode(n, rows, bytes, &mut self.values)
    }

    fn finish(self: Box<Self>) -> Result<Series> {
        Ok(self.to.series(PrimitiveArray::from_vec(self.values).with_validity(self.valid.into_opt_validity()).boxed()))
    }
}
