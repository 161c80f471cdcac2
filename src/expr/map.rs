//! Index maps: where the elements of an aligned input lie relative to the output.
//!
//! One entry for every axis of the input. Together with chunk grids that agree along every mapped axis this covers plain
//! elementwise inputs, broadcasting, transposing, dropped and added axes.

use crate::base::grid::Coords;
use crate::base::{Axis, Grid};
use crate::chunk::Tensor;
use smallvec::SmallVec;

/// Where one axis of an input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum AxisMap {
    /// It runs along this axis of the output.
    Out(usize),
    /// Only this element of it is used.
    Fixed(usize),
}

/// One entry for every axis of the input; no axis of the output is named twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct IndexMap(pub SmallVec<[AxisMap; 4]>);

impl IndexMap {
    /// Axis `i` runs along axis `i`.
    pub fn identity(ndim: usize) -> IndexMap {
        IndexMap((0..ndim).map(AxisMap::Out).collect())
    }

    /// NumPy's broadcasting of `shape` into `ndim` axes of output shape `out`: axes align at the end, axes of length 1 repeat.
    pub fn broadcast(shape: &[usize], out: &[usize]) -> IndexMap {
        let skip = out.len() - shape.len();
        IndexMap(
            shape
                .iter()
                .enumerate()
                .map(|(a, &n)| if n == 1 && out[a + skip] != 1 { AxisMap::Fixed(0) } else { AxisMap::Out(a + skip) })
                .collect(),
        )
    }

    /// Whether axis `i` runs along axis `i` for all of `ndim`.
    pub fn is_identity(&self, ndim: usize) -> bool {
        self.0.len() == ndim && self.0.iter().enumerate().all(|(i, m)| *m == AxisMap::Out(i))
    }

    /// Whether axes come in another order than those of the result.
    pub fn transposes(&self) -> bool {
        let out = self.0.iter().filter_map(|m| if let AxisMap::Out(a) = m { Some(a) } else { None });
        !out.is_sorted()
    }

    /// This map followed by `outer`: `self` maps an inner input onto the axes that `outer` maps on.
    #[must_use]
    pub fn then(&self, outer: &IndexMap) -> IndexMap {
        IndexMap(
            self.0
                .iter()
                .map(|m| match m {
                    AxisMap::Out(a) => outer.0[*a],
                    fixed => *fixed,
                })
                .collect(),
        )
    }

    /// The input's chunk for the output chunk at `coords`.
    pub fn input_chunk(&self, input: &Grid, coords: &[usize]) -> usize {
        self.0.iter().zip(input.axes()).fold(0, |i, (m, axis)| {
            let c = match m {
                AxisMap::Out(o) => coords[*o],
                AxisMap::Fixed(e) => axis.chunk_of(*e),
            };
            i * axis.n_chunks() + c
        })
    }

    /// The input's chunk as a view of the output chunk's shape.
    pub fn view(&self, chunk: &Tensor, input: &Grid, out_shape: &[usize]) -> Tensor {
        if self.is_identity(out_shape.len()) {
            return chunk.clone();
        }
        let mut t = chunk.clone();
        let mut sources: SmallVec<[usize; 4]> = SmallVec::new();
        for (a, m) in self.0.iter().enumerate() {
            match m {
                AxisMap::Out(o) => sources.push(*o),
                AxisMap::Fixed(e) => {
                    let axis = &input.axes()[a];
                    let within = e - axis.range(axis.chunk_of(*e)).start;
                    t = t.index_axis(sources.len(), within);
                }
            }
        }
        let mut order: SmallVec<[usize; 4]> = (0..sources.len()).collect();
        order.sort_by_key(|&i| sources[i]);
        t = t.permute(&order);
        for (a, &n) in out_shape.iter().enumerate() {
            if !sources.contains(&a) {
                t = t.insert_axis(a, n);
            }
        }
        t
    }

    /// The axes of the output that this input fixes, with the input's cut of them.
    pub fn output_axes<'a>(&'a self, input: &'a Grid) -> impl Iterator<Item = (usize, &'a Axis)> + 'a {
        self.0.iter().zip(input.axes()).filter_map(|(m, axis)| match m {
            AxisMap::Out(o) => Some((*o, axis)),
            AxisMap::Fixed(_) => None,
        })
    }

    /// For an output region, the region of the input (in the input's whole coordinates, output axes as they are).
    pub fn input_start(&self, out: &[usize]) -> Coords {
        self.0
            .iter()
            .map(|m| match m {
                AxisMap::Out(o) => out[*o],
                AxisMap::Fixed(e) => *e,
            })
            .collect()
    }
}
