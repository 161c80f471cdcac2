//! What the attributes `_FillValue`, `missing_value`, `scale_factor`, `add_offset` and `_Unsigned` make of stored elements, after the CF
//! conventions (section 8.1 and appendix A) and with the dtypes that xarray chooses.
//!
//! It knows no arrays: it only says what is to be done.

use super::attribute::Attribute;
use super::file::Variable;
use crate::base::DType;

/// How stored elements become values: as `unsigned` (if any), then as `dtype`, where those equal to one of `missing` become NaN,
/// then multiplied, then added to.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoding {
    /// The dtype of the same width whose values the stored bits stand for.
    pub reinterpret: Option<DType>,
    /// The dtype of the result.
    pub dtype: DType,
    /// Values that stand for nothing.
    pub missing: Vec<f64>,
    /// Factor.
    pub scale: Option<f64>,
    /// Summand.
    pub offset: Option<f64>,
}

impl Decoding {
    /// What the attributes of a variable of this stored dtype say; None if they say nothing.
    pub fn of(variable: &Variable, stored: DType) -> Option<Decoding> {
        let reinterpret = other_sign(variable, stored);
        let raw = reinterpret.unwrap_or(stored);
        let number = |name: &str| variable.attribute(name).and_then(|a| Some((number_dtype(a)?, a.number()?)));
        let (scale, offset) = (number("scale_factor"), number("add_offset"));
        let mut missing = Vec::new();
        let mut n_fill_attributes = 0;
        for name in ["missing_value", "_FillValue"] {
            let Some(Attribute::Numbers(dtype, values)) = variable.attribute(name) else { continue };
            let values: Vec<f64> = values.iter().map(|v| v.as_f64()).filter(|v| !v.is_nan()).collect();
            if values.is_empty() && !raw.is_float() {
                continue; // NaN cannot mark an integer
            }
            n_fill_attributes += 1;
            let values = values.into_iter().map(|v| sign_of(raw, v));
            // A double that no float32 equals marks none.
            missing.extend(values.filter(|&v| raw != DType::F32 || *dtype != DType::F64 || f64::from(v as f32) == v));
        }
        missing.sort_by(f64::total_cmp);
        missing.dedup();
        let packed = scale.is_some() || offset.is_some();
        if !packed && n_fill_attributes == 0 && reinterpret.is_none() {
            return None;
        }
        let dtype = match (packed, missing.is_empty()) {
            (true, _) => packed_dtype(raw, scale.map(|s| s.0), offset.map(|o| o.0)),
            (false, false) => promoted(raw),
            (false, true) => raw,
        };
        Some(Decoding { reinterpret, dtype, missing, scale: scale.map(|s| s.1), offset: offset.map(|o| o.1) })
    }
}

/// The other dtype of the same width that `_Unsigned` asks for.
fn other_sign(variable: &Variable, stored: DType) -> Option<DType> {
    let Some(Attribute::Text(t)) = variable.attribute("_Unsigned") else { return None };
    let wanted = match t.as_str() {
        "true" if stored.is_signed() => {
            [(DType::I8, DType::U8), (DType::I16, DType::U16), (DType::I32, DType::U32), (DType::I64, DType::U64)]
        }
        "false" if stored.is_unsigned() => {
            [(DType::U8, DType::I8), (DType::U16, DType::I16), (DType::U32, DType::I32), (DType::U64, DType::I64)]
        }
        _ => return None,
    };
    wanted.iter().find(|(from, _)| *from == stored).map(|(_, to)| *to)
}

/// A fill value of the stored dtype, seen as the dtype of the same width with the other sign.
fn sign_of(raw: DType, v: f64) -> f64 {
    match raw {
        DType::U8 | DType::U16 | DType::U32 if v < 0.0 => v + 2f64.powi(8 * raw.size() as i32),
        DType::I8 | DType::I16 | DType::I32 if v >= 2f64.powi(8 * raw.size() as i32 - 1) => v - 2f64.powi(8 * raw.size() as i32),
        _ => v,
    }
}

fn number_dtype(a: &Attribute) -> Option<DType> {
    match a {
        Attribute::Numbers(dtype, _) => Some(*dtype),
        _ => None,
    }
}

/// Where values are only masked: float32 where it holds every value of the dtype.
fn promoted(raw: DType) -> DType {
    match raw {
        d if d.is_float() => d,
        d if d.size() <= 2 => DType::F32,
        _ => DType::F64,
    }
}

/// Where values are packed: the factors' dtype if both have the same, except that 32-bit integers need float64.
fn packed_dtype(raw: DType, scale: Option<DType>, offset: Option<DType>) -> DType {
    match (scale, offset) {
        (Some(s), Some(o)) if s == o && s.is_float() => {
            if raw.size() == 4 && !raw.is_float() {
                DType::F64
            } else {
                s
            }
        }
        (_, Some(_)) => DType::F64,
        (Some(DType::F32), None) => DType::F32,
        _ => DType::F64,
    }
}
