//! Joins with the nearest row: the right side in memory beside every partition of the left if it is small; else both sides in buckets by the
//! columns that have to be equal.

use crate::base::bytes::format_bytes;
use crate::base::{Error, Kind as ErrorKind, Result};
use crate::chunk::table_bound::n_varying;
use crate::frame::pipe::{Pipe, names, numbered};
use crate::frame::relation::grouped::NUMBER;
use crate::frame::relation::join::{Join, LOOKUP_SHARE, room};
use crate::frame::relation::pairs::whole_buckets;
use crate::frame::relation::sort::restored;
use crate::frame::run::Run;
use crate::op::table::bucket::BucketOp;
use crate::op::table::key::ByHash;
use crate::op::table::measured::longest_row;
use crate::op::table::planned::Held;
use crate::op::table::{RowOp, TableStep};
use polars::prelude::{AsOfOptions, Expr, PlSmallStr, col};
use std::sync::Arc;

impl Join {
    /// Every row of the left side with the nearest row of the right.
    pub(super) fn asof(&self, run: &mut Run<'_>, options: &AsOfOptions) -> Result<Pipe> {
        let (left, right) = (self.left.pipe(run)?, self.right.pipe(run)?);
        let mut left = run.measured(left, "join_asof")?;
        let rows = run.keep(&right, "join_asof")?;
        drop(right);
        let all = rows.total();
        let by = options.left_by.as_ref().zip(options.right_by.as_ref());
        // With columns that have to be equal, the right side is taken apart by them for every partition of the left.
        let fits = by.is_none() || all.bytes <= run.task_bytes();
        if let Some(room) = if fits { room(run, &rows)? } else { None } {
            run.note("join_asof: the right side in memory beside every partition of the left");
            let table = run.table(&rows)?;
            let var_bytes = all.bound.var_bytes.max(left.bound.rows.saturating_mul(longest_row(&table)?));
            let step = TableStep::Beside {
                right: Arc::new(Held::new(table, room)),
                on: (self.left_on.clone(), self.right_on.clone()),
                args: Box::new(self.args.clone()),
                filter: None,
            };
            left.widen(n_varying(&self.schema).saturating_sub(n_varying(&left.schema)), var_bytes);
            left.push(RowOp::Step(step), self.schema.clone(), 1);
            return Ok(left);
        }
        let Some((left_by, right_by)) = by else {
            let (bytes, limit) = (format_bytes(all.bytes), format_bytes(run.pool.limit_bytes() / LOOKUP_SHARE));
            return Err(Error::new(
                ErrorKind::Budget,
                format!(
                    "the right side of an asof join without columns that have to be equal takes {bytes} (and as much again beside it), of which \
                     the memory budget leaves {limit}: raise the budget, or name columns that have to be equal"
                ),
            ));
        };
        let n_buckets = run.n_buckets(all.bytes);
        run.note(format!("join_asof: both sides in {n_buckets} buckets by the hash of the columns that have to be equal"));
        let by = |names: &[PlSmallStr]| ByHash { of: names.iter().map(|n| col(n.clone())).collect::<Vec<Expr>>(), n_buckets };
        let (likely, unfiltered) = (left.likely_rows, left.unfiltered_rows);
        left.number(NUMBER);
        let passed = run.divide(&left, "join_asof", by(left_by))?;
        drop(left);
        let built = run.divide(&run.read(&rows), "join_asof", by(right_by))?;
        let schema = numbered(&self.schema, NUMBER);
        let op = BucketOp::Nearest {
            left_on: self.left_on.clone(),
            right_on: self.right_on.clone(),
            args: Box::new(self.args.clone()),
            columns: names(&schema),
        };
        let pipe = whole_buckets(op, [&run.read(&passed), &run.read(&built)], &schema);
        Ok(restored(run, pipe, &[NUMBER], self.schema.clone())?.with_likely(likely, unfiltered))
    }
}
