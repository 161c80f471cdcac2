//! The rows of a row group that a scan hands on: conditions are met one after the other, and every column is decoded only of rows that
//! those before it left.
//!
//! Conditions on one column of which few values differ come first, since they are answered for each different value once; then keys
//! that the other side of a join has, other numbers, several columns, and at last other strings.

use crate::base::{Error, Result};
use crate::chunk::dataframe::{apart, table_error};
use crate::format::parquet_file::Open;
use crate::format::table_scan::Projection;
use crate::kernel::table::dense::KeySet;
use crate::kernel::table::evaluate::Evaluator;
use crate::kernel::table::mask::of_those;
use parking_lot::Mutex;
use polars::prelude::{
    BooleanChunked, ChunkFilter, Column, DataFrame, DataType, Expr, IntoLazy, PlSmallStr, Schema, SchemaRef, Series,
};
use polars_arrow::array::Array;
use polars_arrow::bitmap::{Bitmap, BitmapBuilder};
use polars_parquet::read::expr::{ParquetColumnExpr, SpecializedParquetColumnExpr};
use polars_parquet::read::{Filter, PredicateFilter};
use std::ops::Range;
use std::sync::Arc;

/// The part of the bytes of a value written plainly below which a column is taken to have its values in a dictionary.
const IN_DICTIONARY: f64 = 0.6;
/// A string written plainly takes these bytes and its own.
const STRING_BYTES: f64 = 4.0;
/// The part of the rows of the other side's keys above which it is not worth while to leave out the others here.
const MOST_KEPT: f64 = 0.7;

/// Keys that rows must have in a column, or they are of no use.
pub(super) type Wanted = (PlSmallStr, Arc<KeySet>);

/// One condition of a scan.
#[derive(Debug)]
pub(super) struct Condition {
    columns: Vec<PlSmallStr>,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Told(Arc<Told>),
    Keys(Arc<KeySet>),
}

/// What is true of the values of columns.
#[derive(Debug)]
struct Told {
    expr: Expr,
    /// The columns it looks at.
    schema: SchemaRef,
    evaluator: Option<Evaluator>,
}

/// The conditions of a scan, in the order in which they are met.
pub(super) fn conditions(projection: &Projection, wanted: &[Wanted]) -> Vec<Condition> {
    let mut all: Vec<(u8, Condition)> = Vec::new();
    for (name, keys) in wanted {
        if projection.read.contains(name) {
            all.push((0, Condition { columns: vec![name.clone()], test: Test::Keys(keys.clone()) }));
        }
    }
    let mut parts = Vec::new();
    projection.filter.iter().for_each(|f| split(f, &mut parts));
    // Conditions on the same columns are one.
    let mut of_columns: Vec<(Vec<PlSmallStr>, Expr)> = Vec::new();
    for expr in parts {
        let mut leaves = polars_plan::utils::expr_to_leaf_column_names(&expr);
        leaves.sort_unstable();
        leaves.dedup();
        match of_columns.iter_mut().find(|(columns, _)| *columns == leaves) {
            Some((_, before)) => *before = before.clone().and(expr),
            None => of_columns.push((leaves, expr)),
        }
    }
    for (leaves, expr) in of_columns {
        let looked_at = projection.read.iter().filter(|(n, _)| leaves.contains(n)).map(|(n, d)| (n.clone(), d.clone()));
        let schema: SchemaRef = Arc::new(looked_at.collect::<Schema>());
        let strings = schema.iter_values().any(|d| d.is_nested() || matches!(d, DataType::String | DataType::Binary));
        let rank = if strings { 3 } else { u8::from(schema.len() > 1) + 1 };
        let evaluator = Evaluator::new(std::slice::from_ref(&expr), &schema);
        let columns = schema.iter_names().cloned().collect();
        all.push((rank, Condition { columns, test: Test::Told(Arc::new(Told { expr, schema, evaluator })) }));
    }
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, c)| c).collect()
}

/// The conditions that are all true where a filter is.
fn split(filter: &Expr, parts: &mut Vec<Expr>) {
    match filter {
        Expr::BinaryExpr { left, op: polars::prelude::Operator::And, right } => {
            split(left, parts);
            split(right, parts);
        }
        other => parts.push(other.clone()),
    }
}

