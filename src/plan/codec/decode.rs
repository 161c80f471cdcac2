//! Bytes to expression. Every number is checked here or in [`check`](super::check) before a node is made of it.

use super::check;
use super::form::{
    AxisForm, AxisMapForm, BlockwiseForm, BoundaryForm, Document, GridForm, InstrForm, KindForm, MapForm, MetaForm, Named,
    NodeForm, PicksForm, ReduceForm, SliceForm, VERSION, dtype, size,
};
use super::source_key;
use crate::base::grid::UnknownSizes;
use crate::base::{Axis, AxisSlice, DType, Error, Grid, Kind as ErrorKind, Result};
use crate::expr::call::{CallOp, ShuffleOp};
use crate::expr::node::{ArrayReduce, Blockwise, Boundary, Call, Scan, Select, SinkNode, SourceNode, TreeReduce};
use crate::expr::picks::Picks;
use crate::expr::table::TableMeta;
use crate::expr::{AxisMap, Expr, IndexMap, Kind, Meta, verify};
use crate::format::registry::Registry;
use crate::kernel::compile::Compiled;
use crate::kernel::program::{Instr, Line, Program};
use crate::op;
use std::sync::Arc;

/// The roots that [`encode`](super::encode) wrote.
///
/// # Errors
/// `Corrupt` for bytes that are no expression, or one that breaks the rules of expressions; what a source says when it is
/// opened; `Environment` when a source's content is another one here than where the document was written.
pub fn decode(bytes: &[u8], registry: &Registry) -> Result<Vec<Expr>> {
    let broken = |e| Error::corrupt(format!("the bytes of an expression are broken: {e}"));
    let (version, _) = postcard::take_from_bytes::<u16>(bytes).map_err(broken)?;
    if version != VERSION {
        return Err(Error::corrupt(format!("an expression in version {version} of the encoding, this is version {VERSION}")));
    }
    let (document, rest) = postcard::take_from_bytes::<Document>(bytes).map_err(broken)?;
    if !rest.is_empty() {
        return Err(Error::corrupt(format!("{} bytes follow the expression", rest.len())));
    }
    let mut nodes: Vec<Expr> = Vec::new();
    let mut n_chunks = 0usize;
    for form in document.nodes {
        let node = Decoder { registry, done: &nodes }.node(form)?;
        n_chunks = n_chunks.saturating_add(node.meta().n_chunks());
        if n_chunks > check::MAX_CHUNKS {
            return Err(Error::corrupt(format!("an expression of more than {} chunks", check::MAX_CHUNKS)));
        }
        nodes.push(node);
    }
    let roots = pick(&nodes, &document.roots)?;
    verify::verify(&roots).map_err(|e| Error::corrupt(e.message().to_string()))?;
    Ok(roots)
}

fn pick(nodes: &[Expr], numbers: &[u32]) -> Result<Vec<Expr>> {
    let one =
        |&i: &u32| nodes.get(i as usize).cloned().ok_or_else(|| Error::corrupt(format!("node {i} is used before it is told")));
    numbers.iter().map(one).collect()
}

struct Decoder<'a> {
    registry: &'a Registry,
    done: &'a [Expr],
}

