//! Reading a box of a variable: piece by piece, so that what decoding needs beside the result does not grow with the box.

use super::file::hdf_dtype;
use super::storage::{from_hdf, from_nc};
use crate::base::{DType, Error, Region, Result};
use crate::chunk::tensor::copy_into;
use crate::chunk::{Buffer, BufferMut, Tensor};
use crate::format::block;
use hdf5_reader::error::Result as HdfResult;
use hdf5_reader::{Dataset, Datatype, H5Type, SliceInfo, SliceInfoElem};
use netcdf_reader::{NcFile, NcSliceInfo, NcSliceInfoElem};

/// Pieces are made of chunks until they have about as many bytes.
const PIECE_BYTES: usize = 1 << 20;

/// Where the elements are.
pub(super) enum Elements {
    /// A dataset of HDF5.
    Hdf(Box<Dataset>),
    /// A variable of classic NetCDF.
    Classic(String),
}

/// The shape of a piece: `unit` (a chunk) made larger from the last axis on.
pub(super) fn piece_shape(shape: &[usize], unit: &[usize], dtype: DType) -> Vec<usize> {
    let mut piece: Vec<usize> = unit.iter().zip(shape).map(|(&u, &n)| u.clamp(1, n.max(1))).collect();
    for axis in (0..piece.len()).rev() {
        let bytes = piece.iter().fold(dtype.size(), |n, &p| n.saturating_mul(p));
        let times = (PIECE_BYTES / bytes.max(1)).max(1);
        let units = shape[axis].max(1).div_ceil(piece[axis]);
        let grown = times.min(units);
        piece[axis] = piece[axis].saturating_mul(grown);
        if grown < units {
            break; // longer pieces along other axes would be in several places
        }
    }
    piece
}

/// Reads a box in pieces of a shape.
pub(super) fn region(from: &Elements, nc: Option<&NcFile>, dtype: DType, piece: &[usize], region: &Region) -> Result<Tensor> {
    let shape = region.shape();
    let mut out = BufferMut::zeroed(shape.iter().product::<usize>() * dtype.size());
    if !region.is_empty() {
        for at in block::over(region, piece) {
            let part = block::region(&at, piece).intersect(region);
            let tensor = read_part(from, nc, dtype, &part)?;
            copy_into(&tensor, &mut out, &shape, &part.relative_to(&region.start()));
        }
    }
    Tensor::new(dtype, &shape, out.freeze())
}

/// Runs `$body` with `$t` standing for the type of the numbers that a file has for a dtype (bool: u8).
macro_rules! with_number {
    ($dtype:expr, $t:ident => $body:expr) => {
        crate::for_real!(@bool u8; $dtype, $t => $body,
            DType::C64 | DType::C128 => Err(Error::unsupported("complex numbers in NetCDF and HDF5 files")))
    };
}

fn read_part(from: &Elements, nc: Option<&NcFile>, dtype: DType, part: &Region) -> Result<Tensor> {
    match from {
        Elements::Hdf(dataset) => {
            let slice = |r: &std::ops::Range<usize>| SliceInfoElem::Slice { start: r.start as u64, end: r.end as u64, step: 1 };
            let selection = SliceInfo { selections: part.ranges().iter().map(slice).collect() };
            if let Datatype::Enum { base, .. } = dataset.dtype() {
                // The numbers of an enumeration, whose dtype for bool is its own.
                let stored = hdf_dtype(base).ok_or_else(|| Error::bug("an enumeration of no numbers"))?;
                return with_number!(stored, T => {
                    let read = dataset.read_slice::<Enumerated<T>>(&selection).map_err(|e| from_hdf(&e))?;
                    tensor(dtype, part, read.into_iter().map(|e| e.0).collect())
                });
            }
            with_number!(dtype, T => {
                let read = dataset.read_slice::<T>(&selection).map_err(|e| from_hdf(&e))?;
                tensor::<T>(dtype, part, read.into_raw_vec_and_offset().0)
            })
        }
        Elements::Classic(name) => {
            let nc = nc.ok_or_else(|| Error::bug("a classic variable without its file"))?;
            let slice = |r: &std::ops::Range<usize>| NcSliceInfoElem::Slice { start: r.start as u64, end: r.end as u64, step: 1 };
            let selection = NcSliceInfo { selections: part.ranges().iter().map(slice).collect() };
            with_number!(dtype, T => {
                let read = nc.read_variable_slice::<T>(name, &selection).map_err(|e| from_nc(&e))?;
                tensor::<T>(dtype, part, read.into_raw_vec_and_offset().0)
            })
        }
    }
}

/// Elements in C order as a tensor; what is not 0 is true.
fn tensor<T: crate::base::Element>(dtype: DType, part: &Region, elements: Vec<T>) -> Result<Tensor> {
    let shape = part.shape();
    let t = Tensor::from_vec(&shape, elements)?;
    if dtype != DType::Bool {
        return Ok(t);
    }
    let bytes: Vec<u8> = t.as_bytes()?.iter().map(|&b| u8::from(b != 0)).collect();
    Tensor::new(DType::Bool, &shape, Buffer::copied(&bytes))
}

/// A number that stands for a name.
#[derive(Clone)]
struct Enumerated<T>(T);

fn base_of(dtype: &Datatype) -> &Datatype {
    match dtype {
        Datatype::Enum { base, .. } => base,
        other => other,
    }
}

impl<T: H5Type> H5Type for Enumerated<T> {
    fn hdf5_type() -> Datatype {
        T::hdf5_type()
    }

    fn from_bytes(bytes: &[u8], dtype: &Datatype) -> HdfResult<Self> {
        T::from_bytes(bytes, base_of(dtype)).map(Enumerated)
    }

    fn element_size(dtype: &Datatype) -> usize {
        T::element_size(base_of(dtype))
    }

    fn decode_vec(raw: &[u8], dtype: &Datatype, count: usize) -> Option<HdfResult<Vec<Self>>> {
        let decoded = T::decode_vec(raw, base_of(dtype), count)?;
        Some(decoded.map(|v| v.into_iter().map(Enumerated).collect()))
    }
}
