//! Texts: the different ones and a number for each row if there are few, else their lengths and all of them, compressed where that helps.
//! Those that fit into a view lie apart from longer ones, so that these can be used where they lie.

use super::{Rest, broken, numbers};
use crate::base::{Error, Result};
use polars::prelude::IdxSize;
use polars_arrow::array::{Array, BinaryViewArray, View};
use polars_arrow::datatypes::ArrowDataType;
use std::collections::HashMap;

const PLAIN: u8 = 0;
const NUMBERED: u8 = 1;
/// More different texts than this are not numbered.
const MOST_DIFFERENT: usize = 256;
/// Texts of fewer bytes are not worth compressing.
const LEAST_COMPRESSED: usize = 256;

/// Appends the texts of some rows of several columns.
///
/// # Errors
/// More bytes than a column's views can point into.
pub(super) fn encode(from: &[(BinaryViewArray, &[IdxSize])], out: &mut Vec<u8>) -> Result<()> {
    if let Some((different, numbers)) = numbered(from) {
        out.push(NUMBERED);
        out.extend((different.lengths.len() as u64).to_le_bytes());
        different.put(out)?;
        out.extend(numbers);
        return Ok(());
    }
    let mut all = Texts { lengths: Vec::with_capacity(from.iter().map(|f| f.1.len()).sum()), ..Texts::default() };
    for (array, rows) in from {
        rows.iter().for_each(|&r| all.push(text(array, r)));
    }
    out.push(PLAIN);
    all.put(out)
}

/// The next `n` texts.
pub(super) fn decode(n: usize, rest: &mut Rest<'_>) -> Result<BinaryViewArray> {
    let (views, buffer) = match rest.byte()? {
        PLAIN => views(n, rest)?,
        NUMBERED => {
            let n_different = rest.number()? as usize;
            let (different, buffer) = views(n_different, rest)?;
            // Every number that a byte has stands for some text, the last ones for none that is asked for.
            let mut by_number = [View::default(); MOST_DIFFERENT];
            by_number.get_mut(..n_different).ok_or_else(broken)?.copy_from_slice(&different);
            (rest.take(n)?.iter().map(|&i| by_number[usize::from(i)]).collect(), buffer)
        }
        _ => return Err(broken()),
    };
    let n_bytes = buffer.len();
    let buffers = Some(buffer).filter(|b| !b.is_empty()).map(Into::into).into_iter().collect();
    // SAFETY: every view holds its text or was made of a part of the buffer.
    Ok(unsafe { BinaryViewArray::new_unchecked_unknown_md(ArrowDataType::BinaryView, views.into(), buffers, None, Some(n_bytes)) })
}

/// A text, empty where there is none.
fn text(array: &BinaryViewArray, row: IdxSize) -> &[u8] {
    array.get(row as usize).unwrap_or(&[])
}

#[derive(Default)]
struct Texts {
    lengths: Vec<u32>,
    /// The bytes of those that fit into a view, and of the others.
    short: Vec<u8>,
    long: Vec<u8>,
}

impl Texts {
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
fn numbered(from: &[(BinaryViewArray, &[IdxSize])]) -> Option<(Texts, Vec<u8>)> {
    let mut different = Texts::default();
    let mut numbers = Vec::new();
    let mut known: HashMap<&[u8], u8> = HashMap::new();
    for (array, rows) in from {
        // Equal views are equal texts, and are met more often than not.
        let mut seen: [Option<(u128, u8)>; 64] = [None; 64];
        let views = array.views();
        for &row in *rows {
            let view = views[row as usize].as_u128();
            let is_valid = array.validity().is_none_or(|v| v.get_bit(row as usize));
            let at = &mut seen[(view ^ (view >> 32) ^ (view >> 64) ^ (view >> 96)) as u32 as usize * 0x9E37_79B1 >> 16 & 63];
            let number = match at {
                Some((same, number)) if *same == view && is_valid => *number,
                _ => {
                    let text = text(array, row);
                    let number = match known.get(text) {
                        Some(&n) => n,
                        None => {
                            let n = u8::try_from(known.len()).ok()?;
                            known.insert(text, n);
                            different.push(text);
                            n
                        }
                    };
                    if is_valid {
                        *at = Some((view, number));
                    }
                    number
                }
            };
            numbers.push(number);
        }
    }
    Some((different, numbers))
}

/// Appends bytes: how many there are, how many as they are stored, and these.
fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(Error::unsupported("more than 4 GiB of texts of one column in a bucket: use a larger number of partitions"));
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

/// The views of the next `n` texts, and where the long ones lie.
fn views(n: usize, rest: &mut Rest<'_>) -> Result<(Vec<View>, Vec<u8>)> {
    let lengths: Vec<u32> = numbers::decode(n, rest)?;
    let (short, long) = (bytes_of(rest)?, bytes_of(rest)?);
    let (mut in_short, mut in_long) = (short.as_slice(), 0);
    let mut views = Vec::with_capacity(n);
    for n in lengths {
        if n <= View::MAX_INLINE_SIZE {
            let (text, after) = in_short.split_at_checked(n as usize).ok_or_else(broken)?;
            in_short = after;
            views.push(View::new_inline(text));
        } else {
            let end = in_long + n as usize;
            let text = long.get(in_long..end).ok_or_else(broken)?;
            views.push(View::new_from_bytes(text, 0, in_long as u32));
            in_long = end;
        }
    }
    Ok((views, long))
}
