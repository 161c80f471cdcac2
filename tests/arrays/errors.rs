//! Bad calls: told at the call, as the user's mistake, with the thing named.

use super::material::refused;
use ndarray::ArrayD;
use tilework::array::create::from_tensor;
use tilework::array::random::Generator;
use tilework::array::{
    DynArray, Index, arange, concatenate, eye, from_ndarray, full, linspace, map_blocks, map_overlap, ones, open_npy, open_zarr,
    stack, where_, zeros,
};
use tilework::base::{Axis, Grid, Scalar};
use tilework::chunk::Tensor;
use tilework::expr::build;
use tilework::expr::node::Boundary;
use tilework::format::zarr::ZarrOptions;
use tilework::op::element;
use tilework::{Chunks, DType, Session};

fn x() -> DynArray {
    arange(0, 24, 1, 5).unwrap()
}

fn two(shape: [usize; 2]) -> DynArray {
    ones(&shape, DType::F64, 2).unwrap()
}

#[test]
fn shapes_and_axes() {
    refused(two([2, 3]).add(&two([4, 3])), &["add", "[2, 3]", "[4, 3]", "broadcast"]);
    refused(where_(&two([2, 3]).greater(0).unwrap(), &two([3, 2]), 0), &["where", "[2, 3]", "[3, 2]"]);
    refused(two([2, 3]).broadcast_to(&[2, 4]), &["[2, 3]", "[2, 4]"]);
    refused(two([2, 3]).broadcast_to(&[3]), &["broadcast"]);
    refused(two([2, 3]).sum(Some(&[2])), &["sum", "axis 2", "2 dimensions"]);
    refused(two([2, 3]).sum(Some(&[-3])), &["axis -3"]);
    refused(two([2, 3]).sum(Some(&[0, -2])), &["sum", "twice"]);
    refused(two([2, 3]).cumsum(2), &["cumsum", "axis 2"]);
    refused(two([2, 3]).transpose(Some(&[0, 0])), &["[0, 0]", "permutation"]);
    refused(two([2, 3]).transpose(Some(&[0])), &["[0]"]);
    refused(two([2, 3]).index(&[Index::At(2)]), &["index 2", "axis 0", "length 2"]);
    refused(two([2, 3]).index(&[Index::At(0), Index::At(-4)]), &["index -4", "axis 1", "length 3"]);
    refused(two([2, 3]).index(&[Index::At(0), Index::At(0), Index::At(0)]), &["3 indices", "2 dimensions"]);
    refused(two([2, 3]).index(&[Index::Ellipsis, Index::Ellipsis]), &["ellipsis"]);
    refused(two([2, 3]).index(&[Index::Slice(None, None, Some(0))]), &["step", "zero"]);
    refused(concatenate(&[], 0), &["concatenate"]);
    refused(concatenate(&[two([2, 3]), two([2, 4])], 0), &["concatenate", "[2, 3]", "[2, 4]"]);
    refused(concatenate(&[two([2, 3])], 2), &["concatenate", "axis 2"]);
    refused(stack(&[], 0), &["stack"]);
    refused(stack(&[two([2, 3]), two([3, 2])], 0), &["stack", "[2, 3]", "[3, 2]"]);
    refused(stack(&[two([2, 3])], 3), &["stack", "axis 3"]);
    refused(build::expand_dims(two([2, 3]).expr(), &[5]), &["expand_dims", "5"]);
}

