//! Groups: their members and attributes, and consolidated metadata (all of a hierarchy's metadata in one value).
//!
//! Consolidated metadata is used where it is there, as zarr-python does, so that a hierarchy can be read where keys cannot be listed. What
//! this library writes into a hierarchy that has it keeps it up to date; other programs may not.

use super::place::{Address, Place, group_at, key, read_json, write_group, write_json};
use super::source::ZarrSource;
use crate::base::{Error, Kind, Result};
use crate::store::{FileStore, Store};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Deeper groups are not searched.
const MAX_DEPTH: usize = 16;

/// A Zarr group (version 2 or 3).
///
/// # Example
/// ```
/// use tilework::array::arange;
/// use tilework::format::zarr::{ZarrGroup, ZarrOptions};
/// let dir = tempfile::tempdir().unwrap();
/// let root = dir.path().join("store.zarr");
/// arange(0, 10, 1, 5)?.save_zarr(root.join("ocean/depth"), &ZarrOptions::default(), &tilework::Session::default())?;
/// let group = ZarrGroup::open(&root)?;
/// assert_eq!(group.tree()?.into_iter().map(|m| m.path).collect::<Vec<_>>(), ["ocean", "ocean/depth"]);
/// group.consolidate()?;
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ZarrGroup {
    place: Place,
    version: u8,
    attributes: Map<String, Value>,
    /// Paths below and what their metadata says.
    consolidated: Option<BTreeMap<String, Value>>,
}

/// An array or group in a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Its path, from the group that was asked.
    pub path: String,
    /// Whether it is an array.
    pub is_array: bool,
    /// What its `zarr.json`, `.zarray` or `.zgroup` says.
    pub metadata: Value,
}

impl ZarrGroup {
    /// Opens a group: a folder or a URL.
    ///
    /// # Errors
    /// No group there, or broken metadata.
    pub fn open(path: impl AsRef<Path>) -> Result<ZarrGroup> {
        let address = Address::of(path.as_ref())?;
        ZarrGroup::at(Place { store: address.store()?, path: String::new(), address })
    }

    /// Opens the group at `path` (empty for the root) of a store.
    ///
    /// # Errors
    /// As [`open`](ZarrGroup::open).
    pub fn open_store(store: Arc<dyn Store>, path: &str) -> Result<ZarrGroup> {
        ZarrGroup::at(Place::within(store, path))
    }

    fn at(place: Place) -> Result<ZarrGroup> {
        let found = group_at(place.store.as_ref(), &place.path)?;
        let Some((version, value)) = found else {
            return Err(Error::usage(format!("{} holds no Zarr group: there is neither zarr.json nor .zgroup", place.address))
                .with_os_error(libc::ENOENT));
        };
        let (attributes, consolidated) = if version == 3 {
            (value["attributes"].as_object().cloned().unwrap_or_default(), inline(&value))
        } else {
            let attributes = read_json(place.store.as_ref(), &place.key(".zattrs"))?;
            let consolidated = read_json(place.store.as_ref(), &place.key(".zmetadata"))?;
            (attributes.and_then(|v| v.as_object().cloned()).unwrap_or_default(), consolidated.map(|v| members_v2(&v)))
        };
        Ok(ZarrGroup { place, version, attributes, consolidated })
    }

    /// Makes a group, and those above it that are missing, from the part of the path that is named `*.zarr` down. `zarr_format` is 2 or 3;
    /// None takes that of the groups above, else 3.
    ///
    /// # Errors
    /// An array or group that exists there, or a version other than that of the groups above.
    pub fn create(path: impl AsRef<Path>, attributes: &Map<String, Value>, zarr_format: Option<u8>) -> Result<ZarrGroup> {
        let place = Place::find(Address::of(path.as_ref())?)?;
        if place.is_taken()? {
            return Err(Error::usage(format!("{} exists already", place.address)).with_os_error(libc::EEXIST));
        }
        let version = version_within(&place, zarr_format)?;
        place.make_groups(version)?;
        write_group(place.store.as_ref(), &place.path, version, attributes)?;
        refresh(&place)?;
        ZarrGroup::open(path)
    }