impl Decoder<'_> {
    fn node(&self, form: NodeForm) -> Result<Expr> {
        let inputs = pick(self.done, &form.inputs)?;
        let meta = meta(form.meta)?;
        let label = form.label;
        let kind = self.kind(form.kind, &inputs, &meta).map_err(|e| e.at(label.clone()))?;
        let node = Expr::new(kind, inputs, meta, label.clone());
        // A broken rule is what the bytes say here, not a bug of this side.
        check::node(&node)
            .map_err(|e| if e.kind() == ErrorKind::Bug { Error::corrupt(e.message().to_string()) } else { e }.at(label))?;
        Ok(node)
    }

    fn kind(&self, form: KindForm, inputs: &[Expr], meta: &Meta) -> Result<Kind> {
        let r = self.registry;
        Ok(match form {
            KindForm::Source { thing, origin } => {
                let source = r.source(&thing.name, &thing.params)?;
                let key = source_key(&*source, &thing.params);
                let source = same(source, &thing, |s| (key, s.label()))?;
                Kind::Source(SourceNode::Array { source, origin: origin.into_iter().map(size).collect::<Result<_>>()? })
            }
            KindForm::Table(t) => {
                Kind::Source(SourceNode::Table(same(r.table(&t.name, &t.params)?, &t, |s| (s.key(), s.label()))?))
            }
            KindForm::Blockwise(b) => Kind::Blockwise(blockwise(b, meta)?),
            KindForm::Reduce(f) => Kind::TreeReduce(TreeReduce::Array(reduce(f)?)),
            KindForm::TableReduce(t) => {
                Kind::TreeReduce(TreeReduce::Table(same(r.reduce(&t.name, &t.params)?, &t, |s| (s.key(), s.label()))?))
            }
            KindForm::Scan { op, axis } => Kind::Scan(Scan { op: find(op::scan::find(&op), &op)?, axis: axis as usize }),
            KindForm::Slice(s) => Kind::Select(Select::Slice(s.iter().map(slice).collect::<Result<_>>()?)),
            KindForm::Concat(axis) => Kind::Select(Select::Concat(axis as usize)),
            KindForm::Halo { depth, boundary } => Kind::Select(halo(&depth, &boundary)?),
            KindForm::Rechunk => Kind::Rechunk,
            KindForm::Reshape => Kind::Select(Select::Reshape),
            KindForm::Resolve(sizes) => {
                let one = |s: Option<Vec<u64>>| s.map(|s| s.into_iter().map(size).collect::<Result<Arc<[usize]>>>()).transpose();
                Kind::Select(Select::Resolve(sizes.into_iter().map(one).collect::<Result<_>>()?))
            }
            KindForm::Take { axes, index } => Kind::Select(Select::Take { axes: numbers(&axes), index: picks(index)? }),
            KindForm::Put { axes, index } => Kind::Select(Select::Put { axes: numbers(&axes), index: picks(index)? }),
            KindForm::Shuffle(t) => Kind::Shuffle(same(shuffle(&t, r)?, &t, |s| (s.key(), s.label()))?),
            KindForm::Call { thing, maps } => Kind::Call(Call {
                op: same(function(&thing, r)?, &thing, |c| (c.key(), c.label()))?,
                maps: maps.iter().map(map).collect::<Result<_>>()?,
            }),
            KindForm::Sink(thing) => {
                let sink = r.sink(&thing.name, &thing.params)?;
                let [input] = inputs else { return Err(Error::corrupt("a sink of one input only")) };
                let (dtype, grid) = input.array()?;
                if sink.write_grid(dtype, grid)? != *grid {
                    return Err(Error::corrupt("the output is cut otherwise than it must be"));
                }
                Kind::Sink(SinkNode::Array(sink))
            }
        })
    }
}

/// A function of the op tables, or else one that the registry knows.
fn function(thing: &Named, r: &Registry) -> Result<Arc<dyn CallOp>> {
    match op::block::find(&thing.name) {
        Some(row) => row.open(&thing.params),
        None => r.call(&thing.name, &thing.params),
    }
}

/// A shuffle of the op tables, or else one that the registry knows.
fn shuffle(thing: &Named, r: &Registry) -> Result<Arc<dyn ShuffleOp>> {
    match op::sort::find(&thing.name) {
        Some(row) => (row.open)(&thing.params),
        None => r.shuffle(&thing.name, &thing.params),
    }
}

/// The thing, if it is the one that was meant.
fn same<T: ?Sized>(thing: Arc<T>, meant: &Named, tell: impl Fn(&T) -> (u128, String)) -> Result<Arc<T>> {
    let (key, label) = tell(&thing);
    if key == meant.key {
        return Ok(thing);
    }
    let message =
        format!("{label} is not the same on this worker as where the run began: it has changed since, or another is there");
    Err(Error::new(ErrorKind::Environment, message))
}