impl Told {
    /// For which rows it is true.
    fn mask(&self, rows: &DataFrame) -> Result<Bitmap> {
        let found = match &self.evaluator {
            Some(e) => e.mask(rows)?,
            None => {
                let named = self.expr.clone().alias(PlSmallStr::from_static("\u{1}mask"));
                let mask = apart(|| rows.clone().lazy().select([named]).collect()).map_err(table_error)?;
                // A literal is one value for all rows.
                let mask = if mask.height() == rows.height() { mask } else { mask.new_from_index(0, rows.height()) };
                let column = mask.columns().first().ok_or_else(|| Error::bug("a filter without a value"))?;
                let is = |c: &Column| c.bool().cloned();
                let bool = if column.dtype() == &DataType::Boolean {
                    is(column)
                } else {
                    column.cast(&DataType::Boolean).and_then(|c| is(&c))
                };
                bool.map_err(table_error)?
            }
        };
        let found = found.rechunk();
        let array = found.downcast_as_array();
        Ok(match array.validity() {
            Some(valid) => array.values() & valid,
            None => array.values().clone(),
        })
    }

    fn only(&self) -> Option<(&PlSmallStr, &DataType)> {
        self.schema.iter().next().filter(|_| self.schema.len() == 1)
    }
}

/// A condition on the different values of a column.
struct OfValues {
    told: Arc<Told>,
    /// Why it cannot be said of some value.
    failed: Mutex<Option<Error>>,
}

impl OfValues {
    fn of(&self, values: Result<Series>) -> Result<Bitmap> {
        let values = values?;
        self.told.mask(&DataFrame::new(values.len(), vec![Column::from(values)]).map_err(table_error)?)
    }

    /// For which values of a column it is true; where that cannot be said, the reason is kept.
    fn told(&self, n: usize, values: impl FnOnce(&PlSmallStr, &DataType) -> Result<Series>) -> Bitmap {
        let named = self.told.only().ok_or_else(|| Error::bug("a condition on several columns"));
        self.of(named.and_then(|(name, dtype)| values(name, dtype))).unwrap_or_else(|e| {
            self.failed.lock().get_or_insert(e);
            Bitmap::new_with_value(false, n)
        })
    }
}

impl ParquetColumnExpr for OfValues {
    fn evaluate_mut(&self, values: &dyn Array, bits: &mut BitmapBuilder) {
        let series =
            |n: &PlSmallStr, d: &DataType| Series::from_chunk_and_dtype(n.clone(), values.to_boxed(), d).map_err(table_error);
        bits.extend_from_bitmap(&self.told(values.len(), series));
    }

    fn evaluate_null(&self) -> bool {
        self.told(1, |n, d| Ok(Series::full_null(n.clone(), 1, d))).get_bit(0)
    }

    fn as_specialized(&self) -> Option<&SpecializedParquetColumnExpr> {
        None
    }
}

impl Condition {
    /// The condition as one on each different value of a column, where that is so stored that there are few.
    fn of_values(&self, open: &Open<'_>) -> Option<&Arc<Told>> {
        let (Test::Told(told), [name]) = (&self.test, self.columns.as_slice()) else { return None };
        let (_, dtype) = told.only()?;
        let mut chunks = open.footer.meta.row_groups.get(open.group)?.columns_under_root_iter(name)?;
        let (chunk, None) = (chunks.next()?, chunks.next()) else { return None };
        let bytes = chunk.uncompressed_size().max(0) as f64 / chunk.num_values().max(1) as f64;
        let plain = match dtype {
            DataType::String => STRING_BYTES / IN_DICTIONARY,
            DataType::Int32 | DataType::UInt32 | DataType::Float32 | DataType::Date => 4.0,
            DataType::Int64 | DataType::UInt64 | DataType::Float64 | DataType::Datetime(..) => 8.0,
            _ => return None,
        };
        (open.is_same(name) && bytes < IN_DICTIONARY * plain).then_some(told)
    }
}

