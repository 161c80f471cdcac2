//! Texts: the different ones and a number for each row if there are few, else their lengths and all of them, compressed where that helps.
//! Those that fit into a view lie apart from longer ones, so that these can be used where they lie.

use super::{Grow, Part, Rest, To, array, broken, numbers, put_validity};
use crate::base::{Error, Result};
use polars::polars_utils::aliases::{InitHashMaps, PlHashMap};
use polars::prelude::{DataType, IdxSize, Series};
use polars_arrow::array::{Array, BinaryViewArray, Utf8ViewArray, View};
use polars_arrow::bitmap::{Bitmap, OptBitmapBuilder};
use polars_arrow::datatypes::ArrowDataType;
use std::ops::Range;

const PLAIN: u8 = 0;
const NUMBERED: u8 = 1;
/// More different texts than this are not numbered.
const MOST_DIFFERENT: usize = 256;
/// Texts of fewer bytes are not worth compressing.
const LEAST_COMPRESSED: usize = 256;
/// Views can point at so many bytes.
const MOST_BYTES: usize = u32::MAX as usize;

fn texts(series: &Series) -> Result<BinaryViewArray> {
    match series.dtype() {
        DataType::String => array::<Utf8ViewArray>(series).map(Utf8ViewArray::to_binview),
        _ => array::<BinaryViewArray>(series).cloned(),
    }
}

/// Texts that are asked for one by one.
struct Of<'a, B> {
    views: &'a [View],
    buffers: &'a [B],
    valid: Option<&'a Bitmap>,
}

fn of(array: &BinaryViewArray) -> Of<'_, impl AsRef<[u8]>> {
    Of { views: array.views(), buffers: array.data_buffers(), valid: array.validity().filter(|v| v.unset_bits() > 0) }
}

impl<'a, B: AsRef<[u8]>> Of<'a, B> {
    /// The view of a row, of an empty text where there is none.
    fn view(&self, row: usize) -> View {
        if self.valid.is_some_and(|v| !v.get_bit(row)) { View::default() } else { self.views[row] }
    }

    fn text(&self, view: &'a View) -> &'a [u8] {
        // SAFETY: the view is one of these, or of an empty text.
        unsafe { view.get_slice_unchecked(self.buffers) }
    }
}

/// Texts by their lengths.
#[derive(Default)]
struct Listed {
    lengths: Vec<u32>,
    /// The bytes of those that fit into a view, and of the others.
    short: Vec<u8>,
    long: Vec<u8>,
}

impl Listed {
    fn push(&mut self, text: &[u8]) {
        self.lengths.push(text.len() as u32);
        let to = if text.len() <= View::MAX_INLINE_SIZE as usize { &mut self.short } else { &mut self.long };
        to.extend_from_slice(text);
    }

    fn put(&self, out: &mut Vec<u8>) -> Result<()> {
        numbers::encode(&self.lengths, out);
        put_bytes(&self.short, out)?;
        put_bytes(&self.long, out)
    }
}

/// The different texts and each row's number among them; None if they are many.
fn numbered(from: &[(BinaryViewArray, Range<usize>)]) -> Option<(Listed, Vec<u8>)> {
    let mut different = Listed::default();
    let mut numbers = Vec::with_capacity(from.iter().map(|(_, rows)| rows.len()).sum());
    let mut known: PlHashMap<Vec<u8>, u8> = PlHashMap::new();
    // Equal views, of one array or of short texts, are equal texts and met more often than not.
    let mut seen = [(NO_VIEW, 0, 0); PLACES];
    for (i, (array, rows)) in from.iter().enumerate() {
        let of = of(array);
        for row in rows.clone() {
            let view = of.view(row);
            let bits = view.as_u128();
            let (same, of_array, number) = &mut seen[place(bits)];
            if *same != bits || (*of_array != i && view.length > View::MAX_INLINE_SIZE) {
                let text = of.text(&view);
                *number = match known.get(text) {
                    Some(&n) => n,
                    None => {
                        let n = u8::try_from(known.len()).ok()?;
                        known.insert(text.to_vec(), n);
                        different.push(text);
                        n
                    }
                };
                (*same, *of_array) = (bits, i);
            }
            numbers.push(*number);
        }
    }
    Some((different, numbers))
}

/// Views that were met are remembered in so many places.
const PLACES: usize = 64;
/// What no view is: it would be of a text of 4 GiB.
const NO_VIEW: u128 = u128::MAX;

/// Where a view is remembered.
fn place(view: u128) -> usize {
    let mixed = (view as u64 ^ (view >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 58) as usize
}

/// Appends bytes: how many there are, how many as they are stored, and these.
fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if bytes.len() > MOST_BYTES {
        return Err(Error::unsupported("more than 4 GiB of texts of one column in one place: use more partitions"));
    }
    let packed = if (LEAST_COMPRESSED..=i32::MAX as usize).contains(&bytes.len()) {
        lz4::block::compress(bytes, None, false).ok().filter(|p| p.len() < bytes.len() / 8 * 7)
    } else {
        None
    };
    let stored = packed.as_deref().unwrap_or(bytes);
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend((stored.len() as u64).to_le_bytes());
    out.extend(stored);
    Ok(())
}

fn bytes_of(rest: &mut Rest<'_>) -> Result<Vec<u8>> {
    let (n, n_stored) = (rest.number()? as usize, rest.number()? as usize);
    let stored = rest.take(n_stored)?;
    if n == n_stored {
        return Ok(stored.to_vec());
    }
    let size = i32::try_from(n).map_err(|_| broken())?;
    lz4::block::decompress(stored, Some(size)).ok().filter(|b| b.len() == n).ok_or_else(broken)
}

/// A column of texts that grows.
pub(super) struct Texts {
    to: To,
    views: Vec<View>,
    /// Where long texts lie, and which of these more are copied to.
    buffers: Vec<Vec<u8>>,
    open: Option<usize>,
    valid: OptBitmapBuilder,
}

impl Texts {
    pub(super) fn new(to: To, n_rows: usize) -> Texts {
        Texts { to, views: Vec::with_capacity(n_rows), buffers: vec![], open: None, valid: OptBitmapBuilder::default() }
    }