#[test]
fn numbers_and_dtypes() {
    let bytes = zeros(&[3], DType::U8, 3).unwrap();
    refused(bytes.add(256), &["add", "256", "uint8"]);
    refused(bytes.add(-1), &["-1", "uint8"]);
    refused(full(&[3], 300, DType::U8, 3), &["full", "300", "uint8"]);
    refused(full(&[3], 0.5, DType::I32, 3), &["0.5", "int32"]);
    refused(full(&[3], f64::NAN, DType::I32, 3), &["NaN", "int32"]);
    refused(x().compute_as::<f64>(), &["int64", "float64", "astype"]);
    refused(x().typed::<i32>(), &["int64", "int32"]);
    refused(two([2, 3]).bitwise_and(&two([2, 3])), &["bitwise_and", "float64"]);
    refused(two([2, 3]).invert(), &["invert", "float64"]);
    refused(zeros(&[2], DType::Bool, 2).unwrap().negative(), &["negative", "bool"]);
    refused(
        build::elementwise(&element::ADD, &[build::Operand::Scalar(Scalar::I64(1)), build::Operand::Scalar(Scalar::I64(1))]),
        &["add", "array"],
    );
    refused(zeros(&[0], DType::F64, 1).unwrap().min(None), &["min", "nothing"]);
    refused(zeros(&[2, 0], DType::F64, 1).unwrap().argmax(Some(&[1])), &["argmax"]);
    refused(ones(&[2, 2, 2], DType::F64, 1).unwrap().argmin(Some(&[0, 1])), &["argmin", "one axis"]);
    refused(arange(0, 10, 0, 5), &["arange", "0"]);
    refused(arange(0.0, f64::NAN, 1.0, 5), &["arange", "NaN"]);
    refused(DType::parse("float16"), &["float16", "float32"]);
    refused(Generator::new(1).integers(3, 3, &[2], 2), &["integers", "3"]);
    refused(Generator::new(1).normal(0.0, -1.0, &[2], 2), &["normal", "-1"]);
    refused(Generator::new(1).uniform(f64::NEG_INFINITY, 0.0, &[2], 2), &["uniform", "-inf"]);
    // All elements NaN: known only when it runs, with op and place.
    let nan = from_ndarray(ArrayD::from_elem(vec![2, 2], f64::NAN), 1).unwrap();
    refused(nan.nanargmax(None).unwrap().compute(), &["nanargmax"]);
}

#[test]
fn chunks() {
    refused(x().rechunk([2, 2]), &["[2, 2]", "[24]"]);
    refused(x().rechunk(vec![vec![5, 5]]), &["[5, 5]", "10", "24"]);
    refused(x().rechunk(vec![vec![24], vec![1]]), &["2 axes", "1"]);
    refused(zeros(&[1 << 32, 1 << 32], DType::F64, 1 << 30), &["4294967296"]);
    refused(zeros(&[usize::MAX / 2, 4], DType::U8, 1), &["elements"]);
    refused(eye(1 << 33, 1 << 33, 0, DType::U8, 1 << 20), &["8589934592"]);
    refused(Generator::new(1).random(&[usize::MAX, 2], 10), &["18446744073709551615"]);
    let wide = ones(&[1 << 31], DType::F64, 1 << 20).unwrap();
    let tall = wide.index(&[Index::Slice(None, None, None), Index::NewAxis]).unwrap();
    let slab = tall
        .broadcast_to(&[1 << 31, 1 << 31])
        .and_then(|a| a.index(&[Index::NewAxis]))
        .and_then(|a| a.broadcast_to(&[1 << 31, 1 << 31, 1 << 31]));
    refused(slab, &["2147483648"]);
    refused(linspace(0.0, 1.0, usize::MAX, 1 << 40), &["18446744073709551615"]);
}

