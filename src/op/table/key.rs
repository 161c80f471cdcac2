//! Keys of rows: how rows are divided by their keys' hash or order, and sampled.

use crate::base::Result;
use crate::chunk::dataframe::{apart, table_error};
use crate::kernel::table::divide::{Buckets, by_hash, by_number, by_order};
use crate::kernel::table::lookup::gather;
use crate::kernel::table::order::{Sampled, Sorted, each};
use crate::op::table::exchange::{Divide, RowPlace, Sample};
use crate::op::table::rows::row_number;
use polars::prelude::{Column, DataFrame, Expr, IdxSize, IntoLazy, NamedFrom, PlSmallStr, Series, SortMultipleOptions};

/// The keys of rows, a column each.
///
/// # Errors
/// The expressions' own.
pub fn keys(rows: &DataFrame, of: &[Expr]) -> Result<DataFrame> {
    let column = |(i, e): (usize, &Expr)| match e {
        Expr::Column(n) => Some(rows.column(n).ok()?.clone().with_name(key_name(i))),
        _ => None,
    };
    if let Some(columns) = of.iter().enumerate().map(column).collect::<Option<Vec<_>>>() {
        return DataFrame::new(rows.height(), columns).map_err(table_error);
    }
    let keys = apart(|| rows.clone().lazy().select(named(of)).collect()).map_err(table_error)?;
    // A literal is one value for all rows.
    if keys.height() == rows.height() { Ok(keys) } else { Ok(keys.new_from_index(0, rows.height())) }
}

fn key_name(i: usize) -> PlSmallStr {
    format!("key {i}").into()
}

/// Expressions for keys under the names that [`keys`] gives them.
pub fn named(of: &[Expr]) -> Vec<Expr> {
    of.iter().enumerate().map(|(i, e)| e.clone().alias(key_name(i))).collect()
}

/// Rows go where the hash of their keys says.
#[derive(Debug)]
pub struct ByHash {
    /// The keys.
    pub of: Vec<Expr>,
    /// Number of buckets.
    pub n_buckets: usize,
}

impl Divide for ByHash {
    fn n_buckets(&self) -> usize {
        self.n_buckets
    }

    fn buckets(&self, _: RowPlace, rows: &DataFrame) -> Result<Buckets> {
        by_hash(&keys(rows, &self.of)?, self.n_buckets)
    }

    fn label(&self) -> String {
        format!("{} buckets by hash", self.n_buckets)
    }
}

/// Rows go where their [number](row_number) says.
#[derive(Debug)]
pub struct ByNumber {
    /// The column of numbers.
    pub column: PlSmallStr,
    /// Where buckets begin but the first.
    pub cuts: Vec<u64>,
}

impl Divide for ByNumber {
    fn n_buckets(&self) -> usize {
        self.cuts.len() + 1
    }

    fn buckets(&self, _: RowPlace, rows: &DataFrame) -> Result<Buckets> {
        Ok(by_number(rows.column(&self.column).and_then(|c| c.u64()).map_err(table_error)?, &self.cuts))
    }

    fn label(&self) -> String {
        format!("{} buckets in order of row numbers", self.n_buckets())
    }
}

/// Keys in an order; equal keys by their row's place in the whole table, so that any number of equal keys can be divided.
#[derive(Clone, Debug)]
pub struct Order {
    /// The keys, by their weight.
    pub by: Vec<Expr>,
    /// Directions and the place of nulls.
    pub options: SortMultipleOptions,
}

impl Order {
    /// Keys of rows whose places are `numbers`.
    fn of(&self, rows: &DataFrame, numbers: Vec<u64>) -> Result<Sorted> {
        let mut keys = keys(rows, &self.by)?;
        let n_keys = keys.width();
        keys.with_column(Column::from(Series::new("number".into(), numbers))).map_err(table_error)?;
        let each = |flags: &[bool]| each(flags, n_keys).chain([false]).collect::<Vec<_>>();
        Sorted::new(&keys, &each(&self.options.descending), &each(&self.options.nulls_last))
    }
}

/// Some keys of every partition.
#[derive(Debug)]
pub struct SampleOf {
    /// What is sampled.
    pub order: Order,
    /// Keys that are taken of a partition.
    pub n: usize,
}

impl Sample for SampleOf {
    fn sample(&self, i: usize, rows: &DataFrame) -> Result<Vec<Sampled>> {
        let step = rows.height().div_ceil(self.n).max(1);
        let some: Vec<IdxSize> = (0..rows.height() as IdxSize).step_by(step).collect();
        let numbers = some.iter().map(|&row| row_number(i, row as usize)).collect();
        let sampled = |key: &[u8]| Sampled { key: key.to_vec(), rows: u32::try_from(step).unwrap_or(u32::MAX) };
        Ok(self.order.of(&gather(rows, &some), numbers)?.iter().map(sampled).collect())
    }
}

/// Rows go where their place in an order says.
#[derive(Debug)]
pub struct ByOrder {
    /// The order.
    pub order: Order,
    /// Where buckets begin but the first.
    pub cuts: Vec<Vec<u8>>,
}

impl Divide for ByOrder {
    fn n_buckets(&self) -> usize {
        self.cuts.len() + 1
    }

    fn buckets(&self, place: RowPlace, rows: &DataFrame) -> Result<Buckets> {
        let numbers = (0..rows.height()).map(|row| row_number(place.partition, place.row + row)).collect();
        by_order(&self.order.of(rows, numbers)?, &self.cuts)
    }

    fn label(&self) -> String {
        format!("{} buckets in order", self.n_buckets())
    }
}
