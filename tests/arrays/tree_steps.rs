//! A whole-array interpreter beside the lazy arrays: each step is done to both, the one by Tilework's calls, the other by ndarray.
//!
//! Floats hold whole numbers as long as they can, so that most results are exact; where a division, a root or a large product
//! makes them inexact, the two are compared within a tolerance, and steps that would turn rounding into a jump are left out.

use ndarray::{ArrayD, Axis, IxDyn, Slice};
use tilework::array::{DynArray, Index, concatenate, map_blocks, map_overlap, stack, where_};
use tilework::chunk::Tensor;
use tilework::expr::node::Boundary;
use tilework::{DType, Session};

use super::material::{Noise, cut};

/// What ndarray holds: numbers as float64 (int64 and bool stay exact in it, as values are kept below 2^53).
#[derive(Clone, Debug)]
pub struct Pair {
    pub lazy: DynArray,
    pub whole: ArrayD<f64>,
    /// Whether all values are whole numbers that float64 holds exactly.
    pub exact: bool,
    /// The largest magnitude that went into it: what tolerances are relative to.
    pub scale: f64,
}

const MOST: f64 = 4e15;
const MOST_ELEMENTS: usize = 3000;

fn magnitude(a: &ArrayD<f64>) -> f64 {
    a.iter().filter(|v| v.is_finite()).fold(1.0, |m, v| m.max(v.abs()))
}

impl Pair {
    fn new(lazy: tilework::Result<DynArray>, whole: ArrayD<f64>, from: &[&Pair], exact: bool) -> Option<Pair> {
        let lazy = lazy.unwrap();
        assert_eq!(lazy.shape(), whole.shape(), "{}", lazy.expr().label());
        let scale = from.iter().fold(magnitude(&whole), |m, p| m.max(p.scale));
        // Integers would wrap where the interpreter rounds: such steps are left out.
        let fits = scale < MOST && whole.len() <= MOST_ELEMENTS && whole.ndim() <= 4;
        fits.then_some(Pair { lazy, whole, exact: exact && from.iter().all(|p| p.exact), scale })
    }

    fn float(&self) -> bool {
        self.lazy.dtype().is_float()
    }
}

pub fn start(noise: &mut Noise, shape: &[usize]) -> Pair {
    let dtype = noise.one_of(&[DType::F64, DType::F64, DType::I64, DType::Bool]);
    let n: usize = shape.iter().product();
    let v: Vec<f64> = (0..n)
        .map(|_| match dtype {
            DType::Bool => noise.below(2) as f64,
            DType::F64 if noise.below(20) == 0 => f64::NAN,
            _ => noise.below(17) as f64 - 8.0,
        })
        .collect();
    let whole = ArrayD::from_shape_vec(IxDyn(shape), v).unwrap();
    let t = match dtype {
        DType::F64 => Tensor::from_ndarray(whole.clone()),
        DType::I64 => Tensor::from_ndarray(whole.mapv(|v| v as i64)),
        _ => Tensor::from_ndarray(whole.mapv(|v| v != 0.0)),
    };
    let lazy = tilework::array::create::from_tensor(t, cut(noise, shape)).unwrap();
    Pair { lazy, scale: magnitude(&whole), whole, exact: true }
}

/// One step on the pairs so far; None where it does not apply.
pub fn step(kind: u8, noise: &mut Noise, so_far: &[Pair]) -> Option<Pair> {
    let x = &so_far[noise.below(so_far.len())];
    let y = &so_far[noise.below(so_far.len())];
    match kind % 16 {
        0 => unary(noise, x),
        1 => binary(noise, x, y),
        2 => compare(noise, x, y),
        3 => choose(x, y),
        4 => cast(noise, x),
        5 | 6 => reduce(noise, x),
        7 | 8 => index(noise, x),
        9 => join(noise, x, y),
        10 => transpose(noise, x),
        11 => broadcast(noise, x),
        12 => Pair::new(x.lazy.rechunk(cut(noise, x.whole.shape())), x.whole.clone(), &[x], true),
        13 => blocks(x),
        14 => overlap(noise, x),
        _ => scan_or_persist(noise, x),
    }
}

