//! Calls that change the shape of arrays: NumPy's values and refusals however arrays are cut; the same bits whole and in pieces,
//! in every kind of run; chunks that stay bounded.

use super::material::{Noise, as_numpy, bits, cut, oracle, refused, run, same_everywhere, scalars, shape, specials, tensor, whole};
use ndarray::{ArrayD, Axis, IxDyn, Slice};
use proptest::prelude::*;
use serde_json::Value;
use tilework::array::create::from_tensor;
use tilework::array::{
    Block, DynArray, Index, Indexing, PadMode, arange, block, broadcast_arrays, column_stack, dstack, from_ndarray, hstack,
    indices, meshgrid, tri, vstack, zeros,
};
use tilework::base::{Grid, Scalar};
use tilework::chunk::Tensor;
use tilework::expr::node::Select;
use tilework::expr::{Expr, Kind};
use tilework::{Chunks, DType, ErrorKind, Result, Session, for_dtype};

/// Arguments of a case, read one after the other.
struct Args<'a>(std::slice::Iter<'a, Value>);

impl Args<'_> {
    fn next(&mut self) -> &Value {
        self.0.next().unwrap()
    }

    fn int(&mut self) -> isize {
        self.next().as_i64().unwrap() as isize
    }

    fn maybe(&mut self) -> Option<isize> {
        self.next().as_i64().map(|v| v as isize)
    }

    fn ints(&mut self) -> Vec<isize> {
        list(self.next())
    }

    fn maybe_ints(&mut self) -> Option<Vec<isize>> {
        Some(self.next()).filter(|v| !v.is_null()).map(list)
    }

    fn sizes(&mut self) -> Vec<usize> {
        self.ints().into_iter().map(|v| v as usize).collect()
    }
}

fn list(v: &Value) -> Vec<isize> {
    v.as_array().unwrap().iter().map(|v| v.as_i64().unwrap() as isize).collect()
}

/// The call of a case; several results where NumPy gives a list.
fn call(name: &str, x: &[DynArray], a: &mut Args) -> Result<Vec<DynArray>> {
    let one = match name {
        "broadcast_arrays" => return broadcast_arrays(x),
        "meshgrid" => return meshgrid(x, if a.next() == "xy" { Indexing::Xy } else { Indexing::Ij }),
        "vstack" => vstack(x),
        "hstack" => hstack(x),
        "dstack" => dstack(x),
        "column_stack" => column_stack(x),
        "block_row" => block(x.to_vec()),
        "block_square" => block([[&x[0], &x[1]], [&x[2], &x[3]]]),
        "append" => x[0].append(&x[1], a.maybe()),
        "tri" => tri(a.int() as usize, a.int() as usize, a.int() as i64, DType::I64, 2),
        "indices" => indices(&a.sizes(), 2),
        "insert_one" => x[0].insert(a.int(), &x[1], a.maybe()),
        "insert_at" => x[0].insert(a.ints(), &x[1], a.maybe()),
        "insert_slice" => x[0].insert(Index::Slice(a.maybe(), a.maybe(), a.maybe()), &x[1], a.maybe()),
        _ => alone(name, &x[0], a),
    };
    Ok(vec![one?])
}