    /// The group's attributes.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// Puts other attributes in place of the group's.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_attributes(&mut self, attributes: Map<String, Value>) -> Result<()> {
        let store = self.place.store.as_ref();
        if self.version == 2 {
            write_json(store, &self.place.key(".zattrs"), &Value::Object(attributes.clone()))?;
        } else if let Some((_, mut value)) = group_at(store, &self.place.path)? {
            value["attributes"] = Value::Object(attributes.clone());
            write_json(store, &self.place.key("zarr.json"), &value)?;
        }
        self.attributes = attributes;
        Ok(())
    }

    /// 2 or 3.
    pub fn zarr_format(&self) -> u8 {
        self.version
    }

    /// Whether there is consolidated metadata, which then is what [`tree`](ZarrGroup::tree) tells.
    pub fn is_consolidated(&self) -> bool {
        self.consolidated.is_some()
    }

    /// All arrays and groups below, sorted by path.
    ///
    /// # Errors
    /// When the store cannot be listed (a plain web server cannot) and there is no consolidated metadata.
    pub fn tree(&self) -> Result<Vec<Member>> {
        match &self.consolidated {
            Some(all) => Ok(all
                .iter()
                .map(|(path, metadata)| Member {
                    path: path.clone(),
                    is_array: describes_array(metadata),
                    metadata: metadata.clone(),
                })
                .collect()),
            None => self.walk(),
        }
    }

    /// What lies below, from the store itself.
    fn walk(&self) -> Result<Vec<Member>> {
        let mut out = Vec::new();
        walk(self.place.store.as_ref(), &self.place.path, "", 0, &mut out).map_err(|e| {
            let cure = "a store that cannot be listed needs consolidated metadata to be searched";
            if matches!(e.kind(), Kind::Environment | Kind::Unsupported) {
                let message = format!("{e} ({cure})");
                e.reworded(message)
            } else {
                e
            }
        })?;
        out.sort_by(|a: &Member, b| a.path.cmp(&b.path));
        Ok(out)
    }

    /// The array at a path in the group.
    ///
    /// # Errors
    /// As [`ZarrSource::open`]; a wrong name is answered with the names there are.
    pub fn array(&self, path: &str) -> Result<ZarrSource> {
        let opened = match &self.place.address {
            Address::Here(_) => ZarrSource::open_store(self.place.store.clone(), &self.place.key(path)),
            address => ZarrSource::open_address(address.join(path)),
        };
        opened.map_err(|e| {
            let members = if e.kind().is_usage() { self.tree().unwrap_or_default() } else { Vec::new() };
            if members.iter().any(|m| m.is_array && m.path == path) {
                return e;
            }
            let names: Vec<_> = members.iter().filter(|m| m.is_array).map(|m| m.path.as_str()).take(8).collect();
            if names.is_empty() {
                return e;
            }
            let message = format!("{}; there are {}", e.message(), names.join(", "));
            e.reworded(message)
        })
    }

    /// The group at a path in the group.
    ///
    /// # Errors
    /// As [`open`](ZarrGroup::open).
    pub fn group(&self, path: &str) -> Result<ZarrGroup> {
        let Place { store, address, .. } = &self.place;
        ZarrGroup::at(Place { store: store.clone(), path: self.place.key(path), address: address.join(path) })
    }

    /// Writes the metadata of all that lies below into the group's own, so that one read tells everything.
    ///
    /// # Errors
    /// When the store cannot be listed or written.
    pub fn consolidate(&self) -> Result<()> {
        let members = self.walk()?;
        let store = self.place.store.as_ref();
        if self.version == 3 {
            let Some((_, mut value)) = group_at(store, &self.place.path)? else { return Err(self.vanished()) };
            let all: Map<String, Value> = members.into_iter().map(|m| (m.path, m.metadata)).collect();
            value["consolidated_metadata"] = json!({"kind": "inline", "must_understand": false, "metadata": all});
            return write_json(store, &self.place.key("zarr.json"), &value);
        }
        let mut all = Map::new();
        let mut add = |path: &str, name: &str| -> Result<()> {
            if let Some(value) = read_json(store, &key(&self.place.path, &key(path, name)))? {
                all.insert(key(path, name), value);
            }
            Ok(())
        };
        add("", ".zgroup")?;
        add("", ".zattrs")?;
        for m in &members {
            add(&m.path, if m.is_array { ".zarray" } else { ".zgroup" })?;
            add(&m.path, ".zattrs")?;
        }
        let mut all = Value::Object(all);
        sort(&mut all);
        write_json(store, &self.place.key(".zmetadata"), &json!({"zarr_consolidated_format": 1, "metadata": all}))
    }

    fn vanished(&self) -> Error {
        Error::new(Kind::Environment, format!("{} vanished while it was read", self.place.address))
    }
}

/// The version for what is made at a place: that of the groups above it, which `wanted` must not differ from.
pub(super) fn version_within(place: &Place, wanted: Option<u8>) -> Result<u8> {
    if let Some(v) = wanted.filter(|v| ![2, 3].contains(v)) {
        return Err(Error::usage(format!("there is no Zarr version {v}: use 2 or 3")));
    }
    match (place.version_above()?, wanted) {
        (Some(above), Some(v)) if above != v => Err(Error::usage(format!(
            "{} lies in a group of Zarr version {above}, which can hold nothing of version {v}: leave the version out",
            place.address
        ))),
        (above, v) => Ok(v.or(above).unwrap_or(3)),
    }
}