fn unary(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    let a = &x.whole;
    let bool = x.lazy.dtype() == DType::Bool;
    match noise.below(4) {
        0 if !bool => Pair::new(x.lazy.negative(), a.mapv(|v| -v), &[x], true),
        1 => Pair::new(x.lazy.absolute(), a.mapv(f64::abs), &[x], true),
        2 if !bool && x.scale < 1e7 => Pair::new(x.lazy.square(), a.mapv(|v| v * v), &[x], true),
        3 if x.float() && x.exact => Pair::new(x.lazy.absolute().and_then(|y| y.sqrt()), a.mapv(|v| v.abs().sqrt()), &[x], false),
        _ => None,
    }
}

/// Both broadcast to their common shape.
fn together(x: &ArrayD<f64>, y: &ArrayD<f64>) -> Option<(ArrayD<f64>, ArrayD<f64>)> {
    let n = x.ndim().max(y.ndim());
    let at = |a: &ArrayD<f64>, i: usize| if i + a.ndim() < n { 1 } else { a.shape()[i + a.ndim() - n] };
    let mut shape = Vec::new();
    for i in 0..n {
        shape.push(match (at(x, i), at(y, i)) {
            (a, b) if a == b => a,
            (1, b) => b,
            (a, 1) => a,
            _ => return None,
        });
    }
    Some((x.broadcast(IxDyn(&shape))?.to_owned(), y.broadcast(IxDyn(&shape))?.to_owned()))
}

fn zip(a: &ArrayD<f64>, b: &ArrayD<f64>, f: impl Fn(f64, f64) -> f64) -> ArrayD<f64> {
    ArrayD::from_shape_vec(a.raw_dim(), a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect()).unwrap()
}

fn binary(noise: &mut Noise, x: &Pair, y: &Pair) -> Option<Pair> {
    let (a, b) = together(&x.whole, &y.whole)?;
    let bool = x.lazy.dtype() == DType::Bool && y.lazy.dtype() == DType::Bool;
    let extreme = |f: fn(f64, f64) -> f64| move |u: f64, v: f64| if u.is_nan() || v.is_nan() { f64::NAN } else { f(u, v) };
    match noise.below(6) {
        0 if !bool => Pair::new(x.lazy.add(&y.lazy), zip(&a, &b, |u, v| u + v), &[x, y], true),
        1 if !bool => Pair::new(x.lazy.subtract(&y.lazy), zip(&a, &b, |u, v| u - v), &[x, y], true),
        2 if x.scale * y.scale < MOST => Pair::new(x.lazy.multiply(&y.lazy), zip(&a, &b, |u, v| u * v), &[x, y], true)
            .map(|p| Pair { scale: p.scale.max(x.scale * y.scale), ..p }),
        3 => Pair::new(x.lazy.maximum(&y.lazy), zip(&a, &b, extreme(f64::max)), &[x, y], true),
        4 => Pair::new(x.lazy.minimum(&y.lazy), zip(&a, &b, extreme(f64::min)), &[x, y], true),
        // A number beside an array, with the identities that the optimizer knows.
        _ if !bool && x.lazy.dtype() != DType::Bool => {
            let c = noise.below(3) as i64;
            let z = if noise.below(2) == 0 { x.lazy.multiply(c) } else { x.lazy.multiply(c).and_then(|z| z.add(c)) };
            let added = z.as_ref().unwrap().expr().inputs().len() == 1 && z.as_ref().unwrap().expr().label() == "add";
            Pair::new(z, x.whole.mapv(|u| u * c as f64 + if added { c as f64 } else { 0.0 }), &[x], true)
        }
        _ => None,
    }
}

fn compare(noise: &mut Noise, x: &Pair, y: &Pair) -> Option<Pair> {
    if !x.exact || !y.exact {
        return None;
    }
    let (a, b) = together(&x.whole, &y.whole)?;
    let truth = |f: fn(&f64, &f64) -> bool| zip(&a, &b, |u, v| f64::from(u8::from(f(&u, &v))));
    match noise.below(3) {
        0 => Pair::new(x.lazy.less(&y.lazy), truth(|u, v| u < v), &[x, y], true),
        1 => Pair::new(x.lazy.greater_equal(&y.lazy), truth(|u, v| u >= v), &[x, y], true),
        _ => Pair::new(x.lazy.not_equal(&y.lazy), truth(|u, v| u != v), &[x, y], true),
    }
}