fn alone(name: &str, x: &DynArray, a: &mut Args) -> Result<DynArray> {
    match name {
        "reshape" => x.reshape(&a.ints()),
        "ravel" => x.ravel(),
        "moveaxis" => x.moveaxis(&a.ints(), &a.ints()),
        "swapaxes" => x.swapaxes(a.int(), a.int()),
        "rollaxis" => x.rollaxis(a.int(), a.int()),
        "squeeze" => x.squeeze(a.maybe_ints().as_deref()),
        "expand_dims" => x.expand_dims(&a.ints()),
        "flip" => x.flip(a.maybe_ints().as_deref()),
        "fliplr" => x.fliplr(),
        "flipud" => x.flipud(),
        "rot90" => x.rot90(a.int(), (a.int(), a.int())),
        "roll" => x.roll(&a.ints(), a.maybe_ints().as_deref()),
        "atleast_1d" => x.atleast_1d(),
        "atleast_2d" => x.atleast_2d(),
        "atleast_3d" => x.atleast_3d(),
        "delete_one" => x.delete(a.int(), a.maybe()),
        "delete_at" => x.delete(a.ints(), a.maybe()),
        "delete_slice" => x.delete(Index::Slice(a.maybe(), a.maybe(), a.maybe()), a.maybe()),
        "repeat" => x.repeat(a.int() as usize, a.maybe()),
        "tile" => x.tile(&a.sizes()),
        "tril" => x.tril(a.int() as i64),
        "triu" => x.triu(a.int() as i64),
        "diag" => x.diag(a.int() as i64),
        "diagonal" => x.diagonal(a.int() as i64, a.int(), a.int()),
        "pad" => {
            let widths: Vec<(usize, usize)> = a.next().as_array().unwrap().iter().map(|w| pair(&list(w))).collect();
            let (mode, value) = (a.next().as_str().unwrap().to_string(), Scalar::I64(a.int() as i64));
            x.pad(&widths, pad_mode(&mode, value))
        }
        other => panic!("the case is of an unknown call {other}"),
    }
}

fn pair(v: &[isize]) -> (usize, usize) {
    (v[0] as usize, v[1] as usize)
}

fn pad_mode(name: &str, value: Scalar) -> PadMode {
    match name {
        "constant" => PadMode::Constant(value),
        "edge" => PadMode::Edge,
        "reflect" => PadMode::Reflect,
        "symmetric" => PadMode::Symmetric,
        "wrap" => PadMode::Wrap,
        "linear_ramp" => PadMode::LinearRamp(value),
        "maximum" => PadMode::Maximum,
        "minimum" => PadMode::Minimum,
        "mean" => PadMode::Mean,
        other => panic!("there is no mode {other}"),
    }
}

/// Element `i` of array `k` as the fixtures have it.
fn material(shape: &[usize], k: usize, dtype: DType) -> Tensor {
    let n = shape.iter().product::<usize>();
    let v = (0..n).map(|i| Scalar::I64((37 * i % 101) as i64 - 50 + 1000 * k as i64));
    for_dtype!(dtype, T => Tensor::from_vec::<T>(shape, v.map(<T as tilework::Element>::from_scalar).collect()).unwrap())
}

