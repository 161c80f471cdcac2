//! Einstein's summation: the notation, and its arrays contracted pair by pair.

use crate::array::DynArray;
use crate::array::linalg::contract::{Labelled, contract};
use crate::array::linalg::path;
use crate::base::{Error, Result};
use crate::expr::{Chunks, build};
use std::collections::BTreeMap;

/// Labels of the axes that an ellipsis stands for, counted from the last.
const ELLIPSIS: usize = 1 << 16;

/// Sums of products in Einstein's notation: a letter for every axis of every array, a comma between arrays, then (after `->`) those of the
/// result; letters that the result lacks are summed over. A letter that one array has twice means its diagonal. `...` stands for axes
/// without letters, which broadcast. Without `->` the result has the letters that occur once, in alphabetical order, after the
/// ellipsis. NumPy's `einsum`; of its options there is none: results keep the promoted dtype (bool: "or"), and the order of the products is
/// always chosen by the least work (NumPy's `optimize="greedy"`).
///
/// Arrays are contracted two at a time; each such step is one product of matrices, blocked as [`matmul`](super::matmul).
///
/// # Chunks
/// As [`matmul`](super::matmul) for each pair; of a single array as its sums and transposes.
///
/// # Example
/// ```
/// use tilework::array::{arange, linalg::einsum};
/// let a = arange(0, 6, 1, 4)?.reshape(&[2, 3])?;
/// assert_eq!(einsum("ij,kj->ik", &[&a, &a])?.compute_as::<i64>()?, ndarray::array![[5, 14], [14, 50]].into_dyn());
/// assert_eq!(einsum("ij->j", &[&a])?.compute_as::<i64>()?.into_raw_vec_and_offset().0, [3, 5, 7]);
/// # Ok::<(), tilework::Error>(())
/// ```
///
/// # Errors
/// A notation that does not fit the arrays; lengths that differ under one letter.
pub fn einsum(subscripts: &str, arrays: &[&DynArray]) -> Result<DynArray> {
    let named = |e: Error| e.at(format!("einsum '{subscripts}'"));
    let (mut operands, out) = parse(subscripts, arrays).map_err(named)?;
    let lengths = lengths(&operands).map_err(named)?;
    for x in &mut operands {
        *x = diagonals(x).map_err(named)?;
    }
    for (i, j) in path::greedy(&operands.iter().map(|x| x.labels.clone()).collect::<Vec<_>>(), &out, &lengths) {
        let (b, a) = (operands.remove(j), operands.remove(i));
        let wanted = |l: usize| out.contains(&l) || operands.iter().any(|x| x.at(l).is_some());
        let mut keep: Vec<usize> = a.labels.iter().copied().filter(|&l| wanted(l)).collect();
        keep.extend(b.labels.iter().copied().filter(|&l| wanted(l) && a.at(l).is_none()));
        if operands.is_empty() {
            keep.clone_from(&out);
        }
        operands.push(contract(&a, &b, &keep).map_err(named)?);
    }
    let last = operands.pop().ok_or_else(|| Error::usage("einsum needs at least one array"))?;
    last.sum_all_but(|l| out.contains(&l)).and_then(|x| x.ordered(&out)).map_err(named)
}

