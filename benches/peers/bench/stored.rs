//! Means of arrays in Zarr that are larger than the memory.

use crate::options::{Options, scalars};
use crate::{Answer, timed};
use serde_json::json;
use tilework::array::open_zarr;
use tilework::format::zarr::ZarrOptions;
use tilework::{Chunks, Result};

/// x - x.mean(), from Zarr to Zarr.
pub fn xmean_zarr(o: &Options) -> Result<Answer> {
    let (s, reads) = o.watched()?;
    let (seconds, ()) = timed(|| {
        let x = open_zarr(o.path("input")?, Chunks::Auto)?;
        let options = ZarrOptions { overwrite: true, ..ZarrOptions::default() };
        x.subtract(&x.mean(None)?)?.save_zarr(o.path("output")?, &options, &s)
    })?;
    Ok(Answer { extra: json!({ "bytes_read": reads.bytes() }), ..Answer::new(seconds, 0.0) })
}

/// The means of u, v and u · v, in one run.
pub fn means_uv(o: &Options) -> Result<Answer> {
    let (s, reads) = o.watched()?;
    let (seconds, means) = timed(|| {
        let (u, v) = (open_zarr(o.path("u")?, Chunks::Auto)?, open_zarr(o.path("v")?, Chunks::Auto)?);
        scalars(&[u.mean(None)?, v.mean(None)?, u.multiply(&v)?.mean(None)?], &s)
    })?;
    Ok(Answer { extra: json!({ "bytes_read": reads.bytes() }), ..Answer::new(seconds, means) })
}