/// Rows of a row group on their way through the conditions.
pub(super) struct Sieve<'a> {
    open: Open<'a>,
    rows: Range<usize>,
    /// Rows of the row group.
    n_all: usize,
    /// The rows that are left, of all of the row group; None for `rows`.
    left: Option<Bitmap>,
    n_left: usize,
    /// Columns of the rows that are left.
    columns: Vec<Column>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(open: Open<'a>, rows: Range<usize>, n_all: usize) -> Sieve<'a> {
        Sieve { open, n_left: rows.len(), rows, n_all, left: None, columns: vec![] }
    }

    /// The columns `output` of the rows that meet all conditions.
    pub(super) fn read(mut self, conditions: &[Condition], output: &Schema) -> Result<DataFrame> {
        let (first, rest): (Vec<&Condition>, Vec<&Condition>) =
            conditions.iter().partition(|c| self.rows == (0..self.n_all) && c.of_values(&self.open).is_some());
        self.of_values(&first, |name| output.contains(name) || rest.iter().any(|c| c.columns.contains(name)))?;
        for c in rest {
            if self.n_left == 0 {
                break;
            }
            self.need(&c.columns)?;
            let names: Vec<_> = c.columns.clone();
            let looked_at = self.columns.iter().filter(|c| names.contains(c.name())).cloned().collect();
            let looked_at = DataFrame::new(self.n_left, looked_at).map_err(table_error)?;
            match &c.test {
                Test::Told(told) => self.keep(&told.mask(&looked_at)?)?,
                Test::Keys(keys) => {
                    if let Some(found) = looked_at.columns().first().and_then(|c| keys.has(c))
                        && (found.set_bits() as f64) < MOST_KEPT * self.n_left as f64
                    {
                        self.keep(&found)?;
                    }
                }
            }
        }
        if self.n_left == 0 {
            return Ok(DataFrame::empty_with_schema(output));
        }
        let names: Vec<PlSmallStr> = output.iter_names().cloned().collect();
        self.need(&names)?;
        let all = DataFrame::new(self.n_left, self.columns).map_err(table_error)?;
        all.select(names).map_err(table_error)
    }

    /// Meets conditions on the different values of columns, of all rows of the row group. Columns that are `wanted` after that are decoded on
    /// the way.
    fn of_values(&mut self, conditions: &[&Condition], wanted: impl Fn(&PlSmallStr) -> bool) -> Result<()> {
        let mut found = Vec::new();
        for c in conditions {
            let (Test::Told(told), [name]) = (&c.test, c.columns.as_slice()) else { continue };
            let include_values = wanted(name);
            let condition = Arc::new(OfValues { told: told.clone(), failed: Mutex::default() });
            let predicate = PredicateFilter { predicate: condition.clone(), include_values };
            let matching = self.open.matching(name, predicate, self.n_all);
            if let Some(e) = condition.failed.lock().take() {
                return Err(e);
            }
            let (column, mask) = matching?;
            found.push((column.filter(|_| include_values), mask));
        }
        let Some(all) = found.iter().map(|(_, mask)| mask.clone()).reduce(|a, b| &a & &b) else { return Ok(()) };
        for (column, own) in found {
            let Some(column) = column else { continue };
            let bool = |b: &Bitmap| BooleanChunked::from_bitmap(PlSmallStr::EMPTY, b.clone());
            let kept = bool(&all).filter(&bool(&own)).and_then(|kept| column.filter(&kept)).map_err(table_error)?;
            self.columns.push(kept);
        }
        (self.n_left, self.left) = (all.set_bits(), Some(all));
        Ok(())
    }

    fn filter(&self) -> Option<Filter> {
        match &self.left {
            Some(left) => Some(Filter::new_masked(left.clone())),
            None => (self.rows != (0..self.n_all)).then(|| Filter::new_ranged(self.rows.start, self.rows.end)),
        }
    }

    /// Decodes columns that are not there.
    fn need(&mut self, names: &[PlSmallStr]) -> Result<()> {
        for name in names {
            if !self.columns.iter().any(|c| c.name() == name) {
                let column = self.open.column(name, self.filter(), self.n_left)?;
                self.columns.push(column);
            }
        }
        Ok(())
    }

    /// Leaves those of the rows that are left for which `found` is set.
    fn keep(&mut self, found: &Bitmap) -> Result<()> {
        let n = found.set_bits();
        if n == self.n_left {
            return Ok(());
        }
        let left = match &self.left {
            None if found.len() == self.n_all => found.clone(),
            None => {
                let mut bits = BitmapBuilder::with_capacity(self.n_all);
                bits.extend_constant(self.rows.start, false);
                bits.extend_from_bitmap(found);
                bits.extend_constant(self.n_all - self.rows.end, false);
                bits.freeze()
            }
            Some(left) => of_those(left, found),
        };
        let mask = BooleanChunked::from_bitmap(PlSmallStr::EMPTY, found.clone());
        let columns = self.columns.iter().map(|c| c.filter(&mask).map_err(table_error));
        self.columns = columns.collect::<Result<_>>()?;
        (self.left, self.n_left) = (Some(left), n);
        Ok(())
    }
}