fn choose(x: &Pair, y: &Pair) -> Option<Pair> {
    if !x.exact {
        return None;
    }
    let (a, b) = together(&x.whole, &y.whole)?;
    let lazy = x.lazy.greater(0).and_then(|c| where_(&c, &y.lazy, &x.lazy));
    let picked = ndarray::Zip::from(&a).and(&b).map_collect(|u, v| if *u > 0.0 { *v } else { *u });
    Pair::new(lazy, picked, &[x, y], true)
}

fn cast(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    let to = noise.one_of(&[DType::F64, DType::I64, DType::Bool]);
    let nan = x.whole.iter().any(|v| v.is_nan());
    if !x.exact || (nan && to == DType::I64) {
        return None;
    }
    let whole = if to == DType::Bool { x.whole.mapv(|v| f64::from(u8::from(v != 0.0))) } else { x.whole.clone() };
    Pair::new(x.lazy.astype(to), whole, &[x], true)
}

fn axes(noise: &mut Noise, ndim: usize) -> Vec<usize> {
    let mut out = Vec::new();
    for a in 0..ndim {
        if noise.below(2) == 0 {
            out.push(a);
        }
    }
    out
}

fn reduce(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    let axes = axes(noise, x.whole.ndim());
    let name = noise.one_of(&["sum", "mean", "min", "max", "any", "count_nonzero", "var", "argmax"]);
    let keep = noise.below(2) == 0;
    let n: usize = axes.iter().map(|&a| x.whole.shape()[a]).product();
    if x.scale * n as f64 >= MOST || (n == 0 && !matches!(name, "sum" | "any" | "count_nonzero")) || x.whole.is_empty() {
        return None;
    }
    let jumps = matches!(name, "any" | "count_nonzero" | "argmax");
    if (jumps && !x.exact) || (name == "argmax" && axes.len() != 1) {
        return None;
    }
    let op = tilework::op::reduction::find(name).unwrap();
    let signed: Vec<isize> =
        axes.iter().map(|&a| a as isize - if noise.below(2) == 0 { x.whole.ndim() as isize } else { 0 }).collect();
    let lazy = x.lazy.reduce(op, Some(&signed), keep, 0.0, noise.one_of(&[2, 3, 8]));
    let kept: Vec<usize> = (0..x.whole.ndim()).filter(|a| !axes.contains(a)).collect();
    let order: Vec<usize> = kept.iter().chain(&axes).copied().collect();
    let moved = x.whole.clone().permuted_axes(IxDyn(&order));
    let flat: Vec<f64> = moved.iter().copied().collect();
    let values: Vec<f64> = flat.chunks(n.max(1)).map(|lane| fold(name, lane)).collect();
    let shape: Vec<usize> =
        (0..x.whole.ndim()).filter_map(|a| if axes.contains(&a) { keep.then_some(1) } else { Some(x.whole.shape()[a]) }).collect();
    let whole = ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap();
    let p = Pair::new(lazy, whole, &[x], !matches!(name, "mean" | "var"))?;
    // Squares of what is reduced make the variance's rounding.
    Some(if name == "var" { Pair { scale: p.scale.max(x.scale * x.scale).min(MOST), ..p } } else { p })
}

fn fold(name: &str, lane: &[f64]) -> f64 {
    let n = lane.len() as f64;
    let sum: f64 = lane.iter().sum();
    let worst = |f: fn(f64, f64) -> f64| {
        lane.iter().copied().reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { f(a, b) }).unwrap()
    };
    match name {
        "sum" => sum,
        "mean" => sum / n,
        "min" => worst(f64::min),
        "max" => worst(f64::max),
        "any" => f64::from(u8::from(lane.iter().any(|&v| v != 0.0))),
        "count_nonzero" => lane.iter().filter(|&&v| v != 0.0).count() as f64,
        "var" => lane.iter().map(|v| (v - sum / n) * (v - sum / n)).sum::<f64>() / n,
        _ => {
            let nan = lane.iter().position(|v| v.is_nan());
            nan.unwrap_or_else(|| (0..lane.len()).fold(0, |b, i| if lane[i] > lane[b] { i } else { b })) as f64
        }
    }
}