/// Brings the consolidated metadata of the groups above a place up to date with what is there.
pub(super) fn refresh(place: &Place) -> Result<()> {
    let store = place.store.as_ref();
    for above in place.above() {
        let group = ZarrGroup::at(Place { store: place.store.clone(), path: above.clone(), address: place.address.clone() });
        let group = match group {
            Ok(g) if g.is_consolidated() => g,
            _ => continue,
        };
        let from = if above.is_empty() { 0 } else { above.len() + 1 };
        let below = &place.path[from..];
        // The groups between, and the place itself.
        let paths = below.match_indices('/').map(|(i, _)| &below[..i]).chain(std::iter::once(below));
        if group.version == 3 {
            let Some((_, mut value)) = group_at(store, &above)? else { continue };
            for path in paths {
                if let Some(mut metadata) = read_json(store, &key(&key(&above, path), "zarr.json"))? {
                    strip(&mut metadata);
                    value["consolidated_metadata"]["metadata"][path] = metadata;
                }
            }
            sort(&mut value["consolidated_metadata"]["metadata"]);
            write_json(store, &key(&above, "zarr.json"), &value)?;
        } else if let Some(mut value) = read_json(store, &key(&above, ".zmetadata"))? {
            for path in paths {
                for name in [".zgroup", ".zarray", ".zattrs"] {
                    let below = key(path, name);
                    if let Some(metadata) = read_json(store, &key(&above, &below))? {
                        value["metadata"][below] = metadata;
                    }
                }
            }
            sort(&mut value["metadata"]);
            write_json(store, &key(&above, ".zmetadata"), &value)?;
        }
    }
    Ok(())
}

/// Puts entries in the order of their keys: zarr-python takes the members of a group to stand side by side.
fn sort(entries: &mut Value) {
    if let Some(map) = entries.as_object_mut() {
        let sorted: BTreeMap<String, Value> = std::mem::take(map).into_iter().collect();
        map.extend(sorted);
    }
}

/// Takes a group's own consolidated metadata out of what a group above keeps of it.
fn strip(metadata: &mut Value) {
    if let Some(map) = metadata.as_object_mut() {
        map.remove("consolidated_metadata");
    }
}

/// Inline consolidated metadata of version 3.
fn inline(value: &Value) -> Option<BTreeMap<String, Value>> {
    let all = value["consolidated_metadata"]["metadata"].as_object()?;
    Some(all.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// Members from `.zmetadata`, whose keys are those of the single values.
fn members_v2(value: &Value) -> BTreeMap<String, Value> {
    let all = value["metadata"].as_object().into_iter().flatten();
    all.filter_map(|(k, v)| {
        let (path, name) = k.rsplit_once('/')?;
        matches!(name, ".zarray" | ".zgroup").then(|| (path.to_string(), v.clone()))
    })
    .collect()
}

fn describes_array(metadata: &Value) -> bool {
    metadata["node_type"] == "array" || metadata.get("chunks").is_some()
}

fn walk(store: &dyn Store, root: &str, path: &str, depth: usize, out: &mut Vec<Member>) -> Result<()> {
    for name in store.children(key(root, path).trim_end_matches('/'))?.folders {
        if name.starts_with('.') {
            continue; // outputs that are being written
        }
        let (child, mut found) = (key(path, &name), None);
        for file in ["zarr.json", ".zarray", ".zgroup"] {
            if let Some(mut metadata) = read_json(store, &key(&key(root, &child), file)).unwrap_or(None) {
                strip(&mut metadata);
                found = Some(metadata);
                break;
            }
        }
        let is_array = found.as_ref().is_some_and(describes_array);
        if let Some(metadata) = found {
            out.push(Member { path: child.clone(), is_array, metadata });
        }
        if !is_array && depth < MAX_DEPTH {
            walk(store, root, &child, depth + 1, out)?;
        }
    }
    Ok(())
}

/// Paths of the arrays below a folder, relative to it, sorted. Arrays are not searched for more of them.
///
/// # Errors
/// When the folder cannot be read.
pub fn arrays(path: impl AsRef<Path>) -> Result<Vec<String>> {
    let mut out = Vec::new();
    walk(&FileStore::new(path), "", "", 0, &mut out)?;
    out.retain(|m| m.is_array);
    let mut out: Vec<String> = out.into_iter().map(|m| m.path).collect();
    out.sort_unstable();
    Ok(out)
}

/// Whether a folder is the root of an array or a group of any version.
pub(super) fn is_zarr(folder: &Path) -> bool {
    ["zarr.json", ".zarray", ".zgroup"].iter().any(|f| folder.join(f).is_file())
}

/// Adds to the refusal of a folder what there is instead.
pub(super) fn explain(e: Error, path: &Path) -> Error {
    if !e.kind().is_usage() {
        return e;
    }
    if !path.exists() {
        return Error::usage(format!("{} does not exist", path.display())).with_os_error(libc::ENOENT);
    }
    let names = arrays(path).unwrap_or_default();
    if names.is_empty() {
        return e;
    }
    let more = if names.len() > 8 { ", …" } else { "" };
    let names: Vec<_> = names.iter().take(8).map(String::as_str).collect();
    e.reworded(format!("{} is no Zarr array but holds some: add one of {}{more} to the path", path.display(), names.join(", ")))
}
