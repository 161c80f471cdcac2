//! Row groups in which a filter cannot hold, told by the least and greatest value and the number of nulls that a footer has of columns.
//! The rule is Polars' own: an expression over those numbers, true where no row can be kept. What is not known is null, and prunes nothing.

use crate::base::caught::caught;
use crate::chunk::dataframe::apart;
use crate::format::parquet_file::Footer;
use crate::format::table_files::Fit;
use polars::prelude::{Column, DataFrame, DataType, Expr, IdxCa, IntoColumn, IntoLazy, PlSmallStr, PolarsResult, Schema, Series};
use polars_parquet::read::statistics::deserialize_all;
use polars_plan::plans::predicates::{aexpr_to_skip_batch_predicate, null_count_dtype};
use polars_plan::plans::{AExpr, ExprToIRContext, node_to_expr, to_expr_ir};
use polars_plan::prelude::Arena;

/// A filter on statistics.
pub(super) struct Pruner<'a> {
    /// True where no row of a group can be kept.
    skip: Expr,
    /// Columns of the filter, with their place among those read.
    columns: Vec<(usize, &'a PlSmallStr, &'a DataType)>,
}

impl<'a> Pruner<'a> {
    /// What statistics can tell of a filter on columns; None if nothing.
    pub(super) fn new(filter: &Expr, read: &'a Schema) -> Option<Pruner<'a>> {
        let make = || {
            let mut arena: Arena<AExpr> = Arena::new();
            let node = to_expr_ir(filter.clone(), &mut ExprToIRContext::new(&mut arena, read)).ok()?.node();
            let skip = aexpr_to_skip_batch_predicate(node, &mut arena, read)?;
            Some(node_to_expr(skip, &arena))
        };
        let skip = caught(make)??;
        let leaves = polars_plan::utils::expr_to_leaf_column_names(filter);
        let columns = read.iter().enumerate().filter(|(_, (n, _))| leaves.contains(n)).map(|(i, (n, d))| (i, n, d)).collect();
        Some(Pruner { skip, columns })
    }

    /// What the footer of a file says of its row groups: a row for each.
    pub(super) fn statistics(&self, footer: &Footer, fits: &[Fit]) -> Option<DataFrame> {
        let groups = &footer.meta.row_groups;
        let len: IdxCa = groups.iter().map(|g| u32::try_from(g.num_rows()).ok()).collect();
        let mut out = vec![len.with_name("len".into()).into_column()];
        for &(at, name, dtype) in &self.columns {
            let known = match fits.get(at) {
                Some(Fit::Same) if !dtype.is_nested() => {
                    let read = || known(footer, name, dtype);
                    // The reader of statistics does not know all types and panics at others.
                    caught(read).flatten()
                }
                _ => None,
            };
            let [min, max, nulls] = known.unwrap_or_else(|| {
                let null = |d: &DataType| Column::full_null(PlSmallStr::EMPTY, groups.len(), d);
                [null(dtype), null(dtype), null(&null_count_dtype(dtype))]
            });
            let named = |c: Column, what: &str| c.with_name(format!("{name}_{what}").into());
            out.extend([named(min, "min"), named(max, "max"), named(nulls, "nc")]);
        }
        DataFrame::new(groups.len(), out).ok()
    }

    /// Which row groups need not be read, of the statistics of all.
    pub(super) fn skips(&self, statistics: DataFrame) -> Option<Vec<bool>> {
        let n = statistics.height();
        let evaluate = || -> PolarsResult<DataFrame> { statistics.lazy().select([self.skip.clone().alias("skip")]).collect() };
        let skip = apart(|| caught(evaluate))?.ok()?;
        let skip = skip.columns().first()?.bool().ok()?.clone();
        match skip.len() {
            len if len == n => Some(skip.iter().map(|s| s == Some(true)).collect()),
            // A literal.
            1 => Some(vec![skip.get(0) == Some(true); n]),
            _ => None,
        }
    }
}

/// Whether a column of whole numbers has no nulls and rises from row group to row group.
pub(super) fn rises(footer: &Footer, name: &PlSmallStr, dtype: &DataType) -> bool {
    let rising = || {
        let [least, greatest, nulls] = known(footer, name, dtype)?;
        let numbers = |c: Column| Some(c.strict_cast(&DataType::Int64).ok()?.i64().ok()?.iter().collect::<Vec<_>>());
        let (least, greatest, nulls) = (numbers(least)?, numbers(greatest)?, numbers(nulls)?);
        let known = nulls.iter().all(|n| *n == Some(0)) && least.iter().chain(&greatest).all(Option::is_some);
        Some(known && greatest.iter().zip(&least[1..]).all(|(before, next)| before <= next))
    };
    dtype.is_integer() && rising() == Some(true)
}

/// The least and the greatest value of a column in every row group, and its number of nulls.
fn known(footer: &Footer, name: &PlSmallStr, dtype: &DataType) -> Option<[Column; 3]> {
    let groups = &footer.meta.row_groups;
    let [leaf] = groups.first()?.columns_idxs_under_root_iter(name)? else { return None };
    let field = footer.fields.get(name)?;
    let found = deserialize_all(field, groups, *leaf, &footer.meta.footer_buf).ok()??;
    let value = |array| -> Option<Column> {
        let column = Column::from(Series::try_from((field, array)).ok()?);
        if column.dtype() == dtype { Some(column) } else { column.strict_cast(dtype).ok() }
    };
    let nulls = Series::from_arrow(PlSmallStr::EMPTY, Box::new(found.null_count)).ok()?.into_column();
    let all = [value(found.min_value)?, value(found.max_value)?, nulls];
    all.iter().all(|c| c.len() == groups.len()).then_some(all)
}