    /// Takes rows of a column whose long texts have `n_bytes` together, which views can point at, and copies these.
    fn take_all<B: AsRef<[u8]>>(&mut self, of: &Of<'_, B>, rows: &[IdxSize], n_bytes: usize) {
        let index = self.open_for(n_bytes);
        let buffer = &mut self.buffers[index];
        self.views.extend(rows.iter().map(|&row| {
            let view = of.view(row as usize);
            if view.length <= View::MAX_INLINE_SIZE {
                return view;
            }
            let offset = buffer.len() as u32;
            buffer.extend_from_slice(of.text(&view));
            View { buffer_idx: index as u32, offset, ..view }
        }));
    }

    /// Takes rows of a column. Long texts are copied, once where views are equal.
    fn take<B: AsRef<[u8]>>(&mut self, of: &Of<'_, B>, rows: impl Iterator<Item = usize>) {
        let mut seen = [(NO_VIEW, View::default()); PLACES];
        for row in rows {
            let view = of.view(row);
            if view.length <= View::MAX_INLINE_SIZE {
                self.views.push(view);
                continue;
            }
            let (same, copy) = &mut seen[place(view.as_u128())];
            if *same != view.as_u128() {
                (*same, *copy) = (view.as_u128(), self.copied(of.text(&view)));
            }
            self.views.push(*copy);
        }
    }

    /// Makes room for about so many bytes of long texts.
    fn reserve(&mut self, n_bytes: usize) {
        if self.open.is_none() && n_bytes > 0 {
            self.open = Some(self.buffers.len());
            self.buffers.push(Vec::with_capacity(n_bytes.min(MOST_BYTES)));
        }
    }

    /// The buffer that `n_bytes` more long texts are copied to.
    fn open_for(&mut self, n_bytes: usize) -> usize {
        match self.open.filter(|&i| self.buffers[i].len() + n_bytes <= MOST_BYTES) {
            Some(i) => i,
            None => {
                self.buffers.push(Vec::with_capacity(n_bytes));
                *self.open.insert(self.buffers.len() - 1)
            }
        }
    }

