//! Generalised universal functions: a function of some core axes, repeated over all others.

use super::blockwise::without_last;
use super::whole_along;
use crate::array::DynArray;
use crate::base::grid::Coords;
use crate::base::{Axis, DType, Error, Grid, Result};
use crate::expr::function::{Declared, Form, Function};
use crate::expr::{AxisMap, Expr, IndexMap, build};
use crate::op::block::{Unpack, shared};

/// A signature: names of the core axes of every input and result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gufunc {
    inputs: Vec<Vec<String>>,
    outputs: Vec<Vec<String>>,
}

impl Gufunc {
    /// A signature as NumPy writes it: `(i,j),(j)->(i)`.
    ///
    /// # Errors
    /// Text of another form.
    pub fn parse(text: &str) -> Result<Gufunc> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let bad = || Error::usage(format!("the signature '{text}' is not of the form (i,j),(j)->(i)"));
        let (inputs, outputs) = plain.split_once("->").ok_or_else(bad)?;
        let side = |s: &str| -> Result<Vec<Vec<String>>> {
            if s.is_empty() {
                return Ok(vec![]);
            }
            let inner = s.strip_prefix('(').and_then(|s| s.strip_suffix(')')).ok_or_else(bad)?;
            let group = |g: &str| -> Result<Vec<String>> {
                let names = g.split(',').filter(|n| !g.is_empty() || !n.is_empty());
                names
                    .map(|n| {
                        if n.is_empty() || !n.chars().all(|c| c.is_alphanumeric() || c == '_') {
                            Err(bad())
                        } else {
                            Ok(n.to_string())
                        }
                    })
                    .collect()
            };
            inner.split("),(").map(group).collect()
        };
        let signature = Gufunc { inputs: side(inputs)?, outputs: side(outputs)? };
        if signature.outputs.is_empty() {
            return Err(bad());
        }
        Ok(signature)
    }
}

/// A function of core axes on arrays, repeated over all other axes, which broadcast; Dask's `apply_gufunc`. The core axes are the last
/// of each array. The function gets blocks whose outer axes have one shape (repeated ones without memory of their own) and whose core
/// axes are whole, and gives a block for each result: outer axes, then core axes. `dtypes` are those of the results; `sizes` are the
/// lengths of core axes that no input has.
///
/// # Chunks
/// Core axes are one chunk; the others are the inputs' brought to one cut, made smaller where core axes had been cut, so that blocks
/// do not grow. A task holds a block of each input and result.
///
/// # Errors
/// A signature that cannot be read, does not have as many inputs or results, or names a length twice; core axes of two lengths, or of
/// none. Blocks that are not as declared fail the run, with the block named.
///
/// # Example
/// ```
/// use tilework::array::{Function, apply_gufunc, arange};
/// use tilework::{DType, chunk::Tensor};
/// let x = arange(0.0, 24.0, 1.0, 5)?.reshape(&[2, 3, 4])?;
/// let spread = Function::several("spread", |_, b| {
///     let x = b[0].to_ndarray::<f64>()?;
///     let last = ndarray::Axis(x.ndim() - 1);
///     let low = x.map_axis(last, |v| v.iter().copied().fold(f64::INFINITY, f64::min));
///     let high = x.map_axis(last, |v| v.iter().copied().fold(f64::NEG_INFINITY, f64::max));
///     Ok(vec![Tensor::from_ndarray(low), Tensor::from_ndarray(high)])
/// });
/// let r = apply_gufunc(&spread, "(i)->(),()", &[&x], &[DType::F64, DType::F64], &[])?;
/// assert_eq!(r[1].subtract(&r[0])?.compute_as::<f64>()?, ndarray::arr2(&[[3.0; 3]; 2]).into_dyn());
/// # Ok::<(), tilework::Error>(())
/// ```
pub fn apply_gufunc(
    f: &Function,
    signature: &str,
    inputs: &[&DynArray],
    dtypes: &[DType],
    sizes: &[(&str, usize)],
) -> Result<Vec<DynArray>> {
    let applied = || Plan::new(Gufunc::parse(signature)?, inputs, dtypes, sizes)?.build(f);
    applied().map_err(|e| e.at(f.name().to_string()))
}

struct Plan<'a> {
    signature: Gufunc,
    inputs: &'a [&'a DynArray],
    /// Cut of the outer axes.
    outer: Grid,
    /// Core axes of the inputs, each once, with its length.
    cores: Vec<(String, usize)>,
    results: Vec<Declared>,
}

