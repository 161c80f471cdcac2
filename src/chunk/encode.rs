//! Chunks as bytes: what a spill file holds and what crosses the wire.
//!
//! An encoding describes itself: a prelude (magic, length of the header, total length), a header of 64-bit words (one node per
//! chunk in preorder, with dtype and shape), and the payloads in the same order, each starting at a multiple of
//! [`ALIGN`]. So a mapped file is used in place, and only a payload that lies misaligned in memory is copied.
//! Payloads are in the byte order of the machine, which must be little-endian. Axes along which one element repeats
//! (stride 0) stay that way: a constant of a terabyte takes eight bytes here too.
//!
//! Decoding trusts nothing: every length and shape is checked before it is used, and a broken encoding is `Corrupt`. It knows
//! nothing of files, checksums or compression.

use crate::base::{Coords, DType, Error, Result};
use crate::chunk::buffer::{ALIGN, Buffer, BufferMut};
use crate::chunk::{Chunk, Tensor, table};
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

const _: () = assert!(cfg!(target_endian = "little"), "the encoding of chunks is little-endian");

const MAGIC: u64 = u64::from_le_bytes(*b"TWCHUNK1");
const PRELUDE_WORDS: usize = 3;
const UNIT: u8 = 0;
const TENSOR: u8 = 1;
const LIST: u8 = 2;
const BYTES: u8 = 3;
const TABLE: u8 = 4;
/// Set in the length of an axis along which one stored element repeats.
const REPEATS: u64 = 1 << 63;
/// Lists nest no deeper than this, so that decoding needs little stack.
const MAX_DEPTH: usize = 64;
/// A strided tensor is gathered through a buffer of about this many bytes.
const GATHER_BYTES: usize = 256 << 10;

fn align(n: u64) -> Result<u64> {
    n.checked_next_multiple_of(ALIGN as u64).ok_or_else(|| Error::corrupt("chunk: lengths in the header overflow"))
}

/// One payload, in the order of the header.
enum Payload<'a> {
    /// Repeating axes are cut to length 1 already.
    Tensor(Tensor),
    Bytes(&'a [u8]),
    #[cfg(feature = "frame")]
    Table(&'a polars::prelude::DataFrame, u64),
}

impl Payload<'_> {
    fn len(&self) -> u64 {
        match self {
            Payload::Tensor(t) => (t.len() * t.dtype().size()) as u64,
            Payload::Bytes(b) => b.len() as u64,
            #[cfg(feature = "frame")]
            Payload::Table(_, n) => *n,
        }
    }
}

struct Layout<'a> {
    words: Vec<u64>,
    payloads: Vec<Payload<'a>>,
    total: u64,
}

fn layout(chunk: &Chunk) -> Result<Layout<'_>> {
    let (mut words, mut payloads) = (vec![MAGIC, 0, 0], Vec::new());
    describe(chunk, 0, &mut words, &mut payloads)?;
    let mut total = (words.len() * 8) as u64;
    for p in payloads.iter().filter(|p| p.len() > 0) {
        total = align(total)? + p.len();
    }
    (words[1], words[2]) = (words.len() as u64, total);
    Ok(Layout { words, payloads, total })
}

fn describe<'a>(chunk: &'a Chunk, depth: usize, words: &mut Vec<u64>, payloads: &mut Vec<Payload<'a>>) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::unsupported(format!("chunks nested deeper than {MAX_DEPTH} lists cannot be encoded")));
    }
    match chunk {
        Chunk::Unit => words.push(u64::from(UNIT)),
        Chunk::Tensor(t) => describe_tensor(t, words, payloads)?,
        Chunk::List(items) => {
            words.extend([u64::from(LIST), items.len() as u64]);
            for item in items.iter() {
                describe(item, depth + 1, words, payloads)?;
            }
        }
        Chunk::Bytes(b) => {
            words.extend([u64::from(BYTES), b.len() as u64]);
            payloads.push(Payload::Bytes(b));
        }
        #[cfg(feature = "frame")]
        Chunk::Table(t) => {
            let n = table::encoded_len(t)?;
            words.extend([u64::from(TABLE), n]);
            payloads.push(Payload::Table(t, n));
        }
        Chunk::Object(o) => {
            return Err(Error::unsupported(format!("the value {o:?} lives in this process only: it cannot be spilled or sent")));
        }
    }
    Ok(())
}

fn describe_tensor(t: &Tensor, words: &mut Vec<u64>, payloads: &mut Vec<Payload<'_>>) -> Result<()> {
    let ndim = u16::try_from(t.ndim()).map_err(|_| Error::unsupported("an array of more than 65535 dimensions"))?;
    let dtype = DType::ALL.iter().position(|&d| d == t.dtype()).unwrap_or_default() as u64;
    words.push(u64::from(TENSOR) | dtype << 8 | u64::from(ndim) << 16);
    let mut stored = t.clone();
    for axis in 0..t.ndim() {
        let n = t.shape()[axis];
        let repeats = n > 1 && t.strides()[axis] == 0;
        words.push(n as u64 | if repeats { REPEATS } else { 0 });
        if repeats {
            stored = stored.slice_axis(axis, crate::base::AxisSlice::whole(1));
        }
    }
    payloads.push(Payload::Tensor(stored));
    Ok(())
}

