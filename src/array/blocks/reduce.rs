//! Reductions by functions of the user's.

use crate::array::DynArray;
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::build;
use crate::expr::function::{Form, Function};

/// A reduction made of three functions on blocks: `map` makes states of a block, `combine` one state of neighbouring ones, `finish`
/// the result of the last. All give blocks of length 1 along the reduced axes; states that are combined lie beside each other along
/// them, in the order of the chunks. Dask's `reduction` with `chunk`, `combine` and `aggregate`.
///
/// # Example
/// ```
/// use tilework::array::{Function, IntoScalar, Reducer, arange};
/// use tilework::{DType, chunk::Tensor};
/// // The largest gap between neighbours within chunks; chunks hold the whole axis here.
/// let x = arange(0.0, 100.0, 1.0, 9)?.square()?;
/// let largest = |name| Function::new(name, |_, b| {
///     let top = b[0].view::<f64>()?.iter().copied().fold(f64::NEG_INFINITY, f64::max);
///     Tensor::from_vec(&[1], vec![top])
/// });
/// let same = Function::new("largest", |_, b| Ok(b[0].clone()));
/// let top = Reducer { map: largest("map"), combine: largest("combine"), finish: same, state: DType::F64, dtype: DType::F64 };
/// assert_eq!(top.reduce(&x, None, false, 4)?.compute_as::<f64>()?.into_scalar(), 99.0 * 99.0);
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reducer {
    /// A block to its state.
    pub map: Function,
    /// Neighbouring states to one.
    pub combine: Function,
    /// The last state to the result.
    pub finish: Function,
    /// Dtype of states.
    pub state: DType,
    /// Dtype of the result.
    pub dtype: DType,
}

impl Reducer {
    /// Reduces an array over some axes, or all; `split_every` states along each axis are combined at a time.
    ///
    /// # Chunks
    /// As the array's along the axes that stay. A task holds one chunk, or the states that are combined at a time.
    ///
    /// # Errors
    /// Axes out of bounds or named twice; `split_every` below 2. Blocks that are not as declared fail the run, with the block named.
    pub fn reduce(&self, x: &DynArray, axes: Option<&[isize]>, keepdims: bool, split_every: usize) -> Result<DynArray> {
        self.reduced(x, axes, keepdims, split_every).map_err(|e| e.at(self.finish.name().to_string()))
    }

    fn reduced(&self, x: &DynArray, axes: Option<&[isize]>, keepdims: bool, split_every: usize) -> Result<DynArray> {
        if split_every < 2 {
            return Err(Error::usage(format!("split_every is {split_every}: at least 2 states must be combined at a time")));
        }
        let (_, grid) = x.parts();
        let mut list: Vec<usize> = match axes {
            None => (0..grid.ndim()).collect(),
            Some(axes) => axes.iter().map(|&a| build::normalize_axis(a, grid.ndim())).collect::<Result<_>>()?,
        };
        list.sort_unstable();
        if list.windows(2).any(|w| w[0] == w[1]) {
            return Err(Error::usage(format!("axes {axes:?} name one twice")));
        }
        let single = |grid: &Grid| {
            Grid::new(
                grid.axes()
                    .iter()
                    .enumerate()
                    .map(|(a, axis)| if list.contains(&a) { Axis::regular(axis.n_chunks(), 1) } else { axis.clone() }),
            )
        };
        let mut now = build::call(self.map.call(Form::default())?, &[x.expr().clone()], self.state, Some(single(grid)))?;
        loop {
            let have = now.array()?.1.clone();
            if list.iter().all(|&a| have.axes()[a].len() == 1) {
                break;
            }
            let grouped = have
                .axes()
                .iter()
                .enumerate()
                .map(|(a, axis)| if list.contains(&a) { Axis::regular(axis.len(), split_every) } else { axis.clone() });
            let grouped = build::rechunk(&now, Grid::new(grouped))?;
            let grid = single(grouped.array()?.1);
            now = build::call(self.combine.call(Form::default())?, &[grouped], self.state, Some(grid))?;
        }
        let grid = now.array()?.1.clone();
        let result = build::call(self.finish.call(Form::default())?, &[now], self.dtype, Some(grid))?;
        if keepdims {
            return Ok(DynArray::wrap(result));
        }
        let at: Vec<Option<usize>> = (0..x.ndim()).map(|a| list.contains(&a).then_some(0)).collect();
        Ok(DynArray::wrap(build::index(&result, &at)?))
    }
}
