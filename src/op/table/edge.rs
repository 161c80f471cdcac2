//! Where the values of a column that never falls change: what is needed to cut a table so that equal values are in one partition.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::kernel::table::dense::rises;
use polars::prelude::{Column, DataFrame, DataType, Int64Chunked, NamedFrom, Series};

/// What is known of a column of whole numbers in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edges {
    /// Rows.
    pub n: u64,
    /// Least and greatest value; None without rows.
    pub ends: Option<(i64, i64)>,
    /// Rows that have the least value, and the value after it.
    pub lead: u64,
    /// The value after the least.
    pub next: Option<i64>,
    /// Whether no value is less than that before it, and none is null.
    pub rises: bool,
    /// Whether every value is there once, if they rise.
    pub is_distinct: bool,
}

/// The only column in one piece.
fn numbers(rows: &DataFrame) -> Result<Int64Chunked> {
    let column = rows.columns().first().ok_or_else(|| Error::bug("rows without a column"))?;
    let wide = column.cast(&DataType::Int64).map_err(table_error)?;
    Ok(wide.i64().map_err(table_error)?.rechunk().into_owned())
}

/// The values of a column in one piece, of which none is null; nothing else.
fn values(column: &Int64Chunked) -> &[i64] {
    column.cont_slice().unwrap_or_default()
}

/// The edges of a partition's only column, as a row.
///
/// # Errors
/// A bug: another type.
pub fn edges(rows: &DataFrame) -> Result<DataFrame> {
    let column = numbers(rows)?;
    let values = values(&column);
    let lead = values.iter().take_while(|v| **v == values[0]).count();
    let one = |name: &str, v: Option<i64>| Column::from(Series::new(name.into(), [v]));
    let columns = vec![
        one("n", Some(column.len() as i64)),
        one("first", values.first().copied()),
        one("last", values.last().copied()),
        one("lead", Some(lead as i64)),
        one("next", values.get(lead).copied()),
        one("rises", Some(i64::from(rises(&column)))),
        one("distinct", Some(i64::from(values.is_sorted_by(|a, b| a < b)))),
    ];
    DataFrame::new(1, columns).map_err(table_error)
}

/// Whether a column has whole numbers that never fall, and none that is null, in rows in one piece or several.
pub fn is_rising(rows: &DataFrame, name: &str) -> bool {
    let wide = rows.column(name).ok().filter(|c| c.dtype().is_integer()).and_then(|c| c.cast(&DataType::Int64).ok());
    wide.is_some_and(|wide| wide.i64().is_ok_and(rises))
}

/// The rows of [`edges`].
///
/// # Errors
/// A bug: other columns.
pub fn read_edges(rows: &DataFrame) -> Result<Vec<Edges>> {
    let column = |name: &str| -> Result<Vec<Option<i64>>> {
        Ok(rows.column(name).and_then(|c| c.i64()).map_err(table_error)?.iter().collect())
    };
    let (n, first, last) = (column("n")?, column("first")?, column("last")?);
    let (lead, next, rises, distinct) = (column("lead")?, column("next")?, column("rises")?, column("distinct")?);
    let count = |v: Option<i64>| v.unwrap_or(0).unsigned_abs();
    let edge = |i: usize| Edges {
        n: count(n[i]),
        ends: first[i].zip(last[i]),
        lead: count(lead[i]),
        next: next[i],
        rises: rises[i] == Some(1),
        is_distinct: distinct[i] == Some(1),
    };
    Ok((0..n.len()).map(edge).collect())
}

/// How many of a partition's values, which never fall, are less than each of `values` that lies among them.
///
/// # Errors
/// A bug: another type.
pub fn below(rows: &DataFrame, values: &[i64]) -> Result<DataFrame> {
    let column = numbers(rows)?;
    let own = self::values(&column);
    let (mut which, mut counts) = (Vec::new(), Vec::new());
    if let (Some(first), Some(last)) = (own.first(), own.last()) {
        let among = values.partition_point(|v| v <= first)..values.partition_point(|v| v <= last);
        for i in among {
            which.push(i as u64);
            counts.push(own.partition_point(|v| *v < values[i]) as u64);
        }
    }
    let columns = vec![Column::from(Series::new("value".into(), &which)), Column::from(Series::new("rows".into(), counts))];
    DataFrame::new(which.len(), columns).map_err(table_error)
}

/// The rows of [`below`]: numbers of values, and how many are less.
///
/// # Errors
/// A bug: other columns.
pub fn read_below(rows: &DataFrame) -> Result<Vec<(usize, u64)>> {
    let column = |name: &str| -> Result<Vec<u64>> {
        Ok(rows.column(name).and_then(|c| c.u64()).map_err(table_error)?.iter().flatten().collect())
    };
    Ok(column("value")?.into_iter().map(|v| v as usize).zip(column("rows")?).collect())
}

#[cfg(test)]
mod tests {
    use super::{Edges, below, edges, is_rising, read_below, read_edges};
    use polars::prelude::df;

    #[test]
    fn edges_tell_where_values_change() {
        let of = |v: &[Option<i32>]| read_edges(&edges(&df!("k" => v).unwrap()).unwrap()).unwrap()[0];
        let want = Edges { n: 4, ends: Some((2, 7)), lead: 2, next: Some(5), rises: true, is_distinct: false };
        assert_eq!(of(&[Some(2), Some(2), Some(5), Some(7)]), want);
        assert_eq!(of(&[Some(3)]), Edges { n: 1, ends: Some((3, 3)), lead: 1, next: None, rises: true, is_distinct: true });
        assert_eq!(of(&[]), Edges { n: 0, ends: None, lead: 0, next: None, rises: true, is_distinct: true });
        assert!(!of(&[Some(2), Some(1)]).rises);
        assert!(!of(&[Some(2), None]).rises);
    }

    #[test]
    fn columns_rise_that_never_fall() {
        let rows = df!("a" => [2, 2, 5], "b" => [1, 3, 2], "c" => [Some(1), None, Some(2)], "d" => [1.0, 2.0, 3.0]).unwrap();
        assert_eq!(["a", "b", "c", "d", "e"].map(|name| is_rising(&rows, name)), [true, false, false, false, false]);
        assert!(!is_rising(&rows.vstack(&rows).unwrap(), "a"));
    }

    #[test]
    fn values_are_counted_below() {
        let rows = df!("k" => [2i64, 2, 5, 7]).unwrap();
        assert_eq!(read_below(&below(&rows, &[1, 2, 3, 5, 7, 8]).unwrap()).unwrap(), [(2, 2), (3, 2), (4, 3)]);
    }
}
