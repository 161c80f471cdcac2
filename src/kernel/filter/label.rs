//! Connected components of a block, and of blocks side by side.
//!
//! A component's label, as long as numbers are not known, is the number (in C order, from 1) of its first element in the whole array.
//! So labels of different blocks never clash, the smallest of equal ones is the first, and sorting them is numbering them.

use crate::base::{Error, Result};
use std::collections::HashMap;

/// Where a block lies in the whole array.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Shape of the whole array.
    pub whole: &'a [usize],
    /// First element of the block.
    pub start: &'a [usize],
    /// Shape of the block.
    pub shape: &'a [usize],
}

impl Place<'_> {
    /// The label of the first element of each row (along the last axis) of the block.
    fn row_labels(&self) -> Vec<i64> {
        let rows: usize = self.shape[..self.shape.len() - 1].iter().product();
        let mut out = Vec::with_capacity(rows);
        for mut row in 0..rows {
            let (mut stride, mut sum) = (1, 1);
            for a in (0..self.shape.len()).rev() {
                let i = if a + 1 == self.shape.len() {
                    0
                } else {
                    let i = row % self.shape[a];
                    row /= self.shape[a];
                    i
                };
                sum += (self.start[a] + i) * stride;
                stride *= self.whole[a];
            }
            out.push(sum as i64);
        }
        out
    }
}

/// A neighbour that comes before an element in C order: its distance along each axis.
type Step = Vec<isize>;

/// The places of a structure (3 along every axis) before its middle.
fn before(structure: &[bool], ndim: usize) -> Vec<Step> {
    let middle = structure.len() / 2;
    let place = |mut i: usize| {
        let mut step = vec![0; ndim];
        for s in step.iter_mut().rev() {
            *s = (i % 3) as isize - 1;
            i /= 3;
        }
        step
    };
    (0..middle).filter(|&i| structure[i]).map(place).collect()
}

/// Sets of numbers, each known by its smallest.
struct Sets(Vec<u32>);

impl Sets {
    fn find(&mut self, mut i: u32) -> u32 {
        while self.0[i as usize] != i {
            let up = self.0[self.0[i as usize] as usize];
            self.0[i as usize] = up;
            i = up;
        }
        i
    }

    /// Whether they were two sets.
    fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
        a != b
    }
}

/// Bytes that [`local`] needs beside input and result, for `n` elements.
pub fn local_bytes(n: u64) -> u64 {
    12 * n
}

/// The label of every element of a block by what the block alone shows; 0 where nothing is.
///
/// # Errors
/// More than 2³² elements in a block.
pub fn local(x: &[bool], place: Place<'_>, structure: &[bool]) -> Result<Vec<i64>> {
    let ndim = place.shape.len();
    let Ok(n) = u32::try_from(x.len()) else {
        return Err(Error::usage(format!("a block of {} elements: label takes 2^32, cut the array finer", x.len())));
    };
    let mut sets = Sets((0..n).collect());
    let row = place.shape[ndim - 1];
    let steps = before(structure, ndim);
    let rows = x.len().checked_div(row).unwrap_or(0);
    for r in 0..rows {
        let (lead, _) = coords(r, &place.shape[..ndim - 1]);
        for step in &steps {
            let Some(from) = shifted_row(&lead, step, &place.shape[..ndim - 1]) else { continue };
            let d = step[ndim - 1];
            let (lo, hi) = ((-d).max(0) as usize, row.saturating_sub(d.max(0) as usize));
            for j in lo..hi {
                let (p, q) = (r * row + j, from * row + j.wrapping_add_signed(d));
                if x[p] && x[q] {
                    sets.join(p as u32, q as u32);
                }
            }
        }
    }
    let first = place.row_labels();
    let mut out = vec![0; x.len()];
    for i in (0..x.len()).filter(|&i| x[i]) {
        let root = sets.find(i as u32) as usize;
        out[i] = first[root / row] + (root % row) as i64;
    }
    Ok(out)
}

/// The places of row `r` along the leading axes.
fn coords(mut r: usize, lead: &[usize]) -> (Vec<usize>, bool) {
    let mut at = vec![0; lead.len()];
    let mut border = false;
    for (a, &n) in at.iter_mut().zip(lead).rev() {
        *a = r % n;
        border |= *a == 0 || *a + 1 == n;
        r /= n;
    }
    (at, border)
}

/// The row a step away, if the block has it.
fn shifted_row(at: &[usize], step: &[isize], lead: &[usize]) -> Option<usize> {
    at.iter().zip(step).zip(lead).try_fold(0, |row, ((&i, &d), &n)| {
        let i = i.checked_add_signed(d).filter(|&i| i < n)?;
        Some(row * n + i)
    })
}

