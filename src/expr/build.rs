//! Makes nodes: infers dtype, shape and chunks, and refuses what does not fit, at the call.
//!
//! Functions here are what the user-facing types call; they know the node kinds, not the ops.

use crate::base::grid::Coords;
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Region, Result, Scalar};
use crate::expr::call::{CallOp, ShuffleOp};
use crate::expr::node::{ArrayReduce, Blockwise, Boundary, Call, Scan, Select, SinkNode, SourceNode, TreeReduce};
use crate::expr::{AxisMap, Chunks, Expr, IndexMap, Kind, Meta, Sink, Source, unknown};
use crate::kernel::element::{DTypeRule, ElementOp};
use crate::kernel::program::{Builder, Program, Value};
use crate::kernel::reduce::ReduceOp;
use crate::kernel::scan::ScanOp;
use std::sync::Arc;

/// An argument of an elementwise op: an array, or a scalar that takes the arrays' dtype where it can (NumPy 2's rule).
#[derive(Clone, Debug)]
pub enum Operand {
    /// An array.
    Array(Expr),
    /// A bare number.
    Scalar(Scalar),
}

fn array_meta(dtype: DType, grid: Grid) -> Meta {
    Meta::Array { dtype, grid }
}

/// An array read from outside.
///
/// # Errors
/// When the chunks do not fit the shape.
pub fn source(source: Arc<dyn Source>, chunks: &Chunks) -> Result<Expr> {
    let shape = source.storage_grid().shape();
    let grid = chunks.grid(&shape, source.dtype(), storage_cut(source.as_ref()).as_ref())?;
    let label = source.label();
    let meta = array_meta(source.dtype(), grid);
    let origin = vec![0; shape.len()];
    Ok(Expr::new(Kind::Source(SourceNode::Array { source, origin }), vec![], meta, label))
}

/// How a source is cut where it lies; None where any part can be read at the part's own price.
pub fn storage_cut(source: &dyn Source) -> Option<Grid> {
    let storage = source.storage_grid();
    let shape = storage.shape();
    let element = Region::new(shape.iter().map(|&n| 0..n.min(1)));
    let is_cut = storage.n_chunks() > 1 || source.stored_bytes(&element) == source.stored_bytes(&Region::whole(&shape));
    is_cut.then_some(storage)
}

/// An array computed from element positions alone.
pub fn generate(program: Program, grid: Grid, label: impl Into<String>) -> Expr {
    let meta = array_meta(program.dtype(), grid);
    Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps: vec![] }), vec![], meta, label)
}

/// Shape that all broadcast to.
///
/// # Errors
/// When two lengths differ and neither is 1.
pub fn broadcast_shapes(shapes: &[Coords]) -> Result<Coords> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out: Coords = (0..ndim).map(|_| 1).collect();
    for s in shapes {
        for (o, &n) in out[ndim - s.len()..].iter_mut().zip(s) {
            if *o != n && *o != 1 && n != 1 {
                let all: Vec<String> = shapes.iter().map(|s| format!("{:?}", s.as_slice())).collect();
                return Err(Error::usage(format!("shapes {} do not broadcast together", all.join(" and "))));
            }
            if *o == 1 {
                *o = n;
            }
        }
    }
    Ok(out)
}

/// The inputs with one cut along every axis they share, their maps onto the broadcast shape, and that grid.
///
/// # Errors
/// When shapes do not broadcast.
pub fn align(inputs: &[Expr]) -> Result<(Vec<Expr>, Vec<IndexMap>, Grid)> {
    let grids: Vec<&Grid> = inputs.iter().map(|e| e.array().map(|(_, g)| g)).collect::<Result<_>>()?;
    if grids.iter().any(|g| g.unknown_axis().is_some()) {
        return unknown::align(inputs, &grids);
    }
    let shapes: Vec<Coords> = grids.iter().map(|g| g.shape()).collect();
    let shape = broadcast_shapes(&shapes)?;
    let maps: Vec<IndexMap> = shapes.iter().map(|s| IndexMap::broadcast(s, &shape)).collect();
    let mut axes: Vec<Option<Axis>> = vec![None; shape.len()];
    for (map, grid) in maps.iter().zip(&grids) {
        for (o, axis) in map.output_axes(grid) {
            axes[o] = Some(match axes[o].take() {
                None => axis.clone(),
                Some(a) => unify(&a, axis),
            });
        }
    }
    let grid = Grid::new(axes.into_iter().zip(&shape).map(|(a, &n)| a.unwrap_or_else(|| Axis::whole(n))));
    grid.n_elements()?;
    let inputs = inputs.iter().zip(&maps).map(|(e, m)| conform(e, m, &grid)).collect::<Result<_>>()?;
    Ok((inputs, maps, grid))
}

