//! Lists and structs: which of them are there, how long lists are, and what they hold as columns of their own.

use super::{Grow, Part, Rest, To, array, broken, empty, numbers, piece_of, put_validity};
use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use polars::prelude::{DataType, Field, IdxSize, IntoSeries, PlSmallStr, Series, StructChunked};
use polars_arrow::array::ListArray;
use polars_arrow::bitmap::OptBitmapBuilder;
use polars_arrow::offset::OffsetsBuffer;
use std::borrow::Cow;
use std::ops::Range;

/// A column of lists that grows.
pub(super) struct Lists {
    to: To,
    inner: DataType,
    values: Box<dyn Grow>,
    /// Where each list ends among the values, after the start of the first.
    ends: Vec<i64>,
    valid: OptBitmapBuilder,
}

impl Lists {
    pub(super) fn new(to: To, inner: &DataType, n_rows: usize) -> Lists {
        let mut ends = Vec::with_capacity(n_rows + 1);
        ends.push(0);
        let values = empty(&PlSmallStr::EMPTY, inner, 0);
        Lists { to, inner: inner.clone(), values, ends, valid: OptBitmapBuilder::default() }
    }

    /// All values of a column of lists, and where each list ends among them.
    fn parts<'a>(&self, from: &'a Series) -> Result<(&'a ListArray<i64>, Series)> {
        let lists = array::<ListArray<i64>>(from)?;
        // SAFETY: these are the values of lists of this type.
        let values =
            unsafe { Series::from_chunks_and_dtype_unchecked(PlSmallStr::EMPTY, vec![lists.values().clone()], &self.inner) };
        Ok((lists, values))
    }

    fn push(&mut self, length: usize) {
        let last = self.ends.last().copied().unwrap_or(0);
        self.ends.push(last + length as i64);
    }
}

/// Where the values of lists are that follow each other.
fn values_of(lists: &ListArray<i64>, rows: &Range<usize>) -> Range<usize> {
    let offsets = lists.offsets();
    offsets[rows.start] as usize..offsets[rows.end] as usize
}

impl Grow for Lists {
    fn encode(&self, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
        put_validity(parts, out);
        let (mut lengths, mut columns): (Vec<u64>, Vec<(Series, Range<usize>)>) = (vec![], vec![]);
        for (series, rows) in parts {
            let (lists, values) = self.parts(series)?;
            lengths.extend(Range::clone(rows).map(|row| lists.offsets().length_at(row) as u64));
            columns.push((values, values_of(lists, rows)));
        }
        numbers::encode(&lengths, out);
        let columns: Vec<Part<'_>> = columns.iter().map(|(values, range)| (Cow::Borrowed(values), range)).collect();
        self.values.encode(&columns, out)
    }

    fn gather(&mut self, from: &Series, rows: &[IdxSize]) -> Result<()> {
        let (lists, values) = self.parts(from)?;
        let too_many =
            |_| Error::unsupported("more values in the lists of one column than rows can be numbered: use more partitions");
        let end = IdxSize::try_from(values.len()).map_err(too_many)?;
        let mut inner: Vec<IdxSize> = Vec::with_capacity(rows.len());
        for &row in rows {
            let of = values_of(lists, &(row as usize..row as usize + 1));
            self.push(of.len());
            // Both are at most the number of values.
            inner.extend((of.start as IdxSize).min(end)..(of.end as IdxSize).min(end));
        }
        // SAFETY: the rows are there, or the lines above have panicked.
        unsafe { self.valid.gather_extend_from_opt_validity(lists.validity(), rows) };
        self.values.gather(&values, &inner)
    }

    fn slice(&mut self, from: &Series, rows: Range<usize>) -> Result<()> {
        let (lists, values) = self.parts(from)?;
        rows.clone().for_each(|row| self.push(lists.offsets().length_at(row)));
        self.valid.subslice_extend_from_opt_validity(lists.validity(), rows.start, rows.len());
        self.values.slice(&values, values_of(lists, &rows))
    }