/// Pairs of labels that are one component, across the border between the block `own` (first element, shape) and what surrounds it in
/// `labels`, a block of `shape`. As few as tell it all: no pair follows from those before it.
pub fn edges(labels: &[i64], shape: &[usize], own: (&[usize], &[usize]), structure: &[bool]) -> Vec<[i64; 2]> {
    let ndim = shape.len();
    let (start, inner) = own;
    let mut out = Vec::new();
    let mut known: HashMap<i64, u32> = HashMap::new();
    let mut sets = Sets(vec![]);
    let mut number = |sets: &mut Sets, label: i64| {
        *known.entry(label).or_insert_with(|| {
            sets.0.push(sets.0.len() as u32);
            sets.0.len() as u32 - 1
        })
    };
    let mut last = [0, 0];
    let steps = before(structure, ndim);
    let (row, width) = (inner[ndim - 1], shape[ndim - 1]);
    for r in 0..inner[..ndim - 1].iter().product() {
        let (lead, border) = coords(r, &inner[..ndim - 1]);
        let at: Vec<usize> = lead.iter().zip(start).map(|(i, s)| i + s).collect();
        let Some(here) = shifted_row(&at, &vec![0; ndim - 1], &shape[..ndim - 1]) else { continue };
        // Inside of the block only the ends of a row have neighbours outside.
        let skip = if border || row < 3 { 1 } else { row - 1 };
        for j in (0..row).step_by(skip) {
            let p = labels[here * width + start[ndim - 1] + j];
            if p == 0 {
                continue;
            }
            for step in &steps {
                let Some(from) = shifted_row(&at, step, &shape[..ndim - 1]) else { continue };
                let Some(k) = (start[ndim - 1] + j).checked_add_signed(step[ndim - 1]).filter(|&k| k < width) else { continue };
                let in_rows = lead.iter().zip(step).zip(inner).all(|((&i, &d), &n)| i.checked_add_signed(d).is_some_and(|i| i < n));
                let in_row = (start[ndim - 1]..start[ndim - 1] + row).contains(&k);
                let q = labels[from * width + k];
                if q == 0 || (in_rows && in_row) || last == [p, q] {
                    continue;
                }
                last = [p, q];
                let (a, b) = (number(&mut sets, p), number(&mut sets, q));
                if sets.join(a, b) {
                    out.push([p, q]);
                }
            }
        }
    }
    out
}

/// Most pairs that [`edges`] gives for blocks of `shape`, one element of whose neighbours lies on every side.
///
/// Every pair joins two sets, so there are fewer than labels. Those lie in the border and around it. Where neighbours along all axes are
/// one component, at most every second place of a side has a label of its own.
pub fn most_edges(shape: &[usize], structure: &[bool]) -> usize {
    let ndim = shape.len();
    let volume = |more: usize| shape.iter().fold(1usize, |n, &s| n.saturating_mul(s.saturating_add(more)));
    let around = volume(2).saturating_sub(volume(0));
    let axes = (0..ndim).all(|a| structure[structure.len() / 2 - 3usize.pow(a as u32)]);
    let labels = if axes { around.saturating_add(3usize.saturating_pow(ndim as u32)) } else { around.saturating_mul(2) };
    if shape.is_empty() { 0 } else { labels }
}

/// For every label that is another's component: the label and the smallest of the component, sorted.
pub fn joined(pairs: &[[i64; 2]]) -> Vec<[i64; 2]> {
    let mut labels: Vec<i64> = Vec::with_capacity(2 * pairs.len());
    labels.extend(pairs.iter().flatten());
    labels.sort_unstable();
    labels.dedup();
    let mut sets = Sets((0..labels.len() as u32).collect());
    let number = |l: i64| labels.partition_point(|&x| x < l) as u32;
    for [a, b] in pairs {
        sets.join(number(*a), number(*b));
    }
    // Every label that is another's component was joined to it by a pair of its own.
    let mut out = Vec::with_capacity(pairs.len());
    out.extend((0..labels.len()).map(|i| [labels[i], labels[sets.find(i as u32) as usize]]).filter(|[l, root]| l != root));
    out
}

/// Calls `f` with every element that is the first of its label in the block: its row, its place and the label.
pub fn firsts(labels: &[i64], place: Place<'_>, mut f: impl FnMut(usize, usize, i64)) {
    let row = place.shape[place.shape.len() - 1];
    for (r, first) in place.row_labels().into_iter().enumerate() {
        for (j, &l) in labels[r * row..][..row].iter().enumerate() {
            if l != 0 && l == first + j as i64 {
                f(r, r * row + j, l);
            }
        }
    }
}

/// The place in the block of the element that a label is named after.
pub fn home(label: i64, place: Place<'_>) -> Option<usize> {
    let mut at = usize::try_from(label - 1).ok()?;
    let (mut sum, mut stride) = (0, 1);
    for a in (0..place.shape.len()).rev() {
        let i = (at % place.whole[a]).checked_sub(place.start[a]).filter(|&i| i < place.shape[a])?;
        at /= place.whole[a];
        sum += i * stride;
        stride *= place.shape[a];
    }
    Some(sum)
}
