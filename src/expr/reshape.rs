//! Reshaping: the elements in C order under another shape, within bounded chunks.
//!
//! Axes fall into groups: the shortest runs of old and new axes that hold as many elements. Within a group every chunk is made
//! a run of elements in C order (leading axes cut into ones, one axis cut at will, the others whole); then chunk `i` of the old
//! grid and chunk `i` of the new hold the same elements, and no element moves. Where the runs of the two sides cannot be the
//! same, the array goes by way of the flat one, whose runs can be cut anywhere. A chunk never has more elements than the
//! largest chunk had before.

use crate::base::grid::Coords;
use crate::base::{Axis, DType, Error, Grid, Result, Scalar};
use crate::expr::build::{broadcast_shapes, generate, rearrange, rechunk};
use crate::expr::node::Select;
use crate::expr::{AxisMap, Expr, IndexMap, Kind, Meta, unknown};
use crate::kernel::program::Builder;
use std::ops::Range;

/// Axes of the old shape and of the new one that hold the same elements.
pub struct Group {
    /// Those of the old shape.
    pub old: Range<usize>,
    /// Those of the new one.
    pub new: Range<usize>,
}

/// The groups of two shapes of as many elements, none of length 0; None if there are none such.
pub fn groups(old: &[usize], new: &[usize]) -> Option<Vec<Group>> {
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        let (from, to) = (i, j);
        let (mut a, mut b) = (old[i], new[j]);
        while a != b {
            if a < b {
                i += 1;
                a = a.checked_mul(*old.get(i)?)?;
            } else {
                j += 1;
                b = b.checked_mul(*new.get(j)?)?;
            }
        }
        (i, j) = (i + 1, j + 1);
        out.push(Group { old: from..i, new: to..j });
    }
    if old[i..].iter().chain(&new[j..]).any(|&n| n != 1) {
        return None;
    }
    if i < old.len() || j < new.len() {
        out.push(Group { old: i..old.len(), new: j..new.len() });
    }
    Some(out)
}

/// The cut of some axes as a cut of their elements in C order; None if a piece is no run of them.
fn flat(axes: &[Axis]) -> Option<Axis> {
    let Some(at) = axes.iter().rposition(|a| a.n_chunks() > 1) else {
        return Some(Axis::whole(axes.iter().map(Axis::len).product()));
    };
    if axes[..at].iter().any(|a| a.n_chunks() != a.len()) {
        return None;
    }
    let (before, after): (usize, usize) =
        (axes[..at].iter().map(Axis::len).product(), axes[at + 1..].iter().map(Axis::len).product());
    if let (1, Axis::Regular { len, size }) = (before, &axes[at]) {
        return Some(Axis::regular(len * after, size * after));
    }
    let once: Vec<usize> = axes[at].sizes().map(|n| n * after).collect();
    Some(Axis::from_sizes(&once.repeat(before)))
}

/// The axes of lengths `lens` whose pieces are the runs of `cut`, if axes can be cut so.
fn unflatten(lens: &[usize], cut: &Axis) -> Option<Vec<Axis>> {
    if lens.is_empty() {
        return (cut.n_chunks() == 1).then(Vec::new);
    }
    (0..lens.len()).find_map(|at| {
        let after: usize = lens[at + 1..].iter().product();
        let period = after * lens[at];
        let mut sizes = Vec::new();
        for i in 0..cut.n_chunks() {
            let r = cut.range(i);
            if !r.len().is_multiple_of(after) || r.end > period {
                return None;
            }
            sizes.push(r.len() / after);
            if r.end == period {
                break;
            }
        }
        let axes: Vec<Axis> = (0..lens.len())
            .map(|a| match a.cmp(&at) {
                std::cmp::Ordering::Less => Axis::regular(lens[a], 1),
                std::cmp::Ordering::Equal => Axis::from_sizes(&sizes),
                std::cmp::Ordering::Greater => Axis::whole(lens[a]),
            })
            .collect();
        (flat(&axes).as_ref() == Some(cut)).then_some(axes)
    })
}

