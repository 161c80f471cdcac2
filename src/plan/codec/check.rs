//! The rules that decoded nodes must keep before anything works with them, beyond those of
//! [`verify`](crate::expr::verify), which trusts that numbers are sane.

use crate::base::{Axis, AxisSlice, DType, Error, Grid, Result};
use crate::expr::node::{ArrayReduce, Blockwise, Call, Select, SourceNode, TreeReduce};
use crate::expr::picks::{self, Picks};
use crate::expr::{AxisMap, Expr, IndexMap, Kind, Meta, build, reshape, unknown};

/// Most chunks of all nodes together.
pub(super) const MAX_CHUNKS: usize = 1 << 26;
/// Most dimensions of an array.
const MAX_DIMS: usize = 64;

fn ensure(ok: bool, what: impl FnOnce() -> String) -> Result<()> {
    if ok { Ok(()) } else { Err(Error::corrupt(what())) }
}

/// Whether an array can have these axes: neither its elements nor their bytes nor its chunks overflow.
pub(super) fn grid(axes: &[Axis]) -> Result<()> {
    ensure(axes.len() <= MAX_DIMS, || format!("an array of {} dimensions", axes.len()))?;
    // Empty axes are left out of the product, so that the lengths beside them are sane too.
    let bytes = axes.iter().try_fold(16usize, |n, a| n.checked_mul(a.len().max(1)).filter(|&n| isize::try_from(n).is_ok()));
    ensure(bytes.is_some(), || "an array of more than 2^63 bytes".into())?;
    let chunks = axes.iter().try_fold(1usize, |n, a| n.checked_mul(a.n_chunks()).filter(|&n| n <= MAX_CHUNKS));
    ensure(chunks.is_some(), || format!("an array of more than {MAX_CHUNKS} chunks"))
}

/// Checks a node; its inputs are checked already.
pub(super) fn node(e: &Expr) -> Result<()> {
    match e.kind() {
        Kind::Source(SourceNode::Array { source, origin }) => {
            let (dtype, grid) = e.array()?;
            let whole = source.storage_grid().shape();
            let inside = origin.len() == whole.len()
                && grid.ndim() == whole.len()
                && origin.iter().zip(grid.shape()).zip(&whole).all(|((o, n), w)| o.checked_add(n).is_some_and(|end| end <= *w));
            ensure(inside && dtype == source.dtype(), || "a box outside of its source".into())
        }
        Kind::Source(SourceNode::Table(t)) => {
            ensure(*e.meta() == Meta::Table(t.meta()), || "the table is another one than the node says".into())
        }
        Kind::Blockwise(b) => blockwise(e, b),
        Kind::TreeReduce(TreeReduce::Array(r)) => reduce(e, r),
        Kind::Shuffle(_) if matches!(e.meta(), Meta::Array { .. }) => only_input(e).map(|_| ()),
        Kind::TreeReduce(TreeReduce::Table(_)) | Kind::Shuffle(_) => {
            let table = |x: &Expr| matches!(x.meta(), Meta::Table(_));
            ensure(e.inputs().len() == 1 && table(&e.inputs()[0]) && table(e), || "work on a table with something else".into())
        }
        Kind::Scan(s) => {
            let (dtype, g) = only_input(e)?;
            let out = e.array()?;
            ensure(s.axis < g.ndim() && out == (s.op.result_dtype(dtype), g), || "a scan that gives something else".into())
        }
        Kind::Select(s) => select(e, s),
        Kind::Rechunk => {
            let (dtype, g) = only_input(e)?;
            let (d, out) = e.array()?;
            ensure(dtype == d && g.shape() == out.shape(), || "a rechunk to another array".into())
        }
        Kind::Call(c) => call(e, c),
        Kind::Sink(_) => ensure(e.inputs().len() == 1 && *e.meta() == Meta::Unit, || "a sink that gives something".into()),
    }
}

fn only_input(e: &Expr) -> Result<(DType, &Grid)> {
    ensure(e.inputs().len() == 1, || format!("{} inputs instead of one", e.inputs().len()))?;
    e.inputs()[0].array()
}

fn maps(maps: &[IndexMap], e: &Expr, out: &Grid, same_cut: bool) -> Result<()> {
    ensure(maps.len() == e.inputs().len(), || format!("{} maps for {} inputs", maps.len(), e.inputs().len()))?;
    for (map, input) in maps.iter().zip(e.inputs()) {
        let (_, g) = input.array()?;
        ensure(map.0.len() == g.ndim(), || "a map of another number of axes than its input".into())?;
        let mut seen = vec![false; out.ndim()];
        for (m, axis) in map.0.iter().zip(g.axes()) {
            let ok = match *m {
                AxisMap::Fixed(i) => i < axis.len(),
                AxisMap::Out(o) if o >= out.ndim() || std::mem::replace(&mut seen[o], true) => false,
                AxisMap::Out(o) if same_cut => out.axes()[o] == *axis,
                AxisMap::Out(o) => out.axes()[o].n_chunks() == axis.n_chunks(),
            };
            ensure(ok, || "a map that does not fit its input".into())?;
        }
    }
    Ok(())
}

fn slots(b: &Blockwise, e: &Expr) -> Result<()> {
    ensure(b.program.inputs.len() == e.inputs().len(), || "a program of another number of inputs".into())?;
    for (input, &want) in e.inputs().iter().zip(&b.program.inputs) {
        ensure(input.array()?.0 == want, || "a program for other dtypes".into())?;
    }
    Ok(())
}

