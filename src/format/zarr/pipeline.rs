//! One chunk to and from its stored bytes, through the codecs of the `zarrs` crate, within known sizes.
//!
//! The sizes of all stages follow from the metadata alone, before a byte is read. Decompression stops at the size of its stage
//! (a small file that unpacks to gigabytes is `Corrupt`), which is why the decompressors are driven here. It does not know
//! where stored bytes lie, nor what the chunk is a part of.

use crate::base::{DType, Error, Result};
use crate::chunk::{Buffer, Tensor};
use crate::format::zstd_memory::context_bytes;
use std::borrow::Cow;
use std::io::Read;
use std::num::NonZeroU64;
use std::sync::Arc;
use zarrs::array::{
    ArrayBytes, ArrayToBytesCodecTraits, BytesRepresentation, BytesToBytesCodecTraits, CodecChain, CodecMetadataOptions,
    CodecOptions, DataType, FillValue,
};
use zarrs::plugin::ExtensionName;

/// What decompressors hold beside input and output, in bytes.
const CONTEXT_BYTES: u64 = 1 << 20;

/// How stored bytes are unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unpack {
    Zstd,
    Gzip,
    Zlib,
    /// Says its unpacked size up front.
    Blosc,
    /// Changes the length by a constant at most (checksums, shuffles).
    Plain,
}

impl Unpack {
    fn of(name: &str) -> Result<Unpack> {
        match name.rsplit('.').next().unwrap_or(name) {
            "zstd" => Ok(Unpack::Zstd),
            "gzip" => Ok(Unpack::Gzip),
            "zlib" => Ok(Unpack::Zlib),
            "blosc" => Ok(Unpack::Blosc),
            "crc32c" | "shuffle" => Ok(Unpack::Plain),
            _ => Err(Error::unsupported(format!("the Zarr codec '{name}': blosc, crc32c, gzip, shuffle, zlib and zstd are read"))),
        }
    }
}

/// The codecs of a chunk of a known shape.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    /// Array to bytes.
    head: CodecChain,
    /// Bytes to bytes.
    tail: Vec<(Unpack, Arc<dyn BytesToBytesCodecTraits>)>,
    /// Bytes after the head, then after each codec of the tail, at most.
    bounds: Vec<u64>,
    /// Whether the first of `bounds` is exact.
    exact: bool,
    shape: Vec<NonZeroU64>,
    decoded_bytes: u64,
    data_type: DataType,
    fill: FillValue,
    /// Whether the head turns axes around.
    reorders: bool,
}

impl Pipeline {
    /// # Errors
    /// `Unsupported` for a codec that is not read here, named.
    pub(super) fn new(chain: &CodecChain, shape: &[NonZeroU64], data_type: &DataType, fill: &FillValue) -> Result<Pipeline> {
        let head = CodecChain::new(chain.array_to_array_codecs().to_vec(), chain.array_to_bytes_codec().clone(), Vec::new());
        let mut tail = Vec::new();
        for codec in chain.bytes_to_bytes_codecs() {
            let name = codec.name_v3().or_else(|| codec.name_v2()).unwrap_or_default();
            tail.push((Unpack::of(&name)?, codec.clone()));
        }
        let first = head.encoded_representation(shape, data_type, fill).map_err(|e| Error::unsupported(format!("{e}")))?;
        let exact = matches!(first, BytesRepresentation::FixedSize(_));
        let (mut bounds, mut representation) = (Vec::new(), first);
        for codec in std::iter::once(None).chain(tail.iter().map(Some)) {
            if let Some((_, codec)) = codec {
                representation = codec.encoded_representation(&representation);
            }
            bounds.push(representation.size().ok_or_else(|| Error::unsupported("a Zarr codec whose output has no bound"))?);
        }
        let size = data_type.fixed_size().ok_or_else(|| Error::unsupported("elements of varying size"))?;
        let decoded_bytes = shape
            .iter()
            .try_fold(size as u64, |n, d| n.checked_mul(d.get()))
            .filter(|&n| i64::try_from(n).is_ok())
            .ok_or_else(|| Error::corrupt(format!("a Zarr chunk of shape {shape:?} is beyond 2^63 bytes")))?;
        Ok(Pipeline {
            head,
            tail,
            bounds,
            exact,
            shape: shape.to_vec(),
            decoded_bytes,
            data_type: data_type.clone(),
            fill: fill.clone(),
            reorders: !chain.array_to_array_codecs().is_empty(),
        })
    }

