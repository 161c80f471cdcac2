//! The user's functions on blocks: what they get, what they give, and what is refused.

use super::material::{Noise, bits, cut, refused, same_everywhere, shape};
use ndarray::{ArrayD, Ix2};
use tilework::array::{
    BlockFunction, DynArray, Function, Gufunc, Reducer, apply_along_axis, apply_gufunc, apply_over_axes, arange, blockwise,
    from_ndarray, map_blocks_with,
};
use tilework::chunk::Tensor;
use tilework::expr::Chunks;
use tilework::format::registry::Registry;
use tilework::op::reduction;
use tilework::plan::codec::{decode, encode};
use tilework::{DType, Error, Result};

fn grid(n: usize, m: usize) -> DynArray {
    arange(0.0, (n * m) as f64, 1.0, 1000).and_then(|x| x.reshape(&[n as isize, m as isize])).unwrap()
}

fn dot() -> Function {
    Function::new("dot", |_, b| {
        let two = |t: &Tensor| t.to_ndarray::<f64>()?.into_dimensionality::<Ix2>().map_err(|e| Error::usage(e.to_string()));
        Ok(Tensor::from_ndarray(two(&b[0])?.dot(&two(&b[1])?).into_dyn()))
    })
}

#[test]
fn blockwise_contracts_and_permutes() -> Result<()> {
    let (x, y) = (grid(5, 4), grid(4, 7));
    let two = |x: &DynArray| -> Result<_> { Ok(x.compute_as::<f64>()?.into_dimensionality::<Ix2>().unwrap()) };
    let want = two(&x)?.dot(&two(&y)?);
    for chunks in [1, 2, 3, 9] {
        let (x, y) = (x.rechunk(chunks)?, y.rechunk(chunks + 1)?);
        let z = blockwise(&dot(), "ij").input(&x, "ik").input(&y, "kj").build()?;
        assert_eq!(z.compute_as::<f64>()?, want.clone().into_dyn());
        // The same of transposed inputs, whose blocks come in the order of their own indices.
        let z = blockwise(&dot(), "ij").input(&x, "ik").input(&y.transpose(None)?.transpose(None)?, "kj").build()?;
        assert_eq!(z.compute_as::<f64>()?, want.clone().into_dyn());
        let turned = Function::new("turned", |_, b| Ok(b[0].permute(&[1, 0])));
        let t = blockwise(&turned, "ji").input(&x, "ij").build()?;
        assert_eq!(t.compute_as::<f64>()?, x.compute_as::<f64>()?.t().to_owned());
        let total = Function::new("total", |_, b| Tensor::from_vec(&[], vec![b[0].view::<f64>()?.sum()]));
        let t = blockwise(&total, "").input(&x, "ij").build()?;
        assert_eq!(t.compute_as::<f64>()?.into_iter().collect::<Vec<_>>(), [190.0]);
        let z = blockwise(&dot(), "ij").input(&x, "ik").input(&y, "kj").build()?;
        same_everywhere(z.expr(), "blockwise").unwrap();
    }
    Ok(())
}

