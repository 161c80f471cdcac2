//! Functions on blocks that lie along named indices.

use crate::array::DynArray;
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::function::{Declared, Form, Function};
use crate::expr::{AxisMap, Expr, IndexMap, build};

/// A call of a function whose inputs and result have indices, being described; [`build`](Blockwise::build) makes the array.
///
/// Indices are letters, one for each axis. An index of the inputs that the result lacks is contracted: the function gets all of it in
/// one block. An index of the result that no input has is new and needs a length. Axes of length 1 go with any length.
///
/// # Example
/// ```
/// use tilework::array::{Function, arange, blockwise};
/// use tilework::{DType, chunk::Tensor};
/// let (x, y) = (arange(0.0, 6.0, 1.0, 2)?.reshape(&[2, 3])?, arange(0.0, 12.0, 1.0, 4)?.reshape(&[3, 4])?);
/// let product = Function::new("product", |_, b| {
///     let (x, y) = (b[0].to_ndarray::<f64>()?, b[1].to_ndarray::<f64>()?);
///     let two = |a: ndarray::ArrayD<f64>| a.into_dimensionality::<ndarray::Ix2>().map_err(|e| tilework::Error::bug(e.to_string()));
///     Ok(Tensor::from_ndarray(two(x)?.dot(&two(y)?).into_dyn()))
/// });
/// let z = blockwise(&product, "ij").input(&x, "ik").input(&y, "kj").dtype(DType::F64).build()?;
/// assert_eq!(z.compute_as::<f64>()?, ndarray::array![[20.0, 23.0, 26.0, 29.0], [56.0, 68.0, 80.0, 92.0]].into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is made before `build`"]
pub struct Blockwise {
    f: Function,
    out: Vec<char>,
    inputs: Vec<(DynArray, Vec<char>)>,
    new_axes: Vec<(char, usize)>,
    adjusted: Vec<(char, Vec<usize>)>,
    dtype: Option<DType>,
}

/// Begins to describe a call of `f` whose result has the indices `out`; Dask's `blockwise` with `concatenate=True`.
///
/// # Chunks
/// As the inputs' along shared indices; contracted ones are one block, which the task holds whole.
///
/// # Errors
/// None; [`Blockwise::build`] checks.
///
/// # Example
/// See [`Blockwise`].
pub fn blockwise(f: &Function, out: &str) -> Blockwise {
    Blockwise { f: f.clone(), out: out.chars().collect(), inputs: vec![], new_axes: vec![], adjusted: vec![], dtype: None }
}

/// Of one index: the cut of its axis.
type Cuts = std::collections::BTreeMap<char, Axis>;

impl Blockwise {
    /// One more input, with an index for each of its axes. The function gets its block with the axes in this order.
    pub fn input(mut self, x: &DynArray, indices: &str) -> Blockwise {
        self.inputs.push((x.clone(), indices.chars().collect()));
        self
    }

    /// A new index of the result and its length, in one chunk.
    pub fn new_axis(mut self, index: char, len: usize) -> Blockwise {
        self.new_axes.push((index, len));
        self
    }

    /// The sizes of the result's blocks along an index, where they are not the inputs'; as many as those.
    pub fn chunks(mut self, index: char, sizes: &[usize]) -> Blockwise {
        self.adjusted.push((index, sizes.to_vec()));
        self
    }

    /// Dtype of the result; without it that of the first input.
    pub fn dtype(mut self, dtype: DType) -> Blockwise {
        self.dtype = Some(dtype);
        self
    }

    /// The lazy result.
    ///
    /// # Chunks
    /// As the inputs' along shared indices (brought to one cut); contracted indices are one block.
    ///
    /// # Errors
    /// Indices that are not one for each axis, come twice, have two lengths or none; sizes that are not as many as blocks. A block of
    /// another shape or dtype than declared fails the run, with the block named.
    pub fn build(self) -> Result<DynArray> {
        self.make().map_err(|e| e.at(self.f.name().to_string()))
    }