    /// Length along each axis.
    pub(super) fn shape(&self) -> impl Iterator<Item = usize> + '_ {
        self.shape.iter().map(|n| n.get() as usize)
    }

    /// Most bytes that the chunk takes when stored.
    pub(super) fn stored_bound(&self) -> u64 {
        self.bounds.last().copied().unwrap_or(0)
    }

    /// Bytes of the elements.
    pub(super) fn decoded_bytes(&self) -> u64 {
        self.decoded_bytes
    }

    /// The size of the chunk when stored, where that does not depend on its content.
    pub(super) fn fixed_stored_bytes(&self) -> Option<u64> {
        (self.exact && self.tail.iter().all(|(u, _)| *u == Unpack::Plain)).then(|| self.stored_bound())
    }

    /// Most memory that decoding needs, input and output counted.
    pub(super) fn decode_bytes(&self) -> u64 {
        let stages = self.bounds.windows(2).map(|w| w[0] + w[1]).max().unwrap_or(0);
        // Plain bytes become elements where they lie, and then a tensor.
        let head = if self.reorders { self.bounds[0] } else { self.bounds[0].saturating_sub(self.decoded_bytes) };
        let head = head + 2 * self.decoded_bytes;
        stages.max(head) + CONTEXT_BYTES
    }

    /// Most memory that encoding needs beside its input and output.
    pub(super) fn encode_bytes(&self) -> u64 {
        // The head copies, reorders into another buffer where it must, and every stage holds input and output.
        let head = if self.reorders { 2 } else { 1 } * self.decoded_bytes;
        let stage = self.bounds.iter().max().copied().unwrap_or(0);
        head + stage * self.tail.len().clamp(1, 2) as u64 + self.encode_context() + CONTEXT_BYTES
    }

    /// Most memory that compressors hold: tables that grow with the level up to a multiple of the input.
    fn encode_context(&self) -> u64 {
        let level = |codec: &Arc<dyn BytesToBytesCodecTraits>| {
            let configuration = codec.configuration_v3(&CodecMetadataOptions::default());
            let json = configuration.and_then(|c| serde_json::to_value(c).ok()).unwrap_or_default();
            json["level"].as_i64().or(json["clevel"].as_i64().map(|n| n * 22 / 9)).unwrap_or(22)
        };
        let table = |(unpack, codec): &(Unpack, Arc<dyn BytesToBytesCodecTraits>)| match (unpack, level(codec)) {
            (Unpack::Plain, _) => 0,
            (Unpack::Gzip | Unpack::Zlib, _) => 1 << 20,
            (_, level) => context_bytes(level, self.bounds[0]),
        };
        self.tail.iter().map(table).max().unwrap_or(0)
    }

    fn options() -> CodecOptions {
        // Parallelism is between chunks, and the scheduler's.
        CodecOptions::default().with_concurrent_target(1)
    }

    /// The elements in C order and the machine's byte order.
    pub(super) fn decode(&self, stored: Vec<u8>) -> Result<Vec<u8>> {
        let mut bytes = stored;
        for (i, (unpack, codec)) in self.tail.iter().enumerate().rev() {
            bytes = unpack_bounded(*unpack, codec, bytes, self.bounds[i])?;
        }
        if self.exact && bytes.len() as u64 != self.bounds[0] {
            return Err(Error::corrupt(format!("it unpacks to {} bytes, but {} are needed", bytes.len(), self.bounds[0])));
        }
        let decoded = self
            .head
            .decode(Cow::Owned(bytes), &self.shape, &self.data_type, &self.fill, &Pipeline::options())
            .and_then(|a| Ok(a.into_fixed()?.into_owned()))
            .map_err(|e| Error::corrupt(e.to_string()))?;
        if decoded.len() as u64 != self.decoded_bytes {
            return Err(Error::corrupt(format!("it decodes to {} bytes, not {}", decoded.len(), self.decoded_bytes)));
        }
        Ok(decoded)
    }

    /// The elements as a tensor.
    pub(super) fn decode_tensor(&self, dtype: DType, stored: Vec<u8>) -> Result<Tensor> {
        let mut bytes = self.decode(stored)?;
        if dtype == DType::Bool {
            // What is not 0 is true, as NumPy has it.
            bytes.iter_mut().for_each(|b| *b = u8::from(*b != 0));
        }
        let shape: Vec<usize> = self.shape().collect();
        Tensor::new(dtype, &shape, Buffer::copied(&bytes))
    }

    /// Whether all elements are the fill value, bit for bit.
    pub(super) fn is_fill(&self, elements: &[u8]) -> bool {
        self.fill.equals_all(elements)
    }
}