#[test]
fn blockwise_makes_broadcasts_and_adjusts_axes() -> Result<()> {
    let x = grid(4, 6).rechunk([2, 3])?;
    let powers = Function::new("powers", |_, b| {
        let x = b[0].to_ndarray::<f64>()?;
        let all: Vec<_> = (0..3).map(|k| x.mapv(|v| v.powi(k)).insert_axis(ndarray::Axis(2))).collect();
        let views: Vec<_> = all.iter().map(|a| a.view()).collect();
        Ok(Tensor::from_ndarray(ndarray::concatenate(ndarray::Axis(2), &views).map_err(|e| Error::bug(e.to_string()))?))
    });
    let p = blockwise(&powers, "ijp").input(&x, "ij").new_axis('p', 3).build()?;
    assert_eq!(p.shape(), [4, 6, 3]);
    assert_eq!(p.chunks(), [vec![2, 2], vec![3, 3], vec![3]]);
    assert_eq!(p.compute_as::<f64>()?[[3, 5, 2]], 23.0 * 23.0);
    let firsts = Function::new("firsts", |_, b| Ok(b[0].slice_axis(1, tilework::base::AxisSlice { start: 0, step: 1, len: 1 })));
    let f = blockwise(&firsts, "ij").input(&x, "ij").chunks('j', &[1, 1]).build()?;
    assert_eq!(f.compute_as::<f64>()?, ndarray::array![[0.0, 3.0], [6.0, 9.0], [12.0, 15.0], [18.0, 21.0]].into_dyn());
    let sum = Function::new("sum", |_, b| {
        let (x, y) = (b[0].to_ndarray::<f64>()?, b[1].to_ndarray::<f64>()?);
        Ok(Tensor::from_ndarray(x + y))
    });
    let row = grid(1, 6).rechunk([1, 4])?;
    let s = blockwise(&sum, "ij").input(&x, "ij").input(&row, "ij").build()?;
    assert_eq!(s.compute_as::<f64>()?, x.add(&row)?.compute_as::<f64>()?);
    let empty = grid(0, 6);
    let s = blockwise(&dot(), "ij").input(&empty, "ik").input(&grid(6, 2), "kj").build()?;
    assert_eq!(s.compute()?.shape(), [0, 2]);
    Ok(())
}

#[test]
fn blockwise_refuses() {
    let (x, f) = (grid(4, 6), dot());
    let make = |out: &str, a: &str, b: &str| blockwise(&f, out).input(&x, a).input(&grid(6, 3), b).build();
    refused(make("ij", "ik", "jk"), &["dot", "index k", "6", "3"]);
    refused(make("ijz", "ik", "kj"), &["dot", "index z", "new_axis"]);
    refused(make("ij", "iik", "kj"), &["dot", "index i", "twice"]);
    refused(make("ij", "i", "kj"), &["dot", "2 axes"]);
    refused(blockwise(&f, "ij").input(&x, "ij").new_axis('j', 3).build(), &["dot", "new_axis"]);
    refused(blockwise(&f, "ij").input(&x, "ij").chunks('j', &[1, 2]).build(), &["dot", "2 sizes", "1 blocks"]);
    refused(blockwise(&f, "i").new_axis('i', 3).build(), &["dot", "dtype"]);
    let wrong = Function::new("wrong", |_, b| Ok(b[0].clone()));
    let run = |x: Result<DynArray>| x.and_then(|x| x.compute());
    refused(run(blockwise(&wrong, "i").input(&x, "ij").build()), &["wrong", "declared", "[4]"]);
    let two = Function::several("two", |_, b| Ok(vec![b[0].clone(), b[0].clone()]));
    refused(run(map_blocks_with(&two, &[&x], DType::F64, None)), &["two", "2 blocks", "1"]);
}