fn index(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    let mut parts = Vec::new();
    let mut whole = x.whole.clone();
    let mut axis = 0;
    for _ in 0..x.whole.ndim() {
        let n = whole.shape()[axis] as isize;
        match noise.below(5) {
            0 if n > 0 => {
                let i = noise.below(2 * n as usize) as isize - n;
                parts.push(Index::At(i));
                whole = whole.index_axis(Axis(axis), i.rem_euclid(n) as usize).to_owned();
            }
            1 => {
                parts.push(Index::NewAxis);
                whole = whole.insert_axis(Axis(axis));
                parts.push(Index::Slice(None, None, None));
                axis += 2;
            }
            2 => {
                parts.push(Index::Slice(None, None, None));
                axis += 1;
            }
            _ => {
                let bound = |noise: &mut Noise| (noise.below(3) > 0).then(|| noise.below(2 * n as usize + 3) as isize - n - 1);
                let (a, b) = (bound(noise), bound(noise));
                let step = noise.one_of(&[1, 2, 3, 7, -1, -2, -5]);
                parts.push(Index::Slice(a, b, Some(step)));
                whole = python_slice(&whole, axis, a, b, step);
                axis += 1;
            }
        }
    }
    if noise.below(3) == 0 {
        parts.push(Index::Ellipsis);
    }
    Pair::new(x.lazy.index(&parts), whole, &[x], true)
}

/// By Python's rule, one index after the other.
fn python_slice(a: &ArrayD<f64>, axis: usize, start: Option<isize>, stop: Option<isize>, step: isize) -> ArrayD<f64> {
    let n = a.shape()[axis] as isize;
    let at = |v: isize| if v < 0 { v + n } else { v };
    let mut i =
        start.map_or(if step > 0 { 0 } else { n - 1 }, |v| if step > 0 { at(v).clamp(0, n) } else { at(v).clamp(-1, n - 1) });
    let end = stop.map_or(if step > 0 { n } else { -1 }, at);
    let mut picked = Vec::new();
    while (step > 0 && i < end.min(n)) || (step < 0 && i > end.max(-1)) {
        picked.push(i as usize);
        i += step;
    }
    a.select(Axis(axis), &picked)
}

fn join(noise: &mut Noise, x: &Pair, y: &Pair) -> Option<Pair> {
    if noise.below(2) == 0 {
        let y = if x.whole.shape() == y.whole.shape() { y } else { x };
        let axis = noise.below(x.whole.ndim() + 1);
        let whole = ndarray::stack(Axis(axis), &[x.whole.view(), y.whole.view()]).unwrap();
        return Pair::new(stack(&[x.lazy.clone(), y.lazy.clone()], axis as isize), whole, &[x, y], true);
    }
    if x.whole.ndim() == 0 {
        return None;
    }
    let axis = noise.below(x.whole.ndim());
    let fits =
        x.whole.ndim() == y.whole.ndim() && (0..x.whole.ndim()).all(|a| a == axis || x.whole.shape()[a] == y.whole.shape()[a]);
    let y = if fits { y } else { x };
    let whole = ndarray::concatenate(Axis(axis), &[x.whole.view(), y.whole.view(), x.whole.view()]).unwrap();
    let parts = [x.lazy.clone(), y.lazy.clone(), x.lazy.clone()];
    Pair::new(concatenate(&parts, axis as isize - x.whole.ndim() as isize), whole, &[x, y], true)
}

fn transpose(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    let mut order: Vec<usize> = (0..x.whole.ndim()).collect();
    for i in (1..order.len()).rev() {
        order.swap(i, noise.below(i + 1));
    }
    Pair::new(x.lazy.transpose(Some(&order)), x.whole.clone().permuted_axes(IxDyn(&order)), &[x], true)
}

fn broadcast(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    let mut shape: Vec<usize> = x.whole.shape().iter().map(|&n| if n == 1 { noise.one_of(&[0, 1, 3, 5]) } else { n }).collect();
    if noise.below(2) == 0 {
        shape.insert(0, noise.one_of(&[1, 2, 3]));
    }
    let whole = x.whole.broadcast(IxDyn(&shape))?.to_owned();
    Pair::new(x.lazy.broadcast_to(&shape), whole, &[x], true)
}

