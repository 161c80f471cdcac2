//! The node kinds and what a node is: a kind, its inputs, what is known of its value, and a key made of all that.
//!
//! Invariants: a node never changes; its metadata is complete when it is made; two nodes of equal key give equal values, bit
//! for bit, so that a pass or a plan may treat them as one. How nodes run is not known here.

use crate::base::{DType, Error, Grid, Result};
use crate::expr::call::{CallOp, ShuffleOp};
use crate::expr::map::IndexMap;
use crate::expr::picks::Picks;
use crate::expr::table::{TableMeta, TableReduce, TableSink, TableSource};
use crate::expr::{Sink, Source};
use crate::kernel::program::Program;
use crate::kernel::reduce::ReduceOp;
use crate::kernel::scan::ScanOp;
use std::fmt::Debug;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// What tells nodes apart: equal keys mean equal values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Key(pub u128);

impl Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}", (self.0 >> 96) as u32)
    }
}

/// What is known of a node's value before anything runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Meta {
    /// An array: dtype, shape and chunks.
    Array {
        /// Element type.
        dtype: DType,
        /// Shape and chunks.
        grid: Grid,
    },
    /// A table in partitions.
    Table(TableMeta),
    /// Nothing: an output was written.
    Unit,
}

impl Meta {
    /// Number of chunks or partitions.
    pub fn n_chunks(&self) -> usize {
        match self {
            Meta::Array { grid, .. } => grid.n_chunks(),
            Meta::Table(t) => t.n_partitions,
            Meta::Unit => 1,
        }
    }
}

/// A lazy expression: a shared, immutable node.
#[derive(Clone)]
pub struct Expr(Arc<Node>);

/// A node of an expression.
pub struct Node {
    kind: Kind,
    inputs: Vec<Expr>,
    meta: Meta,
    key: Key,
    label: String,
}

/// The node kinds. The set is closed: optimizer, planner, memory model, wire and explain know these nine.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Data from outside.
    Source(SourceNode),
    /// Elementwise work on aligned chunks, with an index map from each input.
    Blockwise(Blockwise),
    /// Map, combine in chunk order, finish.
    TreeReduce(TreeReduce),
    /// A running value along an axis.
    Scan(Scan),
    /// Regions of inputs make output chunks: slices, concatenation, halos, other shapes.
    Select(Select),
    /// The same elements, cut otherwise (the grid is the node's own).
    Rechunk,
    /// Rows of a table go to the partition that a rule names.
    Shuffle(Arc<dyn ShuffleOp>),
    /// A function on blocks.
    Call(Call),
    /// Data to the outside.
    Sink(SinkNode),
}

/// Data from outside.
#[derive(Clone, Debug)]
pub enum SourceNode {
    /// The box of `source` that starts at `origin` and has the node's shape, cut by the node's grid.
    Array {
        /// What is read.
        source: Arc<dyn Source>,
        /// First element of the box.
        origin: Vec<usize>,
    },
    /// A table, partition by partition.
    Table(Arc<dyn TableSource>),
}

/// Elementwise work: one program, and for every input where its elements come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Blockwise {
    /// What is computed of each element.
    pub program: Arc<Program>,
    /// For every input, which of its axes runs along which axis of the output.
    pub maps: Vec<IndexMap>,
}

/// A reduction.
#[derive(Clone, Debug)]
pub enum TreeReduce {
    /// Of an array.
    Array(ArrayReduce),
    /// Of a table's partitions into one.
    Table(Arc<dyn TableReduce>),
}

/// A reduction of an array over some axes, with elementwise work fused in front of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrayReduce {
    /// What is computed of each element before it is reduced.
    pub map: Blockwise,
    /// Shape and chunks of what is reduced.
    pub grid: Grid,
    /// The reduction.
    pub op: &'static ReduceOp,
    /// Axes that are reduced, rising.
    pub axes: Vec<usize>,
    /// Whether reduced axes stay with length 1.
    pub keepdims: bool,
    /// Delta degrees of freedom (var, std).
    pub ddof: f64,
    /// How many states are combined at a time.
    pub split_every: usize,
}

/// A running value along an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The scan.
    pub op: &'static ScanOp,
    /// The axis it runs along.
    pub axis: usize,
}

/// What a halo holds beyond the border of the array.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Boundary {
    /// Nothing: border chunks have no halo on that side.
    None,
    /// A value.
    Constant(crate::base::Scalar),
    /// The nearest element.
    Nearest,
    /// Mirrored, the border element twice (`d c b a | a b c d`), as `numpy.pad`'s `symmetric`.
    Reflect,
    /// From the other end.
    Periodic,
    /// Mirrored, the border element once (`d c b | a b c d`), as `numpy.pad`'s `reflect`.
    Mirror,
}

