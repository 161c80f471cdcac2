//! Groups on disk: which arrays lie below a folder.

use crate::base::{Error, Kind, Result};
use std::path::Path;

/// Deeper folders are not searched.
const MAX_DEPTH: usize = 16;

/// Paths of the arrays below a folder, relative to it, sorted. Arrays are not searched for more of them.
///
/// # Errors
/// When the folder cannot be read.
pub fn arrays(path: impl AsRef<Path>) -> Result<Vec<String>> {
    let mut out = Vec::new();
    walk(path.as_ref(), "", 0, &mut out).map_err(|e| Error::io(path.as_ref().display(), &e))?;
    out.sort_unstable();
    Ok(out)
}

fn walk(folder: &Path, name: &str, depth: usize, out: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let file_name = entry.file_name();
        let (Some(part), true) = (file_name.to_str(), entry.file_type()?.is_dir()) else { continue };
        if part.starts_with('.') {
            continue; // outputs that are being written
        }
        let child = if name.is_empty() { part.to_string() } else { format!("{name}/{part}") };
        if is_array(&path) {
            out.push(child);
        } else if depth < MAX_DEPTH {
            walk(&path, &child, depth + 1, out)?;
        }
    }
    Ok(())
}

fn is_array(folder: &Path) -> bool {
    let v3 = || {
        let json = std::fs::read(folder.join("zarr.json")).ok()?;
        let value: serde_json::Value = serde_json::from_slice(&json).ok()?;
        Some(value["node_type"] == "array")
    };
    folder.join(".zarray").is_file() || v3().unwrap_or(false)
}

/// Whether a folder is the root of an array or a group of any version.
pub(super) fn is_zarr(folder: &Path) -> bool {
    ["zarr.json", ".zarray", ".zgroup"].iter().any(|f| folder.join(f).is_file())
}

/// Adds to the refusal of a folder what there is instead.
pub(super) fn explain(e: Error, path: &Path) -> Error {
    if e.kind() != Kind::Usage {
        return e;
    }
    if !path.exists() {
        return Error::usage(format!("{} does not exist", path.display()));
    }
    let names = arrays(path).unwrap_or_default();
    if names.is_empty() {
        return e;
    }
    let more = if names.len() > 8 { ", …" } else { "" };
    let names: Vec<_> = names.iter().take(8).map(String::as_str).collect();
    Error::usage(format!("{} is no Zarr array but holds some: add one of {}{more} to the path", path.display(), names.join(", ")))
}
