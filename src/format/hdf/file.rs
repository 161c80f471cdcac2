//! NetCDF and HDF5 files and what is in them.

use super::attribute::Attribute;
use super::storage::{FileBytes, from_hdf, from_nc};
use crate::base::near::suggestion;
use crate::base::{DType, Error, Result};
use crate::format::ranged::RangedFile;
use hdf5_reader::group::Group;
use hdf5_reader::{Datatype, Hdf5File};
use netcdf_reader::{NcFile, NcFormat, NcGroup, NcOpenOptions, NcType, NcVariable};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Chunks are decoded where they are used and not kept.
const CHUNK_CACHE_BYTES: usize = 0;
/// So many of the names there are stand in an error.
const NAMES_SHOWN: usize = 12;
/// Deeper groups are not searched.
const MAX_DEPTH: usize = 32;
/// Files with more groups, or that link them in ever new ways, are not searched.
const MAX_GROUPS: usize = 20_000;
/// Endings of files that are read here, without the dot.
const NETCDF: [&str; 4] = ["nc", "nc4", "cdf", "netcdf"];
const HDF5: [&str; 6] = ["h5", "hdf5", "he5", "hdf", "h5py", "mat"];

/// An open NetCDF or HDF5 file.
pub struct DataFile {
    /// The absolute path, or the URL.
    pub(super) path: PathBuf,
    /// Tells this content of the file from a later one.
    pub(super) stamp: u128,
    pub(super) bytes: Arc<FileBytes>,
    /// As NetCDF, if it was opened so.
    pub(super) netcdf: Option<NcFile>,
    /// As HDF5, unless it is classic NetCDF.
    pub(super) hdf5: Option<Hdf5File>,
}

/// A variable or dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its path: `temperature`, `/forecast/temperature`.
    pub name: String,
    /// Element type, where it is one that can be read.
    pub dtype: Option<DType>,
    /// What the file calls the type.
    pub type_name: String,
    /// Names of the axes, in NetCDF.
    pub dimensions: Option<Vec<String>>,
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// Shape of a chunk, where it is stored in chunks.
    pub chunks: Option<Vec<usize>>,
    /// Attributes, in the file's order.
    pub attributes: Vec<(String, Attribute)>,
}

impl Variable {
    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, a)| a)
    }
}

impl std::fmt::Debug for DataFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataFile({}, {})", self.path.display(), self.format())
    }
}

/// `file.nc:variable` as file and variable, for the endings of files that are read here; None for anything else.
pub fn split_variable(text: &str) -> Option<(&str, &str)> {
    let (file, variable) = text.rsplit_once(':').filter(|(_, v)| !v.is_empty() && !v.starts_with("//"))?;
    is_data_file(Path::new(file)).then_some((file, variable))
}

/// Whether a name ends as those of NetCDF and HDF5 files do.
pub fn is_data_file(path: &Path) -> bool {
    let ending = ending(path);
    NETCDF.contains(&ending.as_str()) || HDF5.contains(&ending.as_str())
}

fn ending(path: &Path) -> String {
    path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase()
}

impl DataFile {
    /// Opens a file by its ending: `.nc`, `.nc4`, `.cdf` as NetCDF, others as HDF5.
    ///
    /// # Errors
    /// As [`netcdf`](DataFile::netcdf) and [`hdf5`](DataFile::hdf5).
    pub fn open(path: impl AsRef<Path>) -> Result<DataFile> {
        if NETCDF.contains(&ending(path.as_ref()).as_str()) { DataFile::netcdf(path) } else { DataFile::hdf5(path) }
    }

    /// Opens a NetCDF file of any kind: a path or a URL.
    ///
    /// # Errors
    /// A file that cannot be opened, is no NetCDF (`Corrupt`), or is broken.
    pub fn netcdf(path: impl AsRef<Path>) -> Result<DataFile> {
        DataFile::opened(path.as_ref(), true)
    }

    /// Opens an HDF5 file: a path or a URL.
    ///
    /// # Errors
    /// A file that cannot be opened, is no HDF5 (`Corrupt`), or is broken.
    pub fn hdf5(path: impl AsRef<Path>) -> Result<DataFile> {
        DataFile::opened(path.as_ref(), false)
    }

