//! Cases of the other functions of arrays: making, joining, cutting anew, filters, masks, random numbers, functions of one's own.

use crate::{CHUNK, Case, SIDE, flat, whole_numbers, x};
use tilework::array::random::{Choice, Generator};
use tilework::array::{
    DynArray, Filter, Function, Index, Indexing, Morphology, Overlap, PadMode, Reducer, Tolerance, apply_along_axis, apply_gufunc,
    apply_over_axes, block, blockwise, concatenate, eye, filter, indices, linspace, map_blocks, map_overlap, map_overlaps, masked,
    meshgrid, ones, piecewise, select, stack,
};
use tilework::base::{DType, Scalar};
use tilework::chunk::Tensor;
use tilework::expr::node::Boundary;
use tilework::expr::{Chunks, build};
use tilework::op::reduction;

const SHAPE: [usize; 2] = [SIDE.0, SIDE.1];
/// So many rows for a case whose elements are made one after the other by slow formulas.
const FEW: [usize; 2] = [SIDE.0 / 4, SIDE.1];

fn rng() -> Generator {
    Generator::new(1)
}

/// A copy of its first block.
fn same(name: &'static str) -> Function {
    Function::new(name, |_, b| Ok(Tensor::from_ndarray(b[0].to_ndarray::<f64>()?)))
}

/// The largest of a block.
fn largest(name: &'static str) -> Function {
    Function::new(name, |_, b| {
        let top = b[0].view::<f64>()?.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Tensor::from_vec(&[1, 1], vec![top])
    })
}