/// Bytes that [`encode_to`] will write.
///
/// # Errors
/// As [`encode_to`].
pub fn encoded_len(chunk: &Chunk) -> Result<u64> {
    Ok(layout(chunk)?.total)
}

/// Writes a chunk to `out` without another copy of its payload; gives the bytes written.
///
/// # Errors
/// A [`Chunk::Object`] (`Unsupported`), lists nested deeper than 64, or a failure of `out`.
pub fn encode_to(chunk: &Chunk, out: &mut impl Write) -> Result<u64> {
    let Layout { words, payloads, total } = layout(chunk)?;
    let failed = |e: std::io::Error| Error::io("writing a chunk", &e);
    let header: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    out.write_all(&header).map_err(failed)?;
    let mut at = header.len() as u64;
    for p in payloads.iter().filter(|p| p.len() > 0) {
        let start = align(at)?;
        out.write_all(&[0; ALIGN][..(start - at) as usize]).map_err(failed)?;
        match p {
            Payload::Tensor(t) => write_tensor(t, out).map_err(failed)?,
            Payload::Bytes(b) => out.write_all(b).map_err(failed)?,
            #[cfg(feature = "frame")]
            Payload::Table(t, n) => table::write(t, *n, out)?,
        }
        at = start + p.len();
    }
    debug_assert_eq!(at, total);
    Ok(total)
}

/// Writes the elements in C order, gathered piecewise where they are strided.
fn write_tensor(t: &Tensor, out: &mut impl Write) -> std::io::Result<()> {
    if let Ok(bytes) = t.as_bytes() {
        return out.write_all(bytes);
    }
    let n = t.shape()[0]; // a 0-dimensional tensor is contiguous
    let row_bytes = t.len() / n * t.dtype().size();
    if row_bytes > GATHER_BYTES {
        return (0..n).try_for_each(|i| write_tensor(&t.index_axis(0, i), out));
    }
    let rows = (GATHER_BYTES / row_bytes).max(1);
    (0..n).step_by(rows).try_for_each(|i| {
        let piece = t.slice_axis(0, crate::base::AxisSlice { start: i, step: 1, len: rows.min(n - i) }).contiguous();
        out.write_all(piece.as_bytes().map_err(std::io::Error::other)?)
    })
}

/// A chunk as bytes of one vector.
///
/// # Errors
/// As [`encode_to`].
pub fn encode(chunk: &Chunk) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    encode_to(chunk, &mut out)?;
    Ok(out)
}

/// A part of shared bytes.
struct Part<O> {
    owner: Arc<O>,
    range: Range<usize>,
}

impl<O: AsRef<[u8]>> AsRef<[u8]> for Part<O> {
    fn as_ref(&self) -> &[u8] {
        &(*self.owner).as_ref()[self.range.clone()]
    }
}

/// Reads a chunk from bytes that `owner` keeps at one address and unchanged (a vector, a file mapping). Payloads are
/// used in place; they are copied only where the bytes are not aligned for their dtype.
///
/// # Errors
/// `Corrupt` when the bytes are no encoding of a chunk, `Unsupported` for a table where the `frame` feature is off.
///
/// # Example
/// ```
/// use tilework::chunk::{Chunk, Tensor, encode};
/// let chunk = Chunk::from(Tensor::from_vec(&[2, 2], vec![1i32, 2, 3, 4]).unwrap());
/// let bytes = encode::encode(&chunk).unwrap();
/// let Chunk::Tensor(t) = encode::decode(std::sync::Arc::new(bytes)).unwrap() else { panic!() };
/// assert_eq!(t.as_slice::<i32>().unwrap(), [1, 2, 3, 4]);
/// ```
pub fn decode<O: AsRef<[u8]> + Send + Sync + 'static>(owner: Arc<O>) -> Result<Chunk> {
    let n_bytes = (*owner).as_ref().len();
    let mut reader = Reader { owner, n_bytes, word: PRELUDE_WORDS, n_words: PRELUDE_WORDS, payload: 0 };
    if n_bytes < PRELUDE_WORDS * 8 || reader.peek(0) != MAGIC {
        return Err(Error::corrupt(format!("chunk: {n_bytes} bytes do not start with an encoded chunk")));
    }
    let (n_words, total) = (reader.peek(1), reader.peek(2));
    if total != n_bytes as u64 || n_words > total / 8 {
        return Err(Error::corrupt(format!("chunk: the header speaks of {total} bytes, there are {n_bytes}")));
    }
    reader.n_words = n_words as usize;
    reader.payload = reader.n_words * 8;
    let chunk = reader.chunk(0)?;
    if reader.word != reader.n_words || reader.payload != n_bytes {
        return Err(Error::corrupt("chunk: bytes are left over after the last value"));
    }
    Ok(chunk)
}

