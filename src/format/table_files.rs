//! Files that are scanned as one table: what they are meant to have in common, and what is done where they differ.

use crate::base::caught::caught;
use crate::base::{Error, Result};
use crate::chunk::dataframe::apart;
use crate::chunk::table_bound::Bound;
use crate::expr::table::TableSource;
use crate::format::ranged::RangedFile;
use crate::format::remote_files::{OpenFiles, is_remote};
use polars::prelude::{Column, DataType, PlSmallStr, PolarsError, Schema, SchemaRef};
use polars_plan::dsl::{CastColumnsPolicy, ExtraColumnsPolicy, MissingColumnsPolicy};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Files, one after the other.
#[derive(Clone, Debug)]
pub struct FileSet {
    /// Where they are.
    pub paths: Vec<PathBuf>,
    /// Columns that they are meant to have.
    pub schema: SchemaRef,
    /// What is done where one differs.
    pub rules: FileRules,
    open: OpenFiles,
}

/// So many files behind URLs are looked at at a time: most of the time is spent waiting.
const REMOTE_LOOKS: usize = 16;

/// What is done about a file that differs from what is expected, as Polars' scans say it.
#[derive(Clone, Debug, Default)]
pub struct FileRules {
    /// Columns of another type.
    pub cast: CastColumnsPolicy,
    /// Columns that are not there.
    pub missing: MissingColumnsPolicy,
    /// Columns that are not expected.
    pub extra: ExtraColumnsPolicy,
    /// Columns whose values the files' places give, so that those in the files don't count.
    pub hidden: Vec<PlSmallStr>,
}

/// How a column is had from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// As it is.
    Same,
    /// By a cast.
    Cast,
    /// It is not there: nulls.
    Missing,
}

/// Where a partition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which of the files.
    pub file: usize,
    /// Rows of the table before it.
    pub first_row: u64,
    /// Its rows, before any filter.
    pub n_rows: u64,
}

/// A source over files, none of whose partitions has rows of two of them.
pub trait FileSource: TableSource {
    /// What a partition holds at most.
    fn bound(&self) -> Bound;
    /// What all partitions hold together at most.
    fn total(&self) -> Bound;
    /// Where partition `i` comes from.
    fn place(&self, i: usize) -> Place;
}

impl FileSet {
    /// Files at these places.
    pub fn new(paths: Vec<PathBuf>, schema: SchemaRef, rules: FileRules) -> FileSet {
        FileSet { paths, schema, rules, open: OpenFiles::default() }
    }

