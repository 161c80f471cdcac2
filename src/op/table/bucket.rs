//! Work on buckets: all rows of some keys are in one bucket, so that it is a whole table to what is done with it.

use crate::base::Result;
use crate::chunk::Chunk;
use crate::chunk::dataframe::{table, too_large};
use crate::expr::call::{BlockInfo, CallOp};
use crate::expr::table::not_sent;
use crate::kernel::table::columns::fitted;
use crate::op::table::joining::Joining;
use crate::op::table::probe::{Probe, Side};
use crate::op::table::step::{TableStep, apply, collect};
use crate::spill::pool::Share;
use polars::prelude::{Expr, IntoLazy, JoinArgs, PlSmallStr};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// What is done with a bucket.
#[derive(Clone, Debug)]
pub enum BucketOp {
    /// Steps on its rows.
    Steps(Vec<TableStep>),
    /// Its rows look up those of the same bucket of another table. A result that is larger than a piece may be is left to who takes it, to be
    /// made piece by piece; where nobody could, there is no such limit.
    LookUp {
        /// How they look them up.
        side: Box<Side>,
        /// Bytes of a row of the result beside strings and lists.
        row_bytes: u64,
        /// Bytes of a piece.
        piece_bytes: Option<u64>,
    },
    /// Every row of its with the nearest one in the same bucket of another table.
    Nearest {
        /// Keys of the left table.
        left_on: Vec<Expr>,
        /// Keys of the right table.
        right_on: Vec<Expr>,
        /// What is nearest.
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
}

impl Bucket {
    /// An op by its `name`, whose results have at most `out_bytes` and that needs `scratch_bytes` beside them and its input.
    pub fn new(op: BucketOp, name: &'static str, out_bytes: u64, scratch_bytes: u64) -> Bucket {
        Bucket { op, name, out_bytes, scratch_bytes }
    }
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
            BucketOp::LookUp { side, row_bytes, piece_bytes } => {
                let (passing, built) = (table(&inputs[0])?, table(&inputs[1])?);
                match piece_bytes {
                    Some(piece_bytes) => return Joining::new(side, passing, built, (*row_bytes, *piece_bytes))?.into_chunk(),
                    None => Probe::new(side, built, Share::default())?.run(passing)?,
                }
            }
            BucketOp::Nearest { left_on, right_on, args, columns } => {
                let (left, right) = (table(&inputs[0])?, table(&inputs[1])?);
                let q = (**left).clone().lazy().join((**right).clone().lazy(), left_on, right_on, (**args).clone());
                collect(q.select(columns.iter().map(|c| polars::prelude::col(c.clone())).collect::<Vec<_>>()))?
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
