//! Shards: stored chunks that hold many inner chunks and an index of where each lies (the codec `sharding_indexed`).
//!
//! A shard is read by its index and the inner chunks that are needed, never whole. Only arrays that use the codec alone (not after
//! a transpose, not compressed once more, not nested) are read.

use super::pipeline::Pipeline;
use crate::base::{DType, Error, Result};
use serde_json::Value;
use std::num::NonZeroU64;
use zarrs::array::{CodecChain, DataType, FillValue, data_type};
use zarrs::metadata::v3::MetadataV3;

const NAME: &str = "sharding_indexed";
/// What the index says where an inner chunk is missing.
const MISSING: u64 = u64::MAX;

/// How shards of an array are made.
#[derive(Clone, Debug)]
pub(super) struct Sharding {
    /// The codecs of an inner chunk.
    pub(super) inner: Pipeline,
    index: Pipeline,
    index_bytes: u64,
    index_at_end: bool,
    /// Inner chunks along each axis of a shard.
    counts: Vec<usize>,
}

impl Sharding {
    /// Reads the codecs of version 3 metadata; None if they hold no sharding.
    pub(super) fn parse(codecs: &Value, shard: &[NonZeroU64], data_type: &DataType, fill: &FillValue) -> Result<Option<Sharding>> {
        let codecs = codecs.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_sharding = |c: &&Value| c.get("name").or(Some(*c)).and_then(Value::as_str) == Some(NAME);
        let Some(codec) = codecs.iter().find(is_sharding) else { return Ok(None) };
        if codecs.len() != 1 {
            return Err(Error::unsupported(format!("the Zarr codec '{NAME}' together with others around it")));
        }
        let broken = |what: &str| Error::corrupt(format!("the Zarr codec '{NAME}' has no good '{what}'"));
        let configuration = codec.get("configuration").ok_or_else(|| broken("configuration"))?;
        let chain = |what: &str| -> Result<CodecChain> {
            let list = configuration.get(what).cloned().ok_or_else(|| broken(what))?;
            let metadata: Vec<MetadataV3> = serde_json::from_value(list).map_err(|_| broken(what))?;
            if metadata.iter().any(|m| m.name() == NAME) {
                return Err(Error::unsupported("shards within shards"));
            }
            CodecChain::from_metadata(&metadata).map_err(|e| Error::unsupported(e.to_string()))
        };
        let shape: Vec<NonZeroU64> = configuration
            .get("chunk_shape")
            .and_then(|s| serde_json::from_value(s.clone()).ok())
            .filter(|s: &Vec<NonZeroU64>| s.len() == shard.len() && s.iter().zip(shard).all(|(i, o)| o.get() % i.get() == 0))
            .ok_or_else(|| broken("chunk_shape"))?;
        let index_at_end = match configuration.get("index_location").map(Value::as_str) {
            None | Some(Some("end")) => true,
            Some(Some("start")) => false,
            _ => return Err(broken("index_location")),
        };
        let mut index_shape: Vec<NonZeroU64> =
            shard.iter().zip(&shape).filter_map(|(o, i)| NonZeroU64::new(o.get() / i.get())).collect();
        let counts = index_shape.iter().map(|n| n.get() as usize).collect();
        index_shape.push(NonZeroU64::MIN.saturating_add(1));
        let missing = FillValue::from(MISSING);
        let index = Pipeline::new(&chain("index_codecs")?, &index_shape, &data_type::uint64(), &missing)?;
        let index_bytes = index.fixed_stored_bytes().ok_or_else(|| Error::unsupported("a compressed index of shards"))?;
        let inner = Pipeline::new(&chain("codecs")?, &shape, data_type, fill)?;
        Ok(Some(Sharding { inner, index, index_bytes, index_at_end, counts }))
    }

    /// Most bytes that a shard takes.
    pub(super) fn stored_bound(&self) -> u64 {
        let n = self.counts.iter().fold(1u64, |n, &c| n.saturating_mul(c as u64));
        n.saturating_mul(self.inner.stored_bound()).saturating_add(self.index_bytes)
    }

    /// Memory that reading an index needs and holds.
    pub(super) fn index_memory(&self) -> u64 {
        self.index_bytes + 2 * self.index.decode_bytes()
    }

    /// Where the index lies in a shard of `len` bytes.
    pub(super) fn index_range(&self, len: u64) -> Result<std::ops::Range<u64>> {
        let at_end = len.checked_sub(self.index_bytes).ok_or_else(|| {
            Error::corrupt(format!("the shard has {len} bytes, its index alone needs {}: it is truncated", self.index_bytes))
        })?;
        Ok(if self.index_at_end { at_end..len } else { 0..self.index_bytes })
    }

    /// The index, from its stored bytes.
    pub(super) fn index(&self, stored: Vec<u8>) -> Result<ShardIndex> {
        let tensor = self.index.decode_tensor(DType::U64, stored).map_err(|e| e.at("index of the shard"))?;
        Ok(ShardIndex { entries: tensor.as_slice::<u64>()?.to_vec() })
    }

    /// Where inner chunk `at` lies in a shard of `len` bytes; None if it is missing.
    pub(super) fn locate(&self, index: &ShardIndex, at: &[usize], len: u64) -> Result<Option<std::ops::Range<u64>>> {
        let i = at.iter().zip(&self.counts).fold(0, |i, (&c, &n)| i * n + c);
        let (offset, n) = (index.entries[2 * i], index.entries[2 * i + 1]);
        if (offset, n) == (MISSING, MISSING) {
            return Ok(None);
        }
        let end = offset.checked_add(n).filter(|&e| e <= len && n <= self.inner.stored_bound());
        end.map(|e| Some(offset..e)).ok_or_else(|| {
            Error::corrupt(format!("inner chunk {at:?} is said to take {n} bytes at {offset} of a shard of {len}, which cannot be"))
        })
    }
}

/// Offset and length of every inner chunk of a shard, in C order.
pub(super) struct ShardIndex {
    entries: Vec<u64>,
}
