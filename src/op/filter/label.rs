//! The steps that number connected components across blocks. All blocks of results have an axis behind those of the array; lists of
//! the whole array lie along it.
//!
//! A list of pairs holds its length, then as many first and as many second numbers as it has room for.

use crate::base::{Error, Result};
use crate::chunk::Tensor;
use crate::expr::call::BlockInfo;
use crate::kernel::filter::label::{Place, edges, firsts, home, joined, local, local_bytes};
use crate::op::block::{NamedBlock, only};
use serde::{Deserialize, Serialize};

/// The array whose components are numbered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Which neighbours are connected: 3 places along every axis.
    pub structure: Vec<bool>,
    /// How it is cut: the first element of every block along each axis, and the end.
    pub bounds: Vec<Vec<usize>>,
}

/// Input `i` without the axes that it lacks: the leading ones if `list`, else the last.
fn input(inputs: &[Tensor], i: usize, list: bool) -> Result<Tensor> {
    let mut t = inputs.get(i).cloned().ok_or_else(|| Error::bug("a piece of the labels is missing"))?;
    if list {
        while t.ndim() > 1 {
            t = t.index_axis(0, 0);
        }
    } else if t.ndim() > 1 {
        t = t.index_axis(t.ndim() - 1, 0);
    }
    Ok(t.contiguous())
}

/// A list of pairs as it lies in a block.
fn listed(shape: &[usize], pairs: impl ExactSizeIterator<Item = [i64; 2]>) -> Result<Tensor> {
    let n: usize = shape.iter().product();
    let room = n.saturating_sub(1) / 2;
    if pairs.len() > room {
        return Err(Error::bug(format!("{} pairs of labels in room for {room}", pairs.len())));
    }
    let mut out = vec![0; n];
    out[0] = pairs.len() as i64;
    for (i, [a, b]) in pairs.enumerate() {
        (out[1 + i], out[1 + room + i]) = (a, b);
    }
    Tensor::from_vec(shape, out)
}

/// The first and the second numbers of a list.
fn columns(list: &[i64]) -> (&[i64], &[i64]) {
    let room = list.len().saturating_sub(1) / 2;
    let n = list.first().map_or(0, |&n| n as usize).min(room);
    list.get(1..).map_or((&[], &[]), |rest| (&rest[..n], &rest[room..room + n]))
}

/// What stands beside a number in a list that is sorted by its first numbers.
fn beside((first, second): (&[i64], &[i64]), number: i64) -> Option<i64> {
    first.binary_search(&number).ok().map(|i| second[i])
}

/// The pairs of lists that lie one behind the other, each with room for `room`, in a vector of their number.
fn all_pairs(lists: &[i64], room: usize) -> Vec<[i64; 2]> {
    let lists = || lists.chunks(1 + 2 * room).map(columns);
    let mut out = Vec::with_capacity(lists().map(|(a, _)| a.len()).sum());
    lists().for_each(|(a, b)| out.extend(a.iter().zip(b).map(|(&a, &b)| [a, b])));
    out
}

impl Field {
    /// The first element and the shape of the block that a block of the result is made of. The result has one element per block along
    /// axes from `counted` on, else the elements of the array.
    fn block(&self, block: &BlockInfo, counted: usize) -> Result<(Vec<usize>, Vec<usize>)> {
        let (mut start, mut shape) = (Vec::new(), Vec::new());
        for (a, (bounds, r)) in self.bounds.iter().zip(block.region.ranges()).enumerate() {
            let (lo, hi) = match (a < counted, bounds.get(r.start), bounds.get(r.start + 1)) {
                (true, ..) => (r.start, r.end),
                (false, Some(&lo), Some(&hi)) => (lo, hi),
                _ => return Err(Error::bug("a block outside of the labelled array")),
            };
            start.push(lo);
            shape.push(hi - lo);
        }
        Ok((start, shape))
    }

    /// The same beside labels, which must have that shape.
    fn of(&self, block: &BlockInfo, counted: usize, labels: &Tensor) -> Result<(Vec<usize>, Vec<usize>)> {
        let found = self.block(block, counted)?;
        if found.1 == labels.shape() {
            return Ok(found);
        }
        Err(Error::bug(format!("labels of shape {:?} for a block of {:?}", labels.shape(), found.1)))
    }