    fn copied(&mut self, text: &[u8]) -> View {
        let open = self.open_for(text.len());
        let buffer = &mut self.buffers[open];
        let view = View::new_from_bytes(text, open as u32, buffer.len() as u32);
        buffer.extend_from_slice(text);
        view
    }
}

/// Adds the views of the next `n` texts, and gives what is to be buffer `index`, where the long ones lie.
fn listed(n: usize, rest: &mut Rest<'_>, index: u32, views: &mut Vec<View>) -> Result<Vec<u8>> {
    let mut lengths: Vec<u32> = Vec::with_capacity(n);
    numbers::decode(n, 0..n, rest, &mut lengths)?;
    let (short, long) = (bytes_of(rest)?, bytes_of(rest)?);
    let (mut in_short, mut in_long) = (short.as_slice(), 0);
    views.reserve(n);
    for n in lengths {
        if n <= View::MAX_INLINE_SIZE {
            let (text, after) = in_short.split_at_checked(n as usize).ok_or_else(broken)?;
            in_short = after;
            views.push(View::new_inline(text));
        } else {
            let end = in_long + n as usize;
            let text = long.get(in_long..end).ok_or_else(broken)?;
            views.push(View::new_from_bytes(text, index, in_long as u32));
            in_long = end;
        }
    }
    Ok(long)
}

/// Adds the views of the next `n` rows, and gives what is to be buffer `index`, where the long texts lie.
fn decoded(n: usize, rest: &mut Rest<'_>, index: u32, views: &mut Vec<View>) -> Result<Vec<u8>> {
    match rest.byte()? {
        PLAIN => listed(n, rest, index, views),
        NUMBERED => {
            let n_different = rest.number()? as usize;
            let mut different = vec![];
            let long = listed(n_different, rest, index, &mut different)?;
            // Every number that a byte has stands for some text, the last ones for none that is asked for.
            let mut by_number = [View::default(); MOST_DIFFERENT];
            by_number.get_mut(..n_different).ok_or_else(broken)?.copy_from_slice(&different);
            views.extend(rest.take(n)?.iter().map(|&i| by_number[usize::from(i)]));
            Ok(long)
        }
        _ => Err(broken()),
    }
}

impl Grow for Texts {
    fn encode(&self, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<()> {
        put_validity(parts, out);
        let arrays = parts.iter().map(|(series, rows)| Ok((texts(series)?, (*rows).clone()))).collect::<Result<Vec<_>>>()?;
        if let Some((different, numbers)) = numbered(&arrays) {
            out.push(NUMBERED);
            out.extend((different.lengths.len() as u64).to_le_bytes());
            different.put(out)?;
            out.extend(numbers);
            return Ok(());
        }
        let mut all = Listed { lengths: Vec::with_capacity(arrays.iter().map(|(_, rows)| rows.len()).sum()), ..Listed::default() };
        for (array, rows) in &arrays {
            let of = of(array);
            rows.clone().for_each(|row| all.push(of.text(&of.view(row))));
        }
        out.push(PLAIN);
        all.put(out)
    }

    fn gather(&mut self, from: &Series, rows: &[IdxSize]) -> Result<()> {
        let array = texts(from)?;
        let of = of(&array);
        let long = |n: u32| if n > View::MAX_INLINE_SIZE { n as usize } else { 0 };
        let n_bytes = rows.iter().map(|&row| long(of.views[row as usize].length)).sum::<usize>();
        if n_bytes > array.total_buffer_len().min(MOST_BYTES) {
            // Rows share texts.
            self.reserve(array.total_buffer_len());
            self.take(&of, rows.iter().map(|&row| row as usize));
        } else {
            self.take_all(&of, rows, n_bytes);
        }
        // SAFETY: the rows are there, or the line above has panicked.
        unsafe { self.valid.gather_extend_from_opt_validity(array.validity(), rows) };
        Ok(())
    }

    fn slice(&mut self, from: &Series, rows: Range<usize>) -> Result<()> {
        let array = texts(from)?;
        let of = of(&array);
        self.valid.subslice_extend_from_opt_validity(array.validity(), rows.start, rows.len());
        self.take(&of, rows);
        Ok(())
    }

    fn block(&mut self, n: usize, rows: Range<usize>, bytes: &mut Rest<'_>) -> Result<()> {
        self.valid.subslice_extend_from_opt_validity(bytes.validity(n)?.as_ref(), rows.start, rows.len());
        if rows.len() == n {
            let long = decoded(n, bytes, self.buffers.len() as u32, &mut self.views)?;
            if !long.is_empty() {
                self.buffers.push(long);
            }
        } else {
            // A buffer for a few rows of many would keep the others' texts as well.
            let mut views = vec![];
            let long = decoded(n, bytes, 0, &mut views)?;
            self.take(&Of { views: &views, buffers: &[long], valid: None }, rows);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Series> {
        let n_bytes = self.buffers.iter().map(Vec::len).sum();
        let (buffers, valid) = (self.buffers.into_iter().map(Into::into).collect(), self.valid.into_opt_validity());
        // SAFETY: every view holds its text or was made of a part of its buffer.
        let texts = unsafe {
            BinaryViewArray::new_unchecked_unknown_md(ArrowDataType::BinaryView, self.views.into(), buffers, valid, Some(n_bytes))
        };
        Ok(match self.to.dtype {
            // SAFETY: the texts of a column of strings are what strings were.
            DataType::String => self.to.series(unsafe { texts.to_utf8view_unchecked() }.boxed()),
            _ => self.to.series(texts.boxed()),
        })
    }
}
