//! How users say how an array is cut, and the automatic choice.
//!
//! The automatic choice aims at [`AUTO_BYTES`] for a chunk: small enough to stay close to the caches and to give every thread
//! many, large enough that a task's own cost (about a microsecond) vanishes.

use crate::base::{Axis, DType, Error, Grid, Result};

/// The size that automatic chunks aim at, in bytes.
pub const AUTO_BYTES: usize = 4 << 20;

/// How an array is cut.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Chunks {
    /// Chosen by size, along the storage's own blocks where there are any.
    #[default]
    Auto,
    /// As `Auto`, but aiming at so many bytes for a chunk.
    AutoBytes(usize),
    /// One chunk.
    Whole,
    /// The same size along every axis.
    Uniform(usize),
    /// A size for every axis (0 or too large: the whole axis).
    Sizes(Vec<usize>),
    /// All sizes, for every axis.
    Exact(Vec<Vec<usize>>),
}

impl From<usize> for Chunks {
    fn from(n: usize) -> Chunks {
        Chunks::Uniform(n)
    }
}
impl<const N: usize> From<[usize; N]> for Chunks {
    fn from(v: [usize; N]) -> Chunks {
        Chunks::Sizes(v.to_vec())
    }
}
impl From<&[usize]> for Chunks {
    fn from(v: &[usize]) -> Chunks {
        Chunks::Sizes(v.to_vec())
    }
}
impl From<Vec<usize>> for Chunks {
    fn from(v: Vec<usize>) -> Chunks {
        Chunks::Sizes(v)
    }
}
impl From<Vec<Vec<usize>>> for Chunks {
    fn from(v: Vec<Vec<usize>>) -> Chunks {
        Chunks::Exact(v)
    }
}

impl Chunks {
    /// The grid of an array of `shape` and `dtype`; `storage` is how it is cut where it lies, if it lies somewhere.
    ///
    /// # Errors
    /// When sizes do not fit the shape.
    pub fn grid(&self, shape: &[usize], dtype: DType, storage: Option<&Grid>) -> Result<Grid> {
        let grid = match self {
            Chunks::Auto => auto(shape, dtype, storage, AUTO_BYTES),
            Chunks::AutoBytes(bytes) => auto(shape, dtype, storage, *bytes),
            Chunks::Whole => Grid::whole(shape),
            Chunks::Uniform(n) => Grid::regular(shape, &vec![*n; shape.len()])?,
            Chunks::Sizes(sizes) => Grid::regular(shape, sizes)?,
            Chunks::Exact(axes) => {
                if axes.len() != shape.len() {
                    return Err(Error::usage(format!(
                        "chunks are given for {} axes but the shape {shape:?} has {}",
                        axes.len(),
                        shape.len()
                    )));
                }
                for (a, (sizes, &n)) in axes.iter().zip(shape).enumerate() {
                    let sum: usize = sizes.iter().sum();
                    if sum != n {
                        return Err(Error::usage(format!("chunks {sizes:?} along axis {a} add up to {sum}, but the axis has {n}")));
                    }
                }
                Grid::new(axes.iter().map(|s| Axis::from_sizes(s)))
            }
        };
        grid.n_elements()?;
        Ok(grid)
    }
}

/// Grows chunks from the storage's blocks (or from single elements) evenly along all axes until they reach `bytes`.
fn auto(shape: &[usize], dtype: DType, storage: Option<&Grid>, bytes: usize) -> Grid {
    let unit: Vec<usize> = match storage {
        Some(g) if g.ndim() == shape.len() => g.axes().iter().map(|a| a.max_size().max(1)).collect(),
        _ => vec![1; shape.len()],
    };
    let limit = (bytes / dtype.size()).max(1) as f64;
    let mut chunk: Vec<usize> = unit.iter().zip(shape).map(|(&u, &n)| u.min(n.max(1))).collect();
    let mut open: Vec<usize> = (0..shape.len()).filter(|&a| chunk[a] < shape[a]).collect();
    // Axes that the even growth would fill are taken whole first; the others then share what is left.
    while !open.is_empty() {
        let now: f64 = chunk.iter().map(|&c| c as f64).product();
        if now >= limit {
            break;
        }
        let factor = (limit / now).powf(1.0 / open.len() as f64);
        if let Some(&a) = open.iter().find(|&&a| chunk[a] as f64 * factor >= shape[a] as f64) {
            chunk[a] = shape[a];
            open.retain(|&o| o != a);
            continue;
        }
        for &a in &open {
            let wanted = (chunk[a] as f64 * factor) as usize;
            chunk[a] = if unit[a] == 1 { divide_evenly(shape[a], wanted) } else { (wanted / unit[a]).max(1) * unit[a] };
        }
        break;
    }
    Grid::new(shape.iter().zip(&chunk).map(|(&n, &c)| Axis::regular(n, c)))
}

/// The grid of an array that repeats along the axes for which `own` has no cut: the others are cut as `own` says, and those so that a
/// chunk keeps to [`AUTO_BYTES`], or to what lies in a chunk along the others if that is more; the last ones are cut least.
pub fn repeated(own: &[Option<Axis>], shape: &[usize], dtype: DType) -> Grid {
    let others: usize = own.iter().flatten().map(|a| a.max_size().max(1)).product();
    let mut room = (AUTO_BYTES / dtype.size() / others.max(1)).max(1);
    let mut axes: Vec<Axis> = Vec::with_capacity(shape.len());
    for (axis, &n) in own.iter().zip(shape).rev() {
        axes.push(axis.clone().unwrap_or_else(|| {
            let size = divide_evenly(n, room);
            room = (room / size.max(1)).max(1);
            Axis::regular(n, size)
        }));
    }
    axes.reverse();
    Grid::new(axes)
}

/// The size at or below `wanted` that cuts `n` into pieces of nearly one size.
fn divide_evenly(n: usize, wanted: usize) -> usize {
    let pieces = n.div_ceil(wanted.max(1)).max(1);
    n.div_ceil(pieces)
}