struct Reader<O> {
    owner: Arc<O>,
    n_bytes: usize,
    word: usize,
    n_words: usize,
    /// Where the payloads read so far end.
    payload: usize,
}

impl<O: AsRef<[u8]> + Send + Sync + 'static> Reader<O> {
    /// Word `i`, which must lie within the bytes.
    fn peek(&self, i: usize) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&(*self.owner).as_ref()[i * 8..i * 8 + 8]);
        u64::from_le_bytes(word)
    }

    fn next(&mut self) -> Result<u64> {
        if self.word >= self.n_words {
            return Err(Error::corrupt("chunk: the header ends early"));
        }
        self.word += 1;
        Ok(self.peek(self.word - 1))
    }

    fn chunk(&mut self, depth: usize) -> Result<Chunk> {
        let word = self.next()?;
        match word as u8 {
            UNIT => Ok(Chunk::Unit),
            TENSOR => self.tensor(word).map(Chunk::Tensor),
            LIST if depth < MAX_DEPTH => {
                let n = self.next()?;
                if n > (self.n_words - self.word) as u64 {
                    return Err(Error::corrupt(format!("chunk: a list of {n} values in {} words", self.n_words - self.word)));
                }
                (0..n).map(|_| self.chunk(depth + 1)).collect::<Result<Vec<_>>>().map(|v| Chunk::List(v.into()))
            }
            BYTES => {
                let n = self.next()?;
                let range = self.claim(n)?;
                Ok(Chunk::Bytes((&(*self.owner).as_ref()[range]).into()))
            }
            TABLE => {
                let n = self.next()?;
                let range = self.claim(n)?;
                table::read(&(*self.owner).as_ref()[range])
            }
            other => Err(Error::corrupt(format!("chunk: unknown kind {other}, or lists nested too deep"))),
        }
    }

    /// The place of the next payload.
    fn claim(&mut self, n: u64) -> Result<Range<usize>> {
        if n == 0 {
            return Ok(self.payload..self.payload);
        }
        let start = align(self.payload as u64)?;
        let end = start.checked_add(n).filter(|&e| e <= self.n_bytes as u64).ok_or_else(|| {
            Error::corrupt(format!("chunk: a payload of {n} bytes at {start} does not fit into {} bytes", self.n_bytes))
        })?;
        self.payload = end as usize;
        Ok(start as usize..end as usize)
    }

    fn tensor(&mut self, word: u64) -> Result<Tensor> {
        let (dtype, ndim) = ((word >> 8) as u8, (word >> 16) as u16 as usize);
        let dtype = *DType::ALL
            .get(usize::from(dtype))
            .filter(|_| word >> 32 == 0)
            .ok_or_else(|| Error::corrupt(format!("chunk: unknown dtype number {dtype}")))?;
        let (mut shape, mut stored) = (Coords::new(), Coords::new());
        let mut sizes = (dtype.size() as u64, dtype.size() as u64);
        let mut empty = false;
        for _ in 0..ndim {
            let (n, repeats) = self.next().map(|w| (w & !REPEATS, w & REPEATS != 0))?;
            let kept = if repeats { n.min(1) } else { n };
            empty |= n == 0;
            // Axes of length 0 are left out of the products: the lengths beside them must still be sane.
            let times = |a: u64, b: u64| a.checked_mul(b.max(1)).filter(|&v| i64::try_from(v).is_ok());
            sizes = times(sizes.0, n).zip(times(sizes.1, kept)).ok_or_else(|| Error::corrupt("chunk: its shape overflows"))?;
            shape.push(n as usize);
            stored.push(kept as usize);
        }
        let range = self.claim(if empty { 0 } else { sizes.1 })?;
        let tensor = Tensor::new(dtype, &stored, self.buffer(dtype, range)?)?;
        Ok(if shape == stored { tensor } else { tensor.broadcast_to(&shape) })
    }

    fn buffer(&self, dtype: DType, range: Range<usize>) -> Result<Arc<Buffer>> {
        let bytes = &(*self.owner).as_ref()[range.clone()];
        if dtype == DType::Bool && bytes.iter().any(|&b| b > 1) {
            return Err(Error::corrupt("chunk: a bool that is neither 0 nor 1"));
        }
        if bytes.as_ptr().align_offset(dtype.size()) == 0 {
            return Ok(Arc::new(Buffer::borrowed(Arc::new(Part { owner: self.owner.clone(), range }))));
        }
        let mut copy = BufferMut::for_overwrite(bytes.len());
        copy.bytes_mut().copy_from_slice(bytes);
        Ok(copy.freeze())
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