fn blocks(x: &Pair) -> Option<Pair> {
    if x.lazy.dtype() != DType::F64 {
        return None;
    }
    let f = map_blocks("twice and one", &[&x.lazy], DType::F64, None, |_, b| {
        Ok(Tensor::from_ndarray(b[0].to_ndarray::<f64>()? * 2.0 + 1.0))
    });
    Pair::new(f, &x.whole * 2.0 + 1.0, &[x], true)
}

/// Sums over a window of `depth` around each element, axis by axis, as far as there are elements.
fn window(a: &ArrayD<f64>, depth: &[(usize, usize)]) -> ArrayD<f64> {
    let mut now = a.clone();
    for (axis, &(before, after)) in depth.iter().enumerate() {
        let was = now.clone();
        let n = was.shape()[axis];
        for i in 0..n {
            let range = i.saturating_sub(before)..(i + after + 1).min(n);
            now.index_axis_mut(Axis(axis), i).assign(&was.slice_axis(Axis(axis), Slice::from(range)).sum_axis(Axis(axis)));
        }
    }
    now
}

fn padded(a: &ArrayD<f64>, depth: &[(usize, usize)], boundary: Boundary) -> ArrayD<f64> {
    let mut now = a.clone();
    for (axis, &(before, after)) in depth.iter().enumerate() {
        let n = now.shape()[axis] as isize;
        let places: Vec<isize> = (-(before as isize)..n + after as isize).collect();
        let source = |i: isize| match boundary {
            Boundary::Nearest => Some(i.clamp(0, n - 1)),
            Boundary::Periodic => Some(i.rem_euclid(n)),
            Boundary::Reflect => Some(if i < 0 {
                -1 - i
            } else if i >= n {
                2 * n - 1 - i
            } else {
                i
            }),
            _ => (0..n).contains(&i).then_some(i),
        };
        let mut shape = now.shape().to_vec();
        shape[axis] = places.len();
        let value = if let Boundary::Constant(c) = boundary { c.as_f64() } else { 0.0 };
        let mut out = ArrayD::from_elem(IxDyn(&shape), value);
        for (to, &i) in places.iter().enumerate() {
            if let Some(from) = source(i) {
                out.index_axis_mut(Axis(axis), to).assign(&now.index_axis(Axis(axis), from as usize));
            }
        }
        now = out;
    }
    now
}

fn overlap(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    if x.lazy.dtype() != DType::F64 || x.whole.is_empty() || x.scale > 1e12 {
        return None;
    }
    let boundary = noise.one_of(&[
        Boundary::None,
        Boundary::Constant(tilework::Scalar::F64(2.0)),
        Boundary::Nearest,
        Boundary::Reflect,
        Boundary::Periodic,
    ]);
    let depth: Vec<(usize, usize)> = x.whole.shape().iter().map(|&n| (noise.below(3).min(n), noise.below(4).min(n))).collect();
    let reach = depth.clone();
    let lazy = map_overlap("window", &x.lazy, &depth, boundary, DType::F64, move |_, t| {
        Ok(Tensor::from_ndarray(window(&t.to_ndarray::<f64>()?, &reach)))
    });
    let outer = if boundary == Boundary::None { x.whole.clone() } else { padded(&x.whole, &depth, boundary) };
    let mut inner = window(&outer, &depth);
    if boundary != Boundary::None {
        for (axis, (&(before, _), &n)) in depth.iter().zip(x.whole.shape()).enumerate() {
            inner = inner.slice_axis(Axis(axis), Slice::from(before..before + n)).to_owned();
        }
    }
    Pair::new(lazy, inner, &[x], true)
}

fn scan_or_persist(noise: &mut Noise, x: &Pair) -> Option<Pair> {
    if noise.below(2) == 0 {
        return Pair::new(x.lazy.persist(&Session::default()), x.whole.clone(), &[x], true);
    }
    if x.whole.ndim() == 0 || x.scale * x.whole.len() as f64 >= MOST {
        return None;
    }
    let axis = noise.below(x.whole.ndim());
    let mut whole = x.whole.clone();
    whole.accumulate_axis_inplace(Axis(axis), |before, now| *now += before);
    Pair::new(x.lazy.cumsum(axis as isize), whole, &[x], true)
}
