//! A tour of lazy arrays: made from many things, computed with, looked into. `cargo run --release --example arrays`

use ndarray::array;
use tilework::array::random::Generator;
use tilework::array::{
    Array, Index, arange, concatenate, eye, from_ndarray, linspace, map_blocks, map_overlap, ones, stack, where_,
};
use tilework::array::{open_npy, open_zarr, zeros};
use tilework::chunk::Tensor;
use tilework::expr::node::Boundary;
use tilework::format::zarr::ZarrOptions;
use tilework::{Chunks, DType, Result, Session};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|e| tilework::Error::io("a temporary folder", &e))?;
    let session = Session::default();

    // From memory, in chunks of 2 x 2. Nothing is copied, nothing is computed yet.
    let a = from_ndarray(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]].into_dyn(), 2)?;
    assert_eq!((a.shape(), a.chunks()), (vec![3, 3], vec![vec![2, 1], vec![2, 1]]));

    // From creation functions and random numbers, which depend on the seed alone, not on chunks.
    let identity = eye(3, 3, 0, DType::F64, 2)?;
    let line = linspace(0.0, 1.0, 11, 4)?;
    let noise = Generator::new(42).normal(0.0, 1.0, &[200, 300], [50, 100])?;
    assert_eq!(line.compute_as::<f64>()?[[5]], 0.5);
    assert_eq!(noise.shape(), [200, 300]);
    assert_eq!(
        ones(&[2, 2], DType::I32, 1)?.add(&zeros(&[2, 2], DType::I32, 2)?)?.compute_as::<i32>()?,
        array![[1, 1], [1, 1]].into_dyn()
    );

    // To files and back.
    a.save_npy(folder.path().join("a.npy"), false, &session)?;
    a.save_zarr(folder.path().join("a.zarr"), &ZarrOptions::default(), &session)?;
    let from_npy = open_npy(folder.path().join("a.npy"), Chunks::Auto)?;
    let from_zarr = open_zarr(folder.path().join("a.zarr"), Chunks::Auto)?;
    assert!(from_npy.equal(&from_zarr)?.all(None)?.compute_as::<bool>()?[[]]);

    // Arithmetic by methods, or by operators on arrays whose dtype is a type.
    let typed: Array<f64> = a.typed()?;
    let polynomial = &typed * &typed - 2.0;
    assert_eq!(polynomial.compute()?[[1, 1]], 23.0);
    let clipped = where_(&a.greater(5.0)?, 5.0, &a)?;
    assert_eq!(clipped.compute_as::<f64>()?, array![[1.0, 2.0, 3.0], [4.0, 5.0, 5.0], [5.0, 5.0, 5.0]].into_dyn());
    assert_eq!(a.divide(2)?.astype(DType::I32)?.compute_as::<i32>()?[[2, 2]], 4);

    // Reductions, over all axes or some; negative axes count from the end.
    assert_eq!(a.sum(None)?.compute_as::<f64>()?[[]], 45.0);
    assert_eq!(a.mean(Some(&[0]))?.compute_as::<f64>()?, array![4.0, 5.0, 6.0].into_dyn());
    assert_eq!(a.max(Some(&[-1]))?.compute_as::<f64>()?, array![3.0, 6.0, 9.0].into_dyn());
    assert_eq!(a.cumsum(1)?.compute_as::<f64>()?[[2, 2]], 24.0);
    assert!(noise.mean(None)?.compute_as::<f64>()?[[]].abs() < 0.02);

    // Python's slices, transposes, joins, other chunks.
    let corner = a.index(&[Index::from(1..), Index::Slice(None, None, Some(-2))])?;
    assert_eq!(corner.compute_as::<f64>()?, array![[6.0, 4.0], [9.0, 7.0]].into_dyn());
    assert_eq!(a.transpose(None)?.compute_as::<f64>()?[[0, 2]], 7.0);
    assert_eq!(concatenate(&[a.clone(), identity.clone()], 0)?.shape(), [6, 3]);
    assert_eq!(stack(&[a.clone(), identity], -1)?.shape(), [3, 3, 2]);
    assert_eq!(noise.rechunk([200, 60])?.n_chunks(), 5);

    // Your own function on every block, with or without the neighbours' elements.
    let doubled = map_blocks("doubled", &[&a], DType::F64, None, |_, b| Ok(Tensor::from_ndarray(b[0].to_ndarray::<f64>()? * 2.0)))?;
    assert_eq!(doubled.compute_as::<f64>()?[[2, 0]], 14.0);
    let ramp = arange(0, 10, 1, 4)?.astype(DType::F64)?;
    let smooth = map_overlap("mean of three", &ramp, &[(1, 1)], Boundary::Nearest, DType::F64, |_, b| {
        let v = b.to_ndarray::<f64>()?;
        let means: Vec<f64> = (1..v.len() - 1).map(|i| (v[[i - 1]] + v[[i]] + v[[i + 1]]) / 3.0).collect();
        Tensor::from_vec(&[means.len()], means)
    })?;
    assert_eq!(smooth.compute_as::<f64>()?[[4]], 4.0);

    // Computed once and kept, for whatever comes next.
    let kept = noise.exp()?.persist(&session)?;
    assert_eq!(kept.min(None)?.compute_as::<f64>()?, noise.exp()?.min(None)?.compute_as::<f64>()?);

    // What would be done, in words and as pictures.
    let deviation = noise.subtract(&noise.mean(None)?)?.square()?.mean(None)?;
    let plan = deviation.explain()?;
    assert!(plan.refusal.is_none() && plan.projected_bytes <= plan.budget_bytes);
    println!("{plan}");
    for name in ["plan.svg", "plan.dot"] {
        deviation.visualize(folder.path().join(name))?;
        let text = std::fs::read_to_string(folder.path().join(name)).map_err(|e| tilework::Error::io(name, &e))?;
        assert!(text.contains("<svg") || text.starts_with("digraph"));
    }
    println!("variance of the noise: {:.4}", deviation.compute_as::<f64>()?[[]]);
    Ok(())
}
