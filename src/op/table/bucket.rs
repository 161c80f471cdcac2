//! Work on buckets: all rows of some keys are in one bucket, so that it is a whole table to what is done with it.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::chunk::dataframe::{fitted, table, table_error, too_large};
use crate::chunk::table_bound::row_bytes;
use crate::expr::call::{BlockInfo, CallOp};
use crate::expr::table::not_sent;
use crate::kernel::table::lookup::{Lookup, Matches};
use crate::op::table::key::keys;
use crate::op::table::measured::Measured;
use crate::op::table::probe::{Probe, Side};
use crate::op::table::step::{TableStep, apply, collect};
use crate::spill::pool::Share;
use polars::prelude::{DataFrame, Expr, IdxSize, IntoLazy, JoinArgs, JoinType, PlSmallStr};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// What is done with a bucket.
#[derive(Clone, Debug)]
pub enum BucketOp {
    /// Steps on its rows.
    Steps(Vec<TableStep>),
    /// Its rows look up those of the same bucket of another table.
    LookUp(Box<Side>),
    /// Its rows joined with those of the same bucket of another table.
    Join {
        /// Keys of the left table.
        left_on: Vec<Expr>,
        /// Keys of the right table.
        right_on: Vec<Expr>,
        /// The kind of join.
        args: Box<JoinArgs>,
        /// Columns of the result.
        columns: Vec<PlSmallStr>,
    },
}

/// An op on every bucket.
#[derive(Debug)]
pub struct Bucket {
    op: BucketOp,
    name: &'static str,
    out_bytes: u64,
    scratch_bytes: u64,
    /// The budget, for people, in which the results of a join may have so many bytes.
    budget_for: fn(u64) -> String,
}

impl Bucket {
    /// An op by its `name`, whose results have at most `out_bytes` and that needs `scratch_bytes` beside them and its input. Joins with larger
    /// results are refused, with the budget that is enough for them.
    pub fn new(op: BucketOp, name: &'static str, out_bytes: u64, scratch_bytes: u64, budget_for: fn(u64) -> String) -> Bucket {
        Bucket { op, name, out_bytes, scratch_bytes, budget_for }
    }
}

impl Bucket {
    fn looked_up(&self, side: &Side, passing: &DataFrame, built: &DataFrame) -> Result<DataFrame> {
        let probe = Probe::new(side, built, Share::default())?;
        let m = probe.matches(passing)?;
        let payload = built.select(side.payload.iter().map(|(n, _)| n.clone())).map_err(table_error)?;
        if !side.filters() {
            self.check(passing, &payload, built.height(), m.rows.len())?;
        }
        probe.joined(passing, &m)
    }

    /// Refuses pairs of rows that are more than there is room for, before a row is copied.
    fn check(&self, a: &DataFrame, b: &DataFrame, n_built: usize, n_rows: usize) -> Result<()> {
        let var_bytes = |df: &DataFrame| Measured::of(df).bound.var_bytes;
        let width = row_bytes(a.schema()) + if b.width() > 0 { row_bytes(b.schema()) } else { 0 };
        let bytes = width.saturating_mul(n_rows as u64).saturating_add(var_bytes(a)).saturating_add(var_bytes(b));
        if bytes <= self.out_bytes {
            return Ok(());
        }
        Err(too_large(
            &format!("the join of {} rows with {n_built} in one bucket", a.height()),
            bytes,
            self.out_bytes,
            &format!(
                "many rows of both sides have the same keys; raise the memory budget to at least {}, or join by further keys",
                (self.budget_for)(bytes)
            ),
        ))
    }
}

/// How many of `n` rows that were looked up in nobody asked for.
fn unmatched(m: &Matches, n: usize) -> usize {
    let mut asked = vec![false; n];
    for &row in m.built.iter().filter(|&&row| row != IdxSize::MAX) {
        asked[row as usize] = true;
    }
    asked.iter().filter(|&&asked| !asked).count()
}

impl CallOp for Bucket {
    fn name(&self) -> Option<&'static str> {
        None
    }

    fn params(&self) -> Result<Vec<u8>> {
        Err(not_sent())
    }

    fn key(&self) -> u128 {
        xxh3_128(format!("bucket {:?}", self.op).as_bytes())
    }

    fn label(&self) -> String {
        self.name.into()
    }

    fn run(&self, _: &BlockInfo, inputs: &[Chunk]) -> Result<Chunk> {
        let out = match &self.op {
            BucketOp::Steps(steps) => {
                let (out, bytes) = fitted(apply(table(&inputs[0])?, steps)?, self.out_bytes)?;
                if bytes > self.out_bytes {
                    let what = format!("what '{}' makes of the {} rows of a bucket", self.name, table(&inputs[0])?.height());
                    return Err(too_large(
                        &what,
                        bytes,
                        self.out_bytes,
                        "it makes more of its rows than that; raise the memory budget",
                    ));
                }
                out
            }
            BucketOp::LookUp(side) => self.looked_up(side, table(&inputs[0])?, table(&inputs[1])?)?,
            BucketOp::Join { left_on, right_on, args, columns } => {
                let (left, right) = (table(&inputs[0])?, table(&inputs[1])?);
                // A row has at most one that is nearest to it.
                if !matches!(args.how, JoinType::AsOf(_)) {
                    let lookup = Lookup::new(&keys(right, right_on)?, args.nulls_equal);
                    let m = lookup.matches(&keys(left, left_on)?, true);
                    self.check(left, right, right.height(), m.rows.len() + unmatched(&m, right.height()))?;
                }
                let q = (**left).clone().lazy().join((**right).clone().lazy(), left_on, right_on, (**args).clone());
                let q = q.select(columns.iter().map(|c| polars::prelude::col(c.clone())).collect::<Vec<_>>());
                collect(q)?
            }
        };
        Ok(Chunk::Table(Arc::new(out)))
    }

    fn bytes(&self, _: &[u64]) -> (Option<u64>, u64) {
        (Some(self.out_bytes), self.scratch_bytes)
    }

    fn cost_ns(&self, bytes: u64) -> u64 {
        bytes * 4 + 100_000
    }
}