/// All cases.
pub const CASES: &[Case] = &[
    ("make ones", || Ok(vec![ones(&SHAPE, DType::F64, Chunks::Whole)?])),
    ("make linspace", || Ok(vec![linspace(0.0, 1.0, CHUNK / 8, Chunks::Whole)?])),
    ("make eye", || Ok(vec![eye(SIDE.0, SIDE.1, 3, DType::F64, Chunks::Whole)?])),
    ("make indices", || Ok(vec![indices(&SHAPE, Chunks::Whole)?])),
    ("make meshgrid", || {
        meshgrid(&[linspace(0.0, 1.0, SIDE.1, Chunks::Whole)?, linspace(0.0, 1.0, SIDE.0, Chunks::Whole)?], Indexing::Xy)
    }),
    ("make tril", || Ok(vec![x(1)?.tril(0)?])),
    ("make diag", || Ok(vec![linspace(0.0, 1.0, SIDE.1, Chunks::Whole)?.diag(0)?])),
    ("make diagonal", || Ok(vec![x(4)?.diagonal(0, 0, 1)?])),
    ("random uniform", || Ok(vec![rng().random(&SHAPE, Chunks::Whole)?])),
    ("random normal", || Ok(vec![rng().normal(1.0, 2.0, &SHAPE, Chunks::Whole)?])),
    ("random float32", || Ok(vec![rng().standard_normal_as(DType::F32, &SHAPE, Chunks::Whole)?])),
    ("random integers", || Ok(vec![rng().integers(0, 100, &SHAPE, Chunks::Whole)?])),
    ("random integers-of-arrays", || {
        Ok(vec![rng().integers(0, &whole_numbers(1, 1000, 3)?.add(1)?, &[CHUNK / 8], Chunks::Whole)?])
    }),
    ("random gamma", || Ok(vec![rng().gamma(2.0, 1.0, &SHAPE, Chunks::Whole)?])),
    ("random gamma-of-array", || Ok(vec![rng().gamma(&x(1)?, 1.0, &SHAPE, Chunks::Whole)?])),
    ("random beta", || Ok(vec![rng().beta(2.0, 3.0, &FEW, Chunks::Whole)?])),
    ("random vonmises", || Ok(vec![rng().vonmises(0.0, 3.0, &FEW, Chunks::Whole)?])),
    ("random poisson", || Ok(vec![rng().poisson(30.0, &FEW, Chunks::Whole)?])),
    ("random binomial-of-array", || Ok(vec![rng().binomial(100, &x(1)?, &SHAPE, Chunks::Whole)?])),
    ("random hypergeometric", || Ok(vec![rng().hypergeometric(100, 50, 30, &FEW, Chunks::Whole)?])),
    ("random zipf", || Ok(vec![rng().zipf(2.5, &FEW, Chunks::Whole)?])),
    ("random choice", || Ok(vec![rng().choice(1 << 30, Choice::Once, &SHAPE, Chunks::Whole)?])),
    ("random choice-by-weight", || Ok(vec![rng().choice(1 << 20, Choice::AgainBy(&vec![1.0; 1 << 20]), &SHAPE, Chunks::Whole)?])),
    ("random choice-once-by-weight", || {
        Ok(vec![rng().choice(1 << 21, Choice::OnceBy(&vec![1.0; 1 << 21]), &[1 << 20], Chunks::Whole)?])
    }),
    ("random multinomial", || Ok(vec![rng().multinomial(100, &[0.1; 8], &[SIDE.0, SIDE.1 / 8], Chunks::Whole)?])),
    ("random multivariate_normal", || {
        let cov: Vec<Vec<f64>> = (0..8).map(|i| (0..8).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        let rows: Vec<&[f64]> = cov.iter().map(Vec::as_slice).collect();
        Ok(vec![rng().multivariate_normal(&[0.0; 8], &rows, &[SIDE.0, SIDE.1 / 8], Chunks::Whole)?])
    }),
    ("random multivariate_hypergeometric", || {
        Ok(vec![rng().multivariate_hypergeometric(&[20; 8], 30, &[SIDE.0 / 4, SIDE.1 / 8], Chunks::Whole)?])
    }),
    ("random dirichlet", || Ok(vec![rng().dirichlet(&[2.0; 8], &[SIDE.0 / 4, SIDE.1 / 8], Chunks::Whole)?])),
    ("fused chain", || Ok(vec![x(1)?.multiply(3.0)?.add(1.0)?.sqrt()?.subtract(x(1)?)?])),
    ("astype", || Ok(vec![x(1)?.astype(DType::I64)?])),
    ("broadcast", || Ok(vec![x(1)?.index(&[Index::At(0)])?.broadcast_to(&SHAPE)?])),
    ("compose isclose", || Ok(vec![x(1)?.isclose(&x(1)?, Tolerance::default())?])),
    ("compose nan_to_num", || Ok(vec![x(1)?.nan_to_num(0.0, None, None)?])),
    ("compose divmod", || {
        let (quotient, rest) = x(1)?.divmod(0.1)?;
        Ok(vec![quotient, rest])
    }),
    ("compose select", || Ok(vec![select(&[x(1)?.less(0.2)?, x(1)?.less(0.6)?], [x(1)?, x(1)?.negative()?], 0.5)?])),
    ("compose piecewise", || Ok(vec![piecewise(&x(1)?, &[x(1)?.less(0.2)?, x(1)?.greater(0.6)?], &[1.0, 2.0])?])),
    ("statistics average", || Ok(vec![x(4)?.average(Some(&[0]), Some(&x(4)?))?])),
    ("statistics moment", || Ok(vec![x(4)?.moment(3, Some(&[0]))?])),
    ("statistics ptp", || Ok(vec![x(4)?.ptp(None)?])),
    ("statistics trace", || Ok(vec![x(4)?.trace(0, 0, 1)?])),
    ("diff", || Ok(vec![x(4)?.diff(2, 0, None, None)?])),
    ("gradient", || Ok(vec![x(4)?.gradient(1.0, 0, 2)?])),
    ("push", || Ok(vec![x(4)?.push(0, Some(3))?])),
    ("cumulative_sum", || Ok(vec![x(4)?.cumulative_sum(0, true)?])),
    ("rechunk split", || Ok(vec![x(1)?.rechunk([512, 1024])?])),
    ("rechunk cross", || Ok(vec![x(2)?.rechunk([SIDE.0 * 2, SIDE.1 / 2])?])),
    ("rechunk columns", || Ok(vec![x(4)?.rechunk([SIDE.0 * 4, SIDE.1 / 4])?])),
    ("transpose copy", || Ok(vec![x(1)?.transpose(None)?.rechunk([SIDE.1 / 2, SIDE.0])?])),
    ("reshape rows", || Ok(vec![x(2)?.reshape(&[-1, 64, 64])?])),
    ("reshape columns", || Ok(vec![x(2)?.rechunk([SIDE.0 * 2, SIDE.1 / 2])?.ravel()?])),
    ("roll", || Ok(vec![x(4)?.roll(&[1000, 1000], Some(&[0, 1]))?])),
    ("roll flat", || Ok(vec![x(2)?.roll(&[100_000], None)?])),
    ("flip", || Ok(vec![x(4)?.flip(None)?])),
    ("rot90", || Ok(vec![x(2)?.rot90(1, (0, 1))?])),
    ("slice steps", || Ok(vec![x(1)?.index(&[Index::Slice(None, None, Some(-2)), Index::Slice(None, None, Some(3))])?])),
    ("slice rows", || Ok(vec![x(1)?.index(&[Index::Slice(Some(1), None, None)])?])),
    ("concatenate", || Ok(vec![concatenate(&[x(1)?, x(1)?.negative()?], 0)?])),
    ("concatenate columns", || Ok(vec![concatenate(&[x(2)?, x(2)?.negative()?], 1)?])),
    ("stack", || Ok(vec![stack(&[x(1)?, x(1)?.negative()?], 0)?])),
    ("join append", || Ok(vec![x(1)?.append(&x(1)?, None)?])),
    ("join insert", || Ok(vec![x(2)?.insert([7, 3000], 0.0, Some(0))?])),
    ("join delete", || Ok(vec![x(2)?.delete(Index::Slice(None, None, Some(3)), Some(0))?])),
    ("join repeat", || Ok(vec![x(1)?.repeat(3, Some(0))?])),
    ("join repeat-flat", || Ok(vec![x(1)?.repeat(2, None)?])),
    ("join tile", || Ok(vec![x(1)?.tile(&[2, 2])?])),
    ("join block", || Ok(vec![block([[x(1)?, x(1)?], [x(1)?, x(1)?]])?])),
    ("pad constant", || Ok(vec![x(2)?.pad(&[(100, 100)], PadMode::Constant(Scalar::F64(0.0)))?])),
    ("pad reflect", || Ok(vec![x(2)?.pad(&[(3000, 3000), (100, 100)], PadMode::Reflect)?])),
    ("pad wrap", || Ok(vec![x(2)?.pad(&[(100, 5000), (100, 100)], PadMode::Wrap)?])),
    ("pad mean", || Ok(vec![x(2)?.pad(&[(100, 100)], PadMode::Mean)?])),
    ("pad ramp", || Ok(vec![x(2)?.pad(&[(1000, 1000)], PadMode::LinearRamp(Scalar::F64(0.0)))?])),
    ("halo", || Ok(vec![DynArray::from_expr(build::halo(x(1)?.expr(), &[(8, 8), (8, 8)], Boundary::Reflect)?)?])),
    ("halo chunks", || Ok(vec![DynArray::from_expr(build::halo(x(4)?.expr(), &[(500, 500), (8, 8)], Boundary::Periodic)?)?])),
    ("overlap", || {
        let smooth = |_: &_, t: &Tensor| Ok(Tensor::from_ndarray(t.to_ndarray::<f64>()?));
        Ok(vec![map_overlap("smooth", &x(1)?, &[(1, 1), (1, 1)], Boundary::Nearest, DType::F64, smooth)?])
    }),
    ("overlap two", || {
        let around = || Overlap::new(&[(8, 8), (8, 8)], Boundary::Reflect);
        Ok(vec![map_overlaps("first", &[(&x(2)?, around()), (&x(2)?, around())], DType::F64, true, |_, b| Ok(b[0].clone()))?])
    }),
    ("filter mean", || Ok(vec![x(1)?.uniform_filter(5, &Filter::default())?])),
    ("filter long mean", || Ok(vec![x(1)?.uniform_filter(51, &Filter::default())?])),
    ("filter median", || Ok(vec![x(1)?.median_filter(3, &Filter::default())?])),
    ("filter median of footprint", || {
        let plus = ndarray::array![[false, true, false], [true, true, true], [false, true, false]].into_dyn();
        Ok(vec![x(1)?.median_filter(plus, &Filter::default())?])
    }),
    ("filter rank wide", || Ok(vec![x(1)?.index(&[(..512).into()])?.percentile_filter(20.0, 15, &Filter::default())?])),
    ("filter maximum", || Ok(vec![x(1)?.maximum_filter(7, &Filter::default())?])),
    ("filter maximum of footprint", || {
        let plus = ndarray::array![[false, true, false], [true, true, true], [false, true, false]].into_dyn();
        Ok(vec![x(1)?.maximum_filter(plus, &Filter::default())?])
    }),
    ("filter gaussian", || Ok(vec![x(1)?.gaussian_filter(2.0, &Filter::default())?])),
    ("filter laplace", || Ok(vec![x(1)?.laplace(&Filter::default())?])),
    ("filter gaussian gradient", || Ok(vec![x(1)?.gaussian_gradient_magnitude(2.0, &Filter::default())?])),
    ("filter sobel", || Ok(vec![x(1)?.sobel(0, &Filter::default())?])),
    ("filter convolve", || Ok(vec![x(1)?.convolve(&ndarray::ArrayD::ones(ndarray::IxDyn(&[5, 5])), &Filter::default())?])),
    ("filter convolve1d", || Ok(vec![x(4)?.convolve1d(&[0.2; 101], 0, &Filter::default())?])),
    ("filter convolve flat", || Ok(vec![filter::convolve(&flat(1)?, &[0.2f64; 33], filter::Overlapping::Full)?])),
    ("filter erosion", || Ok(vec![x(1)?.greater(0.2)?.binary_erosion(&Morphology::default().iterations(3))?])),
    ("filter opening", || Ok(vec![x(1)?.greater(0.2)?.binary_opening(&Morphology::default())?])),
    ("window sum", || Ok(vec![x(1)?.sliding_window_view(5, None)?.sum()?])),
    ("window max", || Ok(vec![x(1)?.sliding_window_view([7, 3], None)?.max()?])),
    ("window std", || Ok(vec![x(1)?.sliding_window_view(5, None)?.std(0.0)?])),
    ("window view", || Ok(vec![x(1)?.sliding_window_view(5, Some(&[1]))?.array()?])),
    ("label", || Ok(vec![x(1)?.greater(0.6)?.label(None)?.0])),
    ("label chunks", || {
        let (labels, count) = x(2)?.greater(0.5)?.rechunk([256, 256])?.label(None)?;
        Ok(vec![labels, count])
    }),
    ("label points", || Ok(vec![x(1)?.greater(0.75)?.rechunk([128, 128])?.label(None)?.0])),
    ("mask mean", || Ok(vec![masked::masked_less(&x(1)?, 0.5)?.mean(Some(&[0]))?.data().clone()])),
    ("mask filled", || Ok(vec![masked::masked_less(&x(1)?, 0.5)?.filled(None)?])),
    ("mask sum", || {
        let sum = masked::masked_inside(&x(4)?, 0.2, 0.4)?.sum(Some(&[0]))?;
        Ok(vec![sum.data().clone(), sum.mask().clone()])
    }),
    ("mask average", || Ok(vec![masked::masked_less(&x(1)?, 0.5)?.average(Some(&[0]), Some(&x(1)?))?.data().clone()])),
    ("own blocks", || {
        let double = |_: &_, t: &[Tensor]| Ok(Tensor::from_ndarray(t[0].to_ndarray::<f64>()? * 2.0));
        Ok(vec![map_blocks("double", &[&x(1)?], DType::F64, None, double)?])
    }),
    ("own gufunc", || {
        let f = Function::several("both", |_, b| Ok(vec![b[0].clone(), b[0].index_axis(1, 0)]));
        Ok(vec![apply_gufunc(&f, "(i)->(i),()", &[&x(1)?], &[DType::F64, DType::F64], &[])?.remove(0)])
    }),
    ("own lanes", || Ok(vec![apply_along_axis(&same("same"), &x(1)?, 1, Some(SIDE.1), DType::F64)?])),
    ("own lanes across", || Ok(vec![apply_along_axis(&same("same"), &x(4)?, 0, Some(4 * SIDE.0), DType::F64)?])),
    ("own axes", || Ok(vec![apply_over_axes(|x, a| x.sum(Some(&[a]))?.expand_dims(&[a]), &x(4)?, &[0, 1])?])),
    ("own coarsen", || Ok(vec![x(4)?.coarsen(&reduction::MEAN, &[(0, 7), (1, 4)], true)?])),
    ("own blockwise", || Ok(vec![blockwise(&same("same"), "ij").input(&x(1)?, "ij").input(&x(1)?, "ij").build()?])),
    ("own reducer", || {
        let r = Reducer {
            map: largest("map"),
            combine: largest("combine"),
            finish: same("largest"),
            state: DType::F64,
            dtype: DType::F64,
        };
        Ok(vec![r.reduce(&x(4)?, None, false, 4)?])
    }),
];
