//! How an array is written, and the metadata of version 2 or 3 that says so.

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
    /// The version of the format, 2 or 3; None takes that of the groups that the array lies in, else 3. Version 2 has neither shards nor
    /// checksums.
    pub zarr_format: Option<u8>,
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
            zarr_format: None,
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

    /// The values that tell of an array of this version, by key; the last one makes it visible.
    pub(super) fn values(&self, dtype: DType, grid: &Grid, version: u8) -> Result<Vec<(String, String)>> {
        let metadata = self.metadata(dtype, grid)?;
        if version == 3 {
            return Ok(vec![("zarr.json".to_string(), metadata)]);
        }
        if self.shards.is_some() || self.crc32c {
            return Err(Error::usage("shards and checksums are of Zarr version 3, but this array is of version 2: leave them out"));
        }
        let v3: Value = serde_json::from_str(&metadata).map_err(|e| Error::bug(format!("metadata that is no JSON: {e}")))?;
        let array = json!({
            "zarr_format": 2,
            "shape": v3["shape"],
            "chunks": v3["chunk_grid"]["configuration"]["chunk_shape"],
            "dtype": dtype_v2(dtype),
            "compressor": self.compressor_v2(),
            "fill_value": v3["fill_value"],
            "order": "C",
            "filters": null,
            "dimension_separator": ".",
        });
        let mut attributes = self.attributes.clone();
        if let Some(names) = self.dimension_names.as_ref().filter(|n| n.iter().all(Option::is_some)) {
            attributes.insert("_ARRAY_DIMENSIONS".to_string(), json!(names));
        }
        Ok(vec![(".zattrs".to_string(), Value::Object(attributes).to_string()), (".zarray".to_string(), array.to_string())])
    }

    fn compressor_v2(&self) -> Value {
        match &self.codec {
            Codec::None => Value::Null,
            Codec::Zstd(level) => json!({"id": "zstd", "level": level}),
            Codec::Gzip(level) => json!({"id": "gzip", "level": level}),
            Codec::Blosc { cname, level } => json!({"id": "blosc", "cname": cname, "clevel": level, "shuffle": 1, "blocksize": 0}),
        }
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
            return Err(self.fill.misfit(format!("the fill value {} does not fit {dtype}", self.fill)));
        }
        let v = self.fill.as_f64();
        Ok(match (dtype, self.fill) {
            (DType::Bool, _) => json!(v != 0.0),
            (d, fill) if d.is_complex() => {
                let value = fill.as_complex();
                let part = |v: f64| ZarrOptions { fill: Scalar::F64(v), ..self.clone() }.fill_json(d.part());
                json!([part(value.re)?, part(value.im)?])
            }
            (d, _) if d.is_float() && v.is_nan() => json!("NaN"),
            (d, _) if d.is_float() && v.is_infinite() => json!(if v > 0.0 { "Infinity" } else { "-Infinity" }),
            (DType::F32, _) if (v as f32).is_infinite() => {
                return Err(Error::overflow(format!("the fill value {v} does not fit float32")));
            }
            (d, _) if d.is_float() => json!(v),
            (_, Scalar::U64(n)) => json!(n),
            (_, Scalar::I64(n)) => json!(n),
            (d, _) if d.is_unsigned() => json!(v as u64),
            _ => json!(v as i64),
        })
    }
}

/// NumPy's name of a dtype with its byte order.
fn dtype_v2(dtype: DType) -> String {
    let order = if dtype.size() == 1 { '|' } else { '<' };
    let kind = match dtype {
        DType::Bool => 'b',
        d if d.is_complex() => 'c',
        d if d.is_float() => 'f',
        d if d.is_signed() => 'i',
        _ => 'u',
    };
    format!("{order}{kind}{}", dtype.size())
}
