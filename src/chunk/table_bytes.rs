//! How many bytes tables hold, and how many their rows would take by themselves.
//!
//! Polars' own size of a column of strings leaves out the views and counts a shared string once per row. Here buffers count as they lie
//! in memory, whole, however few of their values are still asked for.

use crate::chunk::table_bound::varies;
use polars::prelude::{Column, DataFrame};
use polars_arrow::array::{Array, BinaryViewArray, FixedSizeListArray, ListArray, StructArray, Utf8ViewArray, View};
use polars_arrow::compute::aggregate::estimated_bytes_size;
use polars_arrow::datatypes::PhysicalType;
use std::ops::Range;

/// Bytes a table holds in memory: all buffers its columns keep alive.
pub fn table_bytes(table: &DataFrame) -> u64 {
    table.columns().iter().map(column_bytes).sum()
}

/// Bytes a column holds in memory.
pub fn column_bytes(column: &Column) -> u64 {
    match column {
        Column::Series(s) => s.chunks().iter().map(|a| held(a.as_ref())).sum(),
        // One value for all rows; whoever takes rows of it copies a text or a list for each.
        Column::Scalar(s) if varies(s.dtype()) => {
            (s.as_single_value_series().estimated_size() as u64).saturating_mul(s.len() as u64).max(64)
        }
        Column::Scalar(_) => 64,
    }
}

/// Bytes that some rows of a column would take if they were copied out of it.
pub fn own_bytes(column: &Column, rows: Range<usize>) -> u64 {
    let mut start = 0;
    match column {
        Column::Series(s) => s
            .chunks()
            .iter()
            .map(|a| {
                let of = rows.start.max(start)..rows.end.min(start + a.len());
                let bytes = if of.is_empty() { 0 } else { own(a.as_ref(), of.start - start..of.end - start) };
                start += a.len();
                bytes
            })
            .sum(),
        Column::Scalar(s) => column_bytes(column) / s.len().max(1) as u64 * rows.len() as u64,
    }
}

/// Bytes of strings of so many rows by themselves, of which the long ones have so many: short ones are in their views.
pub fn text_bytes(views: &[View]) -> u64 {
    let long: u64 = views.iter().map(|v| if v.length > View::MAX_INLINE_SIZE { u64::from(v.length) } else { 0 }).sum();
    size_of_val(views) as u64 + bits(views.len()) + long
}

/// Bytes of a bit for each row.
fn bits(n_rows: usize) -> u64 {
    n_rows as u64 / 8 + 1
}

/// The views of an array of strings, and the bytes of its buffers.
fn texts(array: &dyn Array) -> Option<(&[View], u64)> {
    let any = array.as_any();
    match any.downcast_ref::<Utf8ViewArray>() {
        Some(a) => Some((a.views(), a.total_buffer_len() as u64)),
        None => any.downcast_ref::<BinaryViewArray>().map(|a| (a.views().as_slice(), a.total_buffer_len() as u64)),
    }
}

/// All buffers of an array.
fn held(array: &dyn Array) -> u64 {
    let rows = array.validity().map_or(0, |_| bits(array.len()));
    let any = array.as_any();
    match array.dtype().to_physical_type() {
        PhysicalType::Utf8View | PhysicalType::BinaryView => {
            texts(array).map_or(0, |(views, buffers)| rows + size_of_val(views) as u64 + buffers)
        }
        PhysicalType::LargeList => {
            any.downcast_ref::<ListArray<i64>>().map_or(0, |a| rows + 8 * a.offsets().len() as u64 + held(a.values().as_ref()))
        }
        PhysicalType::FixedSizeList => any.downcast_ref::<FixedSizeListArray>().map_or(0, |a| rows + held(a.values().as_ref())),
        PhysicalType::Struct => {
            any.downcast_ref::<StructArray>().map_or(0, |a| rows + a.values().iter().map(|f| held(f.as_ref())).sum::<u64>())
        }
        _ => estimated_bytes_size(array) as u64,
    }
}

/// What some rows of an array have in its buffers.
fn own(array: &dyn Array, rows: Range<usize>) -> u64 {
    let any = array.as_any();
    match array.dtype().to_physical_type() {
        PhysicalType::Utf8View | PhysicalType::BinaryView => texts(array).map_or(0, |(views, _)| text_bytes(&views[rows])),
        PhysicalType::LargeList => any.downcast_ref::<ListArray<i64>>().map_or(0, |a| {
            let values = a.offsets()[rows.start] as usize..a.offsets()[rows.end] as usize;
            8 * rows.len() as u64 + bits(rows.len()) + own(a.values().as_ref(), values)
        }),
        PhysicalType::FixedSizeList => any
            .downcast_ref::<FixedSizeListArray>()
            .map_or(0, |a| bits(rows.len()) + own(a.values().as_ref(), rows.start * a.size()..rows.end * a.size())),
        PhysicalType::Struct => any
            .downcast_ref::<StructArray>()
            .map_or(0, |a| bits(rows.len()) + a.values().iter().map(|f| own(f.as_ref(), rows.clone())).sum::<u64>()),
        // Values of one size.
        _ => (estimated_bytes_size(array) as u64).saturating_mul(rows.len() as u64).div_ceil(array.len().max(1) as u64),
    }
}
