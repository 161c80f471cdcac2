//! Columns of bools: a bit each.

use super::{Grow, Part, Rest, To, array, put_bits, put_validity};
use crate::base::Result;
use polars::prelude::{IdxSize, Series};
use polars_arrow::array::BooleanArray;
use polars_arrow::bitmap::{BitmapBuilder, OptBitmapBuilder};
use std::ops::Range;

/// A column of bools that grows.
pub(super) struct Bools {
    to: To,
    values: BitmapBuilder,
    valid: OptBitmapBuilder,
}

impl Bools {
    pub(super) fn new(to: To) -> Bools {
        Bools { to, values: BitmapBuilder::new(), valid: OptBitmapBuilder::default() }
    }
}

impl Grow for Bools {
    fn encode(&self, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
        put_validity(parts, out);
        let mut bits = BitmapBuilder::new();
        for (series, rows) in parts {
            bits.subslice_extend_from_bitmap(array::<BooleanArray>(series)?.values(), rows.start, rows.len());
        }
        put_bits(&bits.freeze(), out);
        Ok(())
    }

    fn gather(&mut self, from: &Series, rows: &[IdxSize]) -> Result<()> {
        let from = array::<BooleanArray>(from)?;
        rows.iter().for_each(|&r| self.values.push(from.values().get_bit(r as usize)));
        // SAFETY: the rows are there, or the line above has panicked.
        unsafe { self.valid.gather_extend_from_opt_validity(from.validity(), rows) };
        Ok(())
    }

    fn slice(&mut self, from: &Series, rows: Range<usize>) -> Result<()> {
        let from = array::<BooleanArray>(from)?;
        self.values.subslice_extend_from_bitmap(from.values(), rows.start, rows.len());
        self.valid.subslice_extend_from_opt_validity(from.validity(), rows.start, rows.len());
        Ok(())
    }

    fn block(&mut self, n: usize, rows: Range<usize>, bytes: &mut Rest<'_>) -> Result<()> {
        self.valid.subslice_extend_from_opt_validity(bytes.validity(n)?.as_ref(), rows.start, rows.len());
        self.values.subslice_extend_from_bitmap(&bytes.bits(n)?, rows.start, rows.len());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Series> {
        let values = BooleanArray::from(self.values.freeze());
        Ok(self.to.series(values.with_validity(self.valid.into_opt_validity()).boxed()))
    }
}
