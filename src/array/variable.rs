//! Arrays from NetCDF and HDF5 files, as stored and as their attributes say they are meant.

use crate::array::{DynArray, where_};
use crate::base::Result;
use crate::expr::{Chunks, build};
use crate::format::hdf::{DataFile, Decoding, VariableSource};
use std::path::Path;
use std::sync::Arc;

/// A variable of a NetCDF file (CDF-1, 2, 5 or NetCDF-4; a path or a URL) as it is stored. In a group: `group/variable`.
///
/// # Errors
/// A file that cannot be read or is broken; no such variable (near names are told); elements that are no numbers.
///
/// # Chunks
/// Along the file's own chunks; a task holds its result and, of the file, one chunk being unpacked and about 1 MiB.
///
/// # Example
/// ```
/// use tilework::array::open_netcdf;
/// let t = open_netcdf("tests/data/hdf/nc4.nc", "forecast/deep/t", tilework::Chunks::Auto)?;
/// assert_eq!((t.shape(), t.dtype()), (vec![7, 3], tilework::DType::F32));
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn open_netcdf(path: impl AsRef<Path>, variable: &str, chunks: impl Into<Chunks>) -> Result<DynArray> {
    open_variable(&Arc::new(DataFile::netcdf(path)?), variable, chunks)
}

/// A variable of a NetCDF file as its attributes say it is meant: fill values are NaN, packed values are unpacked (`_FillValue`,
/// `missing_value`, `scale_factor`, `add_offset`, `_Unsigned`). The dtype is that of xarray: float32 or float64 where anything is
/// masked or packed, else the stored one. Times are not decoded.
///
/// # Errors
/// As [`open_netcdf`].
///
/// # Chunks
/// As [`open_netcdf`]; decoding is elementwise.
///
/// # Example
/// ```
/// use tilework::array::open_netcdf_decoded;
/// let t = open_netcdf_decoded("tests/data/hdf/nc4.nc", "packed64", 2)?; // int16 on disk, in hundredths
/// assert_eq!(t.dtype(), tilework::DType::F64);
/// assert_eq!(t.compute()?.at(&[0, 0]).as_f64(), 273.15);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn open_netcdf_decoded(path: impl AsRef<Path>, variable: &str, chunks: impl Into<Chunks>) -> Result<DynArray> {
    open_variable_decoded(&Arc::new(DataFile::netcdf(path)?), variable, chunks)
}

/// A dataset of an HDF5 file (a path or a URL) as it is stored: `group/dataset`.
///
/// # Errors
/// As [`open_netcdf`]; filters that are not built in (lzf, blosc) are told by name.
///
/// # Chunks
/// As [`open_netcdf`].
///
/// # Example
/// ```
/// use tilework::array::open_hdf5;
/// let x = open_hdf5("tests/data/hdf/latest.h5", "/chunked/deep/gzip", tilework::Chunks::Auto)?;
/// assert_eq!(x.shape(), [9, 11]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn open_hdf5(path: impl AsRef<Path>, dataset: &str, chunks: impl Into<Chunks>) -> Result<DynArray> {
    open_variable(&Arc::new(DataFile::hdf5(path)?), dataset, chunks)
}

/// A variable of a file that is open already, as it is stored.
///
/// # Errors
/// As [`open_netcdf`].
///
/// # Chunks
/// As [`open_netcdf`].
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use tilework::{array::open_variable, format::hdf::DataFile};
/// let file = Arc::new(DataFile::open("tests/data/hdf/nc4.nc")?);
/// let (x, y) = (open_variable(&file, "x", 5)?, open_variable(&file, "sum", 5)?);
/// assert_eq!(y.multiply(&x)?.shape(), [3, 5]);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn open_variable(file: &Arc<DataFile>, name: &str, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let source = VariableSource::new(file.clone(), name)?;
    Ok(DynArray::wrap(build::source(Arc::new(source), &chunks.into())?))
}

/// A variable of a file that is open already, decoded as by [`open_netcdf_decoded`].
///
/// # Errors
/// As [`open_netcdf`].
///
/// # Chunks
/// As [`open_netcdf`].
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use tilework::{array::open_variable_decoded, format::hdf::DataFile};
/// let file = Arc::new(DataFile::open("tests/data/hdf/nc4.nc")?);
/// assert_eq!(open_variable_decoded(&file, "filled_i2", 5)?.dtype(), tilework::DType::F32);
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn open_variable_decoded(file: &Arc<DataFile>, name: &str, chunks: impl Into<Chunks>) -> Result<DynArray> {
    let source = VariableSource::new(file.clone(), name)?;
    let raw = DynArray::wrap(build::source(Arc::new(source), &chunks.into())?);
    match Decoding::of(&file.variable(name)?, raw.dtype()) {
        Some(decoding) => raw.decoded(&decoding),
        None => Ok(raw),
    }
}

impl DynArray {
    /// Stored values as what they stand for.
    ///
    /// # Errors
    /// Numbers that the decoding's dtype does not hold.
    ///
    /// # Chunks
    /// As the input.
    ///
    /// # Example
    /// ```
    /// use tilework::{DType, array::arange, format::hdf::Decoding};
    /// let tenths = Decoding { reinterpret: None, dtype: DType::F64, missing: vec![2.0], scale: Some(0.1), offset: None };
    /// let x = arange(0, 4, 1, 2)?.decoded(&tenths)?.compute()?;
    /// assert!(x.at(&[2]).as_f64().is_nan() && x.at(&[3]).as_f64() == 3.0 * 0.1);
    /// # Ok::<(), tilework::Error>(())
    /// ```
    pub fn decoded(&self, decoding: &Decoding) -> Result<DynArray> {
        let Decoding { reinterpret, dtype, missing, scale, offset } = decoding;
        let raw = reinterpret.map_or_else(|| Ok(self.clone()), |d| self.astype(d))?;
        let mut x = raw.astype(*dtype)?;
        let mut is_missing: Option<DynArray> = None;
        for &m in missing {
            let equal = x.equal(m)?;
            is_missing = Some(match is_missing {
                Some(other) => other.logical_or(&equal)?,
                None => equal,
            });
        }
        if let Some(is_missing) = is_missing {
            x = where_(&is_missing, f64::NAN, &x)?;
        }
        if let Some(scale) = scale {
            x = x.multiply(*scale)?;
        }
        offset.map_or(Ok(x.clone()), |o| x.add(o))
    }
}
