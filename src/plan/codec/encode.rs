//! Expression to bytes.

use super::form::{
    BlockwiseForm, BoundaryForm, Document, InstrForm, KindForm, MapForm, MetaForm, Named, NodeForm, PicksForm, ReduceForm,
    SliceForm, VERSION, dtype_number,
};
use super::source_key;
use crate::base::AxisSlice;
use crate::base::{Error, Result};
use crate::expr::call::CallOp;
use crate::expr::node::{ArrayReduce, Blockwise, Boundary, Select, SinkNode, SourceNode, TreeReduce};
use crate::expr::picks::Picks;
use crate::expr::{Expr, Kind, Meta};
use crate::kernel::program::Instr;
use std::collections::HashMap;

/// The roots as bytes.
///
/// # Errors
/// When a node exists in this process only (a closure, a large array in memory), in that thing's own words.
pub fn encode(roots: &[Expr]) -> Result<Vec<u8>> {
    let order = Expr::topological(roots);
    let numbers: HashMap<_, u32> = order.iter().enumerate().map(|(i, e)| (e.key(), i as u32)).collect();
    let number = |e: &Expr| {
        numbers.get(&e.key()).copied().ok_or_else(|| Error::bug(format!("{e:?} is not among the nodes it should be among")))
    };
    let nodes = order.iter().map(|e| {
        Ok(NodeForm {
            kind: kind(e).map_err(|x| x.at(e.label()))?,
            inputs: e.inputs().iter().map(number).collect::<Result<_>>()?,
            meta: meta(e.meta()),
            label: e.label().to_string(),
        })
    });
    let nodes = nodes.collect::<Result<_>>()?;
    let document = Document { version: VERSION, nodes, roots: roots.iter().map(number).collect::<Result<_>>()? };
    postcard::to_stdvec(&document).map_err(|e| Error::bug(format!("an expression cannot be encoded: {e}")))
}

fn kind(e: &Expr) -> Result<KindForm> {
    Ok(match e.kind() {
        Kind::Source(SourceNode::Array { source, origin }) => {
            let params = source.params()?;
            let key = source_key(&**source, &params);
            KindForm::Source { thing: named(source.name(), params, key), origin: origin.iter().map(|&o| o as u64).collect() }
        }
        Kind::Source(SourceNode::Table(t)) => KindForm::Table(named(t.name(), t.params()?, t.key())),
        Kind::Blockwise(b) => KindForm::Blockwise(blockwise(b)),
        Kind::TreeReduce(TreeReduce::Array(r)) => KindForm::Reduce(reduce(r)),
        Kind::TreeReduce(TreeReduce::Table(t)) => KindForm::TableReduce(named(t.name(), t.params()?, t.key())),
        Kind::Scan(s) => KindForm::Scan { op: s.op.name.to_string(), axis: s.axis as u32 },
        Kind::Select(s) => select(s),
        Kind::Rechunk => KindForm::Rechunk,
        Kind::Shuffle(s) => KindForm::Shuffle(named(s.name(), s.params()?, s.key())),
        Kind::Call(c) => KindForm::Call { thing: function(&*c.op)?, maps: c.maps.iter().map(MapForm::from).collect() },
        Kind::Sink(SinkNode::Array(s)) => KindForm::Sink(named(s.name(), s.params()?, 0)),
        Kind::Sink(SinkNode::Table(s)) => {
            return Err(Error::unsupported(format!("{}: a table can be written on threads only, not on workers", s.label())));
        }
    })
}

fn function(op: &dyn CallOp) -> Result<Named> {
    let params = op.params()?; // a closure says in its own words why it cannot be sent
    let Some(name) = op.name() else {
        return Err(Error::usage(format!("{} has no name and cannot be sent to a worker", op.label())));
    };
    Ok(named(name, params, op.key()))
}

fn named(name: &str, params: Vec<u8>, key: u128) -> Named {
    Named { name: name.to_string(), params, key }
}

fn blockwise(b: &Blockwise) -> BlockwiseForm {
    let instr = |i: &Instr| match i {
        Instr::Input(s) => InstrForm::Input(*s),
        Instr::Const(s) => InstrForm::Const((*s).into()),
        Instr::Number(line) => InstrForm::Number { start: line.start, steps: line.steps.to_vec() },
        Instr::Cast(v) => InstrForm::Cast(*v),
        Instr::Apply(op, args) => InstrForm::Apply(op.name.to_string(), args.to_vec()),
    };
    BlockwiseForm {
        inputs: b.program.inputs.iter().map(|&d| dtype_number(d)).collect(),
        values: b.program.values.iter().map(|(i, d)| (instr(i), dtype_number(*d))).collect(),
        result: b.program.result,
        maps: b.maps.iter().map(MapForm::from).collect(),
    }
}

fn reduce(r: &ArrayReduce) -> ReduceForm {
    ReduceForm {
        map: blockwise(&r.map),
        grid: (&r.grid).into(),
        op: r.op.name.to_string(),
        axes: r.axes.iter().map(|&a| a as u32).collect(),
        keepdims: r.keepdims,
        ddof: r.ddof,
        split_every: u32::try_from(r.split_every).unwrap_or(u32::MAX),
    }
}

fn select(s: &Select) -> KindForm {
    match s {
        Select::Slice(s) => KindForm::Slice(s.iter().map(slice).collect()),
        Select::Concat(axis) => KindForm::Concat(*axis as u32),
        Select::Reshape => KindForm::Reshape,
        Select::Resolve(sizes) => {
            let one = |s: &Option<std::sync::Arc<[usize]>>| s.as_ref().map(|s| s.iter().map(|&n| n as u64).collect());
            KindForm::Resolve(sizes.iter().map(one).collect())
        }
        Select::Take { axes, index } => KindForm::Take { axes: axes.iter().map(|&a| a as u32).collect(), index: picks(index) },
        Select::Put { axes, index } => KindForm::Put { axes: axes.iter().map(|&a| a as u32).collect(), index: picks(index) },
        Select::Halo { depth, boundary } => KindForm::Halo {
            depth: depth.iter().map(|&(a, b)| (a as u64, b as u64)).collect(),
            boundary: match boundary {
                Boundary::None => BoundaryForm::None,
                Boundary::Constant(s) => BoundaryForm::Constant((*s).into()),
                Boundary::Nearest => BoundaryForm::Nearest,
                Boundary::Reflect => BoundaryForm::Reflect,
                Boundary::Periodic => BoundaryForm::Periodic,
                Boundary::Mirror => BoundaryForm::Mirror,
            },
        },
    }
}

fn slice(s: &AxisSlice) -> SliceForm {
    SliceForm { start: s.start as u64, step: s.step as i64, len: s.len as u64 }
}

fn picks(index: &Picks) -> PicksForm {
    if let Some(s) = index.as_slice() {
        return PicksForm::Slice(slice(&s));
    }
    let mut before = 0;
    let step = |i| {
        let at = index.at(i) as i64;
        at - std::mem::replace(&mut before, at)
    };
    PicksForm::Steps((0..index.len()).map(step).collect())
}

fn meta(m: &Meta) -> MetaForm {
    match m {
        Meta::Array { dtype, grid } => MetaForm::Array { dtype: dtype_number(*dtype), grid: grid.into() },
        Meta::Table(t) => {
            MetaForm::Table { columns: t.columns.to_vec(), n_partitions: t.n_partitions as u64, partition_bytes: t.partition_bytes }
        }
        Meta::Unit => MetaForm::Unit,
    }
}
