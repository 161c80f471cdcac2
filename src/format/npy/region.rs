//! Boxes of elements in the bytes of a `.npy` file: written run by run, and read from files that cannot be mapped.

use super::header::Header;
use crate::base::DType;
use crate::base::{Coords, Error, Region, Result};
use crate::chunk::tensor::{Strides, copy_into};
use crate::chunk::{Buffer, BufferMut, Tensor};
use crate::format::ranged::RangedFile;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// A request may take so many bytes beside twice those that are wanted.
const SPARE_BYTES: u64 = 64 << 10;

/// Writes a box of elements of `size` bytes into a file in C order whose data of shape `shape` start at `data_start`, run by run of those
/// that lie side by side.
pub(super) fn write(
    file: &File,
    data_start: u64,
    shape: &[usize],
    size: usize,
    region: &Region,
    bytes: &[u8],
) -> std::io::Result<()> {
    let ranges = region.ranges();
    // Axes from `inner` on are whole, so that all of them and the one before make one run.
    let inner = (0..shape.len()).rev().find(|&a| ranges[a].len() != shape[a]).unwrap_or(0);
    let run: usize = ranges[inner.min(ranges.len())..].iter().map(ExactSizeIterator::len).product::<usize>() * size;
    crate::base::iostat::written(bytes.len() as u64);
    let mut index = region.start();
    for piece in bytes.chunks_exact(run.max(1)) {
        let element = index.iter().zip(shape).fold(0usize, |at, (&i, &n)| at * n + i);
        file.write_all_at(piece, data_start + (element * size) as u64)?;
        for axis in (0..inner).rev() {
            index[axis] += 1;
            if index[axis] < ranges[axis].end {
                break;
            }
            index[axis] = ranges[axis].start;
        }
    }
    Ok(())
}

/// Bytes of the file from the first to the last element of a box that is not empty.
pub(super) fn hull(header: &Header, strides: &Strides, region: &Region) -> std::ops::Range<u64> {
    let at = |index: &dyn Fn(&std::ops::Range<usize>) -> usize| -> u64 {
        let element: usize = region.ranges().iter().zip(strides).map(|(r, &s)| index(r) * s as usize).sum();
        header.data_start + (element * header.dtype.size()) as u64
    };
    at(&|r| r.start)..at(&|r| r.end - 1) + header.dtype.size() as u64
}

/// Reads a box that is not empty by requests that take little more than it, into bytes in C order.
pub(super) fn fetch(file: &RangedFile, header: &Header, strides: &Strides, region: &Region) -> Result<BufferMut> {
    let size = header.dtype.size();
    let shape: Coords = region.shape().iter().copied().chain([size]).collect();
    let mut out = BufferMut::zeroed(shape.iter().product());
    let mut parts = vec![region.clone()];
    while let Some(part) = parts.pop() {
        let bytes = hull(header, strides, &part);
        let len = bytes.end - bytes.start;
        if len > 2 * (part.n_elements() * size) as u64 + SPARE_BYTES
            && let Some((a, b)) = halves(&part, strides)
        {
            parts.extend([b, a]);
            continue;
        }
        let len = usize::try_from(len).map_err(|_| Error::corrupt("a box of more bytes than there is memory"))?;
        let mut got = vec![0; len];
        file.read_exact_at(bytes.start, &mut got)?;
        let part_shape: Coords = part.shape().iter().copied().chain([size]).collect();
        let byte_strides: Strides = strides.iter().map(|&s| s * size as isize).chain([1]).collect();
        let tensor = Tensor::with_layout(DType::U8, &part_shape, &byte_strides, 0, Buffer::copied(&got))?;
        let at = part.relative_to(&region.start());
        let at = Region::new(at.ranges().iter().cloned().chain(std::iter::once(0..size)));
        copy_into(&tensor, &mut out, &shape, &at);
    }
    Ok(out)
}

/// What [`fetch`] holds beside its result.
pub(super) fn fetch_bytes(file: &RangedFile, region: &Region, size: usize) -> u64 {
    let piece = 2 * (region.n_elements() * size) as u64 + SPARE_BYTES;
    2 * piece + file.request_bytes(piece)
}

/// Both halves of a box along the longest stride that has more than one element.
fn halves(region: &Region, strides: &Strides) -> Option<(Region, Region)> {
    let axis = (0..region.ndim()).filter(|&a| region.ranges()[a].len() > 1).max_by_key(|&a| strides[a])?;
    let r = &region.ranges()[axis];
    let middle = r.start + r.len() / 2;
    let with = |range: std::ops::Range<usize>| {
        Region::new(region.ranges().iter().enumerate().map(|(a, r)| if a == axis { range.clone() } else { r.clone() }))
    };
    Some((with(r.start..middle), with(middle..r.end)))
}