impl<'a> Plan<'a> {
    fn new(signature: Gufunc, inputs: &'a [&'a DynArray], dtypes: &[DType], sizes: &[(&str, usize)]) -> Result<Plan<'a>> {
        if signature.inputs.len() != inputs.len() || signature.outputs.len() != dtypes.len() {
            return Err(Error::usage(format!(
                "the signature has {} inputs and {} results, but there are {} arrays and {} dtypes",
                signature.inputs.len(),
                signature.outputs.len(),
                inputs.len(),
                dtypes.len()
            )));
        }
        let mut cores: Vec<(String, usize)> = Vec::new();
        for (x, names) in inputs.iter().zip(&signature.inputs) {
            let Some(skip) = x.ndim().checked_sub(names.len()) else {
                return Err(Error::usage(format!("an array of {} axes for core axes ({})", x.ndim(), names.join(","))));
            };
            for (name, n) in names.iter().zip(x.shape().into_iter().skip(skip)) {
                match cores.iter().find(|(c, _)| c == name) {
                    None => cores.push((name.clone(), n)),
                    Some((_, have)) if *have == n => {}
                    Some((_, have)) => return Err(Error::usage(format!("core axis {name} has the lengths {have} and {n}"))),
                }
            }
        }
        if let Some((name, _)) = sizes.iter().find(|(s, _)| cores.iter().any(|(c, _)| c == s)) {
            return Err(Error::usage(format!("core axis {name} has its length from an input: leave its size out")));
        }
        let len = |name: &String| {
            let given = sizes.iter().find(|(s, _)| s == name).map(|s| s.1);
            let n = cores.iter().find(|(c, _)| c == name).map(|c| c.1).or(given);
            n.ok_or_else(|| Error::usage(format!("core axis {name} of a result has no length: give it among the sizes")))
        };
        let declared = signature.outputs.iter().zip(dtypes);
        let results = declared.map(|(o, &dtype)| Ok(Declared { dtype, core: o.iter().map(len).collect::<Result<_>>()? }));
        let results = results.collect::<Result<_>>()?;
        let outer = outer(inputs, &signature)?;
        Ok(Plan { signature, inputs, outer, cores, results })
    }

    fn build(&self, f: &Function) -> Result<Vec<DynArray>> {
        let n_outer = self.outer.ndim();
        let several = self.results.len() > 1;
        // Several results are one axis of bytes.
        let own: Vec<usize> =
            if several { vec![self.results.iter().map(Declared::bytes).sum()] } else { self.results[0].core.clone() };
        let first_core = n_outer + own.len();
        let (mut exprs, mut maps, mut layouts): (Vec<Expr>, Vec<IndexMap>, Vec<Vec<usize>>) = (vec![], vec![], vec![]);
        for (x, names) in self.inputs.iter().zip(&self.signature.inputs) {
            let (_, grid) = x.parts();
            let skip = grid.ndim() - names.len();
            let place = |name: &String| first_core + self.cores.iter().position(|(c, _)| c == name).unwrap_or(0);
            let shape: Coords = grid.shape()[..skip].into();
            let mut map = IndexMap::broadcast(&shape, &self.outer.shape());
            let axes = map.0.iter().zip(grid.axes()).map(|(m, axis)| match m {
                AxisMap::Out(o) => self.outer.axes()[*o].clone(),
                AxisMap::Fixed(_) => axis.clone(),
            });
            let cut = Grid::new(axes.chain(grid.axes()[skip..].iter().map(|a| Axis::whole(a.len()))));
            map.0.extend(names.iter().map(|n| AxisMap::Out(place(n))));
            exprs.push(build::rechunk(x.expr(), cut)?);
            maps.push(map);
            layouts.push((0..n_outer).chain(names.iter().map(place)).collect());
        }
        let axes = self.outer.axes().iter().cloned().chain(own.iter().map(|&n| Axis::whole(n)));
        let grid = Grid::new(axes.chain(self.cores.iter().map(|_| Axis::whole(1))));
        grid.n_elements()?;
        let dtype = if several { DType::U8 } else { self.results[0].dtype };
        let results = if several { self.results.clone() } else { vec![Declared { dtype, core: vec![] }] };
        // Two copies: what the function gives, and what of it must be put in order.
        let scratch_bytes = if several { 2 * grid.max_chunk_elements() as u64 } else { 0 };
        let form = Form { layouts: Some(layouts), n_extra: self.cores.len(), along: None, results, scratch_bytes };
        let x = without_last(&build::call_mapped(f.call(form)?, exprs, maps, dtype, grid)?, self.cores.len())?;
        if several { self.unpack(&x) } else { Ok(vec![x]) }
    }

    fn unpack(&self, packed: &DynArray) -> Result<Vec<DynArray>> {
        let n_outer = self.outer.ndim();
        let mut offset = 0;
        let mut out = Vec::new();
        for d in &self.results {
            let op = shared(Unpack { offset, dtype: d.dtype, n_outer })?;
            offset += d.bytes();
            let axes = self.outer.axes().iter().cloned().chain(d.core.iter().map(|&n| Axis::whole(n)));
            let grid = Grid::new(axes.chain([Axis::whole(1)]));
            let map = IndexMap((0..n_outer).chain([n_outer + d.core.len()]).map(AxisMap::Out).collect());
            let x = build::call_mapped(op, vec![packed.expr().clone()], vec![map], d.dtype, grid)?;
            out.push(without_last(&x, 1)?);
        }
        Ok(out)
    }
}

/// The outer axes of all inputs in one cut, made smaller where core axes had been cut.
fn outer(inputs: &[&DynArray], signature: &Gufunc) -> Result<Grid> {
    let mut parts: Vec<Grid> = Vec::new();
    for (x, names) in inputs.iter().zip(&signature.inputs) {
        let (_, grid) = x.parts();
        let skip = grid.ndim() - names.len();
        let core: Vec<usize> = (skip..grid.ndim()).collect();
        parts.push(Grid::new(whole_along(grid, &core).axes()[..skip].iter().cloned()));
    }
    let shapes: Vec<Coords> = parts.iter().map(Grid::shape).collect();
    let shape = build::broadcast_shapes(&shapes)?;
    let mut axes: Vec<Option<Axis>> = vec![None; shape.len()];
    for g in &parts {
        for (o, axis) in IndexMap::broadcast(&g.shape(), &shape).output_axes(g) {
            axes[o] = Some(axes[o].take().map_or_else(|| axis.clone(), |have| build::unify(&have, axis)));
        }
    }
    Ok(Grid::new(axes.into_iter().zip(&shape).map(|(a, &n)| a.unwrap_or_else(|| Axis::whole(n)))))
}
