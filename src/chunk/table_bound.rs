//! Upper bounds of the bytes of tables, from rows, column types and the bytes of their strings.

use polars::prelude::{DataType, Schema};

/// What a partition holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Bound {
    /// Rows.
    pub rows: u64,
    /// Bytes of values of varying length (strings, lists) in all columns together.
    pub var_bytes: u64,
}

/// Bytes that a value of a type takes in its column, beside the bytes of strings and lists; validity included.
pub fn width(dtype: &DataType) -> u64 {
    1 + match dtype {
        DataType::Boolean | DataType::Int8 | DataType::UInt8 | DataType::Null => 1,
        DataType::Int16 | DataType::UInt16 => 2,
        DataType::Int32 | DataType::UInt32 | DataType::Float32 | DataType::Date => 4,
        DataType::Int64
        | DataType::UInt64
        | DataType::Float64
        | DataType::Datetime(..)
        | DataType::Duration(_)
        | DataType::Time => 8,
        _ => 16,
    }
}

/// Whether values of a type have bytes outside of their column's rows.
pub fn varies(dtype: &DataType) -> bool {
    dtype.is_nested() || matches!(dtype, DataType::String | DataType::Binary)
}

/// Columns whose values have bytes outside of their rows.
pub fn n_varying(schema: &Schema) -> u64 {
    schema.iter_values().filter(|d| varies(d)).count() as u64
}

/// Bytes of a row beside strings and lists.
pub fn row_bytes(schema: &Schema) -> u64 {
    schema.iter_values().map(width).sum::<u64>().max(1)
}

impl Bound {
    /// Bytes of a table of this schema, whose strings and lists are those counted here.
    pub fn bytes(&self, schema: &Schema) -> u64 {
        self.bytes_from(schema, n_varying(schema))
    }

    /// Bytes of a table of this schema that was made of one with `n_varying` columns of strings and lists: each column more may
    /// hold all there are.
    pub fn bytes_from(&self, schema: &Schema, n_varying_before: u64) -> u64 {
        let n = n_varying(schema);
        let times = if n == 0 { 0 } else { 1 + n.saturating_sub(n_varying_before) };
        // A column of one repeated value is counted as 64 bytes, however few rows it has.
        let columns = 1024 + 64 * schema.len() as u64;
        self.rows.saturating_mul(row_bytes(schema)).saturating_add(times.saturating_mul(self.var_bytes)).saturating_add(columns)
    }

    /// What holds either.
    #[must_use]
    pub fn most(self, other: Bound) -> Bound {
        Bound { rows: self.rows.max(other.rows), var_bytes: self.var_bytes.max(other.var_bytes) }
    }

    /// What holds both.
    #[must_use]
    pub fn plus(self, other: Bound) -> Bound {
        Bound { rows: self.rows.saturating_add(other.rows), var_bytes: self.var_bytes.saturating_add(other.var_bytes) }
    }

    /// The bound of `n` such partitions together.
    #[must_use]
    pub fn times(&self, n: u64) -> Bound {
        Bound { rows: self.rows.saturating_mul(n), var_bytes: self.var_bytes.saturating_mul(n) }
    }
}