#[test]
fn gufuncs_repeat_over_outer_axes() -> Result<()> {
    // Matrix times vector, and the sum of the vector.
    let f = Function::several("affine", |_, b| {
        let (m, v) = (b[0].to_ndarray::<f64>()?, b[1].to_ndarray::<f64>()?);
        assert_eq!(m.shape()[..m.ndim() - 2], v.shape()[..v.ndim() - 1], "outer axes have one shape");
        let last = ndarray::Axis(m.ndim() - 1);
        let product = (&m * &v.clone().insert_axis(ndarray::Axis(v.ndim() - 1))).sum_axis(last);
        let sums = v.sum_axis(ndarray::Axis(v.ndim() - 1)).mapv(|s| s as f32);
        Ok(vec![Tensor::from_ndarray(product), Tensor::from_ndarray(sums)])
    });
    let m = arange(0.0, 120.0, 1.0, 120)?.reshape(&[5, 1, 4, 6])?;
    let v = arange(0.0, 18.0, 1.0, 18)?.reshape(&[3, 6])?;
    let want = m.multiply(&v.reshape(&[3, 1, 6])?)?.sum(Some(&[3]))?.compute_as::<f64>()?;
    let sums = v.sum(Some(&[1]))?.broadcast_to(&[5, 3])?.astype(DType::F32)?.compute_as::<f32>()?;
    for chunks in [1, 2, 4, 100] {
        let r = apply_gufunc(&f, "(i,j),(j)->(i),()", &[&m.rechunk(chunks)?, &v.rechunk(chunks)?], &[DType::F64, DType::F32], &[])?;
        assert_eq!((r[0].shape(), r[1].shape()), (vec![5, 3, 4], vec![5, 3]));
        assert_eq!(r[0].compute_as::<f64>()?, want);
        assert_eq!(r[1].compute_as::<f32>()?, sums);
        same_everywhere(r[1].expr(), "gufunc").unwrap();
    }
    // Core axes that were cut make the others smaller, so that blocks do not grow.
    let x = from_ndarray(ArrayD::<f64>::zeros(vec![64, 64]), [32, 8])?;
    let r = apply_gufunc(&Function::new("first", |_, b| Ok(b[0].index_axis(1, 0))), "(i)->()", &[&x], &[DType::F64], &[])?;
    assert_eq!(r[0].chunks(), [vec![4; 16]]);
    let grow = Function::new("grow", |_, b| Ok(b[0].insert_axis(b[0].ndim(), 3).contiguous()));
    let r = apply_gufunc(&grow, "()->(k)", &[&arange(0, 5, 1, 2)?], &[DType::I64], &[("k", 3)])?;
    assert_eq!(r[0].compute_as::<i64>()?, ndarray::arr2(&[[0; 3], [1; 3], [2; 3], [3; 3], [4; 3]]).into_dyn());
    let none = from_ndarray(ArrayD::<f64>::zeros(vec![0, 3]), 2)?;
    assert_eq!(apply_gufunc(&f, "(j),(j)->(),()", &[&none, &none], &[DType::F64, DType::F32], &[])?[1].compute()?.shape(), [0]);
    Ok(())
}

#[test]
fn gufuncs_are_refused() -> Result<()> {
    for bad in ["", "(i)", "i->()", "(i->()", "(i,)->()", "(i)->", "(i)(j)->()", "(i-j)->()"] {
        refused(Gufunc::parse(bad), &["signature", bad]);
    }
    assert_eq!(Gufunc::parse(" ( i , j ),(j)->( ) ")?, Gufunc::parse("(i,j),(j)->()")?);
    let (x, f) = (grid(4, 6), dot());
    let apply = |s: &str, x: &[&DynArray], sizes: &[(&str, usize)]| apply_gufunc(&f, s, x, &[DType::F64], sizes);
    refused(apply("(i),(j)->()", &[&x], &[]), &["dot", "2 inputs", "1 arrays"]);
    refused(apply("(i)->(),()", &[&x], &[]), &["dot", "2 results", "1 dtypes"]);
    refused(apply("(i,j,k)->()", &[&x], &[]), &["dot", "2 axes", "i,j,k"]);
    refused(apply("(i,i)->()", &[&x], &[]), &["dot", "core axis i", "4", "6"]);
    refused(apply("(i)->(k)", &[&x], &[]), &["dot", "core axis k", "sizes"]);
    refused(apply("(i)->(i)", &[&x], &[("i", 6)]), &["dot", "core axis i", "leave"]);
    refused(apply("(),()->()", &[&x, &grid(3, 6)], &[]), &["dot", "broadcast"]);
    let wrong = Function::several("wrong", |_, b| Ok(vec![b[0].clone(), b[0].clone()]));
    let r = apply_gufunc(&wrong, "(i)->(i),()", &[&x], &[DType::F64, DType::F64], &[])?;
    refused(r[0].compute(), &["wrong", "result 1", "[4]"]);
    Ok(())
}