    fn bytes(&self) -> u64 {
        self.structure.len() as u64 + self.bounds.iter().map(|b| 8 * b.len() as u64).sum::<u64>()
    }
}

/// Labels of the components that a block alone shows.
#[derive(Debug, Serialize, Deserialize)]
pub struct LabelLocal(pub Field);

impl NamedBlock for LabelLocal {
    const NAME: &'static str = "label_blocks";
    const DOC: &'static str = "Connected components of every block, named after their first elements.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = only(inputs)?;
        let (start, shape) = self.0.of(block, x.ndim(), x)?;
        let place = Place { whole: &self.0.shape, start: &start, shape: &shape };
        Tensor::from_vec(x.shape(), local(x.as_slice::<bool>()?, place, &self.0.structure)?)
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let n = input_bytes.iter().sum::<u64>();
        n + local_bytes(n)
    }

    fn held_bytes(&self) -> u64 {
        self.0.bytes()
    }
}

/// Which labels of a block and of those around it are one component. The block comes with a halo of one element.
#[derive(Debug, Serialize, Deserialize)]
pub struct LabelEdges(pub Field);

impl NamedBlock for LabelEdges {
    const NAME: &'static str = "label_edges";
    const DOC: &'static str = "Labels on both sides of the borders of a block that are one component.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let x = input(inputs, 0, false)?;
        let (start, shape) = self.0.block(block, 0)?;
        let start: Vec<usize> = start.iter().map(|&s| s.min(1)).collect();
        if start.len() != x.ndim() || (0..x.ndim()).any(|a| start[a] + shape[a] > x.shape()[a]) {
            return Err(Error::bug(format!("a block of {shape:?} in one of {:?}", x.shape())));
        }
        let pairs = edges(x.as_slice::<i64>()?, x.shape(), (&start, &shape), &self.0.structure);
        listed(&block.region.shape(), pairs.into_iter())
    }

    // The block in one piece; the rows' numbers; pairs, and sets with their names, of the labels at the borders.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        let sizes = self.0.bounds.iter().map(|b| b.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0) as u64);
        let (inner, outer) = sizes.fold((1u64, 1u64), |(i, o), n| (i.saturating_mul(n), o.saturating_mul(n + 2)));
        input_bytes.iter().sum::<u64>() + 2 * 96 * (outer - inner)
    }

    fn held_bytes(&self) -> u64 {
        self.0.bytes()
    }
}

/// One list of all labels that belong to an earlier one, from the lists of all blocks.
#[derive(Debug, Serialize, Deserialize)]
pub struct LabelJoin {
    /// Room for pairs in the list of a block.
    pub room: usize,
}

impl NamedBlock for LabelJoin {
    const NAME: &'static str = "label_join";
    const DOC: &'static str = "Every label that belongs to an earlier one, with the earliest of its component.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let lists = only(inputs)?;
        let pairs = all_pairs(lists.as_slice::<i64>()?, self.room);
        listed(&block.region.shape(), joined(&pairs).into_iter())
    }

    // Pairs, their labels, the sets of these (half of it), and the result before it is listed.
    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        4 * input_bytes.iter().sum::<u64>()
    }
}

/// How many components begin in every row of a block.
#[derive(Debug, Serialize, Deserialize)]
pub struct LabelCounts(pub Field);

impl NamedBlock for LabelCounts {
    const NAME: &'static str = "label_counts";
    const DOC: &'static str = "How many components begin in every row of a block.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let (labels, list) = (input(inputs, 0, false)?, input(inputs, 1, true)?);
        let (start, shape) = self.0.of(block, labels.ndim() - 1, &labels)?;
        let later = columns(list.as_slice::<i64>()?);
        let mut counts = vec![0i64; shape[..shape.len() - 1].iter().product()];
        let place = Place { whole: &self.0.shape, start: &start, shape: &shape };
        firsts(labels.as_slice::<i64>()?, place, |row, _, l| counts[row] += i64::from(beside(later, l).is_none()));
        Tensor::from_vec(&block.region.shape(), counts)
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        2 * input_bytes.iter().sum::<u64>()
    }

    fn held_bytes(&self) -> u64 {
        self.0.bytes()
    }
}

/// The numbers of the components that begin in a block and reach into others.
#[derive(Debug, Serialize, Deserialize)]
pub struct LabelRoots(pub Field);

