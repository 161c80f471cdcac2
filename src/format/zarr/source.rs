//! Reads a Zarr array (versions 2 and 3): a read decodes the chunks, or inner chunks of shards, that its box touches.
//!
//! Missing chunks are the fill value. Memory is bounded by the metadata, whatever the chunks hold. The key of the source is made
//! of place, metadata and (on disk) the metadata's file: an array that is replaced is noticed, single chunks that another
//! program changes in place are not.

use super::group;
use super::layout::{Codecs, Layout};
use super::place::{Address, key};
use super::shard::{ShardIndex, Sharding};
use crate::base::{Coords, DType, Error, Grid, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Tensor};
use crate::expr::Source;
use crate::format::block;
use crate::store::Store;
use serde_json::{Map, Value};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// An array in a Zarr store.
#[derive(Debug)]
pub struct ZarrSource {
    store: Arc<dyn Store>,
    address: Address,
    /// The array's place in the store, with a `/` at the end, or nothing.
    prefix: String,
    label: String,
    layout: Layout,
    attributes: Map<String, Value>,
    key: u128,
}

impl ZarrSource {
    /// Opens the array in a folder or behind a URL: `foo.zarr`, or `foo.zarr/path/to/array` for one in a group.
    ///
    /// # Errors
    /// No array there (the arrays of a group are named), broken metadata (`Corrupt`), or something that is not supported, named.
    pub fn open(path: impl AsRef<Path>) -> Result<ZarrSource> {
        ZarrSource::open_address(Address::of(path.as_ref())?)
    }

    pub(super) fn open_address(address: Address) -> Result<ZarrSource> {
        let opened = ZarrSource::open_store(address.store()?, "");
        let Address::Folder(path) = &address else { return Ok(ZarrSource { label: address.label(), address, ..opened? }) };
        let mut source = opened.map_err(|e| group::explain(e, path))?;
        // An array that was replaced by another of the same shape has another metadata file.
        for name in ["zarr.json", ".zarray"] {
            if let Ok(m) = path.join(name).metadata() {
                let identity = (source.key, m.dev(), m.ino(), m.mtime(), m.mtime_nsec());
                source.key = xxh3_128(format!("{identity:?}").as_bytes());
            }
        }
        Ok(ZarrSource { label: address.label(), address, ..source })
    }

    /// Opens the array at `path` (empty for the root) of a store.
    ///
    /// # Errors
    /// As [`open`](ZarrSource::open).
    pub fn open_store(store: Arc<dyn Store>, path: &str) -> Result<ZarrSource> {
        let prefix = if path.is_empty() { String::new() } else { format!("{}/", path.trim_end_matches('/')) };
        let place = format!("{}{}{}", store.label(), if path.is_empty() { "" } else { "/" }, path);
        let mut found = None;
        for name in ["zarr.json", ".zarray"] {
            if let Some(json) = store.get(&format!("{prefix}{name}"))? {
                found = Some(json);
                break;
            }
        }
        let Some(json) = found else {
            return Err(Error::usage(format!("{place} holds no Zarr array: there is neither zarr.json nor .zarray"))
                .with_os_error(libc::ENOENT));
        };
        let value: Value = serde_json::from_slice(&json)
            .map_err(|e| Error::corrupt(format!("the Zarr metadata is broken: {e}")).at(place.clone()))?;
        if value["node_type"] == "group" {
            return Err(Error::usage(format!("{place} is a Zarr group: name an array in it")));
        }
        let layout = Layout::parse(value.clone()).map_err(|e| e.at(place.clone()))?;
        // Version 2 keeps attributes in a file of their own.
        let attributes = match store.get(&format!("{prefix}.zattrs"))? {
            Some(text) if value["zarr_format"] == 2 => {
                serde_json::from_slice(&text).map_err(|e| Error::corrupt(format!(".zattrs is broken: {e}")).at(place.clone()))?
            }
            _ => layout.array().attributes().clone(),
        };
        let key = xxh3_128(&[place.as_bytes(), b"\0zarr\0", &json].concat());
        Ok(ZarrSource { store, address: Address::Here(place.clone()), prefix, label: place, layout, attributes, key })
    }