#[test]
fn reductions_by_closures() -> Result<()> {
    let fold = |name: &str| {
        Function::new(name, |info, b| {
            let x = b[0].to_ndarray::<f64>()?;
            let one: Vec<usize> = info.region.shape().to_vec();
            // In order: what is combined first counts most.
            let text = x.iter().fold(0.0, |s, v| s * 0.5 + v);
            Tensor::from_vec(&one, vec![text; one.iter().product()])
        })
    };
    let last = Function::new("finish", |_, b| Ok(b[0].clone()));
    let ordered = Reducer { map: fold("map"), combine: fold("combine"), finish: last, state: DType::F64, dtype: DType::F64 };
    let x = arange(0.0, 40.0, 1.0, 1)?;
    let r = ordered.reduce(&x, None, false, 100)?;
    let want = (0..40).fold(0.0, |s, v| s * 0.5 + f64::from(v));
    assert_eq!(r.compute_as::<f64>()?.into_iter().collect::<Vec<_>>(), [want]);
    let r = ordered.reduce(&x, None, false, 3)?;
    same_everywhere(r.expr(), "a reduction of the user's").unwrap();
    let lanes = |name: &str, f: fn(f64, f64) -> f64| {
        Function::new(name, move |info, b| {
            let x = b[0].to_ndarray::<f64>()?;
            let (axis, shape) = ((0..x.ndim()).find(|&a| info.region.shape()[a] != x.shape()[a]), info.region.shape());
            let Some(a) = axis else { return Ok(b[0].clone()) };
            let r = x.fold_axis(ndarray::Axis(a), f64::NEG_INFINITY, |s, v| f(*s, *v));
            Ok(Tensor::from_ndarray(r.into_shape_with_order(shape.to_vec()).map_err(|e| Error::bug(e.to_string()))?))
        })
    };
    let finish = Function::new("as int", |_, b| Ok(Tensor::from_ndarray(b[0].to_ndarray::<f64>()?.mapv(|v| v as i64))));
    let top =
        Reducer { map: lanes("map", f64::max), combine: lanes("combine", f64::max), finish, state: DType::F64, dtype: DType::I64 };
    let x = grid(7, 9);
    for chunks in [1, 2, 5, 100] {
        let r = top.reduce(&x.rechunk(chunks)?, Some(&[-1]), false, 2)?;
        assert_eq!(r.compute_as::<i64>()?, x.max(Some(&[1]))?.astype(DType::I64)?.compute_as::<i64>()?);
        assert_eq!(top.reduce(&x.rechunk(chunks)?, Some(&[0]), true, 3)?.compute()?.shape(), [1, 9]);
    }
    refused(top.reduce(&x, Some(&[2]), false, 2), &["as int", "axis 2"]);
    refused(top.reduce(&x, Some(&[0, -2]), false, 2), &["as int", "twice"]);
    refused(top.reduce(&x, None, false, 1), &["split_every"]);
    Ok(())
}