#[test]
fn numpy_gives_the_same() {
    let text = include_str!("../data/shape/numpy.json");
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    let session = oracle();
    let mut wrong = Vec::new();
    for (i, case) in cases.iter().enumerate() {
        let name = case["call"].as_str().unwrap();
        let dtype = DType::ALL.into_iter().find(|d| d.name() == case["dtype"]).unwrap();
        let mut noise = Noise(i as u64);
        for chunks in [Chunks::Uniform(1), Chunks::Uniform(2), Chunks::Uniform(3), Chunks::Whole, Chunks::Auto] {
            let x: Vec<DynArray> = case["shapes"]
                .as_array()
                .unwrap()
                .iter()
                .enumerate()
                .map(|(k, s)| {
                    let s: Vec<usize> = list(s).into_iter().map(|n| n as usize).collect();
                    let chunks = if chunks == Chunks::Auto { cut(&mut noise, &s) } else { chunks.clone() };
                    from_tensor(material(&s, k, dtype), chunks).unwrap()
                })
                .collect();
            let made = call(name, &x, &mut Args(case["args"].as_array().unwrap().iter()));
            let what = format!("{name} {} {} {} {chunks:?}", case["shapes"], case["args"], case["dtype"]);
            if let Err(why) = compare(&session, made, &case["got"]) {
                wrong.push(format!("{what}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}

fn compare(session: &Session, made: Result<Vec<DynArray>>, want: &Value) -> std::result::Result<(), String> {
    let (made, want) = match (made, want.as_array()) {
        (Err(e), None) if want.as_str().is_some_and(|name| as_numpy(&e, name)) => return Ok(()),
        // NumPy fails where a shape without axes is taken apart.
        (Err(e), None) if e.kind().is_usage() && e.message().contains("without axes") => return Ok(()),
        (Err(e), _) => return Err(format!("refused: {e:?}, NumPy: {want}")),
        (Ok(made), None) => return Err(format!("NumPy refuses it, here it is of shape {:?}", made[0].shape())),
        (Ok(made), Some(want)) => (made, want),
    };
    if made.len() != want.len() {
        return Err(format!("{} results, not {}", made.len(), want.len()));
    }
    for (got, want) in made.iter().zip(want) {
        let got = run(session, got.expr()).map_err(|k| format!("the run fails: {k:?}"))?;
        let shape: Vec<usize> = list(&want["shape"]).into_iter().map(|n| n as usize).collect();
        if got.shape() != shape {
            return Err(format!("shape {:?}, not {shape:?}", got.shape()));
        }
        let tolerance = if got.dtype() == DType::F32 { 1e-6 } else { 1e-14 };
        let values = scalars(&got).into_iter().map(|s| s.as_f64());
        let same = values.zip(want["values"].as_array().unwrap()).all(|(a, b)| {
            let b = b.as_f64().unwrap();
            a == b || (got.dtype().is_float() && (a - b).abs() <= tolerance * b.abs().max(50.0))
        });
        if !same {
            return Err(format!("{:?}, not {}", scalars(&got), want["values"]));
        }
    }
    Ok(())
}

/// A random call on a random array.
fn random_call(noise: &mut Noise, x: &DynArray) -> (String, Result<DynArray>) {
    let n = x.ndim();
    let axis = |noise: &mut Noise| if n == 0 { 0 } else { noise.below(2 * n) as isize - n as isize };
    let (a, b, k) = (axis(noise), axis(noise), noise.below(9) as isize - 4);
    let widths: Vec<(usize, usize)> = (0..n).map(|_| (noise.below(5), noise.below(9))).collect();
    let mode = noise.one_of(&[
        PadMode::Constant(Scalar::I64(1)),
        PadMode::Edge,
        PadMode::Reflect,
        PadMode::Symmetric,
        PadMode::Wrap,
        PadMode::LinearRamp(Scalar::I64(1)),
        PadMode::Maximum,
        PadMode::Minimum,
        PadMode::Empty,
    ]);
    let which = noise.below(14);
    let made = match which {
        0 => x.reshape(&refactored(noise, &x.shape())),
        1 => x.roll(&[k, 3], Some(&[a, b])),
        2 => x.roll(&[k], None),
        3 => x.rot90(k, (a, b)),
        4 => x.pad(&widths, mode),
        5 => x.tile(&[1 + noise.below(3), noise.below(3)]),
        6 => x.repeat(noise.below(4), Some(a)),
        7 => x.delete([k, a], Some(b)),
        8 => x.insert([k, a, k], 1, Some(b)),
        9 => x.tril(k as i64),
        10 => x.diagonal(k as i64, a, b),
        11 => x.diag(k as i64),
        12 => x.ravel(),
        _ => x.append(x, Some(a)),
    };
    (format!("call {which} of {:?} {:?} with {a} {b} {k} {widths:?} {mode:?}", x.shape(), x.dtype()), made)
}

/// Another shape of as many elements.
fn refactored(noise: &mut Noise, shape: &[usize]) -> Vec<isize> {
    let mut left: usize = shape.iter().product();
    let mut out = Vec::new();
    while left > 1 && out.len() < 6 {
        let divisors: Vec<usize> = (1..=left).filter(|d| left.is_multiple_of(*d)).collect();
        let d = noise.one_of(&divisors);
        out.push(d as isize);
        left /= d;
    }
    out.push(left as isize);
    out
}

#[test]
fn pieces_give_the_bits_of_the_whole() {
    let mut done = 0;
    for seed in 0..900 {
        let noise = &mut Noise(90_000 + seed);
        let dtype = noise.one_of(&DType::ALL);
        let s = shape(noise, 400);
        let t = tensor(noise, dtype, &s, (0.0, 1.5), &specials(dtype));
        let cuts = [Chunks::Whole, cut(noise, &s), Chunks::Uniform(1)];
        let state = noise.0;
        let made = cuts.map(|c| random_call(&mut Noise(state), &from_tensor(t.clone(), c).unwrap()));
        let Ok(first) = &made[0].1 else {
            assert!(made.iter().all(|m| m.1.is_err()), "{}", made[0].0);
            continue;
        };
        let want = run(&oracle(), first.expr());
        for (what, made) in &made[1..] {
            let made = made.as_ref().unwrap();
            let got = if seed % 9 == 0 { same_everywhere(made.expr(), what) } else { run(&oracle(), made.expr()) };
            assert_eq!(made.shape(), first.shape(), "{what}");
            assert_eq!(got.as_ref().map(bits), want.as_ref().map(bits), "{what}");
        }
        done += 1;
    }
    assert!(done > 400, "only {done} calls were good ones");
}

/// The largest chunk of a node, in elements.
fn largest(e: &Expr) -> usize {
    e.array().unwrap().1.max_chunk_elements()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn reshape_is_that_of_ndarray_and_no_chunk_grows(seed in any::<u64>()) {
        let noise = &mut Noise(seed);
        let s = shape(noise, 900);
        let t = tensor(noise, DType::I32, &s, (-1e6, 1e6), &[]);
        let target = refactored(noise, &s);
        let x = from_tensor(t.clone(), cut(noise, &s)).unwrap();
        let y = x.reshape(&target).unwrap();
        for e in Expr::topological(std::slice::from_ref(y.expr())) {
            prop_assert!(largest(&e) <= largest(x.expr()).max(1), "{:?} {:?} to {target:?}: {e:?}", s, x.chunks());
        }
        let target: Vec<usize> = target.into_iter().map(|n| n as usize).collect();
        let want = whole(&t).into_shape_with_order(IxDyn(&target)).unwrap();
        prop_assert_eq!(whole(&run(&oracle(), y.expr()).unwrap()), want);
        let back = y.reshape(&s.iter().map(|&n| n as isize).collect::<Vec<_>>()).unwrap();
        prop_assert_eq!(bits(&run(&Session::default(), back.expr()).unwrap()), bits(&t));
    }
}

/// How many nodes of each kind there are: reshapes, rechunks.
fn moves(x: &DynArray) -> (usize, usize) {
    let nodes = Expr::topological(std::slice::from_ref(x.expr()));
    let count = |f: fn(&Kind) -> bool| nodes.iter().filter(|e| f(e.kind())).count();
    (count(|k| matches!(k, Kind::Select(Select::Reshape))), count(|k| matches!(k, Kind::Rechunk)))
}

#[test]
fn chunks_move_only_where_they_must() {
    let x = zeros(&[60, 40, 50], DType::F32, [7, 40, 50]).unwrap();
    let y = x.reshape(&[60, 2000]).unwrap();
    assert_eq!((y.chunks()[1].clone(), y.chunks()[0].len(), moves(&y)), (vec![2000], 9, (1, 0)));
    assert_eq!(moves(&x.reshape(&[2400, 5, 10]).unwrap()), (1, 0));
    assert_eq!(moves(&x.ravel().unwrap()), (1, 0));
    // Cut along the last axis: rows are cut as finely as chunks were large.
    let x = zeros(&[100, 100], DType::F32, [50, 10]).unwrap();
    let y = x.ravel().unwrap();
    assert_eq!((y.chunks(), moves(&y)), (vec![vec![500; 20]], (1, 1)));
    let y = arange(0, 10_000, 1, 1000).unwrap().reshape(&[100, 100]).unwrap();
    assert_eq!((y.chunks(), moves(&y)), (vec![vec![10; 10], vec![100]], (1, 0)));
    // A large axis behind is cut too: no row is taken whole.
    let y = zeros(&[4, 1 << 20], DType::U8, [2, 1 << 10]).unwrap().ravel().unwrap();
    assert_eq!((y.chunks()[0].len(), largest(y.expr())), (2048, 2048));
}

#[test]
fn repeated_elements_keep_chunks_small() {
    let x = arange(0, 10, 1, 5).unwrap();
    for y in
        [x.repeat(50_000_000, None), x.rechunk(10).unwrap().tile(&[50_000_000]), x.expand_dims(&[1]).unwrap().tile(&[1, 9_000_000])]
    {
        let y = y.unwrap();
        for e in Expr::topological(std::slice::from_ref(y.expr())) {
            assert!(largest(&e) * 8 <= 4 << 20, "{e:?} has chunks of {} elements", largest(&e));
        }
    }
    // A repeat in several pieces for each element.
    let y = arange(0, 2, 1, 1).unwrap().repeat(1_200_000, None).unwrap();
    let got = y.compute_as::<i64>().unwrap();
    assert!(y.n_chunks() > 2 && got.iter().enumerate().all(|(i, &v)| v == (i / 1_200_000) as i64));
    let y = arange(0, 3, 1, 3).unwrap().tile(&[500_000]).unwrap();
    let got = y.compute_as::<i64>().unwrap();
    assert!(y.n_chunks() > 2 && got.iter().enumerate().all(|(i, &v)| v == (i % 3) as i64));
}

#[test]
fn chunks_after_the_calls() {
    let x = zeros(&[10, 9], DType::I16, [4, 3]).unwrap();
    assert_eq!(x.roll(&[1, 5], Some(&[0, 1])).unwrap().chunks(), x.chunks());
    assert_eq!(x.delete([0, 5], Some(0)).unwrap().chunks()[0], [3, 3, 2]);
    assert_eq!(x.insert([0, 5, 9], 7, Some(0)).unwrap().chunks()[0], [4, 4, 4, 1]);
    assert_eq!(x.pad(&[(9, 1), (0, 0)], PadMode::Edge).unwrap().chunks()[0], [4, 4, 1, 4, 4, 2, 1]);
    assert_eq!(x.flip(None).unwrap().chunks(), [vec![2, 4, 4], vec![3, 3, 3]]);
    assert_eq!(x.diagonal(1, 0, 1).unwrap().chunks(), [vec![2, 2, 1, 3]]);
}

#[test]
fn a_budget_smaller_than_the_array_is_enough() {
    let n = 1 << 21;
    let x = arange(0, n, 1, 1 << 14).unwrap().reshape(&[1 << 10, -1]).unwrap();
    let x = x.rechunk(128).unwrap().transpose(None).unwrap();
    let y = x.reshape(&[1 << 5, -1, 1 << 4]).unwrap().ravel().unwrap();
    let session = Session::new(tilework::Config { budget_bytes: 8 << 20, n_threads: 2, ..tilework::Config::default() });
    let total = y.multiply(&arange(0, n, 1, 1 << 14).unwrap()).unwrap().sum(None).unwrap().compute_in(&session).unwrap();
    let want: i64 = (0..i64::from(n)).map(|i| i * ((i % 1024) * 2048 + i / 1024)).sum();
    assert_eq!(total.at(&[]), Scalar::I64(want));
}

#[test]
fn ndarray_slices_the_same() {
    // A second oracle for what has one in ndarray: flips and pads by a value.
    let a: ArrayD<i64> = ArrayD::from_shape_fn(IxDyn(&[4, 7, 3]), |i| (i[0] * 100 + i[1] * 10 + i[2]) as i64);
    for chunk in [1, 2, 5, 7] {
        let x = from_ndarray(a.clone(), chunk).unwrap();
        let mut flipped = a.clone();
        flipped.invert_axis(Axis(1));
        assert_eq!(x.flip(Some(&[-2])).unwrap().compute_as::<i64>().unwrap(), flipped);
        let mut padded = ArrayD::from_elem(IxDyn(&[4, 12, 3]), -9);
        padded.slice_axis_mut(Axis(1), Slice::from(2..9)).assign(&a);
        let got = x.pad(&[(0, 0), (2, 3), (0, 0)], PadMode::Constant(Scalar::I64(-9))).unwrap();
        assert_eq!(got.compute_as::<i64>().unwrap(), padded);
        let empty = x.pad(&[(1, 0), (0, 0), (0, 0)], PadMode::Empty).unwrap().compute_as::<i64>().unwrap();
        assert!(empty.index_axis(Axis(0), 0).iter().all(|&v| v == 0));
    }
}

#[test]
fn bad_calls_are_told_at_the_call() {
    let x = zeros(&[2, 3], DType::I8, 2).unwrap();
    refused(x.reshape(&[4, 2]), &["reshape", "[2, 3]", "6 elements", "[4, 2]", "8 elements"]);
    refused(x.reshape(&[-1, 4]), &["reshape", "[2, 3]", "6 elements", "[-1, 4]", "-1"]);
    refused(x.reshape(&[-1, -1]), &["reshape", "at most one"]);
    refused(x.reshape(&[isize::MAX, isize::MAX, 4]), &["reshape", "[2, 3]"]);
    refused(x.moveaxis(&[0], &[2]), &["moveaxis", "axis 2", "2 dimensions"]);
    refused(x.moveaxis(&[0, 0], &[0, 1]), &["moveaxis", "axis 0", "twice"]);
    refused(x.moveaxis(&[0], &[0, 1]), &["moveaxis", "[0, 1]"]);
    refused(x.swapaxes(0, 5), &["swapaxes", "axis 5"]);
    refused(x.rollaxis(0, 3), &["rollaxis", "start 3"]);
    refused(x.squeeze(Some(&[1])), &["squeeze", "axis 1", "length 3", "[2, 3]"]);
    refused(x.expand_dims(&[0, 0]), &["expand_dims", "twice"]);
    refused(x.flip(Some(&[-3])), &["flip", "axis -3"]);
    refused(x.rot90(1, (1, -1)), &["rot90", "twice"]);
    refused(x.roll(&[1, 2, 3], Some(&[0, 1])), &["roll", "3 shifts", "2 axes"]);
    refused(vstack(&[]), &["vstack", "at least one"]);
    refused(vstack(&[x.clone(), zeros(&[2, 4], DType::I8, 2).unwrap()]), &["vstack", "[2, 3]", "[2, 4]"]);
    refused(block(Block::List(vec![])), &["block", "empty"]);
    refused(block(Block::List(vec![x.clone().into(), Block::List(vec![x.clone().into()])])), &["block", "0 and 1"]);
    refused(broadcast_arrays(&[x.clone(), zeros(&[4], DType::I8, 2).unwrap()]), &["broadcast_arrays", "[2, 3]", "[4]"]);
    refused(x.append(&zeros(&[3], DType::I8, 2).unwrap(), Some(0)), &["append", "[2, 3]", "[3]"]);
    refused(x.insert(4, 0, Some(0)), &["insert", "position 4", "axis 0", "length 2"]);
    refused(x.insert(0, 1000, Some(0)), &["insert", "1000", "int8"]);
    refused(x.insert([0, 1], &zeros(&[5], DType::I8, 2).unwrap(), Some(1)), &["insert", "[5]", "2 positions", "axis 1"]);
    refused(x.delete(-3, Some(0)), &["delete", "position -3", "axis 0", "length 2"]);
    refused(x.repeat(usize::MAX, None), &["repeat"]);
    refused(x.tile(&[usize::MAX, 2]), &["tile"]);
    refused(x.reshape(&[6]).unwrap().expand_dims(&[0, 1]).unwrap().diag(0), &["diag", "3 dimensions"]);
    refused(x.diagonal(0, 1, 1), &["diagonal", "twice"]);
    refused(zeros(&[], DType::I8, 1).unwrap().tril(0), &["tril", "without axes"]);
    refused(x.pad(&[(1, 1), (1, 1), (1, 1)], PadMode::Edge), &["pad", "3 widths", "[2, 3]"]);
    refused(x.pad(&[(1, 1)], PadMode::Constant(Scalar::I64(300))), &["pad", "300", "int8"]);
    refused(x.pad(&[(usize::MAX, 1)], PadMode::Wrap), &["pad", "axis 0", "cannot grow"]);
    refused(zeros(&[0, 3], DType::I8, 1).unwrap().pad(&[(1, 1)], PadMode::Edge), &["pad", "axis 0", "Constant"]);
}

#[test]
fn explain_and_the_wire_know_reshapes() {
    let x = arange(0, 24, 1, 5).unwrap().reshape(&[4, 6]).unwrap().add(1).unwrap();
    let text = tilework::expr::explain::tree(std::slice::from_ref(x.expr()));
    assert!(text.contains("reshape(#"), "{text}");
    let bytes = tilework::plan::codec::encode(std::slice::from_ref(x.expr())).unwrap();
    let back = tilework::plan::codec::decode(&bytes, &tilework::format::registry::Registry::builtin()).unwrap();
    assert_eq!(back[0].key(), x.expr().key());
    // A reshape whose chunks hold other elements is no expression.
    let (dtype, _) = x.expr().array().unwrap();
    let grid = Grid::regular(&[4, 6], &[2, 3]).unwrap();
    let flat = arange(0, 24, 1, 6).unwrap();
    let meta = tilework::expr::Meta::Array { dtype, grid };
    let bad = Expr::new(Kind::Select(Select::Reshape), vec![flat.expr().clone()], meta, "reshape");
    assert!(tilework::expr::verify::verify(std::slice::from_ref(&bad)).is_err());
    let bytes = tilework::plan::codec::encode(&[bad]).unwrap();
    let e = tilework::plan::codec::decode(&bytes, &tilework::format::registry::Registry::builtin()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Corrupt);
}

#[test]
fn what_repeats_is_cut_small_and_takes_any_cut() {
    let row = arange(0, 1000, 1, 1000).unwrap();
    let wide = row.broadcast_to(&[100_000, 1000]).unwrap();
    let chunks = wide.chunks();
    assert!(chunks[0].iter().all(|n| n * 1000 * 8 <= 4 << 20) && chunks[0].len() < 250 && chunks[1] == [1000], "{chunks:?}");
    let tight = Session::new(super::material::config(2, 32 << 20));
    let sum = wide.sum(None).unwrap().compute_in(&tight).unwrap();
    assert_eq!(sum.at(&[]).as_f64(), 499_500.0 * 100_000.0);
    // Beside others it is cut as they are, whatever its own cut; and a rechunk of it moves nothing.
    let wide = row.broadcast_to(&[4000, 1000]).unwrap();
    let x = zeros(&[4000, 1000], DType::I64, [100, 300]).unwrap();
    for y in [x.add(&wide).unwrap(), wide.add(&x).unwrap(), vstack(&[x.clone(), wide.clone()]).unwrap()] {
        assert_eq!(y.chunks()[1], x.chunks()[1]);
    }
    assert_eq!(x.add(&wide).unwrap().chunks(), x.chunks());
    let joined = hstack(&[wide.clone(), x.clone()]).unwrap();
    assert_eq!(joined.chunks()[0], x.chunks()[0]);
    let tree = tilework::expr::explain::tree(&[wide.rechunk([7, 1000]).unwrap().expr().clone()]);
    assert!(!tree.contains("rechunk"), "{tree}");
    // Where nothing else is cut, a column that is long itself is repeated column by column.
    let column = arange(0, 1 << 20, 1, 1 << 20).unwrap().expand_dims(&[1]).unwrap().broadcast_to(&[1 << 20, 3]).unwrap();
    assert_eq!(column.chunks(), [vec![1 << 20], vec![1, 1, 1]]);
}