/// One cut for two of the same axis: their common boundaries, unless that would shatter it; then the finer of the two.
pub fn unify(a: &Axis, b: &Axis) -> Axis {
    let common = a.common(b);
    let finer = if a.n_chunks() >= b.n_chunks() { a } else { b };
    if common.n_chunks() > 2 * finer.n_chunks() { finer.clone() } else { common }
}

/// The input cut as `grid` asks along the axes that the map names.
pub(super) fn conform(input: &Expr, map: &IndexMap, grid: &Grid) -> Result<Expr> {
    let (_, have) = input.array()?;
    let axes = map.0.iter().zip(have.axes()).map(|(m, axis)| match m {
        AxisMap::Out(o) => grid.axes()[*o].clone(),
        AxisMap::Fixed(_) => axis.clone(),
    });
    rechunk(input, Grid::new(axes))
}

/// The dtype a bare scalar takes beside arrays of `dtype`: theirs, unless its kind is higher (bool < integer < float < complex).
pub(crate) fn weak_dtype(s: Scalar, dtype: DType) -> DType {
    match s {
        Scalar::Bool(_) => DType::Bool,
        Scalar::C128(..) if dtype.is_inexact() => dtype.complex(),
        Scalar::C128(..) => DType::C128,
        Scalar::F64(_) if dtype.is_inexact() => dtype,
        Scalar::F64(_) => DType::F64,
        _ if dtype == DType::Bool => DType::I64,
        _ => dtype,
    }
}

/// An elementwise op on arrays and scalars, with broadcasting.
///
/// # Errors
/// When shapes do not broadcast, the op does not take the dtypes, or an integer scalar does not fit the arrays' dtype.
pub fn elementwise(op: &'static ElementOp, operands: &[Operand]) -> Result<Expr> {
    let arrays: Vec<Expr> = operands
        .iter()
        .filter_map(|o| match o {
            Operand::Array(e) => Some(e.clone()),
            Operand::Scalar(_) => None,
        })
        .collect();
    if arrays.is_empty() {
        return Err(Error::usage(format!("{} needs at least one array", op.name)));
    }
    let (inputs, maps, grid) = align(&arrays).map_err(|e| e.at(op.name))?;
    let dtypes: Vec<DType> = inputs.iter().map(|e| e.array().map(|a| a.0)).collect::<Result<_>>()?;
    // The condition of a choice takes no part in the others' dtype.
    let skip = usize::from(op.rule == DTypeRule::Choose && matches!(operands[0], Operand::Array(_)));
    let beside = DType::promote_all(dtypes[skip..].iter().copied()).unwrap_or(DType::Bool);
    let mut b = Builder::new();
    let mut next = 0;
    let args: Vec<Value> = operands
        .iter()
        .map(|o| match o {
            Operand::Array(_) => {
                next += 1;
                Ok(b.input(dtypes[next - 1]))
            }
            Operand::Scalar(s) => {
                let d = weak_dtype(*s, beside);
                if d.is_integer() && !s.fits(d) {
                    return Err(Error::usage(format!("{}: {s} does not fit {d}; cast the array with astype first", op.name)));
                }
                Ok(b.constant(*s, d))
            }
        })
        .collect::<Result<_>>()?;
    let result = b.apply(op, &args)?;
    let program = b.finish(result);
    let meta = array_meta(program.dtype(), grid);
    Ok(Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps }), inputs, meta, op.name))
}

