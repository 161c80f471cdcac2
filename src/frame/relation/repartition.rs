//! The same rows in other partitions.

use crate::base::Result;
use crate::frame::pipe::Pipe;
use crate::frame::repartition::Partitioning;
use crate::frame::run::Run;
use crate::frame::walk::{Reader, Relation, Tree};
use crate::op::table::key::ByHash;
use crate::op::table::wrap::{Cut, cuts};
use polars::prelude::col;
use polars_plan::prelude::Node;

#[derive(Debug)]
struct Repartition {
    input: Tree,
    to: Partitioning,
}

/// Reads a step that stands for other partitions.
pub(in crate::frame) fn read(input: Node, to: Partitioning, r: &mut Reader) -> Result<Box<dyn Relation>> {
    Ok(Box::new(Repartition { input: r.tree(input)?, to }))
}

impl Relation for Repartition {
    fn pipe(&self, run: &mut Run<'_>) -> Result<Pipe> {
        let pipe = self.input.pipe(run)?;
        let (likely, unfiltered) = (pipe.likely_rows, pipe.unfiltered_rows);
        let made = match &self.to {
            Partitioning::Key(columns, n) => {
                let n_buckets = n.unwrap_or_else(|| run.n_buckets(pipe.likely_bytes()));
                let by = ByHash { of: columns.iter().map(|c| col(c.as_str())).collect(), n_buckets };
                let divided = run.divide(&pipe, "repartition", by)?;
                run.read_as_written(&divided)
            }
            Partitioning::Count(n) => {
                let (pipe, sizes) = run.computed(&pipe, "repartition")?;
                pipe.joined(evenly(&sizes, *n as u64))?
            }
            Partitioning::Bytes(bytes) => {
                let rows = run.keep(&pipe, "repartition")?;
                let n = rows.total().bytes.div_ceil(*bytes);
                let (pipe, sizes) = run.read_with_sizes(&rows);
                pipe.joined(evenly(&sizes, n.min(sizes.iter().sum())))?
            }
        };
        Ok(made.with_likely(likely, unfiltered))
    }
}

/// Partitions of so many rows as `n` of as many each.
fn evenly(sizes: &[u64], n: u64) -> Vec<Vec<Cut>> {
    let all: u64 = sizes.iter().sum();
    let n = n.max(1);
    let start = |i: u64| (u128::from(all) * u128::from(i) / u128::from(n)) as u64;
    cuts(sizes, &(0..n).map(start).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::evenly;
    use crate::op::table::wrap::Cut;

    #[test]
    fn rows_are_dealt_evenly_and_in_order() {
        for sizes in [vec![0], vec![5, 0, 1, 7], vec![1; 9], vec![100]] {
            for n in [1, 2, 3, 7, 40] {
                let parts = evenly(&sizes, n);
                let all: u64 = sizes.iter().sum();
                assert_eq!(parts.len() as u64, n);
                let firsts: Vec<u64> = sizes.iter().scan(0, |sum, n| Some(std::mem::replace(sum, *sum + n))).collect();
                let mut next = 0;
                for part in parts {
                    let mut rows = 0;
                    for Cut { partition, rows: cut } in part {
                        let (first, len) = cut.unwrap_or((0, sizes[partition] as usize));
                        assert!(len == 0 || firsts[partition] + first as u64 == next);
                        next += len as u64;
                        rows += len as u64;
                    }
                    assert!(rows == all / n || rows == all / n + 1);
                }
                assert_eq!(next, all);
            }
        }
    }
}