    fn make(&self) -> Result<DynArray> {
        let dtype = self.dtype.or_else(|| self.inputs.first().map(|(x, _)| x.dtype()));
        let dtype = dtype.ok_or_else(|| Error::usage("without an input the dtype must be given"))?;
        self.check()?;
        let mut cuts = self.cuts()?;
        let contracted: Vec<char> = cuts.keys().copied().filter(|i| !self.out.contains(i)).collect();
        for i in &contracted {
            let n = cuts[i].len();
            cuts.insert(*i, Axis::whole(n));
        }
        let all: Vec<char> = self.out.iter().chain(&contracted).copied().collect();
        let (mut inputs, mut maps, mut layouts): (Vec<Expr>, Vec<IndexMap>, Vec<Vec<usize>>) = (vec![], vec![], vec![]);
        for (x, indices) in &self.inputs {
            let (_, grid) = x.parts();
            let place = |i: &char| all.iter().position(|a| a == i).unwrap_or(0);
            let same = |(i, axis): (&char, &Axis)| axis.len() == cuts[i].len();
            let axes = indices.iter().zip(grid.axes());
            let cut = Grid::new(axes.clone().map(|(i, axis)| if same((i, axis)) { cuts[i].clone() } else { axis.clone() }));
            inputs.push(build::rechunk(x.expr(), cut)?);
            maps.push(IndexMap(axes.map(|(i, a)| if same((i, a)) { AxisMap::Out(place(i)) } else { AxisMap::Fixed(0) }).collect()));
            layouts.push(indices.iter().map(place).collect());
        }
        let mut axes = Vec::new();
        for i in &self.out {
            axes.push(match self.adjusted.iter().find(|(a, _)| a == i) {
                None => cuts[i].clone(),
                Some((_, sizes)) if sizes.len() == cuts[i].n_chunks() => Axis::from_sizes(sizes),
                Some((_, sizes)) => {
                    let message =
                        format!("{} sizes for index {i}, which has {} blocks: give one for each", sizes.len(), cuts[i].n_chunks());
                    return Err(Error::usage(message));
                }
            });
        }
        axes.extend(contracted.iter().map(|_| Axis::whole(1)));
        let form = Form {
            layouts: Some(layouts),
            n_extra: contracted.len(),
            along: None,
            results: vec![Declared { dtype, core: vec![] }],
            scratch_bytes: 0,
        };
        let x = build::call_mapped(self.f.call(form)?, inputs, maps, dtype, Grid::new(axes))?;
        without_last(&x, contracted.len())
    }

    fn check(&self) -> Result<()> {
        let lists = self.inputs.iter().map(|(_, l)| l).chain([&self.out]);
        for list in lists {
            if let Some(i) = (1..list.len()).find(|&i| list[..i].contains(&list[i])) {
                let message =
                    format!("index {} comes twice in {}: take the diagonal first", list[i], list.iter().collect::<String>());
                return Err(Error::usage(message));
            }
        }
        for (x, indices) in &self.inputs {
            if indices.len() != x.ndim() {
                let text: String = indices.iter().collect();
                return Err(Error::usage(format!("indices {text} for an array of {} axes: give one for each", x.ndim())));
            }
        }
        let known = |i: &char| self.inputs.iter().any(|(_, l)| l.contains(i));
        for i in &self.out {
            let new = self.new_axes.iter().any(|(a, _)| a == i);
            if known(i) == new {
                let why =
                    if new { "an input has it: leave new_axis out" } else { "no input has it: give its length with new_axis" };
                return Err(Error::usage(format!("index {i} of the result: {why}")));
            }
        }
        Ok(())
    }

    /// One cut for every index.
    fn cuts(&self) -> Result<Cuts> {
        let mut cuts: Cuts = self.new_axes.iter().map(|&(i, n)| (i, Axis::whole(n))).collect();
        for (x, indices) in &self.inputs {
            for (i, axis) in indices.iter().zip(x.parts().1.axes()) {
                let cut = match cuts.get(i) {
                    None => axis.clone(),
                    Some(have) if have.len() == axis.len() => build::unify(have, axis),
                    Some(have) if axis.len() == 1 => have.clone(),
                    Some(have) if have.len() == 1 => axis.clone(),
                    Some(have) => {
                        let message = format!("index {i} has the lengths {} and {}", have.len(), axis.len());
                        return Err(Error::usage(message));
                    }
                };
                cuts.insert(*i, cut);
            }
        }
        Ok(cuts)
    }
}

/// The array without its last axes, all of length 1.
pub(super) fn without_last(x: &Expr, n: usize) -> Result<DynArray> {
    if n == 0 {
        return Ok(DynArray::wrap(x.clone()));
    }
    let ndim = x.array()?.1.ndim();
    let at: Vec<Option<usize>> = (0..ndim).map(|a| (a >= ndim - n).then_some(0)).collect();
    Ok(DynArray::wrap(build::index(x, &at)?))
}
