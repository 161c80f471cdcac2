//! The forms on the wire. Adding a variant at the end of an enum keeps old documents readable; anything else needs a new
//! [`VERSION`].

use crate::base::{Axis, DType, Error, Grid, Result, Scalar};
use crate::expr::{AxisMap, IndexMap};
use crate::format::registry::Registry;
use crate::op;
use serde::{Deserialize, Serialize};

/// Version of the documents that are written and understood.
pub const VERSION: u16 = 2;

/// One number for everything a document can name: ops, formats, functions, and the version itself.
pub fn registry_hash(registry: &Registry) -> u64 {
    let ops = op::element::ALL.iter().map(|o| o.name);
    let ops = ops.chain(op::reduction::ALL.iter().map(|o| o.name)).chain(op::scan::ALL.iter().map(|o| o.name));
    let ops = ops.chain(op::block::all().map(|b| b.name).chain(op::sort::SHUFFLES.iter().map(|s| s.name)));
    registry.hash(ops) ^ u64::from(VERSION).rotate_left(48)
}

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    pub version: u16,
    pub nodes: Vec<NodeForm>,
    pub roots: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct NodeForm {
    pub kind: KindForm,
    pub inputs: Vec<u32>,
    pub meta: MetaForm,
    pub label: String,
}

#[derive(Serialize, Deserialize)]
pub(super) enum KindForm {
    Source { thing: Named, origin: Vec<u64> },
    Table(Named),
    Blockwise(BlockwiseForm),
    Reduce(ReduceForm),
    TableReduce(Named),
    Scan { op: String, axis: u32 },
    Slice(Vec<SliceForm>),
    Concat(u32),
    Halo { depth: Vec<(u64, u64)>, boundary: BoundaryForm },
    Rechunk,
    Shuffle(Named),
    Call { thing: Named, maps: Vec<MapForm> },
    Sink(Named),
    Reshape,
    Take { axes: Vec<u32>, index: PicksForm },
    Put { axes: Vec<u32>, index: PicksForm },
    Resolve(Vec<Option<Vec<u64>>>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum PicksForm {
    Slice(SliceForm),
    /// Differences from the position before: short numbers where positions are near each other.
    Steps(Vec<i64>),
}

/// Something from a registry. The key tells whether the other side has opened the same thing (a file may have changed).
#[derive(Serialize, Deserialize)]
pub(super) struct Named {
    pub name: String,
    pub params: Vec<u8>,
    pub key: u128,
}

#[derive(Serialize, Deserialize)]
pub(super) struct BlockwiseForm {
    pub inputs: Vec<u8>,
    pub values: Vec<(InstrForm, u8)>,
    pub result: u32,
    pub maps: Vec<MapForm>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum InstrForm {
    Input(u32),
    Const(ScalarForm),
    Number { start: i64, steps: Vec<i64> },
    Cast(u32),
    Apply(String, Vec<u32>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct ReduceForm {
    pub map: BlockwiseForm,
    pub grid: GridForm,
    pub op: String,
    pub axes: Vec<u32>,
    pub keepdims: bool,
    pub ddof: f64,
    pub split_every: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SliceForm {
    pub start: u64,
    pub step: i64,
    pub len: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) enum BoundaryForm {
    None,
    Constant(ScalarForm),
    Nearest,
    Reflect,
    Periodic,
    Mirror,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ScalarForm {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    C128(f64, f64),
}

/// For every axis of an input: the output's axis, or one element.
#[derive(Serialize, Deserialize)]
pub(super) struct MapForm(pub Vec<AxisMapForm>);

#[derive(Serialize, Deserialize)]
pub(super) enum AxisMapForm {
    Out(u32),
    Fixed(u64),
}

#[derive(Serialize, Deserialize)]
pub(super) enum MetaForm {
    Array { dtype: u8, grid: GridForm },
    Table { columns: Vec<(String, String)>, n_partitions: u64, partition_bytes: u64 },
    Unit,
}

#[derive(Serialize, Deserialize)]
pub(super) struct GridForm(pub Vec<AxisForm>);

#[derive(Serialize, Deserialize)]
pub(super) enum AxisForm {
    Regular { len: u64, size: u64 },
    Irregular(Vec<u64>),
    Unknown { bounds: Vec<u64>, tag: u128 },
}

pub(super) fn dtype_number(d: DType) -> u8 {
    DType::ALL.iter().position(|&x| x == d).unwrap_or_default() as u8
}

pub(super) fn dtype(number: u8) -> Result<DType> {
    DType::ALL.get(usize::from(number)).copied().ok_or_else(|| Error::corrupt(format!("there is no dtype {number}")))
}

pub(super) fn size(v: u64) -> Result<usize> {
    isize::try_from(v).map(|v| v as usize).map_err(|_| Error::corrupt(format!("a length of {v}")))
}

impl From<Scalar> for ScalarForm {
    fn from(s: Scalar) -> ScalarForm {
        match s {
            Scalar::Bool(v) => ScalarForm::Bool(v),
            Scalar::I64(v) => ScalarForm::I64(v),
            Scalar::U64(v) => ScalarForm::U64(v),
            Scalar::F64(v) => ScalarForm::F64(v),
            Scalar::C128(re, im) => ScalarForm::C128(re, im),
        }
    }
}

impl From<&ScalarForm> for Scalar {
    fn from(s: &ScalarForm) -> Scalar {
        match *s {
            ScalarForm::Bool(v) => Scalar::Bool(v),
            ScalarForm::I64(v) => Scalar::I64(v),
            ScalarForm::U64(v) => Scalar::U64(v),
            ScalarForm::F64(v) => Scalar::F64(v),
            ScalarForm::C128(re, im) => Scalar::C128(re, im),
        }
    }
}

impl From<&IndexMap> for MapForm {
    fn from(m: &IndexMap) -> MapForm {
        let one = |a: &AxisMap| match a {
            AxisMap::Out(o) => AxisMapForm::Out(*o as u32),
            AxisMap::Fixed(e) => AxisMapForm::Fixed(*e as u64),
        };
        MapForm(m.0.iter().map(one).collect())
    }
}

impl From<&Grid> for GridForm {
    fn from(g: &Grid) -> GridForm {
        let one = |a: &Axis| match a {
            Axis::Regular { len, size } => AxisForm::Regular { len: *len as u64, size: *size as u64 },
            Axis::Irregular(b) => AxisForm::Irregular(b.iter().map(|&v| v as u64).collect()),
            Axis::Unknown(u) => AxisForm::Unknown { bounds: u.bounds.iter().map(|&v| v as u64).collect(), tag: u.tag },
        };
        GridForm(g.axes().iter().map(one).collect())
    }
}