    /// The source that [`params`](Source::params) speaks of.
    ///
    /// # Errors
    /// As [`open`](ZarrSource::open).
    pub fn from_params(params: &[u8]) -> Result<ZarrSource> {
        let address = postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a zarr source: {e}")))?;
        ZarrSource::open_address(address)
    }

    /// The array's attributes.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// Names of the axes, where the metadata has them (in version 2: the attribute `_ARRAY_DIMENSIONS`, as xarray writes it).
    pub fn dimension_names(&self) -> Option<Vec<Option<String>>> {
        let from_attribute = || {
            let names = self.attributes.get("_ARRAY_DIMENSIONS")?.as_array()?;
            (names.len() == self.layout.shape.len()).then(|| names.iter().map(|n| n.as_str().map(str::to_string)).collect())
        };
        self.layout.array().dimension_names().clone().or_else(from_attribute)
    }

    /// The text of the array's metadata and the key it lies under (`zarr.json` or `.zarray`).
    pub(super) fn metadata(&self) -> Result<(&'static str, String)> {
        for name in ["zarr.json", ".zarray"] {
            if let Some(text) = self.store.get(&key(self.prefix.trim_end_matches('/'), name))? {
                let text = String::from_utf8(text).map_err(|_| Error::corrupt(format!("{name} of {} is no text", self.label)))?;
                return Ok((name, text));
            }
        }
        Err(Error::usage(format!("{} vanished while it was read", self.label)))
    }

    /// Shape of what lies under one key: a chunk, or a shard. Parts of the array are written in whole multiples of it.
    pub fn stored_chunk_shape(&self) -> &[usize] {
        &self.layout.stored
    }

    /// Shape of the pieces that are decoded one by one: chunks, or inner chunks of shards.
    pub fn inner_chunk_shape(&self) -> Vec<usize> {
        self.layout.pipeline().shape().collect()
    }

    fn read_region(&self, region: &Region) -> Result<Tensor> {
        let shape = region.shape();
        if region.is_empty() {
            return Ok(self.layout.fill(&shape));
        }
        let mut out = Assembly { region, shape: &shape, dtype: self.layout.dtype, out: None, whole: None };
        for at in block::over(region, &self.layout.stored) {
            let key = format!("{}{}", self.prefix, self.layout.key(&at));
            let read = match &self.layout.codecs {
                Codecs::Chunk(pipeline) => self.stored(&key, pipeline.stored_bound()).and_then(|bytes| {
                    let tensor = bytes.map(|b| pipeline.decode_tensor(self.layout.dtype, b)).transpose()?;
                    self.put(&mut out, &block::region(&at, &self.layout.stored), tensor)
                }),
                Codecs::Shard(sharding) => self.read_shard(sharding, &key, &at, &mut out),
            };
            read.map_err(|e| e.at(format!("chunk {key}")))?;
        }
        Ok(match (out.whole, out.out) {
            (Some(tensor), _) => tensor,
            (None, Some(buffer)) => Tensor::new(self.layout.dtype, &shape, buffer.freeze())?,
            (None, None) => self.layout.fill(&shape),
        })
    }

    /// The bytes under a key, which may be `bound` at most.
    fn stored(&self, key: &str, bound: u64) -> Result<Option<Vec<u8>>> {
        self.store.get_bounded(key, bound)
    }

    fn put(&self, out: &mut Assembly, at: &Region, tensor: Option<Tensor>) -> Result<()> {
        match tensor {
            Some(t) => out.put(at, t),
            // All of the box missing: the fill value stands in for it without taking memory.
            None if out.region.intersect(at) == *out.region => Ok(()),
            None => out.put(at, self.layout.fill(&at.shape())),
        }
    }