impl NamedBlock for LabelRoots {
    const NAME: &'static str = "label_roots";
    const DOC: &'static str = "The numbers of components that begin in a block and reach into others.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let (labels, skipped, list) = (input(inputs, 0, false)?, input(inputs, 1, false)?, input(inputs, 2, true)?);
        let (start, shape) = self.0.of(block, 0, &labels)?;
        let later = columns(list.as_slice::<i64>()?);
        let mut wanted = later.1.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut numbers = skipped.as_slice::<i64>()?.to_vec();
        let mut out = Vec::new();
        let place = Place { whole: &self.0.shape, start: &start, shape: &shape };
        firsts(labels.as_slice::<i64>()?, place, |row, _, l| {
            if beside(later, l).is_none() {
                numbers[row] += 1;
                if wanted.binary_search(&l).is_ok() {
                    out.push([l, numbers[row]]);
                }
            }
        });
        listed(&block.region.shape(), out.into_iter())
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        3 * input_bytes.iter().sum::<u64>()
    }

    fn held_bytes(&self) -> u64 {
        self.0.bytes()
    }
}

/// One list of the numbers of components that reach over borders, from the lists of all blocks.
#[derive(Debug, Serialize, Deserialize)]
pub struct LabelMerge {
    /// Room for pairs in the list of a block.
    pub room: usize,
}

impl NamedBlock for LabelMerge {
    const NAME: &'static str = "label_merge";
    const DOC: &'static str = "The numbers of all components that reach over borders.";

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let lists = only(inputs)?;
        let mut pairs = all_pairs(lists.as_slice::<i64>()?, self.room);
        pairs.sort_unstable();
        listed(&block.region.shape(), pairs.into_iter())
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        input_bytes.iter().sum::<u64>()
    }
}

/// Numbers in place of labels.
#[derive(Debug, Serialize, Deserialize)]
pub struct LabelNumbers {
    /// The array.
    pub field: Field,
    /// int64 instead of int32.
    pub wide: bool,
}

impl LabelNumbers {
    fn numbers(&self, place: Place<'_>, labels: &[i64], skipped: &[i64], later: &[i64], known: &[i64]) -> Result<Vec<i64>> {
        let (later, known) = (columns(later), columns(known));
        let mut rows = skipped.to_vec();
        let mut out = vec![0; labels.len()];
        let mut missing = false;
        firsts(labels, place, |row, at, l| {
            out[at] = match beside(later, l) {
                Some(root) => beside(known, root).unwrap_or_else(|| {
                    missing = true;
                    0
                }),
                None => {
                    rows[row] += 1;
                    rows[row]
                }
            };
        });
        let mut last = (0, 0);
        for (i, &l) in labels.iter().enumerate().filter(|(_, l)| **l != 0) {
            if last.0 != l {
                let first = home(l, place).filter(|&f| f <= i);
                last = (l, first.map_or(0, |f| out[f]));
                missing |= first.is_none();
            }
            out[i] = last.1;
        }
        if missing { Err(Error::bug("a component without a number")) } else { Ok(out) }
    }
}

impl NamedBlock for LabelNumbers {
    const NAME: &'static str = "label_numbers";
    const DOC: &'static str = "Components by number, in the order of their first elements.";
    const CONTIGUOUS: bool = false;

    fn compute(&self, block: &BlockInfo, inputs: &[Tensor]) -> Result<Tensor> {
        let (labels, skipped) = (input(inputs, 0, false)?, input(inputs, 1, false)?);
        let (later, known) = (input(inputs, 2, true)?, input(inputs, 3, true)?);
        let (start, shape) = self.field.of(block, labels.ndim(), &labels)?;
        let place = Place { whole: &self.field.shape, start: &start, shape: &shape };
        let (labels, skipped) = (labels.as_slice::<i64>()?, skipped.as_slice::<i64>()?);
        let out = self.numbers(place, labels, skipped, later.as_slice::<i64>()?, known.as_slice::<i64>()?)?;
        let shape = block.region.shape();
        if self.wide {
            return Tensor::from_vec(&shape, out);
        }
        Tensor::from_vec(&shape, out.into_iter().map(|n| n as i32).collect::<Vec<_>>())
    }

    fn scratch_bytes(&self, input_bytes: &[u64]) -> u64 {
        3 * input_bytes.iter().sum::<u64>()
    }

    fn held_bytes(&self) -> u64 {
        self.field.bytes()
    }
}