/// Any elementwise program over arrays (slot `i` is input `i`), with broadcasting.
///
/// # Errors
/// When shapes do not broadcast or dtypes are not the program's.
pub fn apply_program(program: Program, inputs: &[Expr], label: &str) -> Result<Expr> {
    let (inputs, maps, grid) = align(inputs).map_err(|e| e.at(label))?;
    for (i, (e, want)) in inputs.iter().zip(&program.inputs).enumerate() {
        let (have, _) = e.array()?;
        if have != *want {
            return Err(Error::bug(format!("{label}: input {i} is {have}, the program takes {want}")));
        }
    }
    unknown::positions(&program, &grid).map_err(|e| e.at(label))?;
    let meta = array_meta(program.dtype(), grid);
    Ok(Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps }), inputs, meta, label))
}

/// The inputs cut as `grid` along the axes they share with it by broadcasting, and their maps onto it.
///
/// # Errors
/// When a shape does not broadcast to the grid's.
pub fn fit(inputs: &[Expr], grid: &Grid) -> Result<(Vec<Expr>, Vec<IndexMap>)> {
    let shape = grid.shape();
    let fitted = inputs.iter().map(|x| {
        let have = x.array()?.1.shape();
        if broadcast_shapes(&[have.clone(), shape.clone()]).ok().as_ref() != Some(&shape) {
            return Err(Error::usage(format!("shape {:?} does not broadcast to {:?}", have.as_slice(), shape.as_slice())));
        }
        let map = IndexMap::broadcast(&have, &shape);
        Ok((conform(x, &map, grid)?, map))
    });
    fitted.collect::<Result<Vec<_>>>().map(|v| v.into_iter().unzip())
}

/// An array computed from element positions and from arrays that [`fit`] has cut.
///
/// # Errors
/// A bug: dtypes that are not the program's.
pub fn generate_from(program: Program, inputs: Vec<Expr>, maps: Vec<IndexMap>, grid: Grid, label: &str) -> Result<Expr> {
    for (e, want) in inputs.iter().zip(&program.inputs) {
        if e.array()?.0 != *want {
            return Err(Error::bug(format!("{label}: an input is {}, the program takes {want}", e.array()?.0)));
        }
    }
    let meta = array_meta(program.dtype(), grid);
    Ok(Expr::new(Kind::Blockwise(Blockwise { program: Arc::new(program), maps }), inputs, meta, label))
}

/// Another dtype.
///
/// # Errors
/// When this is no array.
pub fn cast(x: &Expr, dtype: DType) -> Result<Expr> {
    let (have, grid) = x.array()?;
    if have == dtype {
        return Ok(x.clone());
    }
    if !have.converts(dtype) {
        let message = format!("{have} to {dtype} would drop the imaginary part: take .real(), .imag() or .absolute() first");
        return Err(Error::usage(message).at("astype"));
    }
    let mut b = Builder::new();
    let v = b.input(have);
    let v = b.cast(v, dtype);
    let blockwise = Blockwise { program: Arc::new(b.finish(v)), maps: vec![IndexMap::identity(grid.ndim())] };
    Ok(Expr::new(Kind::Blockwise(blockwise), vec![x.clone()], array_meta(dtype, grid.clone()), format!("astype({dtype})")))
}

/// The elements under another arrangement of axes: `map` says where each axis of `x` goes, `grid` is the result's.
///
/// # Errors
/// When the result has too many elements.
pub fn rearrange(x: &Expr, map: IndexMap, grid: Grid, label: &str) -> Result<Expr> {
    let (dtype, _) = x.array()?;
    grid.n_elements().map_err(|e| e.at(label))?;
    let blockwise = Blockwise { program: Arc::new(Program::identity(dtype)), maps: vec![map] };
    Ok(Expr::new(Kind::Blockwise(blockwise), vec![x.clone()], array_meta(dtype, grid), label))
}

/// The axis that `axis` means in `ndim` dimensions (negative: from the end).
///
/// # Errors
/// When it is out of bounds.
pub fn normalize_axis(axis: isize, ndim: usize) -> Result<usize> {
    let n = ndim as isize;
    if axis < -n || axis >= n {
        return Err(Error::usage(format!("axis {axis} is out of bounds for an array of {ndim} dimensions")));
    }
    Ok(if axis < 0 { (axis + n) as usize } else { axis as usize })
}