    fn block(&mut self, n: usize, rows: Range<usize>, bytes: &mut Rest<'_>) -> Result<()> {
        self.valid.subslice_extend_from_opt_validity(bytes.validity(n)?.as_ref(), rows.start, rows.len());
        let mut lengths: Vec<u64> = vec![];
        numbers::decode(n, 0..n, bytes, &mut lengths)?;
        let total = |lengths: &[u64]| lengths.iter().try_fold(0usize, |sum, &n| sum.checked_add(n as usize)).ok_or_else(broken);
        let start = total(&lengths[..rows.start])?;
        let of = start..total(&lengths[..rows.end])?;
        let n_values = total(&lengths)?;
        lengths[rows].iter().for_each(|&n| self.push(n as usize));
        self.values.block(n_values, of, bytes)
    }

    fn finish(self: Box<Self>) -> Result<Series> {
        let values = self.values.finish()?;
        let values = piece_of(&values)?.to_boxed();
        let ends = OffsetsBuffer::try_from(self.ends).map_err(table_error)?;
        let dtype = ListArray::<i64>::default_datatype(values.dtype().clone());
        let lists = ListArray::<i64>::try_new(dtype, ends, values, self.valid.into_opt_validity()).map_err(table_error)?;
        Ok(self.to.series(lists.boxed()))
    }
}

/// A column of structs that grows.
pub(super) struct Structs {
    to: To,
    fields: Vec<Box<dyn Grow>>,
    n_rows: usize,
    valid: OptBitmapBuilder,
}

impl Structs {
    pub(super) fn new(to: To, fields: &[Field], n_rows: usize) -> Structs {
        let fields = fields.iter().map(|f| empty(&f.name, &f.dtype, n_rows)).collect();
        Structs { to, fields, n_rows: 0, valid: OptBitmapBuilder::default() }
    }

    /// Has every field take its part of a column, whose rows are there as `valid` says.
    fn each(&mut self, from: &Series, take: impl Fn(&mut dyn Grow, &Series) -> Result<()>) -> Result<()> {
        let fields = fields(from)?;
        self.fields.iter_mut().zip(&fields).try_for_each(|(to, field)| take(&mut **to, field))
    }
}

fn fields(from: &Series) -> Result<Vec<Series>> {
    Ok(from.struct_().map_err(table_error)?.fields_as_series())
}

fn validity(from: &Series) -> Option<&polars_arrow::bitmap::Bitmap> {
    from.chunks().first().and_then(|c| c.validity())
}

impl Grow for Structs {
    fn encode(&self, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
        put_validity(parts, out);
        let columns = parts.iter().map(|(series, _)| fields(series)).collect::<Result<Vec<_>>>()?;
        for (i, field) in self.fields.iter().enumerate() {
            let of: Vec<Part<'_>> = columns.iter().zip(parts).map(|(c, (_, rows))| (Cow::Borrowed(&c[i]), *rows)).collect();
            field.encode(&of, out)?;
        }
        Ok(())
    }

    fn gather(&mut self, from: &Series, rows: &[IdxSize]) -> Result<()> {
        self.n_rows += rows.len();
        // SAFETY: whoever asks has made sure that the rows are there.
        unsafe { self.valid.gather_extend_from_opt_validity(validity(from), rows) };
        self.each(from, |to, field| to.gather(field, rows))
    }

    fn slice(&mut self, from: &Series, rows: Range<usize>) -> Result<()> {
        self.n_rows += rows.len();
        self.valid.subslice_extend_from_opt_validity(validity(from), rows.start, rows.len());
        self.each(from, |to, field| to.slice(field, rows.clone()))
    }

    fn block(&mut self, n: usize, rows: Range<usize>, bytes: &mut Rest<'_>) -> Result<()> {
        self.n_rows += rows.len();
        self.valid.subslice_extend_from_opt_validity(bytes.validity(n)?.as_ref(), rows.start, rows.len());
        self.fields.iter_mut().try_for_each(|to| to.block(n, rows.clone(), bytes))
    }

    fn finish(self: Box<Self>) -> Result<Series> {
        let fields = self.fields.into_iter().map(|f| f.finish()).collect::<Result<Vec<_>>>()?;
        let rows = StructChunked::from_series(self.to.name, self.n_rows, fields.iter()).map_err(table_error)?;
        Ok(rows.with_outer_validity(self.valid.into_opt_validity()).into_series())
    }
}