    pub(super) fn opened(path: &Path, as_netcdf: bool) -> Result<DataFile> {
        let file = RangedFile::open(path)?;
        let (path, stamp) = (file.path.clone(), file.stamp);
        let bytes = Arc::new(FileBytes::new(file));
        let at = |e: Error| e.at(path.display().to_string());
        let mut out = DataFile { path: path.clone(), stamp, bytes: bytes.clone(), netcdf: None, hdf5: None };
        let mut is_classic = false;
        if as_netcdf {
            let options = NcOpenOptions {
                chunk_cache_bytes: CHUNK_CACHE_BYTES,
                metadata_mode: netcdf_reader::NcMetadataMode::Lossy,
                ..NcOpenOptions::default()
            };
            let nc = NcFile::from_storage_with_options(bytes.clone(), options).map_err(|e| at(from_nc(&e)))?;
            is_classic = !matches!(nc.format(), NcFormat::Nc4 | NcFormat::Nc4Classic);
            nc.root_group().map_err(|e| at(from_nc(&e)))?;
            out.netcdf = Some(nc);
        }
        if !is_classic {
            let options = hdf5_reader::OpenOptions::default().with_chunk_cache_bytes(CHUNK_CACHE_BYTES);
            out.hdf5 = Some(Hdf5File::from_storage_with_options(bytes, options).map_err(|e| at(from_hdf(&e)))?);
        }
        Ok(out)
    }