/// Axes in another order: axis `i` of the result is axis `order[i]` of `x`.
///
/// # Errors
/// When `order` is no permutation of the axes.
pub fn transpose(x: &Expr, order: &[usize]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let mut seen = vec![false; grid.ndim()];
    for &a in order {
        if a >= grid.ndim() || std::mem::replace(&mut seen[a], true) {
            return Err(Error::usage(format!("transpose: {order:?} is no permutation of the {} axes", grid.ndim())));
        }
    }
    if order.len() != grid.ndim() {
        return Err(Error::usage(format!("transpose: {order:?} does not name all {} axes", grid.ndim())));
    }
    let mut map: Vec<AxisMap> = vec![AxisMap::Fixed(0); order.len()];
    for (o, &a) in order.iter().enumerate() {
        map[a] = AxisMap::Out(o);
    }
    let out = Grid::new(order.iter().map(|&a| grid.axes()[a].clone()));
    rearrange(x, IndexMap(map.into()), out, "transpose")
}

/// The array repeated to `shape` by NumPy's broadcasting.
///
/// # Errors
/// When the shape does not follow from the array's.
pub fn broadcast_to(x: &Expr, shape: &[usize]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    unknown::refuse(grid).map_err(|e| e.at("broadcast_to"))?;
    let have = grid.shape();
    if broadcast_shapes(&[have.clone(), shape.into()])?.as_slice() != shape {
        return Err(Error::usage(format!("broadcast_to: {:?} does not broadcast to {shape:?}", have.as_slice())));
    }
    let map = IndexMap::broadcast(&have, shape);
    let mut axes: Vec<Axis> = shape.iter().map(|&n| Axis::whole(n)).collect();
    for (o, a) in map.output_axes(grid) {
        axes[o] = a.clone();
    }
    rearrange(x, map, Grid::new(axes), "broadcast_to")
}

/// New axes of length 1; `axes` are their places in the result, rising.
///
/// # Errors
/// When this is no array.
pub fn expand_dims(x: &Expr, axes: &[usize]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let ndim = grid.ndim() + axes.len();
    let old: Vec<usize> = (0..ndim).filter(|a| !axes.contains(a)).collect();
    if old.len() != grid.ndim() {
        return Err(Error::usage(format!(
            "expand_dims: axes {axes:?} are out of bounds or repeated for a result of {ndim} dimensions"
        )));
    }
    let mut out: Vec<Axis> = vec![Axis::whole(1); ndim];
    for (a, &o) in old.iter().enumerate() {
        out[o] = grid.axes()[a].clone();
    }
    rearrange(x, IndexMap(old.into_iter().map(AxisMap::Out).collect()), Grid::new(out), "expand_dims")
}

/// One element of some axes, which go away: `Some(i)` for those.
///
/// # Errors
/// When an index is out of bounds.
pub fn index(x: &Expr, at: &[Option<usize>]) -> Result<Expr> {
    let (_, grid) = x.array()?;
    let mut map = Vec::new();
    let mut out = Vec::new();
    for (a, axis) in grid.axes().iter().enumerate() {
        match at.get(a).copied().flatten() {
            Some(_) if axis.is_unknown() => return Err(unknown::error(a)),
            Some(i) if i >= axis.len() => {
                return Err(Error::usage(format!("index {i} is out of bounds for axis {a} of length {}", axis.len())));
            }
            Some(i) => map.push(AxisMap::Fixed(i)),
            None => {
                map.push(AxisMap::Out(out.len()));
                out.push(axis.clone());
            }
        }
    }
    rearrange(x, IndexMap(map.into()), Grid::new(out), "index")
}

/// A slice of every axis.
///
/// # Errors
/// When this is no array or the slices do not lie on its axes.
pub fn slice(x: &Expr, slices: &[AxisSlice]) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let shape = grid.shape();
    if slices.len() != shape.len() || slices.iter().zip(&shape).any(|(s, &n)| s.len > 0 && s.hull().end > n) {
        return Err(Error::usage(format!("slice {slices:?} does not lie in the shape {:?}", shape.as_slice())));
    }
    if slices.iter().zip(&shape).all(|(s, &n)| s.is_whole(n)) {
        return Ok(x.clone());
    }
    let partly = |(a, s): (&Axis, &AxisSlice)| a.is_unknown() && !s.is_whole(a.len());
    if let Some(a) = grid.axes().iter().zip(slices).position(partly) {
        return Err(unknown::error(a));
    }
    let out = Grid::new(grid.axes().iter().zip(slices).map(|(a, s)| slice_axis(a, s)));
    let meta = array_meta(dtype, out);
    Ok(Expr::new(Kind::Select(Select::Slice(slices.to_vec())), vec![x.clone()], meta, "slice"))
}