fn blockwise(e: &Expr, b: &Blockwise) -> Result<()> {
    let (dtype, grid) = e.array()?;
    slots(b, e)?;
    maps(&b.maps, e, grid, true)?;
    ensure(b.program.dtype() == dtype, || "a program that gives another dtype".into())
}

fn reduce(e: &Expr, r: &ArrayReduce) -> Result<()> {
    let (dtype, grid) = e.array()?;
    slots(&r.map, e)?;
    maps(&r.map.maps, e, &r.grid, true)?;
    let rising = r.axes.windows(2).all(|w| w[0] < w[1]) && r.axes.last().is_none_or(|&a| a < r.grid.ndim());
    ensure(rising && r.split_every >= 2, || "a reduction of axes that are not there".into())?;
    r.op.check(&r.grid.shape(), &r.axes).map_err(|x| Error::corrupt(x.message().to_string()))?;
    let fits = dtype == r.op.result_dtype(r.map.program.dtype()) && *grid == build::reduced_grid(&r.grid, &r.axes, r.keepdims);
    ensure(fits && r.grid.n_chunks() <= MAX_CHUNKS, || "a reduction to another array".into())
}

fn select(e: &Expr, s: &Select) -> Result<()> {
    let (dtype, out) = e.array()?;
    match s {
        Select::Slice(slices) => {
            let (d, g) = only_input(e)?;
            let ok = slices.len() == g.ndim() && slices.iter().zip(g.axes()).all(|(s, a)| within(s, a.len()));
            ensure(ok && d == dtype, || "a slice outside of its array".into())?;
            let made = Grid::new(g.axes().iter().zip(slices).map(|(a, s)| build::slice_axis(a, s)));
            ensure(made == *out, || "a slice that gives another array".into())
        }
        Select::Concat(axis) => {
            ensure(*axis < out.ndim() && !e.inputs().is_empty(), || "arrays joined along an axis that is not there".into())?;
            let (mut sizes, mut owns): (Vec<usize>, Vec<Axis>) = (Vec::new(), Vec::new());
            for input in e.inputs() {
                let (d, g) = input.array()?;
                let others = |a: usize| a == *axis || g.axes()[a] == out.axes()[a];
                ensure(d == dtype && g.ndim() == out.ndim() && (0..out.ndim()).all(others), || {
                    "arrays that cannot be joined".into()
                })?;
                sizes.extend(g.axes()[*axis].sizes().filter(|&n| n > 0));
                owns.push(g.axes()[*axis].clone());
            }
            if let Some(made) = unknown::joined(&owns) {
                return ensure(made == out.axes()[*axis], || "arrays joined to another length".into());
            }
            let same = out.axes()[*axis].sizes().filter(|&n| n > 0).eq(sizes);
            ensure(same, || "arrays joined to another length".into())
        }
        Select::Halo { depth, boundary } => {
            only_input(e)?;
            let made = build::halo(&e.inputs()[0], depth, *boundary).map_err(|x| Error::corrupt(x.message().to_string()))?;
            ensure(made.meta() == e.meta(), || "a halo that gives another array".into())
        }
        Select::Resolve(sizes) => {
            let (d, g) = only_input(e)?;
            let made = unknown::resolved(g, sizes).map_err(|x| Error::corrupt(x.message().to_string()))?;
            ensure(d == dtype && made == *out, || "sizes of another array".into())
        }
        Select::Take { axes, index } => {
            let (d, g) = only_input(e)?;
            ensure(d == dtype, || "a take of another dtype".into())?;
            picked(g, axes, index, out)
        }
        Select::Put { axes, index } => {
            let [x, value] = e.inputs() else { return Err(Error::corrupt("a put without two inputs")) };
            let ((d, g), (v, part)) = (x.array()?, value.array()?);
            ensure(d == dtype && v == dtype && g == out, || "a put that gives another array".into())?;
            picked(g, axes, index, part)
        }
        Select::Reshape => {
            let (d, g) = only_input(e)?;
            ensure(d == dtype && reshape::same_pieces(g, out), || "a reshape to other elements".into())
        }
    }
}

/// `part` holds what `index` names of an array of grid `whole`.
fn picked(whole: &Grid, axes: &[usize], index: &Picks, part: &Grid) -> Result<()> {
    picks::check(whole, axes, index).map_err(|x| Error::corrupt(x.message().to_string()))?;
    let points = part.axes().get(axes[0]).filter(|p| p.len() == index.len());
    let fits = points.is_some_and(|p| picks::picked_grid(whole, axes, p.clone()) == *part);
    ensure(fits, || "positions of another array".into())
}

fn within(s: &AxisSlice, n: usize) -> bool {
    if s.len == 0 {
        return s.start <= n && s.step != 0;
    }
    let last = s.start as i128 + s.step as i128 * (s.len as i128 - 1);
    s.step != 0
        && (s.step.unsigned_abs() <= n || s.len == 1)
        && s.step.unsigned_abs() <= 1 << 48
        && s.start < n
        && (0..n as i128).contains(&last)
}

fn call(e: &Expr, c: &Call) -> Result<()> {
    match e.meta() {
        Meta::Array { grid, .. } => maps(&c.maps, e, grid, false),
        Meta::Table(t) => {
            let fits = |x: &Expr| matches!(x.meta(), Meta::Table(i) if i.n_partitions >= t.n_partitions);
            ensure(c.maps.is_empty() && e.inputs().iter().all(fits), || "a function on partitions that are not there".into())
        }
        Meta::Unit => Err(Error::corrupt("a call without a value")),
    }
}
