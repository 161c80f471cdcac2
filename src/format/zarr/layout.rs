//! What the metadata of an array says: shape, dtype, how it is cut, coded and named. Versions 2 and 3.
//!
//! Nothing is trusted: shapes are checked against overflow, and what is not supported is refused by name. It knows no store.

use super::pipeline::Pipeline;
use super::shard::Sharding;
use crate::base::{Coords, DType, Error, Grid, Region, Result};
use crate::chunk::{BufferMut, Tensor};
use serde_json::Value;
use std::num::NonZeroU64;
use std::sync::Arc;
use zarrs::array::{Array, ArrayCreateError, ArrayMetadata};
use zarrs::plugin::{ExtensionName, PluginCreateError};

/// An array's layout.
#[derive(Debug)]
pub(super) struct Layout {
    array: Array<()>,
    pub(super) dtype: DType,
    pub(super) shape: Coords,
    /// Shape of what lies under one key: a chunk, or a shard.
    pub(super) stored: Coords,
    pub(super) codecs: Codecs,
    /// The fill value, as a tensor without axes.
    fill: Tensor,
}

/// How what lies under one key is coded.
#[derive(Clone, Debug)]
pub(super) enum Codecs {
    /// As one chunk.
    Chunk(Pipeline),
    /// As many inner chunks.
    Shard(Box<Sharding>),
}

impl Layout {
    /// Reads what `zarr.json` (version 3) or `.zarray` (version 2) holds.
    ///
    /// # Errors
    /// `Corrupt` for broken metadata, `Unsupported` (named) for what is not supported.
    pub(super) fn parse(value: Value) -> Result<Layout> {
        let v3 = value.get("zarr_format").and_then(Value::as_u64) == Some(3);
        let shape = lengths(&value["shape"], "shape")?;
        let chunks = if v3 {
            let grid = &value["chunk_grid"];
            match grid["name"].as_str() {
                Some("regular") => lengths(&grid["configuration"]["chunk_shape"], "chunk_shape")?,
                Some(other) => return Err(Error::unsupported(format!("the Zarr chunk grid '{other}': only 'regular' is read"))),
                None => return Err(Error::corrupt("the Zarr metadata has no good 'chunk_grid'")),
            }
        } else {
            lengths(&value["chunks"], "chunks")?
        };
        if v3 && value["storage_transformers"].as_array().is_some_and(|t| !t.is_empty()) {
            return Err(Error::unsupported("Zarr storage transformers"));
        }
        let nonzero: Vec<NonZeroU64> = chunks.iter().filter_map(|&n| NonZeroU64::new(n as u64)).collect();
        if nonzero.len() != shape.len() || chunks.len() != shape.len() {
            return Err(Error::corrupt(format!("Zarr chunks of {chunks:?} for an array of shape {shape:?}")));
        }
        // Far below 2^64, so that no size that follows from it (with the codecs' overheads) overflows.
        if chunks.iter().try_fold(1usize, |n, &c| n.checked_mul(c)).is_none_or(|n| n > 1 << 53) {
            return Err(Error::corrupt(format!("a Zarr chunk of shape {chunks:?} has more than 2^53 elements")));
        }
        let metadata: ArrayMetadata =
            serde_json::from_value(value.clone()).map_err(|e| Error::corrupt(format!("the Zarr metadata is broken: {e}")))?;
        let array = Array::new_with_metadata(Arc::new(()), "/", metadata).map_err(|e| refusal(&e))?;
        let name = array.data_type().name_v3().unwrap_or_default().into_owned();
        let dtype = DType::ALL.into_iter().find(|d| d.name() == name).ok_or_else(|| {
            Error::unsupported(format!("the Zarr data type '{name}': {} are read", DType::ALL.map(DType::name).join(", ")))
        })?;
        let bytes = shape.iter().try_fold(dtype.size(), |n, &d| n.checked_mul(d.max(1)));
        if bytes.is_none_or(|n| isize::try_from(n).is_err()) {
            return Err(Error::corrupt(format!("a Zarr array of shape {shape:?} is beyond 2^63 bytes")));
        }
        let sharding = Sharding::parse(&value["codecs"], &nonzero, array.data_type(), array.fill_value())?;
        let codecs = match sharding {
            Some(s) if v3 => Codecs::Shard(Box::new(s)),
            _ => Codecs::Chunk(Pipeline::new(&array.codecs(), &nonzero, array.data_type(), array.fill_value())?),
        };
        let bytes = array.fill_value().as_ne_bytes();
        if bytes.len() != dtype.size() {
            return Err(Error::corrupt("the Zarr fill value does not fit the data type"));
        }
        let mut fill = BufferMut::zeroed(dtype.size());
        fill.bytes_mut().copy_from_slice(bytes);
        Ok(Layout { dtype, shape, stored: chunks, codecs, fill: Tensor::new(dtype, &[], fill.freeze())?, array })
    }

    /// The array as `zarrs` has it.
    pub(super) fn array(&self) -> &Array<()> {
        &self.array
    }

    /// The key of the stored chunk at `coords`, below the array's own prefix.
    pub(super) fn key(&self, coords: &[usize]) -> String {
        let coords: Vec<u64> = coords.iter().map(|&c| c as u64).collect();
        self.array.chunk_key_encoding().encode(&coords).as_str().to_string()
    }

    /// The array, cut as it is stored.
    pub(super) fn grid(&self) -> Grid {
        Grid::new(self.shape.iter().zip(&self.stored).map(|(&n, &c)| crate::base::Axis::regular(n, c)))
    }

    /// A box of the fill value, in one element of memory.
    pub(super) fn fill(&self, shape: &[usize]) -> Tensor {
        shape.iter().rev().fold(self.fill.clone(), |t, &n| t.insert_axis(0, n))
    }

    /// The codecs of the pieces that are decoded one by one: chunks, or inner chunks.
    pub(super) fn pipeline(&self) -> &Pipeline {
        match &self.codecs {
            Codecs::Chunk(p) => p,
            Codecs::Shard(s) => &s.inner,
        }
    }

    /// Elements of all pieces that `region` touches.
    pub(super) fn touched_elements(&self, region: &Region) -> u64 {
        if region.is_empty() {
            return 0;
        }
        let along = |(r, n): (&std::ops::Range<usize>, usize)| ((r.end - 1) / n - r.start / n + 1) as u64 * n as u64;
        region.ranges().iter().zip(self.pipeline().shape()).map(along).fold(1, u64::saturating_mul)
    }
}

fn lengths(value: &Value, what: &str) -> Result<Coords> {
    let list = value.as_array().filter(|l| l.len() <= 64);
    let list = list.and_then(|l| l.iter().map(|n| n.as_u64().and_then(|n| usize::try_from(n).ok())).collect());
    list.ok_or_else(|| Error::corrupt(format!("the Zarr metadata has no good '{what}'")))
}

/// What the codec library refuses: by name where it is only unknown.
fn refusal(e: &ArrayCreateError) -> Error {
    use ArrayCreateError as E;
    match e {
        E::CodecsCreateError(p) | E::DataTypeCreateError(p) | E::ChunkKeyEncodingCreateError(p) => match p {
            PluginCreateError::Unsupported(_) => Error::unsupported(format!("this Zarr array: {p}")),
            _ => Error::corrupt(format!("this Zarr array: {p}")),
        },
        E::UnsupportedZarrV2Array(_) | E::AdditionalFieldUnsupportedError(_) => Error::unsupported(format!("this Zarr array: {e}")),
        _ => Error::corrupt(format!("this Zarr array: {e}")),
    }
}