/// How regions of the inputs make the output.
#[derive(Clone, Debug, PartialEq)]
pub enum Select {
    /// A slice of every axis; every output chunk comes from one input chunk.
    Slice(Vec<crate::base::AxisSlice>),
    /// The inputs one after the other along an axis.
    Concat(usize),
    /// Every chunk with `depth` (before, after) elements of its neighbours along each axis.
    Halo {
        /// Elements before and after, for each axis.
        depth: Vec<(usize, usize)>,
        /// What lies beyond the border.
        boundary: Boundary,
    },
    /// The same elements in C order under another shape; chunk `i` of the input makes chunk `i`.
    Reshape,
    /// The same elements, each axis of unknown size with the sizes that its pieces are known to have by now. A run that finds others
    /// fails. Empty pieces go away.
    Resolve(Vec<Option<Arc<[usize]>>>),
    /// Elements named by their position over `axes` (rising) of the one input. They lie along one axis in place of the first.
    Take {
        /// Axes that are picked from.
        axes: Vec<usize>,
        /// Which elements, in order.
        index: Picks,
    },
    /// The first input with the elements that [`Take`](Select::Take) would name replaced by those of the second, which is cut as a
    /// take of the first is along its other axes. Of equal positions the last wins.
    Put {
        /// Axes that are picked from.
        axes: Vec<usize>,
        /// Which elements, in order.
        index: Picks,
    },
}

/// A function on aligned blocks.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function.
    pub op: Arc<dyn CallOp>,
    /// For every input, which of its axes runs along which axis of the output (by chunk; lengths may differ). Empty for tables:
    /// partition `i` of every input makes partition `i`.
    pub maps: Vec<IndexMap>,
}

/// Data to the outside.
#[derive(Clone, Debug)]
pub enum SinkNode {
    /// An array.
    Array(Arc<dyn Sink>),
    /// A table.
    Table(Arc<dyn TableSink>),
}

impl Expr {
    /// A node. The metadata is what the caller has inferred; [`verify`](crate::expr::verify) checks it.
    pub fn new(kind: Kind, inputs: Vec<Expr>, meta: Meta, label: impl Into<String>) -> Expr {
        let key = key_of(&kind, &inputs, &meta);
        Expr(Arc::new(Node { kind, inputs, meta, key, label: label.into() }))
    }

    /// The kind.
    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// The inputs.
    pub fn inputs(&self) -> &[Expr] {
        &self.0.inputs
    }

    /// What is known of the value.
    pub fn meta(&self) -> &Meta {
        &self.0.meta
    }

    /// The key.
    pub fn key(&self) -> Key {
        self.0.key
    }

    /// The user's word for it: `sin`, `ndvi.tif`.
    pub fn label(&self) -> &str {
        &self.0.label
    }

    /// The same node over other inputs (of the same metadata).
    #[must_use]
    pub fn with_inputs(&self, inputs: Vec<Expr>) -> Expr {
        Expr::new(self.0.kind.clone(), inputs, self.0.meta.clone(), self.0.label.clone())
    }

    /// Dtype and grid.
    ///
    /// # Errors
    /// When this is no array.
    pub fn array(&self) -> Result<(DType, &Grid)> {
        match &self.0.meta {
            Meta::Array { dtype, grid } => Ok((*dtype, grid)),
            _ => Err(Error::usage(format!("'{}' is not an array", self.0.label))),
        }
    }

    /// Name of the kind.
    pub fn kind_name(&self) -> &'static str {
        match &self.0.kind {
            Kind::Source(_) => "Source",
            Kind::Blockwise(_) => "Blockwise",
            Kind::TreeReduce(_) => "TreeReduce",
            Kind::Scan(_) => "Scan",
            Kind::Select(_) => "Select",
            Kind::Rechunk => "Rechunk",
            Kind::Shuffle(_) => "Shuffle",
            Kind::Call(_) => "Call",
            Kind::Sink(_) => "Sink",
        }
    }

    /// All nodes this depends on and itself, inputs first, every key once. Linear, without recursion.
    pub fn topological(roots: &[Expr]) -> Vec<Expr> {
        let mut seen = std::collections::HashSet::new();
        let mut out = Vec::new();
        let mut stack: Vec<(Expr, bool)> = roots.iter().rev().map(|e| (e.clone(), false)).collect();
        while let Some((e, inputs_done)) = stack.pop() {
            if inputs_done {
                out.push(e);
            } else if seen.insert(e.key()) {
                stack.push((e.clone(), true));
                stack.extend(e.inputs().iter().rev().filter(|i| !seen.contains(&i.key())).map(|i| (i.clone(), false)));
            }
        }
        out
    }
}

impl Debug for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({} {:?})", self.kind_name(), self.label(), self.key())
    }
}

fn key_of(kind: &Kind, inputs: &[Expr], meta: &Meta) -> Key {
    let mut h = Xxh3::new();
    let content = match kind {
        Kind::Source(SourceNode::Array { source, origin }) => format!("source {:032x} {origin:?}", source.key()),
        Kind::Source(SourceNode::Table(t)) => format!("table {:032x}", t.key()),
        Kind::Shuffle(op) => format!("shuffle {:032x}", op.key()),
        Kind::Call(c) => format!("call {:032x} {:?}", c.op.key(), c.maps),
        Kind::TreeReduce(TreeReduce::Table(op)) => format!("table reduce {:032x}", op.key()),
        Kind::Sink(SinkNode::Array(s)) => format!("sink {:p}", Arc::as_ptr(s)),
        Kind::Sink(SinkNode::Table(s)) => format!("sink {:p}", Arc::as_ptr(s)),
        other => format!("{other:?}"),
    };
    h.update(content.as_bytes());
    h.update(format!("{meta:?}").as_bytes());
    for i in inputs {
        h.update(&i.key().0.to_le_bytes());
    }
    Key(h.digest128())
}
