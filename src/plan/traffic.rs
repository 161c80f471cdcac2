//! Bytes that cross between chunks, node by node.
//!
//! An element crosses where a chunk of the result is a part of a chunk, or put together of several. What is passed on as it was, what
//! is computed of aligned chunks, and the small states of reductions and scans do not count.

use crate::base::{Axis, Grid};
use crate::expr::node::{Boundary, Select};
use crate::expr::{Expr, Key, Kind, Meta};
use crate::plan::rechunk;
use std::collections::HashSet;

/// Counts the bytes that cross, for one plan.
#[derive(Debug)]
pub struct Traffic {
    budget_bytes: u64,
    /// Shuffles that were counted: several nodes may be parts of one.
    shuffled: HashSet<(u128, Key)>,
}

impl Traffic {
    /// For a plan under a budget, by which the ways of rechunks are chosen.
    pub fn new(budget_bytes: u64) -> Traffic {
        Traffic { budget_bytes, shuffled: HashSet::new() }
    }

    /// Bytes that cross between chunks where `e` is made of its inputs. A shuffle counts where its first part is asked for.
    pub fn moved_bytes(&mut self, e: &Expr) -> u64 {
        let Some(input) = e.inputs().first() else { return 0 };
        if e.meta().n_chunks() == 1 && e.inputs().iter().all(|i| i.meta().n_chunks() == 1) {
            return 0;
        }
        match e.kind() {
            Kind::Rechunk => rechunk_bytes(input, e, self.budget_bytes),
            Kind::Shuffle(op) => {
                let first = self.shuffled.insert((op.part().shared_key, input.key()));
                if first { value_bytes(input) } else { 0 }
            }
            Kind::Select(Select::Take { .. }) => value_bytes(e),
            Kind::Select(Select::Put { .. }) => e.inputs().get(1).map_or(0, value_bytes),
            Kind::Select(Select::Halo { depth, boundary }) => halo_bytes(input, depth, *boundary),
            _ => 0,
        }
    }
}

/// Upper bound of the bytes of a value, all chunks together.
pub fn value_bytes(e: &Expr) -> u64 {
    match e.meta() {
        Meta::Array { dtype, grid } => n_elements(grid).saturating_mul(dtype.size() as u64),
        Meta::Table(t) => t.partition_bytes.saturating_mul(t.n_partitions as u64),
        Meta::Unit => 0,
    }
}

fn n_elements(grid: &Grid) -> u64 {
    product(grid.axes().iter().map(Axis::len))
}

fn product(lens: impl Iterator<Item = usize>) -> u64 {
    lens.fold(1, |n, l| n.saturating_mul(l as u64))
}

fn rechunk_bytes(input: &Expr, e: &Expr, budget_bytes: u64) -> u64 {
    let (Ok((dtype, have)), Ok((_, want))) = (input.array(), e.array()) else { return 0 };
    let size = dtype.size() as u64;
    rechunk::path(have, want, size, budget_bytes)
        .windows(2)
        .map(|step| (n_elements(&step[1]) - passed_on(&step[0], &step[1])).saturating_mul(size))
        .fold(0, u64::saturating_add)
}

/// Elements of new chunks that are old ones as they were.
fn passed_on(have: &Grid, want: &Grid) -> u64 {
    let along = |(old, new): (&Axis, &Axis)| -> usize {
        let ranges = (0..new.n_chunks()).map(|c| new.range(c));
        ranges.filter(|r| !r.is_empty() && old.range(old.chunk_of(r.start)) == *r).map(|r| r.len()).sum()
    };
    product(have.axes().iter().zip(want.axes()).map(along))
}

/// Elements of other chunks that the chunks with their halos hold.
fn halo_bytes(input: &Expr, depth: &[(usize, usize)], boundary: Boundary) -> u64 {
    let Ok((dtype, grid)) = input.array() else { return 0 };
    let with_halo = |(axis, &(before, after)): (&Axis, &(usize, usize))| -> usize {
        let n = axis.len();
        let around = boundary == Boundary::Periodic && axis.n_chunks() > 1;
        let along = |c: usize| {
            let r = axis.range(c);
            if around { r.len() + before + after } else { (r.end + after).min(n) - r.start.saturating_sub(before) }
        };
        (0..axis.n_chunks()).map(along).sum()
    };
    let all = product(grid.axes().iter().zip(depth).map(with_halo));
    all.saturating_sub(n_elements(grid)).saturating_mul(dtype.size() as u64)
}

#[cfg(test)]
mod tests {
    use super::{Traffic, halo_bytes, passed_on};
    use crate::base::{Axis, DType, Grid};
    use crate::expr::node::Boundary;
    use crate::expr::{Chunks, build};

    #[test]
    fn what_is_passed_on_does_not_cross() {
        let old = Grid::new([Axis::regular(10, 4), Axis::whole(3)]);
        assert_eq!(passed_on(&old, &Grid::new([Axis::from_sizes(&[4, 1, 3, 2]), Axis::whole(3)])), (4 + 2) * 3);
        assert_eq!(passed_on(&old, &Grid::new([Axis::regular(10, 4), Axis::regular(3, 2)])), 0);
        assert_eq!(passed_on(&Grid::whole(&[0]), &Grid::whole(&[0])), 0);
    }

    #[test]
    fn halos_hold_what_their_neighbours_have() {
        let x = crate::array::arange(0.0, 12.0, 1.0, 4).unwrap();
        assert_eq!(halo_bytes(x.expr(), &[(1, 2)], Boundary::Nearest), (2 + 3 + 1) * 8);
        assert_eq!(halo_bytes(x.expr(), &[(1, 2)], Boundary::Periodic), 3 * 3 * 8);
        assert_eq!(halo_bytes(x.expr(), &[(9, 0)], Boundary::None), (4 + 8) * 8);
    }

    #[test]
    fn rechunks_move_what_they_cut() {
        let x = crate::array::arange(0.0, 12.0, 1.0, 4).unwrap();
        let grid = Chunks::from(6).grid(&[12], DType::F64, None).unwrap();
        let y = build::rechunk(x.expr(), grid).unwrap();
        let mut traffic = Traffic::new(1 << 30);
        assert_eq!(traffic.moved_bytes(&y), 12 * 8);
        assert_eq!(traffic.moved_bytes(x.expr()), 0);
    }
}
