//! Attributes of files, groups and variables: text or numbers, with the dtype that the numbers are stored in.

use crate::base::{DType, Scalar};
use hdf5_reader::Datatype;
use netcdf_reader::NcAttrValue;
use serde_json::{Value, json};

/// What an attribute holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// One text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// Numbers of one dtype.
    Numbers(DType, Vec<Scalar>),
    /// Something else, described.
    Other(String),
}

impl Attribute {
    /// The first number, as float64.
    pub fn number(&self) -> Option<f64> {
        match self {
            Attribute::Numbers(_, v) => v.first().map(|s| s.as_f64()),
            _ => None,
        }
    }

    /// As JSON: one number or text as itself, several as a list, what is no finite number as text.
    pub fn to_json(&self) -> Value {
        let one = |s: &Scalar| match *s {
            Scalar::Bool(b) => json!(b),
            Scalar::I64(n) => json!(n),
            Scalar::U64(n) => json!(n),
            Scalar::F64(x) if x.is_finite() => json!(x),
            Scalar::F64(x) => json!(x.to_string()),
            Scalar::C128(re, im) => json!([re, im]),
        };
        match self {
            Attribute::Text(t) | Attribute::Other(t) => json!(t),
            Attribute::Texts(t) => json!(t),
            Attribute::Numbers(_, v) if v.len() == 1 => one(&v[0]),
            Attribute::Numbers(_, v) => Value::Array(v.iter().map(one).collect()),
        }
    }

    pub(super) fn from_nc(value: &NcAttrValue) -> Attribute {
        use NcAttrValue as N;
        let ints = |d, v: Vec<i64>| Attribute::Numbers(d, v.into_iter().map(Scalar::I64).collect());
        let uints = |d, v: Vec<u64>| Attribute::Numbers(d, v.into_iter().map(Scalar::U64).collect());
        let floats = |d, v: Vec<f64>| Attribute::Numbers(d, v.into_iter().map(Scalar::F64).collect());
        match value {
            N::Chars(t) => Attribute::Text(t.trim_end_matches('\0').to_string()),
            N::Strings(t) => texts(t.clone()),
            N::Bytes(v) => ints(DType::I8, v.iter().map(|&x| x.into()).collect()),
            N::Shorts(v) => ints(DType::I16, v.iter().map(|&x| x.into()).collect()),
            N::Ints(v) => ints(DType::I32, v.iter().map(|&x| x.into()).collect()),
            N::Int64s(v) => ints(DType::I64, v.clone()),
            N::UBytes(v) => uints(DType::U8, v.iter().map(|&x| x.into()).collect()),
            N::UShorts(v) => uints(DType::U16, v.iter().map(|&x| x.into()).collect()),
            N::UInts(v) => uints(DType::U32, v.iter().map(|&x| x.into()).collect()),
            N::UInt64s(v) => uints(DType::U64, v.clone()),
            N::Floats(v) => floats(DType::F32, v.iter().map(|&x| x.into()).collect()),
            N::Doubles(v) => floats(DType::F64, v.clone()),
            N::UserDefined { .. } => Attribute::Other("(of a type defined in the file)".to_string()),
        }
    }

    pub(super) fn from_hdf(a: &hdf5_reader::Attribute) -> Attribute {
        let ints = |d, v: Option<Vec<i64>>| v.map(|v| Attribute::Numbers(d, v.into_iter().map(Scalar::I64).collect()));
        let uints = |d, v: Option<Vec<u64>>| v.map(|v| Attribute::Numbers(d, v.into_iter().map(Scalar::U64).collect()));
        let floats = |d, v: Option<Vec<f64>>| v.map(|v| Attribute::Numbers(d, v.into_iter().map(Scalar::F64).collect()));
        macro_rules! read {
            ($t:ty) => {
                a.read_1d::<$t>().ok().map(|v| v.into_iter().map(Into::into).collect())
            };
        }
        let read = match &a.datatype {
            Datatype::FixedPoint { size: 1, signed: true, .. } => ints(DType::I8, read!(i8)),
            Datatype::FixedPoint { size: 2, signed: true, .. } => ints(DType::I16, read!(i16)),
            Datatype::FixedPoint { size: 4, signed: true, .. } => ints(DType::I32, read!(i32)),
            Datatype::FixedPoint { size: 8, signed: true, .. } => ints(DType::I64, read!(i64)),
            Datatype::FixedPoint { size: 1, .. } => uints(DType::U8, read!(u8)),
            Datatype::FixedPoint { size: 2, .. } => uints(DType::U16, read!(u16)),
            Datatype::FixedPoint { size: 4, .. } => uints(DType::U32, read!(u32)),
            Datatype::FixedPoint { size: 8, .. } => uints(DType::U64, read!(u64)),
            Datatype::FloatingPoint { size: 4, .. } => floats(DType::F32, read!(f32)),
            Datatype::FloatingPoint { size: 8, .. } => floats(DType::F64, read!(f64)),
            _ => a.read_strings().or_else(|_| a.read_string().map(|t| vec![t])).ok().map(texts),
        };
        read.unwrap_or_else(|| Attribute::Other("(of a type that is not read)".to_string()))
    }
}

fn texts(mut t: Vec<String>) -> Attribute {
    if t.len() == 1 { Attribute::Text(t.remove(0)) } else { Attribute::Texts(t) }
}