/// How a slice of an axis is cut: one piece for each chunk that holds some of it.
pub fn slice_axis(axis: &Axis, s: &AxisSlice) -> Axis {
    if axis.is_unknown() {
        return axis.clone(); // only the whole of it is ever sliced
    }
    let mut sizes = Vec::new();
    let mut i = 0;
    while i < s.len {
        let r = axis.range(axis.chunk_of(s.at(i)));
        let room = if s.step > 0 { r.end - 1 - s.at(i) } else { s.at(i) - r.start };
        let n = (room / s.step.unsigned_abs() + 1).min(s.len - i);
        sizes.push(n);
        i += n;
    }
    Axis::from_sizes(&sizes)
}

/// Arrays one after the other along `axis`.
///
/// # Errors
/// When there are none, or their other axes differ.
pub fn concatenate(arrays: &[Expr], axis: usize) -> Result<Expr> {
    let Some(first) = arrays.first() else { return Err(Error::usage("concatenate needs at least one array")) };
    let mut dtype = first.array()?.0;
    let shape = first.array()?.1.shape();
    if axis >= shape.len() {
        return Err(Error::usage(format!("concatenate: axis {axis} is out of bounds for {} dimensions", shape.len())));
    }
    let mut cuts: Vec<Axis> = first.array()?.1.axes().to_vec();
    for x in &arrays[1..] {
        let (d, g) = x.array()?;
        let s = g.shape();
        if s.len() == shape.len() {
            unknown::same_others(first.array()?.1, g, axis).map_err(|e| e.at("concatenate"))?;
        }
        if s.len() != shape.len() || (0..s.len()).any(|a| a != axis && s[a] != shape[a]) {
            return Err(Error::usage(format!(
                "concatenate along axis {axis}: {:?} and {:?} differ in another axis",
                shape.as_slice(),
                s.as_slice()
            )));
        }
        dtype = dtype.promote(d);
        for (a, cut) in cuts.iter_mut().enumerate().filter(|(a, _)| *a != axis) {
            *cut = unify(cut, &g.axes()[a]);
        }
    }
    let mut sizes = Vec::new();
    let (mut parts, mut owns) = (Vec::new(), Vec::new());
    for x in arrays {
        let own = x.array()?.1.axes()[axis].clone();
        if own.is_empty() {
            continue;
        }
        sizes.extend(own.sizes());
        owns.push(own.clone());
        let axes = cuts.iter().enumerate().map(|(a, c)| if a == axis { own.clone() } else { c.clone() });
        parts.push(rechunk(&cast(x, dtype)?, Grid::new(axes))?);
    }
    if parts.len() <= 1 {
        return match parts.pop() {
            Some(only) => Ok(only),
            None => cast(first, dtype),
        };
    }
    cuts[axis] = unknown::joined(&owns).unwrap_or_else(|| Axis::from_sizes(&sizes));
    let grid = Grid::new(cuts);
    grid.n_elements().map_err(|e| e.at("concatenate"))?;
    let meta = array_meta(dtype, grid);
    Ok(Expr::new(Kind::Select(Select::Concat(axis)), parts, meta, "concatenate"))
}