    /// What kind of file it is.
    pub fn format(&self) -> &'static str {
        match self.netcdf.as_ref().map(NcFile::format) {
            None => "HDF5",
            Some(NcFormat::Classic) => "NetCDF classic (CDF-1)",
            Some(NcFormat::Offset64) => "NetCDF 64-bit offset (CDF-2)",
            Some(NcFormat::Cdf5) => "NetCDF 64-bit data (CDF-5)",
            Some(NcFormat::Nc4) => "NetCDF-4",
            Some(NcFormat::Nc4Classic) => "NetCDF-4 classic model",
        }
    }

    /// Attributes of the whole file.
    ///
    /// # Errors
    /// A broken file.
    pub fn attributes(&self) -> Result<Vec<(String, Attribute)>> {
        let at = |e: Error| e.at(self.path.display().to_string());
        if let Some(nc) = &self.netcdf {
            let all = nc.global_attributes().map_err(|e| at(from_nc(&e)))?;
            return Ok(all.iter().map(|a| (a.name.clone(), Attribute::from_nc(&a.value))).collect());
        }
        let Some(hdf5) = &self.hdf5 else { return Ok(Vec::new()) };
        let all = hdf5.root_group().and_then(|g| g.attributes()).map_err(|e| at(from_hdf(&e)))?;
        Ok(all.iter().map(|a| (a.name.clone(), Attribute::from_hdf(a))).collect())
    }

    /// All variables or datasets, by path.
    ///
    /// # Errors
    /// A broken file.
    pub fn variables(&self) -> Result<Vec<Variable>> {
        let at = |e: Error| e.at(self.path.display().to_string());
        let mut out = Vec::new();
        if let Some(nc) = &self.netcdf {
            self.gather_nc(nc.root_group().map_err(|e| at(from_nc(&e)))?, "", &mut out);
        } else if let Some(hdf5) = &self.hdf5 {
            let root = hdf5.root_group().map_err(|e| at(from_hdf(&e)))?;
            gather_hdf(&root, "", &mut Walk::default(), &mut out).map_err(at)?;
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(out)
    }

    /// One variable or dataset.
    ///
    /// # Errors
    /// None of that name: the message names near ones. A broken file.
    pub fn variable(&self, name: &str) -> Result<Variable> {
        let wanted = name.trim_matches('/');
        let parent = wanted.rsplit_once('/').map_or("", |(parent, _)| parent);
        if let Some(v) = self.netcdf.as_ref().and_then(|nc| nc.variable(wanted).ok()) {
            return Ok(self.of_variable(v, parent));
        }
        if let (None, Some(Ok(d))) = (&self.netcdf, self.hdf5.as_ref().map(|h| h.dataset(wanted))) {
            return Ok(Variable { name: wanted.to_string(), ..of_dataset(&d, parent) });
        }
        let all = self.variables()?;
        let names: Vec<String> = all.into_iter().map(|v| v.name).collect();
        let what = if self.netcdf.is_some() { "variable" } else { "dataset" };
        Err(Error::usage(format!("{} has no {what} '{name}'{}", self.path.display(), suggestion(wanted, &names, NAMES_SHOWN))))
    }

    fn gather_nc(&self, group: &NcGroup, path: &str, out: &mut Vec<Variable>) {
        out.extend(group.variables.iter().map(|v| self.of_variable(v, path)));
        for g in &group.groups {
            self.gather_nc(g, &joined(path, &g.name), out);
        }
    }

    fn of_variable(&self, v: &NcVariable, path: &str) -> Variable {
        let name = joined(path, &v.name);
        let dataset = self.hdf5.as_ref().and_then(|h| h.dataset(&name).ok());
        let dtype = nc_dtype(&v.dtype).or_else(|| hdf_dtype(dataset.as_ref()?.dtype()));
        Variable {
            dtype,
            type_name: dtype.map_or_else(|| nc_name(&v.dtype), |d| d.name().to_string()),
            dimensions: Some(v.dimensions.iter().map(|d| d.name.clone()).collect()),
            shape: v.dimensions.iter().map(|d| d.size as usize).collect(),
            chunks: dataset.and_then(|d| d.chunks()).map(|c| c.iter().map(|&n| n as usize).collect()),
            attributes: v.attributes.iter().map(|a| (a.name.clone(), Attribute::from_nc(&a.value))).collect(),
            name,
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    if path.is_empty() { name.to_string() } else { format!("{path}/{name}") }
}

/// What has been gone through, from the root to a group, and how many groups in all.
#[derive(Default)]
struct Walk {
    above: Vec<u64>,
    n_groups: usize,
}

fn gather_hdf(group: &Group, path: &str, walk: &mut Walk, out: &mut Vec<Variable>) -> Result<()> {
    // Links may lead back to where they came from.
    if walk.above.len() > MAX_DEPTH || walk.above.contains(&group.address()) {
        return Ok(());
    }
    walk.n_groups += 1;
    if walk.n_groups > MAX_GROUPS {
        return Err(Error::unsupported(format!("more than {MAX_GROUPS} groups: name the dataset")));
    }
    let (groups, datasets) = group.members().map_err(|e| from_hdf(&e))?;
    out.extend(datasets.iter().map(|d| of_dataset(d, path)));
    walk.above.push(group.address());
    for g in &groups {
        gather_hdf(g, &joined(path, g.name()), walk, out)?;
    }
    walk.above.pop();
    Ok(())
}

fn of_dataset(d: &hdf5_reader::Dataset, path: &str) -> Variable {
    let dtype = hdf_dtype(d.dtype());
    Variable {
        name: joined(path, d.name()),
        dtype,
        type_name: dtype.map_or_else(|| hdf_name(d.dtype()), |d| d.name().to_string()),
        dimensions: None,
        shape: d.shape().iter().map(|&n| n as usize).collect(),
        chunks: d.chunks().map(|c| c.iter().map(|&n| n as usize).collect()),
        attributes: d.attributes().iter().map(|a| (a.name.clone(), Attribute::from_hdf(a))).collect(),
    }
}

/// The dtype of NetCDF's own numbers.
fn nc_dtype(t: &NcType) -> Option<DType> {
    Some(match t {
        NcType::Byte => DType::I8,
        NcType::Short => DType::I16,
        NcType::Int => DType::I32,
        NcType::Int64 => DType::I64,
        NcType::UByte => DType::U8,
        NcType::UShort => DType::U16,
        NcType::UInt => DType::U32,
        NcType::UInt64 => DType::U64,
        NcType::Float => DType::F32,
        NcType::Double => DType::F64,
        _ => return None,
    })
}

fn nc_name(t: &NcType) -> String {
    let debug = format!("{t:?}");
    debug.split([' ', '{', '(']).next().unwrap_or("").to_lowercase()
}

/// The dtype of HDF5's numbers; an enumeration has that of its numbers, and h5py's of FALSE and TRUE is bool.
pub(super) fn hdf_dtype(t: &Datatype) -> Option<DType> {
    Some(match t {
        Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
            (1, true) => DType::I8,
            (2, true) => DType::I16,
            (4, true) => DType::I32,
            (8, true) => DType::I64,
            (1, false) => DType::U8,
            (2, false) => DType::U16,
            (4, false) => DType::U32,
            (8, false) => DType::U64,
            _ => return None,
        },
        Datatype::FloatingPoint { size: 4, .. } => DType::F32,
        Datatype::FloatingPoint { size: 8, .. } => DType::F64,
        Datatype::Enum { base, members } => {
            let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
            let of_base = hdf_dtype(base)?;
            if of_base.size() == 1 && names == ["FALSE", "TRUE"] { DType::Bool } else { of_base }
        }
        _ => return None,
    })
}

fn hdf_name(t: &Datatype) -> String {
    match t {
        Datatype::FloatingPoint { size, .. } => format!("float{}", 8 * u32::from(*size)),
        Datatype::FixedPoint { size, .. } => format!("integer of {size} bytes"),
        Datatype::String { .. } => "text".to_string(),
        Datatype::VarLen { .. } => "text or lists of varying length".to_string(),
        Datatype::Compound { .. } => "compound".to_string(),
        Datatype::Array { .. } => "arrays as elements".to_string(),
        Datatype::Enum { .. } => "enumeration".to_string(),
        Datatype::Opaque { .. } => "opaque bytes".to_string(),
        Datatype::Reference { .. } => "references".to_string(),
        Datatype::Bitfield { .. } => "bit fields".to_string(),
    }
}
