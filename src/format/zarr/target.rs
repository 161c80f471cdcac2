//! What a write changes: a new array, a box of one that exists, or one that grows along an axis.

use super::group::version_within;
use super::layout::Layout;
use super::options::ZarrOptions;
use super::place::{Address, Place};
use super::source::ZarrSource;
use crate::base::{Coords, DType, Error, Grid, Region, Result};
use crate::expr::Source;
use crate::store::Store;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// A write, as workers are told of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) address: Address,
    /// Metadata by key, as it will be at the end; the last one is the array's own.
    pub(super) values: Vec<(String, String)>,
    /// Where in the array the elements go.
    pub(super) region: Region,
    pub(super) change: Change,
}

/// What becomes of what was there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Change {
    /// A new array, in place of one that exists if it may be overwritten.
    Create {
        /// Whether what is there may be replaced.
        overwrite: bool,
        /// The version of groups that are made for it.
        version: u8,
    },
    /// Part of an array whose metadata now is this text.
    Part(String),
}

impl Target {
    /// A new array.
    pub(super) fn create(place: &Place, dtype: DType, grid: &Grid, options: &ZarrOptions) -> Result<Target> {
        let at = |e: Error| e.at(place.address.to_string());
        let version = version_within(place, options.zarr_format)?;
        Ok(Target {
            address: place.address.clone(),
            values: options.values(dtype, grid, version).map_err(at)?,
            region: Region::whole(&grid.shape()),
            change: Change::Create { overwrite: options.overwrite, version },
        })
    }

    /// The box from `start` of the shape `shape`, in an array that exists.
    ///
    /// # Errors
    /// A box that reaches beyond the array or cuts its chunks, with the boxes around it that do not.
    pub(super) fn part(source: &ZarrSource, address: &Address, start: &[usize], shape: &[usize]) -> Result<Target> {
        let whole = source.storage_grid().shape();
        if start.len() != whole.len() || shape.len() != whole.len() {
            return Err(Error::usage(format!(
                "{address} has the shape {:?}: a region of it is given by {} numbers, not {}",
                whole.as_slice(),
                whole.len(),
                start.len().max(shape.len())
            )));
        }
        let stored = source.stored_chunk_shape();
        let ends: Option<Coords> = start.iter().zip(shape).map(|(&s, &n)| s.checked_add(n)).collect();
        let ends = ends.ok_or_else(|| Error::usage("a region that ends beyond 2^64"))?;
        for (axis, (((&from, &to), &n), &unit)) in start.iter().zip(&ends).zip(&whole).zip(stored).enumerate() {
            if to > n {
                return Err(Error::usage(format!(
                    "the region {from}..{to} along axis {axis} reaches beyond the {n} of {address}: append, or write a smaller one"
                )));
            }
            if from % unit != 0 || (to % unit != 0 && to != n) {
                let (low, high) = (from / unit * unit, to.next_multiple_of(unit).min(n));
                return Err(Error::usage(format!(
                    "the region {from}..{to} along axis {axis} cuts chunks of {address}, which are {unit} long there: write {low}..{high}, \
                     or rewrite the array with chunks that fit"
                )));
            }
        }
        let (name, text) = source.metadata()?;
        Ok(Target {
            address: address.clone(),
            values: vec![(name.to_string(), text.clone())],
            region: Region::new(start.iter().zip(&ends).map(|(&s, &e)| s..e)),
            change: Change::Part(text),
        })
    }

    /// An array that exists, made longer along `axis` by what is written from element `from` on (at or before its end, at the start of
    /// a chunk) up to `to`.
    pub(super) fn longer(source: &ZarrSource, address: &Address, axis: usize, from: usize, to: usize) -> Result<Target> {
        let (name, text) = source.metadata()?;
        let broken = |e: serde_json::Error| Error::corrupt(format!("the Zarr metadata is broken: {e}")).at(address.to_string());
        let mut value: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
        value["shape"][axis] = to.into();
        let shape = source.storage_grid().shape();
        Ok(Target {
            address: address.clone(),
            values: vec![(name.to_string(), serde_json::to_string_pretty(&value).map_err(broken)?)],
            region: Region::new(shape.iter().enumerate().map(|(a, &n)| if a == axis { from..to } else { 0..n })),
            change: Change::Part(text),
        })
    }

    /// How the array will be laid out.
    pub(super) fn layout(&self) -> Result<Layout> {
        let broken = || Error::corrupt("parameters of a zarr sink hold no metadata");
        let (_, text) = self.values.last().ok_or_else(broken)?;
        let metadata = serde_json::from_str(text).map_err(|e| Error::corrupt(format!("parameters of a zarr sink: {e}")))?;
        let layout = Layout::parse(metadata).map_err(|e| e.at(self.address.to_string()))?;
        let inside = self.region.ndim() == layout.shape.len()
            && self.region.ranges().iter().zip(&layout.shape).all(|(r, &n)| r.start <= r.end && r.end <= n);
        if inside { Ok(layout) } else { Err(Error::corrupt("parameters of a zarr sink speak of a region outside of the array")) }
    }

    /// Refuses a target that may not be changed so.
    pub(super) fn check(&self, place: &Place) -> Result<()> {
        let Change::Create { overwrite, .. } = self.change else { return Ok(()) };
        let name = &self.address;
        let found = match place.folder() {
            Some(folder) => folder.symlink_metadata().is_ok(),
            None => place.is_taken()?,
        };
        if !found {
            return Ok(());
        }
        if !overwrite {
            return Err(
                Error::usage(format!("{name} exists: allow overwriting, or choose another name")).with_os_error(libc::EEXIST)
            );
        }
        let folder = place.folder();
        if folder.is_some_and(|f| f.symlink_metadata().is_ok_and(|m| !m.is_dir()) || !super::group::is_zarr(f)) {
            return Err(Error::usage(format!("{name} is no Zarr array: remove it, or choose another name")));
        }
        Ok(())
    }
}

/// The place and the array in it that a part is written of.
pub(super) fn existing(path: &Path) -> Result<(Place, ZarrSource)> {
    let place = Place::find(Address::of(path)?)?;
    let source = ZarrSource::open_address(place.address.clone())?;
    Ok((place, source))
}

/// As [`existing`], in a store of this process.
pub(super) fn existing_in(store: Arc<dyn Store>, path: &str) -> Result<(Place, ZarrSource)> {
    let source = ZarrSource::open_store(store.clone(), path)?;
    Ok((Place::within(store, path), source))
}