#[test]
fn functions_on_blocks() {
    let short = map_blocks("short", &[&x()], DType::I64, None, |b, t| {
        let n = if b.index == 2 { 1 } else { t[0].shape()[0] };
        Tensor::from_vec(&[n], vec![0i64; n])
    });
    refused(short.unwrap().compute(), &["short", "[2]", "[10:15]", "[1]", "[5]"]);
    let other = map_blocks("other", &[&x()], DType::F64, None, |_, t| Ok(t[0].clone()));
    refused(other.unwrap().compute(), &["other", "int64", "float64"]);
    let grid = Grid::new([Axis::from_sizes(&[3, 3])]);
    refused(map_blocks("declared", &[&x()], DType::I64, Some(grid), |_, t| Ok(t[0].clone())), &["declared", "[2]", "[5]"]);
    refused(map_blocks("pair", &[&x(), &two([2, 3])], DType::I64, None, |_, t| Ok(t[0].clone())), &["pair", "broadcast"]);
    let own = map_blocks("own", &[&x()], DType::I64, None, |b, t| match b.index {
        0 => Err(tilework::Error::usage("the user's own words")),
        _ => Ok(t[0].clone()),
    });
    refused(own.unwrap().compute(), &["own", "the user's own words", "[0]"]);
    let none = arange(0, 0, 1, 4).unwrap();
    refused(
        map_overlap("deep", &none, &[(2, 0)], Boundary::Nearest, DType::I64, |_, t| Ok(t.clone())),
        &["deep", "axis 0", "Constant"],
    );
    let two_borders = [Boundary::Nearest, Boundary::None];
    refused(
        map_overlap("sides", &x(), &[(2, 0)], two_borders, DType::I64, |_, t| Ok(t.clone())),
        &["sides", "2 boundaries", "1 axes"],
    );
    refused(map_overlap("flat", &x(), &[], Boundary::Nearest, DType::I64, |_, t| Ok(t.clone())), &["depth", "1 axes"]);
    let wrong = map_overlap("wrong", &x(), &[(1, 2)], Boundary::Periodic, DType::I64, |_, _| Tensor::from_vec(&[2], vec![0i64; 2]));
    refused(wrong.unwrap().compute(), &["wrong", "[2]", "[5]", "[8]"]);
}

/// A function of the user's that panics is an error with the words of the panic, and the session goes on.
#[test]
fn a_panic_in_a_block_is_an_error() {
    let bad = map_blocks("bad", &[&x()], DType::I64, None, |b, t| {
        assert!(b.index != 1, "no block one");
        Ok(t[0].clone())
    });
    let session = Session::default();
    let e = bad.unwrap().compute_in(&session).unwrap_err();
    assert!(e.to_string().contains("no block one") && e.to_string().contains("bad"), "{e}");
    assert_eq!(x().sum(None).unwrap().compute_in(&session).unwrap().at(&[]), Scalar::I64(276));
}

#[test]
fn files() {
    let d = tempfile::tempdir().unwrap();
    let missing = d.path().join("no.npy");
    refused(open_npy(&missing, 5), &["no.npy"]);
    refused(open_zarr(d.path().join("no.zarr"), 5), &["no.zarr"]);
    let there = d.path().join("a.npy");
    x().save_npy(&there, false, &Session::default()).unwrap();
    refused(x().save_npy(&there, false, &Session::default()), &["a.npy"]);
    refused(open_npy(&there, vec![1, 2]), &["[1, 2]", "[24]"]);
    let options = ZarrOptions { chunks: Some(vec![5]), shards: Some(vec![7]), ..ZarrOptions::default() };
    refused(x().zarr_sink(d.path().join("a.zarr"), &options), &["[7]", "[5]", "multiples"]);
    refused(x().visualize(d.path().join("a.jpeg")), &["a.jpeg", "svg"]);
}

/// Tensors of one shape over one buffer are told apart by where they lie.
#[test]
fn views_of_one_buffer_are_not_one_array() {
    let all = from_ndarray(ArrayD::from_shape_vec(vec![8], (0..8i64).collect()).unwrap(), Chunks::Whole).unwrap();
    let part = |a, b| all.index(&[Index::Slice(Some(a), Some(b), None)]).unwrap().compute().unwrap();
    let (a, b) = (from_tensor(part(0, 4), 4).unwrap(), from_tensor(part(4, 8), 4).unwrap());
    let sum = a.add(&b).unwrap().compute_as::<i64>().unwrap();
    assert_eq!(sum.into_raw_vec_and_offset().0, [4, 6, 8, 10]);
}
