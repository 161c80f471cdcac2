//! Where an array or group is, and the groups above it: a store rooted at the top of the hierarchy, and a path in it.
//!
//! On disk the top is the highest folder above in an unbroken row that is a group or is named `*.zarr`; behind a URL it is the
//! first part of the path named `*.zarr`, else the array or group itself.

use crate::base::{Error, Result};
use crate::store::{FileStore, Store, url};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a place is found again, also by other processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Address {
    /// A folder on disk, with its absolute path.
    Folder(PathBuf),
    /// A URL.
    Url(String),
    /// A store of this process, by its label; it cannot be found from elsewhere.
    Here(String),
}

/// A place in a store.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) store: Arc<dyn Store>,
    /// The path below the store's root; empty for the root.
    pub(super) path: String,
    pub(super) address: Address,
}

impl Address {
    /// What a user's path or URL means.
    pub(super) fn of(path: &Path) -> Result<Address> {
        let folder = match path.to_str().filter(|t| url::is_url(t)) {
            Some(text) => match url::file_path(text)? {
                Some(path) => path,
                None => return Ok(Address::Url(text.trim_end_matches('/').to_string())),
            },
            None => path.to_path_buf(),
        };
        std::path::absolute(&folder).map(Address::Folder).map_err(|e| Error::io(folder.display(), &e))
    }

    /// The place itself as a store.
    pub(super) fn store(&self) -> Result<Arc<dyn Store>> {
        match self {
            Address::Folder(path) => Ok(Arc::new(FileStore::new(path))),
            Address::Url(text) => Ok(url::open(text, 0)?.0),
            Address::Here(label) => Err(Error::unsupported(format!("{label} can be reached from its own process only"))),
        }
    }

    /// The place `path` below this one.
    pub(super) fn join(&self, path: &str) -> Address {
        match self {
            Address::Folder(folder) => Address::Folder(folder.join(path)),
            Address::Url(text) => Address::Url(format!("{text}/{path}")),
            Address::Here(label) => Address::Here(format!("{label}/{path}")),
        }
    }

    /// The last part of the name.
    pub(super) fn label(&self) -> String {
        match self {
            Address::Folder(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Address::Url(text) | Address::Here(text) => text.rsplit('/').next().unwrap_or(text).to_string(),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Folder(path) => path.display().fmt(f),
            Address::Url(text) | Address::Here(text) => f.write_str(text),
        }
    }
}

impl Place {
    /// Finds the top of the hierarchy that an address lies in.
    pub(super) fn find(address: Address) -> Result<Place> {
        let (store, path): (Arc<dyn Store>, String) = match &address {
            Address::Folder(folder) => {
                let top = top_folder(folder);
                let below = folder.strip_prefix(&top).unwrap_or(Path::new(""));
                let path = below.to_str().ok_or_else(|| Error::usage(format!("{address} is no text: rename it")))?;
                (Arc::new(FileStore::new(&top)), path.to_string())
            }
            Address::Url(text) => {
                let parts: Vec<&str> = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest).split('/').collect();
                let top = parts.iter().skip(1).position(|p| p.ends_with(".zarr")).map(|i| i + 1);
                let n_below = top.map_or(0, |i| parts.len() - 1 - i);
                url::open(text, n_below)?
            }
            Address::Here(label) => return Err(Error::bug(format!("the store {label} has no address"))),
        };
        Ok(Place { store, path, address })
    }

    /// A place in a store of this process.
    pub(super) fn within(store: Arc<dyn Store>, path: &str) -> Place {
        let path = path.trim_matches('/').to_string();
        let label = if path.is_empty() { store.label() } else { format!("{}/{path}", store.label()) };
        Place { store, path, address: Address::Here(label) }
    }

    /// The key `name` of what lies here.
    pub(super) fn key(&self, name: &str) -> String {
        key(&self.path, name)
    }

    /// The folder on disk, if that is where it is.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.address {
            Address::Folder(path) => Some(path),
            _ => None,
        }
    }

    /// Whether an array or group of any version is here.
    pub(super) fn is_taken(&self) -> Result<bool> {
        for name in ["zarr.json", ".zarray", ".zgroup"] {
            if self.store.exists(&self.key(name))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Paths of the groups above, from the top down.
    pub(super) fn above(&self) -> Vec<String> {
        let mut out: Vec<String> = self.path.match_indices('/').map(|(i, _)| self.path[..i].to_string()).collect();
        if !self.path.is_empty() {
            out.insert(0, String::new());
        }
        out
    }

    /// The version of the groups above; None where there are none yet.
    ///
    /// # Errors
    /// An array above: nothing can lie in an array.
    pub(super) fn version_above(&self) -> Result<Option<u8>> {
        for path in self.above().iter().rev() {
            if let Some((version, _)) = group_at(self.store.as_ref(), path)? {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// Makes groups of all that is not yet above.
    pub(super) fn make_groups(&self, version: u8) -> Result<()> {
        for path in self.above() {
            if group_at(self.store.as_ref(), &path)?.is_none() {
                write_group(self.store.as_ref(), &path, version, &Map::new())?;
            }
        }
        Ok(())
    }
}

/// The key `name` below `path`.
pub(super) fn key(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}/{name}") }
}

/// Reads a value that is JSON.
///
/// # Errors
/// `Corrupt` where it is not.
pub(super) fn read_json(store: &dyn Store, key: &str) -> Result<Option<Value>> {
    let Some(text) = store.get(key)? else { return Ok(None) };
    let value = serde_json::from_slice(&text);
    value.map(Some).map_err(|e| Error::corrupt(format!("the Zarr metadata is broken: {e}")).at(format!("{}/{key}", store.label())))
}

/// Writes a value that is JSON.
pub(super) fn write_json(store: &dyn Store, key: &str, value: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::bug(format!("metadata that is no JSON: {e}")))?;
    store.set(key, text.as_bytes())
}

/// Version and metadata of the group at a path.
pub(super) fn group_at(store: &dyn Store, path: &str) -> Result<Option<(u8, Value)>> {
    if let Some(value) = read_json(store, &key(path, "zarr.json"))? {
        if value["node_type"] == "group" {
            return Ok(Some((3, value)));
        }
        return Err(Error::usage(format!("{}/{path} is a Zarr array: nothing can lie in it", store.label())));
    }
    if store.exists(&key(path, ".zarray"))? {
        return Err(Error::usage(format!("{}/{path} is a Zarr array: nothing can lie in it", store.label())));
    }
    Ok(read_json(store, &key(path, ".zgroup"))?.map(|value| (2, value)))
}

/// Writes the metadata of a group.
pub(super) fn write_group(store: &dyn Store, path: &str, version: u8, attributes: &Map<String, Value>) -> Result<()> {
    if version == 2 {
        if !attributes.is_empty() {
            write_json(store, &key(path, ".zattrs"), &Value::Object(attributes.clone()))?;
        }
        return write_json(store, &key(path, ".zgroup"), &json!({"zarr_format": 2}));
    }
    write_json(store, &key(path, "zarr.json"), &json!({"zarr_format": 3, "node_type": "group", "attributes": attributes}))
}

/// The highest folder above in an unbroken row of folders of Zarr.
fn top_folder(folder: &Path) -> PathBuf {
    let mut top = folder;
    for above in folder.ancestors().skip(1) {
        if above.extension().is_some_and(|e| e == "zarr") || super::group::is_zarr(above) {
            top = above;
        } else if above.exists() {
            break;
        }
    }
    top.to_path_buf()
}
