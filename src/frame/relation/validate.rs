//! Whether the keys of a join's sides are as its validation says.

use crate::base::{Error, Result};
use crate::chunk::dataframe::table_error;
use crate::frame::relation::grouped::{Groups, grouped};
use crate::frame::run::Run;
use crate::frame::walk::Tree;
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{DataType, Expr, IDX_DTYPE, JoinArgs, JoinValidation, Schema, col, len, lit};
use std::sync::Arc;

/// The column of how many rows have a key.
const N: &str = "\u{1}n";

/// Fails unless the sides' keys are there once where `validation` says so. Keys that are null are not looked at unless they match.
///
/// # Errors
/// Keys that are there several times; a kind of join that Polars does not validate; what the sides fail with.
pub(super) fn validated(
    run: &mut Run<'_>,
    validation: JoinValidation,
    args: &JoinArgs,
    left: (&Tree, &[Expr]),
    right: (&Tree, &[Expr]),
) -> Result<()> {
    if !validation.needs_checks() {
        return Ok(());
    }
    validation.is_valid_join(&args.how).map_err(table_error)?;
    let (of_left, of_right) = match validation {
        JoinValidation::ManyToMany => (false, false),
        JoinValidation::ManyToOne => (false, true),
        JoinValidation::OneToMany => (true, false),
        JoinValidation::OneToOne => (true, true),
    };
    for (name, asked, side) in [("left", of_left, left), ("right", of_right, right)] {
        let n = if asked { n_repeated(run, args.nulls_equal, side)? } else { 0 };
        if n > 0 {
            let what =
                format!("join keys did not fulfill {} validation: {n} keys of the {name} side are there several times", validation);
            return Err(Error::usage(what));
        }
    }
    Ok(())
}

/// How many keys several rows have.
fn n_repeated(run: &mut Run<'_>, nulls_equal: bool, (side, on): (&Tree, &[Expr])) -> Result<u64> {
    if run.is_dry() {
        return Ok(0);
    }
    let mut pipe = side.pipe(run)?;
    let names: Vec<String> = (0..on.len()).map(|i| format!("\u{1}key {i}")).collect();
    let fields = on.iter().zip(&names).map(|(e, name)| Ok((name.as_str().into(), e.to_field(&pipe.schema)?.dtype)));
    let fields = fields.collect::<polars::prelude::PolarsResult<Schema>>().map_err(table_error)?;
    let schema = Arc::new(fields);
    let exprs = on.iter().zip(&names).map(|(e, name)| e.clone().alias(name)).collect();
    pipe.push(RowOp::Step(TableStep::Select(exprs)), schema.clone(), 1);
    let keys: Vec<Expr> = names.iter().map(col).collect();
    if let Some(valid) = keys.iter().map(|k| k.clone().is_not_null()).reduce(Expr::and).filter(|_| !nulls_equal) {
        pipe.push(RowOp::Step(TableStep::Filter(valid)), schema.clone(), 1);
    }
    let mut counted = (*schema).clone();
    counted.with_column(N.into(), IDX_DTYPE);
    let counted = Arc::new(counted);
    let count = TableStep::GroupBy { keys: keys.clone(), aggs: vec![len().alias(N)] };
    let mut groups = grouped(run, pipe, &Groups::new("join", keys, vec![count], counted.clone()), false)?;
    let several = TableStep::Filter(col(N).gt(lit(1).cast(DataType::UInt32)));
    groups.push(RowOp::Step(several), counted, 1);
    Ok(run.keep(&groups, "join")?.total().bound.rows)
}