/// Every chunk with some of its neighbours around it, as far away as the depth reaches; beyond the border the boundary is
/// continued as often as needed. The result's grid has the enlarged chunks.
///
/// # Errors
/// When there is not one depth per axis, or the boundary continues an axis that has no elements.
pub fn halo(x: &Expr, depth: &[(usize, usize)], boundary: Boundary) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    unknown::refuse(grid).map_err(|e| e.at("halo"))?;
    if depth.len() != grid.ndim() {
        return Err(Error::usage(format!("a halo needs a depth for each of the {} axes, not {}", grid.ndim(), depth.len())));
    }
    let mut axes = Vec::new();
    for (a, (axis, &(before, after))) in grid.axes().iter().zip(depth).enumerate() {
        if axis.is_empty() && before.max(after) > 0 && !matches!(boundary, Boundary::None | Boundary::Constant(_)) {
            return Err(Error::usage(format!("axis {a} has no elements to continue: use Boundary::Constant")));
        }
        if before.checked_add(after).and_then(|d| d.checked_add(axis.len())).is_none_or(|n| isize::try_from(n).is_err()) {
            return Err(Error::usage(format!("a halo of {before} and {after} around axis {a} is beyond all memory")));
        }
        let n = axis.n_chunks();
        let sizes: Vec<usize> = (0..n)
            .map(|i| {
                let r = axis.range(i);
                let (lo, hi) =
                    if boundary == Boundary::None { (before.min(r.start), after.min(axis.len() - r.end)) } else { (before, after) };
                r.len() + lo + hi
            })
            .collect();
        axes.push(Axis::from_sizes(&sizes));
    }
    let grid = Grid::new(axes);
    grid.n_elements().map_err(|e| e.at("halo"))?;
    let meta = array_meta(dtype, grid);
    Ok(Expr::new(Kind::Select(Select::Halo { depth: depth.to_vec(), boundary }), vec![x.clone()], meta, "halo"))
}

/// The same elements, cut as `grid` says.
///
/// # Errors
/// When the shapes differ.
pub fn rechunk(x: &Expr, grid: Grid) -> Result<Expr> {
    let (dtype, have) = x.array()?;
    if *have == grid {
        return Ok(x.clone());
    }
    if let Some(a) = have.axes().iter().zip(grid.axes()).position(|(h, g)| (h.is_unknown() || g.is_unknown()) && h != g) {
        return Err(unknown::error(a).at("rechunk"));
    }
    if have.shape() != grid.shape() {
        return Err(Error::usage(format!(
            "rechunk: chunks for shape {:?} do not fit {:?}",
            grid.shape().as_slice(),
            have.shape().as_slice()
        )));
    }
    Ok(Expr::new(Kind::Rechunk, vec![x.clone()], array_meta(dtype, grid), "rechunk"))
}

/// A reduction over `axes` (rising, all if None).
///
/// # Errors
/// When an axis is out of bounds or repeated, the op does not take the dtype, or needs elements and there are none.
pub fn reduce(
    x: &Expr,
    op: &'static ReduceOp,
    axes: Option<&[isize]>,
    keepdims: bool,
    ddof: f64,
    split_every: usize,
) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let ndim = grid.ndim();
    let mut list: Vec<usize> = match axes {
        None => (0..ndim).collect(),
        Some(a) => a.iter().map(|&a| normalize_axis(a, ndim)).collect::<Result<_>>().map_err(|e| e.at(op.name))?,
    };
    list.sort_unstable();
    if list.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::usage(format!("{}: an axis is given twice in {:?}", op.name, axes.unwrap_or(&[]))));
    }
    op.check(&grid.shape(), &list)?;
    if let Some(a) = list.iter().copied().find(|&a| op.tags.positional && grid.axes()[a].is_unknown()) {
        return Err(unknown::error(a).at(op.name)); // positions along it would be those of the bounds
    }
    let out_dtype = op.result_dtype(dtype);
    let out = reduced_grid(grid, &list, keepdims);
    let map = Blockwise { program: Arc::new(Program::identity(dtype)), maps: vec![IndexMap::identity(ndim)] };
    let node = ArrayReduce { map, grid: grid.clone(), op, axes: list, keepdims, ddof, split_every: split_every.max(2) };
    Ok(Expr::new(Kind::TreeReduce(TreeReduce::Array(node)), vec![x.clone()], array_meta(out_dtype, out), op.name))
}

/// The grid of a reduction's result.
pub fn reduced_grid(grid: &Grid, axes: &[usize], keepdims: bool) -> Grid {
    Grid::new(grid.axes().iter().enumerate().filter_map(|(a, axis)| match axes.contains(&a) {
        false => Some(axis.clone()),
        true if keepdims => Some(Axis::whole(1)),
        true => None,
    }))
}