fn unpack_bounded(unpack: Unpack, codec: &Arc<dyn BytesToBytesCodecTraits>, bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>> {
    let broken = |e: &dyn std::fmt::Display| Error::corrupt(format!("it cannot be unpacked: {e}"));
    let capacity = usize::try_from(limit).map_err(|e| broken(&e))?;
    match unpack {
        Unpack::Zstd => zstd::bulk::decompress(&bytes, capacity).map_err(|e| broken(&e)),
        Unpack::Gzip => read_bounded(flate2::read::MultiGzDecoder::new(bytes.as_slice()), capacity),
        Unpack::Zlib => read_bounded(flate2::read::ZlibDecoder::new(bytes.as_slice()), capacity),
        Unpack::Blosc | Unpack::Plain => {
            if unpack == Unpack::Blosc {
                check_blosc(&bytes, limit)?;
            }
            let decoded = codec.decode(Cow::Owned(bytes), &BytesRepresentation::BoundedSize(limit), &Pipeline::options());
            decoded.map(Cow::into_owned).map_err(|e| broken(&e))
        }
    }
}

/// The header of a Blosc 1 buffer: version, flags, element size, then unpacked, block and packed size in bytes.
fn check_blosc(bytes: &[u8], limit: u64) -> Result<()> {
    let word = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    match (word(4), word(12)) {
        (Some(unpacked), Some(packed)) if u64::from(unpacked) <= limit && packed as usize == bytes.len() => Ok(()),
        (Some(unpacked), Some(packed)) => Err(Error::corrupt(format!(
            "its blosc header speaks of {packed} bytes packed and {unpacked} unpacked, there are {} and {limit} at most",
            bytes.len()
        ))),
        _ => Err(Error::corrupt(format!("{} bytes are too short for blosc", bytes.len()))),
    }
}

fn read_bounded(input: impl Read, limit: usize) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(limit);
    let read = input.take(limit as u64 + 1).read_to_end(&mut out);
    read.map_err(|e| Error::corrupt(format!("it cannot be unpacked: {e}")))?;
    if out.len() > limit {
        return Err(Error::corrupt(format!("it unpacks to more than {limit} bytes")));
    }
    Ok(out)
}

/// Encodes the elements of one stored chunk by a whole chain (sharding too).
pub(super) fn encode(
    chain: &CodecChain,
    elements: &[u8],
    shape: &[NonZeroU64],
    data_type: &DataType,
    fill: &FillValue,
) -> Result<Vec<u8>> {
    chain
        .encode(ArrayBytes::from(elements), shape, data_type, fill, &Pipeline::options())
        .map(Cow::into_owned)
        .map_err(|e| Error::bug(format!("a chunk could not be encoded: {e}")))
}
