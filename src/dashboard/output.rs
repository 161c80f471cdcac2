//! Where reports and traces go: checked before the run, written whole or not at all.

use crate::base::{Error, Result};
use crate::store::folder;
use std::path::Path;

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Html,
}

pub(super) fn kind(path: &Path) -> Result<Kind> {
    match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("json") => Ok(Kind::Json),
        Some("html" | "htm") => Ok(Kind::Html),
        _ => Err(Error::usage(format!("a report is written to a file that ends in .json or .html, not to {}", path.display()))),
    }
}

/// Whether a report can be written to `path`, going by its ending and folder. Call it before the run.
///
/// # Errors
/// An ending other than `.json`, `.html` or `.htm`, a folder that does not exist, or a path that is a folder.
pub fn check_report_path(path: &Path) -> Result<()> {
    kind(path)?;
    check_place(path)
}

/// Whether a trace can be written to `path`. Call it before the run.
///
/// # Errors
/// An ending other than `.json`, a folder that does not exist, or a path that is a folder.
pub fn check_trace_path(path: &Path) -> Result<()> {
    if kind(path).ok() != Some(Kind::Json) {
        return Err(Error::usage(format!("a trace is written to a file that ends in .json, not to {}", path.display())));
    }
    check_place(path)
}

fn check_place(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::usage(format!("{} is a folder; name a file in it", path.display())).with_os_error(libc::EISDIR));
    }
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(Error::usage(format!("the folder {} of {} does not exist", folder.display(), path.display()))
            .with_os_error(libc::ENOENT));
    }
    Ok(())
}
