//! How an array is written, and the version 3 metadata that says so.

use crate::base::{DType, Error, Grid, Result, Scalar};
use serde_json::{Map, Value, json};

/// Compression of chunks (or of the inner chunks of shards).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// None.
    None,
    /// Zstandard, levels -7 to 22.
    Zstd(i32),
    /// Gzip, levels 0 to 9.
    Gzip(u32),
    /// Blosc with a byte shuffle, levels 0 to 9, around `lz4`, `lz4hc`, `blosclz`, `zstd` or `zlib`. Chunks up to 2 GiB.
    Blosc {
        /// The compressor within.
        cname: String,
        /// Level.
        level: u8,
    },
}

/// How an array is written.
#[derive(Clone, Debug)]
pub struct ZarrOptions {
    /// Shape of a chunk; None takes the array's own (largest) chunk.
    pub chunks: Option<Vec<usize>>,
    /// Shape of a shard, a multiple of the chunks; None for no shards.
    pub shards: Option<Vec<usize>>,
    /// Compression.
    pub codec: Codec,
    /// Whether every (inner) chunk ends with a checksum.
    pub crc32c: bool,
    /// The value of chunks that are not stored. Chunks that hold nothing else are not.
    pub fill: Scalar,
    /// Attributes.
    pub attributes: Map<String, Value>,
    /// Names of the axes.
    pub dimension_names: Option<Vec<Option<String>>>,
    /// Whether an array or group of that name may be replaced.
    pub overwrite: bool,
}

impl Default for ZarrOptions {
    /// The array's own chunks, zstd of level 3, fill value 0, nothing overwritten.
    fn default() -> ZarrOptions {
        ZarrOptions {
            chunks: None,
            shards: None,
            codec: Codec::Zstd(3),
            crc32c: false,
            fill: Scalar::I64(0),
            attributes: Map::new(),
            dimension_names: None,
            overwrite: false,
        }
    }
}

impl ZarrOptions {
    /// The text of `zarr.json` for an array.
    ///
    /// # Errors
    /// Chunks, shards, names or a fill value that do not fit the array, or a level that is out of range.
    pub fn metadata(&self, dtype: DType, grid: &Grid) -> Result<String> {
        let shape = grid.shape();
        let chunks = match &self.chunks {
            Some(c) => c.clone(),
            None => grid.axes().iter().map(|a| a.max_size().max(1)).collect(),
        };
        self.check_cut("chunks", &chunks, shape.len())?;
        if let Some(shards) = &self.shards {
            self.check_cut("shards", shards, shape.len())?;
            if shards.iter().zip(&chunks).any(|(s, c)| s % c != 0) {
                return Err(Error::usage(format!("shards {shards:?} must be whole multiples of the chunks {chunks:?}")));
            }
        }
        if self.dimension_names.as_ref().is_some_and(|n| n.len() != shape.len()) {
            return Err(Error::usage(format!("give one dimension name per axis of the shape {shape:?}")));
        }
        let inner = self.codecs(dtype, &chunks)?;
        let codecs = match &self.shards {
            None => inner,
            Some(_) => json!([{"name": "sharding_indexed", "configuration": {
                "chunk_shape": chunks,
                "codecs": inner,
                "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
                "index_location": "end",
            }}]),
        };
        let mut out = json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": shape.as_slice(),
            "data_type": dtype.name(),
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": self.shards.as_ref().unwrap_or(&chunks)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": self.fill_json(dtype)?,
            "codecs": codecs,
            "attributes": self.attributes,
        });
        if let Some(names) = &self.dimension_names {
            out["dimension_names"] = json!(names);
        }
        serde_json::to_string_pretty(&out).map_err(|e| Error::bug(format!("metadata that is no JSON: {e}")))
    }

    fn check_cut(&self, what: &str, cut: &[usize], ndim: usize) -> Result<()> {
        if cut.len() != ndim || cut.contains(&0) {
            return Err(Error::usage(format!("{what} {cut:?}: give a length of at least 1 for each of the {ndim} axes")));
        }
        Ok(())
    }

    fn codecs(&self, dtype: DType, chunks: &[usize]) -> Result<Value> {
        let level = |ok: bool, what: &str, level: i64| {
            if ok { Ok(()) } else { Err(Error::usage(format!("{what} has no level {level}"))) }
        };
        let endian = if dtype.size() > 1 { json!({"endian": "little"}) } else { json!({}) };
        let mut out = vec![json!({"name": "bytes", "configuration": endian})];
        match &self.codec {
            Codec::None => {}
            Codec::Zstd(n) => {
                level((-7..=22).contains(n), "zstd", i64::from(*n))?;
                out.push(json!({"name": "zstd", "configuration": {"level": n, "checksum": false}}));
            }
            Codec::Gzip(n) => {
                level(*n <= 9, "gzip", i64::from(*n))?;
                out.push(json!({"name": "gzip", "configuration": {"level": n}}));
            }
            Codec::Blosc { cname, level: n } => {
                level(*n <= 9, "blosc", i64::from(*n))?;
                if !["lz4", "lz4hc", "blosclz", "zstd", "zlib"].contains(&cname.as_str()) {
                    return Err(Error::usage(format!("blosc has no compressor '{cname}': use lz4, lz4hc, blosclz, zstd or zlib")));
                }
                let bytes = chunks.iter().try_fold(dtype.size(), |n, &c| n.checked_mul(c));
                if bytes.is_none_or(|b| b > i32::MAX as usize - 16) {
                    return Err(Error::usage(format!("blosc takes chunks below 2 GiB, not {chunks:?} of {dtype}")));
                }
                out.push(json!({"name": "blosc", "configuration":
                    {"cname": cname, "clevel": n, "shuffle": "shuffle", "typesize": dtype.size(), "blocksize": 0}}));
            }
        }
        if self.crc32c {
            out.push(json!({"name": "crc32c"}));
        }
        Ok(Value::Array(out))
    }

    fn fill_json(&self, dtype: DType) -> Result<Value> {
        if !self.fill.fits(dtype) {
            return Err(Error::usage(format!("the fill value {} does not fit {dtype}", self.fill)));
        }
        let v = self.fill.as_f64();
        Ok(match (dtype, self.fill) {
            (DType::Bool, _) => json!(v != 0.0),
            (d, _) if d.is_float() && v.is_nan() => json!("NaN"),
            (d, _) if d.is_float() && v.is_infinite() => json!(if v > 0.0 { "Infinity" } else { "-Infinity" }),
            (DType::F32, _) if (v as f32).is_infinite() => {
                return Err(Error::usage(format!("the fill value {v} does not fit float32")));
            }
            (d, _) if d.is_float() => json!(v),
            (_, Scalar::U64(n)) => json!(n),
            (_, Scalar::I64(n)) => json!(n),
            (d, _) if d.is_unsigned() => json!(v as u64),
            _ => json!(v as i64),
        })
    }
}