/// A running value along an axis.
///
/// # Errors
/// When the axis is out of bounds or the op does not take the dtype.
pub fn scan(x: &Expr, op: &'static ScanOp, axis: isize) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let axis = normalize_axis(axis, grid.ndim()).map_err(|e| e.at(op.name))?;
    let meta = array_meta(op.result_dtype(dtype), grid.clone());
    Ok(Expr::new(Kind::Scan(Scan { op, axis }), vec![x.clone()], meta, op.name))
}

/// A function on aligned blocks; `grid` is what the caller declares of the result, with as many chunks as the inputs' aligned
/// grid has along every axis.
///
/// # Errors
/// When shapes do not broadcast or the declared grid has another number of chunks.
pub fn call(op: Arc<dyn CallOp>, inputs: &[Expr], dtype: DType, grid: Option<Grid>) -> Result<Expr> {
    let label = op.label();
    let (inputs, maps, aligned) = align(inputs).map_err(|e| e.at(label.clone()))?;
    let grid = grid.unwrap_or_else(|| aligned.clone());
    if grid.ndim() == aligned.ndim() {
        unknown::declared(&aligned, &grid).map_err(|e| e.at(label.clone()))?;
    } else {
        unknown::refuse(&aligned).map_err(|e| e.at(label.clone()))?;
    }
    if !inputs.is_empty() && grid.counts() != aligned.counts() {
        return Err(Error::usage(format!(
            "{label}: the declared chunks make {:?} blocks, but the inputs have {:?}: declare one output block per input block",
            grid.counts().as_slice(),
            aligned.counts().as_slice()
        )));
    }
    Ok(Expr::new(Kind::Call(Call { op, maps }), inputs, array_meta(dtype, grid), label))
}

/// A function on blocks of arrays that lie along chosen axes of the output: block `coords` of the result is made of the blocks that
/// the maps name. An input without some axis of the output is used for all blocks along it.
///
/// # Errors
/// When an input is cut into another number of blocks than the axis of the output it runs along.
pub fn call_mapped(op: Arc<dyn CallOp>, inputs: Vec<Expr>, maps: Vec<IndexMap>, dtype: DType, grid: Grid) -> Result<Expr> {
    let label = op.label();
    for (x, map) in inputs.iter().zip(&maps) {
        let (_, own) = x.array()?;
        for (a, m) in map.0.iter().enumerate().filter(|(a, _)| own.axes()[*a].is_unknown()) {
            let whole = Axis::whole(0);
            let out = if let AxisMap::Out(o) = m { grid.axes().get(*o).unwrap_or(&whole) } else { &whole };
            unknown::one_axis(&own.axes()[a], out, a).map_err(|e| e.at(label.clone()))?;
        }
        for (o, axis) in map.output_axes(own) {
            let (have, want) = (axis.n_chunks(), grid.axes().get(o).map_or(0, Axis::n_chunks));
            if have != want {
                return Err(Error::usage(format!(
                    "{label}: an input has {have} blocks along axis {o} of the result, which has {want}"
                )));
            }
        }
    }
    Ok(Expr::new(Kind::Call(Call { op, maps }), inputs, array_meta(dtype, grid), label))
}

/// A shuffle of an array into an array.
pub fn shuffle(op: Arc<dyn ShuffleOp>, x: &Expr, dtype: DType, grid: Grid) -> Expr {
    let label = op.label();
    Expr::new(Kind::Shuffle(op), vec![x.clone()], array_meta(dtype, grid), label)
}

/// Writes an array to an output.
///
/// # Errors
/// When the output cannot hold it.
pub fn sink(x: &Expr, sink: Arc<dyn Sink>) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    if let Some(a) = grid.unknown_axis() {
        return Err(unknown::error(a).at(sink.label()));
    }
    let write = sink.write_grid(dtype, grid).map_err(|e| e.at(sink.label()))?;
    let input = rechunk(x, write)?;
    let label = sink.label();
    Ok(Expr::new(Kind::Sink(SinkNode::Array(sink)), vec![input], Meta::Unit, label))
}
