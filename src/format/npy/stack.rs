//! A folder of `.npy` files that follow each other along an axis, read as one array.
//!
//! Files are opened for each read, so their number is not bound by how many the system lets a process have open. They must have
//! one dtype, and one shape but for the axis. dask's `info` file, if there is one, tells axis and number of files.

use super::pickle::{MAX_BYTES, StackInfo};
use super::source::NpySource;
use crate::base::{Axis, DType, Error, Grid, Kind, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{BufferMut, Tensor};
use crate::expr::Source;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// The name of the file that says how a stack is cut.
pub(super) const INFO: &str = "info";

/// An array in a stack of `.npy` files.
#[derive(Debug)]
pub struct NpyStackSource {
    folder: PathBuf,
    files: Vec<String>,
    axis: usize,
    dtype: DType,
    grid: Grid,
    key: u128,
}

impl NpyStackSource {
    /// Opens a folder: in the order of their numbers if all names are numbers (`0.npy`, `1.npy`, …), else by name. The axis is that of the
    /// `info` file; without one it is `axis`, or 0.
    ///
    /// # Errors
    /// No `.npy` files, files that do not fit each other or the `info` file (named), another axis than it says.
    pub fn open(folder: impl AsRef<Path>, axis: Option<usize>) -> Result<NpyStackSource> {
        let folder = std::path::absolute(&folder).map_err(|e| Error::io(folder.as_ref().display(), &e))?;
        NpyStackSource::open_folder(&folder, axis).map_err(|e| e.at(folder.display().to_string()))
    }

    fn open_folder(folder: &Path, axis: Option<usize>) -> Result<NpyStackSource> {
        let info = match read_info(folder) {
            // Whoever names the axis needs no info.
            Err(e) if axis.is_some() && e.kind() == Kind::Unsupported => None,
            other => other?,
        };
        let axis = match (&info, axis) {
            (Some(info), Some(a)) if a != info.axis => {
                return Err(Error::usage(format!("the stack is along axis {}, not {a}", info.axis)));
            }
            (Some(info), _) => info.axis,
            (None, a) => a.unwrap_or(0),
        };
        let files = match &info {
            Some(info) => (0..info.chunks[axis].len()).map(|i| format!("{i}.npy")).collect(),
            None => names(folder)?,
        };
        let Some(first) = files.first() else { return Err(Error::usage("the folder holds no .npy files")) };
        let first = NpySource::open(folder.join(first))?;
        let (dtype, shape) = (first.dtype(), first.storage_grid().shape());
        if axis >= shape.len() {
            return Err(Error::axis(format!("axis {axis} is out of bounds for files of {} dimensions", shape.len())));
        }
        let mut sizes = Vec::with_capacity(files.len());
        let mut key = Xxh3::new();
        key.update(format!("npy stack {axis}").as_bytes());
        for (i, name) in files.iter().enumerate() {
            let source = NpySource::open(folder.join(name))?;
            let other = source.storage_grid().shape();
            let fits = other.len() == shape.len() && other.iter().zip(&shape).enumerate().all(|(a, (m, n))| a == axis || m == n);
            if !fits || source.dtype() != dtype {
                return Err(Error::usage(format!(
                    "{name} holds {} of shape {:?}, which does not follow {dtype} of shape {:?} along axis {axis}",
                    source.dtype(),
                    other.as_slice(),
                    shape.as_slice()
                )));
            }
            if info.as_ref().is_some_and(|info| info.chunks[axis][i] != other[axis]) {
                return Err(Error::corrupt(format!(
                    "{name} has {} elements along axis {axis}, the info file says others",
                    other[axis]
                )));
            }
            sizes.push(other[axis]);
            key.update(&source.key().to_le_bytes());
        }
        let axes = shape.iter().enumerate().map(|(a, &n)| if a == axis { Axis::from_sizes(&sizes) } else { Axis::whole(n) });
        let grid = Grid::new(axes);
        grid.n_elements()?;
        // Files without elements are no chunks.
        let files =
            files.into_iter().zip(&sizes).filter(|(_, n)| **n > 0 || grid.axes()[axis].is_empty()).map(|(f, _)| f).collect();
        Ok(NpyStackSource { folder: folder.to_path_buf(), files, axis, dtype, grid, key: key.digest128() })
    }

    /// The source that [`params`](Source::params) speaks of.
    ///
    /// # Errors
    /// As [`open`](NpyStackSource::open).
    pub fn from_params(params: &[u8]) -> Result<NpyStackSource> {
        let (folder, axis): (PathBuf, usize) =
            postcard::from_bytes(params).map_err(|e| Error::corrupt(format!("parameters of a stack of npy files: {e}")))?;
        NpyStackSource::open(folder, Some(axis))
    }

    /// The axis that the files follow each other along.
    pub fn axis(&self) -> usize {
        self.axis
    }

    fn read_region(&self, region: &Region) -> Result<Tensor> {
        let shape = region.shape();
        if region.is_empty() {
            return Tensor::new(self.dtype, &shape, BufferMut::zeroed(0).freeze());
        }
        let along = &self.grid.axes()[self.axis];
        let files = along.chunks_over(&region.ranges()[self.axis]);
        let one = files.len() == 1;
        let mut out = None;
        for i in files {
            let start: Vec<usize> = (0..shape.len()).map(|a| if a == self.axis { along.range(i).start } else { 0 }).collect();
            let of_file =
                Region::new((0..shape.len()).map(|a| if a == self.axis { along.range(i) } else { region.ranges()[a].clone() }));
            let part = region.intersect(&of_file);
            let source = NpySource::open(self.folder.join(&self.files[i]))?;
            if source.dtype() != self.dtype || source.storage_grid().shape()[self.axis] != along.range(i).len() {
                return Err(Error::corrupt(format!("{} was changed while it was read", self.files[i])));
            }
            let tensor = source.read(&part.relative_to(&start))?;
            if one {
                return Ok(tensor);
            }
            let buffer = out.get_or_insert_with(|| BufferMut::zeroed(shape.iter().product::<usize>() * self.dtype.size()));
            copy_into(&tensor, buffer, &shape, &part.relative_to(&region.start()));
        }
        let out = out.ok_or_else(|| Error::bug("a box of no file"))?;
        Tensor::new(self.dtype, &shape, out.freeze())
    }
}

/// What the `info` file says, if there is one.
fn read_info(folder: &Path) -> Result<Option<StackInfo>> {
    let path = folder.join(INFO);
    match path.metadata() {
        Ok(m) if m.len() <= MAX_BYTES => {}
        Ok(m) => return Err(Error::unsupported(format!("an info file of {} bytes", m.len()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io(path.display(), &e)),
    }
    let bytes = std::fs::read(&path).map_err(|e| Error::io(path.display(), &e))?;
    StackInfo::read(&bytes).map(Some)
}

/// Names of the `.npy` files of a folder, in the order of their numbers if all have one.
fn names(folder: &Path) -> Result<Vec<String>> {
    let io = |e: std::io::Error| Error::io("listing", &e);
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        if let Some(name) = name.to_str().filter(|n| n.ends_with(".npy") && !n.starts_with('.')) {
            out.push(name.to_string());
        }
    }
    out.sort_unstable();
    let number = |n: &String| n.strip_suffix(".npy").and_then(|n| n.parse::<u64>().ok());
    if out.iter().all(|n| number(n).is_some()) {
        out.sort_by_key(number);
    }
    Ok(out)
}

impl Source for NpyStackSource {
    fn name(&self) -> &'static str {
        "npy-stack"
    }

    fn params(&self) -> Result<Vec<u8>> {
        let params = (&self.folder, self.axis);
        postcard::to_stdvec(&params)
            .map_err(|e| Error::unsupported(format!("the path {} cannot be sent: {e}", self.folder.display())))
    }

    fn key(&self) -> u128 {
        self.key
    }

    fn label(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn dtype(&self) -> DType {
        self.dtype
    }

    fn storage_grid(&self) -> Grid {
        self.grid.clone()
    }

    fn read(&self, region: &Region) -> Result<Tensor> {
        self.read_region(region).map_err(|e| e.at(format!("{} {region:?}", self.folder.display())))
    }

    fn scratch_bytes(&self, region: &Region) -> u64 {
        // Parts that cannot be mapped are copied before they are put together.
        (region.n_elements() * self.dtype.size()) as u64
    }

    fn stored_bytes(&self, region: &Region) -> u64 {
        (region.n_elements() * self.dtype.size()) as u64
    }
}