    fn read_shard(&self, sharding: &Sharding, key: &str, at: &Coords, out: &mut Assembly) -> Result<()> {
        let shard = block::region(at, &self.layout.stored);
        let Some(len) = self.store.size(key)? else { return self.put(out, &shard, None) };
        let stored = self.store.get_range(key, sharding.index_range(len)?)?.ok_or_else(vanished)?;
        let index: ShardIndex = sharding.index(stored)?;
        let inner_shape: Vec<usize> = sharding.inner.shape().collect();
        let needed = shard.intersect(out.region).relative_to(&shard.start());
        for inner in block::over(&needed, &inner_shape) {
            let tensor = match sharding.locate(&index, &inner, len)? {
                Some(range) => {
                    let bytes = self.store.get_range(key, range)?.ok_or_else(vanished)?;
                    let tensor = sharding.inner.decode_tensor(self.layout.dtype, bytes);
                    Some(tensor.map_err(|e| e.at(format!("inner chunk {:?}", inner.as_slice())))?)
                }
                None => None,
            };
            self.put(out, &block::region(&inner, &inner_shape).shifted(&shard.start()), tensor)?;
        }
        Ok(())
    }
}

fn vanished() -> Error {
    Error::corrupt("it vanished while it was read")
}

/// A box being put together from blocks.
struct Assembly<'a> {
    region: &'a Region,
    shape: &'a Coords,
    dtype: DType,
    out: Option<BufferMut>,
    /// The one block that is the whole box.
    whole: Option<Tensor>,
}

impl Assembly<'_> {
    fn put(&mut self, at: &Region, tensor: Tensor) -> Result<()> {
        if at == self.region {
            self.whole = Some(tensor);
            return Ok(());
        }
        let common = at.intersect(self.region);
        let n_bytes = self.shape.iter().product::<usize>() * self.dtype.size();
        let out = self.out.get_or_insert_with(|| BufferMut::zeroed(n_bytes));
        copy_into(&tensor.slice(&common.relative_to(&at.start())), out, self.shape, &common.relative_to(&self.region.start()));
        Ok(())
    }
}

impl Source for ZarrSource {
    fn name(&self) -> &'static str {
        "zarr"
    }

    fn params(&self) -> Result<Vec<u8>> {
        if let Address::Here(label) = &self.address {
            return Err(Error::unsupported(format!("{label} is known to its own process only: it cannot be sent")));
        }
        postcard::to_stdvec(&self.address).map_err(|e| Error::unsupported(format!("the path {} cannot be sent: {e}", self.address)))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    fn dtype(&self) -> DType {
        self.layout.dtype
    }

    fn storage_grid(&self) -> Grid {
        self.layout.grid()
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        self.read_region(region).map_err(|e| e.at(format!("Zarr array {}", self.label)))
    }

    fn scratch_bytes(&self, region: &Region) -> u64 {
        if region.is_empty() {
            return 0;
        }
        let index = match &self.layout.codecs {
            Codecs::Chunk(_) => 0,
            Codecs::Shard(s) => s.index_memory(),
        };
        let pipeline = self.layout.pipeline();
        // A region that is one whole block is what decoding made; any other is put together from blocks.
        let one = |(r, &unit): (&std::ops::Range<usize>, &usize)| r.len() == unit && r.start % unit == 0;
        let is_block = region.ranges().iter().zip(&self.layout.stored).all(one) && matches!(self.layout.codecs, Codecs::Chunk(_));
        pipeline.decode_bytes() - if is_block { pipeline.decoded_bytes() } else { 0 } + index + self.store.request_bytes()
    }

    fn stored_bytes(&self, region: &Region) -> u64 {
        // What compression saves is not known before; half is typical of the data that is kept so.
        let decoded = self.layout.touched_elements(region).saturating_mul(self.layout.dtype.size() as u64);
        if self.layout.pipeline().fixed_stored_bytes().is_some() { decoded } else { decoded / 2 }
    }

    fn cost_ns(&self, region: &Region) -> u64 {
        let piece = self.layout.pipeline().decoded_bytes().max(1);
        let bytes = self.layout.touched_elements(region).saturating_mul(self.layout.dtype.size() as u64);
        bytes.saturating_add((bytes / piece).saturating_mul(self.store.latency_ns()))
    }
}