#[test]
fn lanes_and_groups() -> Result<()> {
    let mut noise = Noise(3);
    let reversed = Function::new("reversed", |_, lane| {
        let mut v = lane[0].to_ndarray::<i64>()?.into_raw_vec_and_offset().0;
        v.reverse();
        Tensor::from_vec(&[v.len()], v)
    });
    let total = Function::new("total", |_, lane| Tensor::from_vec(&[], vec![lane[0].view::<i64>()?.sum()]));
    for _ in 0..30 {
        let s = shape(&mut noise, 200);
        if s.is_empty() {
            continue;
        }
        let n: usize = s.iter().product();
        let dims: Vec<isize> = s.iter().map(|&n| n as isize).collect();
        let x = arange(0, n as i64, 1, Chunks::Whole)?.reshape(&dims)?.rechunk(cut(&mut noise, &s))?;
        let axis = noise.below(s.len());
        let y = apply_along_axis(&reversed, &x, axis as isize, Some(s[axis]), DType::I64)?;
        assert_eq!(bits(&y.compute()?), bits(&x.flip(Some(&[axis as isize]))?.compute()?));
        let y = apply_along_axis(&total, &x, axis as isize - s.len() as isize, None, DType::I64)?;
        let want = x.sum(Some(&[axis as isize]))?;
        assert_eq!((y.shape(), bits(&y.compute()?)), (want.shape(), bits(&want.compute()?)));
        let k = 1 + noise.below(3);
        let y = x.coarsen(&reduction::MAX, &[(axis as isize, k)], true);
        if s[axis] / k > 0 && n > 0 {
            let group = |i: usize| {
                x.index(
                    &[
                        vec![tilework::array::Index::Slice(None, None, None); axis],
                        vec![((i * k) as isize..(i * k + k) as isize).into()],
                    ]
                    .concat(),
                )
            };
            let first = group(0)?.max(Some(&[axis as isize]))?.compute()?;
            let got = y?.index(&[vec![tilework::array::Index::Slice(None, None, None); axis], vec![0.into()]].concat())?;
            assert_eq!(bits(&got.compute()?), bits(&first));
        }
    }
    let x = grid(4, 6);
    refused(x.coarsen(&reduction::MEAN, &[(1, 4)], false), &["coarsen", "4", "6"]);
    refused(x.coarsen(&reduction::MEAN, &[(0, 2), (0, 2)], false), &["coarsen", "once"]);
    refused(x.coarsen(&reduction::MEAN, &[(0, 0)], true), &["coarsen", "0"]);
    refused(x.coarsen(&reduction::MEAN, &[(2, 2)], true), &["coarsen", "axis 2"]);
    refused(apply_along_axis(&total, &x, 2, None, DType::I64), &["total", "axis 2"]);
    refused(apply_along_axis(&total, &x.astype(DType::I64)?, 1, Some(2), DType::I64)?.compute(), &["total", "[2]"]);
    refused(apply_over_axes(|x, _| x.sum(None), &x, &[0]), &["apply_over_axes", "0 axes of 2"]);
    refused(apply_over_axes(|x, a| x.sum(Some(&[a])), &x, &[5]), &["apply_over_axes", "axis 5"]);
    assert_eq!(apply_over_axes(|x, a| x.cumsum(a), &x, &[0, -1])?.compute_as::<f64>()?[[3, 5]], 276.0);
    Ok(())
}

static SCALED: BlockFunction = BlockFunction {
    name: "test scaled",
    run: |_, b, by| Ok(vec![Tensor::from_ndarray(b[0].to_ndarray::<f64>()? * by[0] + by[1])]),
};

#[test]
fn registered_functions_go_over_the_wire() -> Result<()> {
    let f = Function::registered(&SCALED, &[2.0, 1.0]);
    let x = grid(5, 6).rechunk(2)?;
    let roots = [
        map_blocks_with(&f, &[&x], DType::F64, None)?,
        blockwise(&f, "ij").input(&x, "ij").build()?,
        apply_gufunc(&f, "(i)->(i)", &[&x], &[DType::F64], &[])?.remove(0),
        apply_along_axis(&f, &x, 0, Some(5), DType::F64)?,
    ];
    let want = x.multiply(2.0)?.add(1.0)?.compute_as::<f64>()?;
    let mut registry = Registry::builtin();
    registry.add_function(&SCALED);
    for y in roots {
        assert_eq!(y.compute_as::<f64>()?, want);
        let bytes = encode(&[y.expr().clone()])?;
        let back = decode(&bytes, &registry)?;
        assert_eq!(back[0].key(), y.expr().key());
        assert_eq!(DynArray::from_expr(back[0].clone())?.compute_as::<f64>()?, want);
        let e = decode(&bytes, &Registry::builtin()).unwrap_err();
        assert!(e.to_string().contains("test scaled") && e.to_string().contains("register"), "{e}");
    }
    let other = map_blocks_with(&Function::registered(&SCALED, &[2.0, 1.5]), &[&x], DType::F64, None)?;
    assert_ne!(other.expr().key(), map_blocks_with(&f, &[&x], DType::F64, None)?.expr().key(), "numbers are part of the function");
    let closure = map_blocks_with(&Function::new("mine", |_, b| Ok(b[0].clone())), &[&x], DType::F64, None)?;
    refused(encode(&[closure.expr().clone()]), &["mine", "closure", "register"]);
    Ok(())
}