/// Axes cut into runs of at most `most` elements.
fn runs(lens: &[usize], most: usize) -> Vec<Axis> {
    let mut axes: Vec<Axis> = lens.iter().map(|&n| Axis::whole(n)).collect();
    let mut held = 1;
    for a in (0..lens.len()).rev() {
        if held * lens[a] > most {
            let pieces = lens[a].div_ceil((most / held).max(1));
            axes[a] = Axis::regular(lens[a], lens[a].div_ceil(pieces));
            axes[..a].iter_mut().zip(lens).for_each(|(axis, &n)| *axis = Axis::regular(n, 1));
            break;
        }
        held *= lens[a];
    }
    axes
}

/// Whether chunk `i` of both grids, for every `i`, holds the same elements in C order.
pub fn same_pieces(old: &Grid, new: &Grid) -> bool {
    let (a, b) = (old.shape(), new.shape());
    if a.contains(&0) || b.contains(&0) || old.n_chunks() != new.n_chunks() {
        return false;
    }
    groups(&a, &b).is_some_and(|all| {
        all.iter().all(|g| {
            let (x, y) = (&old.axes()[g.old.clone()], &new.axes()[g.new.clone()]);
            x == y || matches!((flat(x), flat(y)), (Some(x), Some(y)) if x == y)
        })
    })
}

/// What becomes of one group: how its axes are cut before, what runs these are, what runs they must be, and the new axes.
struct Steps {
    old: Vec<Axis>,
    before: Axis,
    after: Axis,
    new: Vec<Axis>,
}

fn steps(axes: &[Axis], lens: &[usize]) -> Steps {
    if let ([axis], [_]) = (axes, lens) {
        return Steps { old: axes.to_vec(), before: axis.clone(), after: axis.clone(), new: axes.to_vec() };
    }
    let most = axes.iter().map(Axis::max_size).product();
    let old_lens: Vec<usize> = axes.iter().map(Axis::len).collect();
    let cut = |axes: &[Axis]| flat(axes).unwrap_or_else(|| Axis::whole(axes.iter().map(Axis::len).product()));
    let old = if flat(axes).is_some() { axes.to_vec() } else { runs(&old_lens, most) };
    let before = cut(&old);
    if let Some(new) = unflatten(lens, &before) {
        return Steps { old, after: before.clone(), before, new };
    }
    let new = runs(lens, most);
    let after = cut(&new);
    match unflatten(&old_lens, &after) {
        Some(old) => Steps { old, before: after.clone(), after, new },
        None => Steps { old, before, after, new },
    }
}

fn regroup(x: &Expr, grid: Grid) -> Result<Expr> {
    let (dtype, _) = x.array()?;
    Ok(Expr::new(Kind::Select(Select::Reshape), vec![x.clone()], Meta::Array { dtype, grid }, "reshape"))
}

/// An array without elements.
pub fn empty(dtype: DType, shape: &[usize]) -> Expr {
    let mut b = Builder::new();
    let zero = b.constant(Scalar::I64(0), dtype);
    generate(b.finish(zero), Grid::whole(shape), "empty")
}

/// The elements in C order under another shape.
///
/// # Errors
/// When the shape has another number of elements.
pub fn reshape(x: &Expr, shape: &[usize]) -> Result<Expr> {
    let (dtype, grid) = x.array()?;
    let have = grid.shape();
    unknown::refuse(grid).map_err(|e| e.at("reshape"))?;
    if have.as_slice() == shape {
        return Ok(x.clone());
    }
    let count = |s: &[usize]| s.iter().try_fold(1u128, |n, &l| n.checked_mul(l as u128)).filter(|_| !s.contains(&0));
    let (n, m) = (count(&have).unwrap_or(0), if shape.contains(&0) { Some(0) } else { count(shape) });
    if m != Some(n) {
        let m = m.map_or("too many".to_string(), |m| m.to_string());
        return Err(Error::usage(format!(
            "reshape: an array of shape {:?} ({n} elements) cannot take the shape {shape:?} ({m} elements)",
            have.as_slice()
        )));
    }
    if n == 0 {
        return Ok(empty(dtype, shape));
    }
    let all = groups(&have, shape).ok_or_else(|| Error::bug(format!("{have:?} and {shape:?} have no groups")))?;
    let all: Vec<Steps> = all.iter().map(|g| steps(&grid.axes()[g.old.clone()], &shape[g.new.clone()])).collect();
    let made = rechunk(x, Grid::new(all.iter().flat_map(|s| s.old.clone())))?;
    let new = Grid::new(all.iter().flat_map(|s| s.new.clone()));
    if all.iter().all(|s| s.before == s.after) {
        return regroup(&made, new);
    }
    let made = regroup(&made, Grid::new(all.iter().map(|s| s.before.clone())))?;
    let made = rechunk(&made, Grid::new(all.iter().map(|s| s.after.clone())))?;
    regroup(&made, new)
}