fn find<T>(op: Option<&'static T>, name: &str) -> Result<&'static T> {
    op.ok_or_else(|| Error::corrupt(format!("there is no op named '{}'", name.chars().take(64).collect::<String>())))
}

fn blockwise(form: BlockwiseForm, meta: &Meta) -> Result<Blockwise> {
    let Meta::Array { grid, .. } = meta else { return Err(Error::corrupt("elementwise work that gives no array")) };
    mapped(form, grid.ndim())
}

/// Elementwise work on elements of an array of `ndim` dimensions.
fn mapped(form: BlockwiseForm, ndim: usize) -> Result<Blockwise> {
    let values = form.values.into_iter().map(|(i, d)| Ok((instr(i, ndim)?, dtype(d)?))).collect::<Result<_>>()?;
    let inputs = form.inputs.iter().map(|&d| dtype(d)).collect::<Result<Vec<DType>>>()?;
    let program = Program { inputs, values, result: form.result };
    Compiled::new(&program).map_err(|e| Error::corrupt(e.message().to_string()))?;
    Ok(Blockwise { program: Arc::new(program), maps: form.maps.iter().map(map).collect::<Result<_>>()? })
}

fn instr(form: InstrForm, ndim: usize) -> Result<Instr> {
    Ok(match form {
        InstrForm::Input(s) => Instr::Input(s),
        InstrForm::Const(s) => Instr::Const((&s).into()),
        InstrForm::Number { start, steps } if steps.len() <= ndim => Instr::Number(Line { start, steps: steps.into() }),
        InstrForm::Number { steps, .. } => {
            return Err(Error::corrupt(format!("numbers along {} axes of {ndim}", steps.len())));
        }
        InstrForm::Cast(v) => Instr::Cast(v),
        InstrForm::Apply(name, args) => Instr::Apply(find(op::element::find(&name), &name)?, args.into()),
    })
}

fn reduce(form: ReduceForm) -> Result<ArrayReduce> {
    let grid = grid(form.grid)?;
    Ok(ArrayReduce {
        map: mapped(form.map, grid.ndim())?,
        op: find(op::reduction::find(&form.op), &form.op)?,
        axes: form.axes.iter().map(|&a| a as usize).collect(),
        keepdims: form.keepdims,
        ddof: form.ddof,
        split_every: form.split_every as usize,
        grid,
    })
}

fn slice(form: &SliceForm) -> Result<AxisSlice> {
    let step = isize::try_from(form.step).map_err(|_| Error::corrupt(format!("a step of {}", form.step)))?;
    Ok(AxisSlice { start: size(form.start)?, step, len: size(form.len)? })
}

fn numbers(axes: &[u32]) -> Vec<usize> {
    axes.iter().map(|&a| a as usize).collect()
}

fn picks(form: PicksForm) -> Result<Picks> {
    let steps = match form {
        PicksForm::Slice(s) => {
            let s = slice(&s)?;
            // What lies within the array is checked with the node.
            let last = s.start as i128 + s.step as i128 * (s.len.max(1) as i128 - 1);
            if s.step == 0 || !(0..isize::MAX as i128).contains(&last) {
                return Err(Error::corrupt("a slice beyond all arrays"));
            }
            return Ok(Picks::slice(s));
        }
        PicksForm::Steps(steps) => steps,
    };
    let mut at = 0i64;
    let next = |step: i64| {
        at = at.checked_add(step).filter(|&v| v >= 0).ok_or_else(|| Error::corrupt("a position before the first"))?;
        Ok(at as usize)
    };
    Ok(Picks::new(steps.into_iter().map(next).collect::<Result<_>>()?))
}

fn halo(depth: &[(u64, u64)], boundary: &BoundaryForm) -> Result<Select> {
    let depth = depth.iter().map(|&(a, b)| Ok((size(a)?, size(b)?))).collect::<Result<_>>()?;
    let boundary = match boundary {
        BoundaryForm::None => Boundary::None,
        BoundaryForm::Constant(s) => Boundary::Constant(s.into()),
        BoundaryForm::Nearest => Boundary::Nearest,
        BoundaryForm::Reflect => Boundary::Reflect,
        BoundaryForm::Periodic => Boundary::Periodic,
        BoundaryForm::Mirror => Boundary::Mirror,
    };
    Ok(Select::Halo { depth, boundary })
}

fn map(form: &MapForm) -> Result<IndexMap> {
    let one = |a: &AxisMapForm| match a {
        AxisMapForm::Out(o) => Ok(AxisMap::Out(*o as usize)),
        AxisMapForm::Fixed(e) => Ok(AxisMap::Fixed(size(*e)?)),
    };
    Ok(IndexMap(form.0.iter().map(one).collect::<Result<_>>()?))
}

fn meta(form: MetaForm) -> Result<Meta> {
    Ok(match form {
        MetaForm::Array { dtype: d, grid: g } => Meta::Array { dtype: dtype(d)?, grid: grid(g)? },
        MetaForm::Table { columns, n_partitions, partition_bytes } => {
            let n_partitions = size(n_partitions)?;
            if n_partitions == 0 || n_partitions > check::MAX_CHUNKS {
                return Err(Error::corrupt(format!("a table of {n_partitions} partitions")));
            }
            Meta::Table(TableMeta { columns: columns.into(), n_partitions, partition_bytes })
        }
        MetaForm::Unit => Meta::Unit,
    })
}

fn grid(form: GridForm) -> Result<Grid> {
    let axes = form.0.into_iter().map(axis).collect::<Result<Vec<Axis>>>()?;
    check::grid(&axes)?;
    Ok(Grid::new(axes))
}

fn axis(form: AxisForm) -> Result<Axis> {
    match form {
        AxisForm::Regular { len, size: piece } => {
            if piece == 0 || piece > len.max(1) {
                return Err(Error::corrupt(format!("pieces of {piece} along an axis of {len}")));
            }
            Ok(Axis::Regular { len: size(len)?, size: size(piece)? })
        }
        AxisForm::Irregular(bounds) => {
            let rising = bounds.windows(2).all(|w| w[0] < w[1]) || bounds == [0, 0];
            if bounds.len() < 2 || bounds[0] != 0 || !rising {
                return Err(Error::corrupt("the boundaries of an axis do not rise from 0"));
            }
            Ok(Axis::Irregular(bounds.into_iter().map(size).collect::<Result<Vec<_>>>()?.into()))
        }
        AxisForm::Unknown { bounds, tag } => {
            let rising = bounds.windows(2).all(|w| w[0] < w[1]) || bounds == [0, 0];
            if bounds.len() < 2 || bounds[0] != 0 || !rising {
                return Err(Error::corrupt("the bounds of an axis do not rise from 0"));
            }
            let bounds = bounds.into_iter().map(size).collect::<Result<Vec<_>>>()?;
            Ok(Axis::Unknown(Arc::new(UnknownSizes { bounds, tag })))
        }
    }
}