/// The arrays with their labels, and the result's.
fn parse(subscripts: &str, arrays: &[&DynArray]) -> Result<(Vec<Labelled>, Vec<usize>)> {
    let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((i, o)) => (i, Some(o)),
        None => (text.as_str(), None),
    };
    let parts: Vec<&str> = inputs.split(',').collect();
    if parts.len() != arrays.len() {
        return Err(Error::usage(format!("it names {} arrays, but there are {}", parts.len(), arrays.len())));
    }
    let mut operands = Vec::new();
    let mut widest = 0;
    for (i, (part, x)) in parts.iter().zip(arrays).enumerate() {
        let (front, back) = part.split_once("...").map_or((*part, None), |(f, b)| (f, Some(b)));
        let (front, back) = (letters(front)?, back.map(letters).transpose()?);
        let n = front.len() + back.as_ref().map_or(0, Vec::len);
        if n > x.ndim() || (back.is_none() && n < x.ndim()) {
            return Err(Error::usage(format!("'{part}' has {n} letters, but array {i} has {} dimensions", x.ndim())));
        }
        widest = widest.max(x.ndim() - n);
        let rest = (0..x.ndim() - n).rev().map(|i| ELLIPSIS + i);
        operands
            .push(Labelled { x: (*x).clone(), labels: front.into_iter().chain(rest).chain(back.into_iter().flatten()).collect() });
    }
    let dots: Vec<usize> = (0..widest).rev().map(|i| ELLIPSIS + i).collect();
    let out = match output {
        Some(o) => {
            let (front, back) = o.split_once("...").map_or((o, None), |(f, b)| (f, Some(b)));
            let hole = if back.is_some() { &dots[..] } else { &[] };
            [&letters(front)?[..], hole, &letters(back.unwrap_or(""))?].concat()
        }
        None => {
            let mut times = BTreeMap::new();
            operands.iter().flat_map(|x| &x.labels).filter(|&&l| l < ELLIPSIS).for_each(|&l| *times.entry(l).or_insert(0) += 1);
            dots.iter().copied().chain(times.into_iter().filter(|(_, n)| *n == 1).map(|(l, _)| l)).collect()
        }
    };
    for (i, &l) in out.iter().enumerate() {
        let letter = char::from_u32(l as u32).unwrap_or('.');
        if out[..i].contains(&l) {
            return Err(Error::usage(format!("the result has '{letter}' twice")));
        }
        if operands.iter().all(|x| x.at(l).is_none()) {
            return Err(Error::usage(format!("the result has '{letter}', which no array has")));
        }
    }
    Ok((operands, out))
}

fn letters(text: &str) -> Result<Vec<usize>> {
    text.chars()
        .map(|c| match c.is_ascii_alphabetic() {
            true => Ok(c as usize),
            false => Err(Error::usage(format!("'{c}' is no letter; write letters, commas, '...' and '->'"))),
        })
        .collect()
}

/// The length under every label; 1 goes with any other.
fn lengths(operands: &[Labelled]) -> Result<BTreeMap<usize, usize>> {
    let mut out = BTreeMap::new();
    for (&l, n) in operands.iter().flat_map(|x| x.labels.iter().zip(x.x.shape())) {
        let have = out.entry(l).or_insert(n);
        if *have != n && *have != 1 && n != 1 {
            let letter = char::from_u32(l as u32).filter(|_| l < ELLIPSIS).unwrap_or('.');
            return Err(Error::usage(format!("lengths {have} and {n} under '{letter}' differ")));
        }
        if *have == 1 {
            *have = n;
        }
    }
    Ok(out)
}

/// An array whose labels occur once: repeated ones become diagonals.
fn diagonals(x: &Labelled) -> Result<Labelled> {
    let mut x = x.clone();
    while let Some((i, j)) = (0..x.labels.len()).find_map(|j| x.labels[..j].iter().position(|l| *l == x.labels[j]).map(|i| (i, j)))
    {
        let shape = x.x.shape();
        let label = x.labels[i];
        let mut labels: Vec<usize> =
            x.labels.iter().copied().enumerate().filter(|(a, _)| *a != i && *a != j).map(|(_, l)| l).collect();
        labels.push(label);
        if shape[i] != shape[j] {
            // One of them is 1, which goes with any other.
            let long = shape[i].max(shape[j]);
            let wide: Vec<usize> = shape.iter().enumerate().map(|(a, &n)| if a == i || a == j { long } else { n }).collect();
            x.x = x.x.broadcast_to(&wide)?;
        }
        let d = x.x.diagonal(0, i as isize, j as isize)?;
        // Pieces of a diagonal are as short as the chunks that it crosses.
        let grid = Chunks::Auto.grid(&d.shape(), d.dtype(), None)?;
        x = Labelled { x: DynArray::wrap(build::rechunk(d.expr(), grid)?), labels };
    }
    Ok(x)
}
