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

/// Bytes of a row beside strings and lists.
pub fn row_bytes(schema: &Schema) -> u64 {
    schema.iter_values().map(width).sum::<u64>().max(1)
}

impl Bound {
    /// Bytes of a table of this schema. Every column of strings may hold all the strings there are.
    pub fn bytes(&self, schema: &Schema) -> u64 {
        let n_var = schema.iter_values().filter(|d| varies(d)).count() as u64;
        // A column of one repeated value is counted as 64 bytes, however few rows it has.
        let columns = 1024 + 64 * schema.len() as u64;
        self.rows.saturating_mul(row_bytes(schema)).saturating_add(n_var.saturating_mul(self.var_bytes)).saturating_add(columns)
    }

    /// The bound of `n` such partitions together.
    #[must_use]
    pub fn times(&self, n: u64) -> Bound {
        Bound { rows: self.rows.saturating_mul(n), var_bytes: self.var_bytes.saturating_mul(n) }
    }
}