    /// Opens one of them.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(&self, path: &Path) -> Result<Arc<RangedFile>> {
        self.open.open(path)
    }

    /// What reading `n` bytes of a file needs beside the bytes: those of a request on their way, of a file behind a URL.
    pub(super) fn request_bytes(&self, path: &Path, n: u64) -> u64 {
        if !is_remote(path) {
            return 0;
        }
        // It is open since the set was described.
        self.open(path).map_or(n, |file| file.request_bytes(n))
    }

    /// What fetching `n` bytes of a file ahead holds: these, and a request on its way; nothing of a file on disk.
    pub(super) fn fetch_bytes(&self, path: &Path, n: u64) -> u64 {
        if is_remote(path) { n.saturating_add(self.request_bytes(path, n)) } else { 0 }
    }

    /// Whether some are behind URLs.
    pub fn are_remote(&self) -> bool {
        self.paths.iter().any(|p| is_remote(p))
    }

    /// How the columns of `read` are had from a file that has the columns `has`.
    ///
    /// # Errors
    /// Columns that differ in a way that the scan does not allow, with file and column.
    pub(super) fn fit(&self, path: &Path, has: &Schema, read: &Schema) -> Result<Vec<Fit>> {
        let extra = |n: &&PlSmallStr| !self.schema.contains(n) && !self.rules.hidden.contains(n);
        if let (ExtraColumnsPolicy::Raise, Some(name)) = (self.rules.extra, has.iter_names().find(extra)) {
            let others = self.others(path);
            return Err(Error::usage(format!(
                "{}: column '{name}' is not in {others}: leave the file out, or scan with extra columns ignored",
                path.display()
            )));
        }
        read.iter().map(|(name, dtype)| self.fit_column(path, name, dtype, has.get(name))).collect()
    }

    fn fit_column(&self, path: &Path, name: &PlSmallStr, dtype: &DataType, has: Option<&DataType>) -> Result<Fit> {
        let others = self.others(path);
        let Some(has) = has else {
            return match self.rules.missing {
                MissingColumnsPolicy::Insert => Ok(Fit::Missing),
                MissingColumnsPolicy::Raise => Err(Error::usage(format!(
                    "{}: there is no column '{name}', which is {dtype} in {others}: leave the file out, or scan with missing \
                     columns inserted",
                    path.display()
                ))),
            };
        };
        match self.rules.cast.should_cast_column(name, dtype, has) {
            Ok(cast) => Ok(if cast { Fit::Cast } else { Fit::Same }),
            Err(_) => Err(Error::usage(format!(
                "{}: column '{name}' is {has}, which is {dtype} in {others}: leave the file out, write it anew, or scan with casts \
                 allowed",
                path.display()
            ))),
        }
    }

    /// What a file is compared with, for people.
    fn others(&self, path: &Path) -> String {
        match self.paths.first() {
            Some(first) if first != path => first.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            _ => "the scan's schema".into(),
        }
    }

    /// What tells the files from any others, with what they hold at this moment.
    ///
    /// # Errors
    /// Files that are not there.
    pub(super) fn describe(&self) -> Result<String> {
        let told = self.each(|_, path| {
            if is_remote(path) {
                return Ok(format!("{} {:x}\n", path.display(), self.open(path)?.stamp));
            }
            let meta = path.metadata().map_err(|e| Error::io(path.display(), &e))?;
            Ok(format!("{} {} {:?}\n", path.display(), meta.len(), meta.modified().ok()))
        })?;
        Ok(format!("{:?} {:?}{}", self.schema, self.rules, told.concat()))
    }

    /// The words for one file or several.
    pub fn label(&self) -> String {
        let name = |p: &PathBuf| p.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match self.paths.as_slice() {
            [one] => name(one),
            [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
            [] => "no files".into(),
        }
    }

    /// What `look` finds of each file, in their order; several are looked at at a time.
    ///
    /// # Errors
    /// The error of the first file that has one.
    pub(super) fn each<T: Send>(&self, look: impl Fn(usize, &Path) -> Result<T> + Sync) -> Result<Vec<T>> {
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        let n_threads = if self.are_remote() { REMOTE_LOOKS } else { n_cores }.min(self.paths.len());
        if n_threads <= 1 {
            return self.paths.iter().enumerate().map(|(i, p)| look(i, p)).collect();
        }
        let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(self.paths.len())));
        let work = || {
            let mut mine = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(path) = self.paths.get(i) else { break };
                mine.push((i, look(i, path)));
            }
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(mine);
        };
        std::thread::scope(|s| (0..n_threads).for_each(|_| drop(s.spawn(work))));
        let mut found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        found.sort_unstable_by_key(|f| f.0);
        found.into_iter().map(|f| f.1).collect()
    }
}

/// A column as the scan wants it.
///
/// # Errors
/// Values that the cast does not take.
pub(super) fn fitted(column: Column, fit: Fit, dtype: &DataType) -> std::result::Result<Column, PolarsError> {
    if fit == Fit::Cast { column.strict_cast(dtype) } else { Ok(column) }
}

/// What Polars says of a file's bytes: that they are broken.
pub(super) fn broken(file: &Path, kind: &str, e: PolarsError) -> Error {
    match e {
        PolarsError::IO { error, .. } if is_of_system(&error) => Error::io(file.display(), &error),
        e => {
            let reason = e.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            Error::corrupt(format!("{} is not a whole {kind} file: {reason}", file.display()))
        }
    }
}

/// Whether an error of reading is one of the system, and not of what was read: such a place before the start of a file is.
fn is_of_system(e: &std::io::Error) -> bool {
    e.raw_os_error().is_some_and(|n| n != libc::EINVAL)
}

/// Runs a reader, which may panic on broken bytes.
pub(super) fn guarded<T: Send>(
    file: &Path,
    kind: &str,
    read: impl FnOnce() -> std::result::Result<T, PolarsError> + Send,
) -> Result<T> {
    apart(|| caught(read))
        .ok_or_else(|| Error::corrupt(format!("{} is not a whole {kind} file", file.display())))?
        .map_err(|e| broken(file, kind, e))
}