/// The array repeated to the shape of `grid` by NumPy's broadcasting and cut as `grid` is, where
/// [`broadcast_to`](crate::expr::build::broadcast_to) chooses how the axes that repeat are cut.
///
/// # Errors
/// When the shape does not follow from the array's.
pub fn broadcast_cut(x: &Expr, grid: &Grid) -> Result<Expr> {
    let (_, have) = x.array()?;
    if have == grid {
        return Ok(x.clone());
    }
    unknown::refuse(have).and_then(|()| unknown::refuse(grid)).map_err(|e| e.at("broadcast_to"))?;
    let (from, to): (Coords, Coords) = (have.shape(), grid.shape());
    if broadcast_shapes(&[from.clone(), to.clone()])? != to {
        return Err(Error::usage(format!("{:?} does not broadcast to {:?}", from.as_slice(), to.as_slice())));
    }
    let map = IndexMap::broadcast(&from, &to);
    let own = map.0.iter().zip(have.axes()).map(|(m, axis)| match m {
        AxisMap::Out(o) => grid.axes()[*o].clone(),
        AxisMap::Fixed(_) => axis.clone(),
    });
    let x = rechunk(x, Grid::new(own))?;
    if map.is_identity(to.len()) { Ok(x) } else { rearrange(&x, map, grid.clone(), "broadcast_to") }
}

#[cfg(test)]
mod tests {
    use super::{flat, groups, runs, same_pieces, unflatten};
    use crate::base::{Axis, Grid};

    #[test]
    fn groups_are_the_shortest() {
        let text =
            |a: &[usize], b: &[usize]| groups(a, b).map(|v| v.iter().map(|g| (g.old.clone(), g.new.clone())).collect::<Vec<_>>());
        assert_eq!(text(&[6, 4, 5], &[2, 3, 20]), Some(vec![(0..1, 0..2), (1..3, 2..3)]));
        assert_eq!(text(&[4, 6], &[3, 8]), Some(vec![(0..2, 0..2)]));
        assert_eq!(text(&[1, 5], &[5]), Some(vec![(0..2, 0..1)]));
        assert_eq!(text(&[5], &[5, 1, 1]), Some(vec![(0..1, 0..1), (1..1, 1..3)]));
        assert_eq!(text(&[1, 1], &[]), Some(vec![(0..2, 0..0)]));
        assert_eq!(text(&[4], &[5]), None);
        assert_eq!(text(&[4], &[2, 2, 2]), None);
    }

    #[test]
    fn cuts_into_runs_go_both_ways() {
        for lens in [vec![3, 4, 5], vec![7], vec![1, 6, 1], vec![2, 1, 9]] {
            for most in 1..70 {
                let axes = runs(&lens, most);
                assert!(axes.iter().map(Axis::max_size).product::<usize>() <= most, "{lens:?} {most}");
                let cut = flat(&axes).unwrap();
                assert_eq!(flat(&unflatten(&lens, &cut).unwrap()), Some(cut), "{lens:?} {most}");
            }
        }
        assert_eq!(flat(&[Axis::regular(4, 2), Axis::regular(4, 2)]), None);
        assert_eq!(unflatten(&[2, 6], &Axis::regular(12, 5)), None);
    }

    #[test]
    fn grids_of_other_pieces_are_told() {
        let grid = |shape: &[usize], chunks: &[usize]| Grid::regular(shape, chunks).unwrap();
        assert!(same_pieces(&grid(&[4, 6], &[1, 3]), &grid(&[24], &[3])));
        assert!(same_pieces(&grid(&[4, 6], &[2, 6]), &grid(&[2, 2, 6], &[1, 2, 6])));
        assert!(!same_pieces(&grid(&[4, 6], &[2, 3]), &grid(&[24], &[6])));
        assert!(!same_pieces(&grid(&[4, 6], &[1, 3]), &grid(&[24], &[4])));
        assert!(!same_pieces(&grid(&[0, 6], &[1, 3]), &grid(&[0], &[4])));
        assert!(!same_pieces(&grid(&[4], &[4]), &grid(&[5], &[5])));
    }
}
