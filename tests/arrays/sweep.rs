//! Every function of arrays that is no row of a table: in chunks as in one piece, for random shapes, cuts, dtypes and special values.
//!
//! What is right in one piece is for the other tests, which compare with NumPy and SciPy. A call that fails must fail either way.

use super::material::{Noise, bits, config, cut, near, oracle, scalars, shape, specials, tensor};
use ndarray::{ArrayD, IxDyn, array};
use tilework::array::linalg::{self, Norm};
use tilework::array::{
    Bins, Cov, DynArray, Filter, Index, Morphology, Outside, PadMode, QuantileMethod, Tolerance, block, broadcast_arrays, choose,
    column_stack, concatenate, create::from_tensor, dstack, fft, fft::Scale, hstack, intersect1d, masked, meshgrid, piecewise,
    ravel_multi_index, searchsorted, select, setdiff1d, setxor1d, stack, union1d, vstack, where_,
};
use tilework::base::Kind;
use tilework::chunk::Tensor;
use tilework::op::reduction;
use tilework::{Chunks, DType, Result, Session};

/// Whether chunks may change how a result rounds.
#[derive(Clone, Copy, PartialEq)]
enum Bits {
    Same,
    Rounded,
}
use Bits::{Rounded, Same};

/// Name; whether bits are the same; least and most axes; what is made of an array, the choices by the noise.
type Row = (&'static str, Bits, (usize, usize), fn(&DynArray, &mut Noise) -> Result<Vec<DynArray>>);

fn one(x: Result<DynArray>) -> Result<Vec<DynArray>> {
    x.map(|x| vec![x])
}

fn axis(x: &DynArray, noise: &mut Noise) -> isize {
    noise.below(x.ndim().max(1)) as isize - if noise.below(2) == 0 { x.ndim() as isize } else { 0 }
}

fn some_axis(x: &DynArray, noise: &mut Noise) -> Option<isize> {
    (noise.below(4) > 0).then(|| axis(x, noise))
}

fn axes(x: &DynArray, noise: &mut Noise) -> Option<Vec<isize>> {
    some_axis(x, noise).map(|a| vec![a])
}

/// Length along an axis.
fn length(x: &DynArray, axis: Option<isize>) -> usize {
    match axis {
        Some(a) => x.shape()[a.rem_euclid(x.ndim() as isize) as usize],
        None => x.shape().iter().product(),
    }
}

/// Positions within `n`, some from the end; none if there are no elements.
fn positions(noise: &mut Noise, n: usize) -> Vec<isize> {
    let k = if n == 0 { 0 } else { noise.below(9) };
    (0..k).map(|_| noise.below(2 * n) as isize - n as isize).collect()
}

/// Numbers of the chunked array's own kind, cut in another way.
fn counted(n: usize, noise: &mut Noise) -> Result<DynArray> {
    tilework::array::arange(0, n as i64, 1, 1 + noise.below(7))
}

/// The array as float64 between -8 and 8, without anything special.
fn tame(x: &DynArray) -> Result<DynArray> {
    let x = x.real()?.astype(DType::F64)?;
    where_(&x.isfinite()?, &x, 1.0)?.clip(-8.0, 8.0)
}

fn plus() -> ArrayD<bool> {
    array![[false, true, false], [true, true, true], [false, true, true]].into_dyn()
}

/// A mode of padding that needs no rounding.
fn mode(noise: &mut Noise) -> PadMode {
    use PadMode::{Constant, Edge, Maximum, Minimum, Reflect, Symmetric, Wrap};
    noise.one_of(&[Constant(1.into()), Edge, Reflect, Symmetric, Wrap, Maximum, Minimum])
}

const MOVES: &[Row] = &[
    ("tril", Same, (0, 4), |x, n| one(x.tril(n.below(7) as i64 - 3))),
    ("triu", Same, (0, 4), |x, n| one(x.triu(n.below(7) as i64 - 3))),
    ("diag", Same, (1, 2), |x, n| one(x.diag(n.below(7) as i64 - 3))),
    ("diagonal", Same, (2, 4), |x, n| one(x.diagonal(n.below(7) as i64 - 3, 0, -1))),
    ("meshgrid", Same, (1, 1), |x, n| {
        meshgrid(&[x.clone(), counted(3, n)?], n.one_of(&[tilework::array::Indexing::Xy, tilework::array::Indexing::Ij]))
    }),
    ("reshape", Same, (1, 4), |x, _| one(x.reshape(&[-1, *x.shape().last().unwrap() as isize, 1]))),
    ("ravel", Same, (0, 4), |x, _| one(x.ravel())),
    ("moveaxis", Same, (1, 4), |x, n| one(x.moveaxis(&[axis(x, n)], &[axis(x, n)]))),
    ("swapaxes", Same, (1, 4), |x, n| one(x.swapaxes(axis(x, n), axis(x, n)))),
    ("rollaxis", Same, (1, 4), |x, n| one(x.rollaxis(axis(x, n), axis(x, n)))),
    ("squeeze", Same, (0, 4), |x, _| one(x.squeeze(None))),
    ("expand_dims", Same, (0, 3), |x, n| one(x.expand_dims(&[n.below(x.ndim() + 1) as isize]))),
    ("flip", Same, (0, 4), |x, n| one(x.flip(axes(x, n).as_deref().filter(|_| x.ndim() > 0)))),
    ("fliplr", Same, (2, 4), |x, _| one(x.fliplr())),
    ("flipud", Same, (1, 4), |x, _| one(x.flipud())),
    ("rot90", Same, (2, 4), |x, n| one(x.rot90(n.below(9) as isize - 4, (0, 1)))),
    ("roll", Same, (1, 4), |x, n| one(x.roll(&[n.below(40) as isize - 20], axes(x, n).as_deref()))),
    ("atleast_1d", Same, (0, 4), |x, _| one(x.atleast_1d())),
    ("atleast_2d", Same, (0, 4), |x, _| one(x.atleast_2d())),
    ("atleast_3d", Same, (0, 4), |x, _| one(x.atleast_3d())),
    ("broadcast_to", Same, (0, 3), |x, n| one(x.broadcast_to(&[&[1 + n.below(5)], &x.shape()[..]].concat()))),
    ("broadcast_to and more", Same, (1, 3), |x, n| {
        let wide = x.broadcast_to(&[&[1 + n.below(5)], &x.shape()[..]].concat())?;
        let beside = wide.not_equal(&x.flip(None)?)?;
        Ok(vec![wide.rechunk(cut(n, &wide.shape()))?, beside, concatenate(&[wide.clone(), x.expand_dims(&[0])?], 0)?])
    }),
    ("broadcast_arrays", Same, (0, 3), |x, n| {
        broadcast_arrays(&[x.clone(), x.broadcast_to(&[&[1 + n.below(3)], &x.shape()[..]].concat())?])
    }),
    ("concatenate", Same, (1, 4), |x, n| one(concatenate(&[x.clone(), x.flip(None)?, x.clone()], axis(x, n)))),
    ("stack", Same, (0, 3), |x, n| one(stack(&[x.clone(), x.flip(None)?], n.below(x.ndim() + 1) as isize))),
    ("vstack", Same, (0, 4), |x, _| one(vstack(&[x.clone(), x.clone()]))),
    ("hstack", Same, (0, 4), |x, _| one(hstack(&[x.clone(), x.clone()]))),
    ("dstack", Same, (0, 4), |x, _| one(dstack(&[x.clone(), x.clone()]))),
    ("column_stack", Same, (1, 2), |x, _| one(column_stack(&[x.clone(), x.clone()]))),
    ("block", Same, (0, 3), |x, _| one(block([[x, x], [x, x]]))),
    ("append", Same, (1, 4), |x, n| one(x.append(&x.flip(None)?, some_axis(x, n)))),
    ("insert", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.insert(positions(n, length(x, a)), 1, a))
    }),
    ("delete", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.delete(positions(n, length(x, a)), a))
    }),
    ("repeat", Same, (1, 4), |x, n| one(x.repeat(n.below(4), some_axis(x, n)))),
    ("tile", Same, (0, 3), |x, n| one(x.tile(&[n.below(3), 1 + n.below(3)]))),
    ("pad", Same, (1, 3), |x, n| one(x.pad(&[(n.below(9), n.below(9))], mode(n)))),
    ("pad by ramps", Same, (1, 3), |x, n| one(x.pad(&[(n.below(9), n.below(9))], PadMode::LinearRamp(1.into())))),
    ("pad by means", Rounded, (1, 3), |x, n| one(x.pad(&[(n.below(9), n.below(9))], PadMode::Mean))),
    ("index", Same, (1, 4), |x, n| one(x.index(&[positions(n, x.shape()[0]).into()]))),
    ("vindex", Same, (2, 4), |x, n| {
        let k = if x.shape().contains(&0) { 0 } else { n.below(6) };
        let mut at = |len: usize| (0..k).map(|_| n.below(len.max(1)) as isize).collect::<Vec<_>>();
        let (first, last) = (at(x.shape()[0]), at(*x.shape().last().unwrap()));
        one(x.vindex(&[first.into(), Index::Ellipsis, last.into()]))
    }),
    ("take", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.take(positions(n, length(x, a)), a))
    }),
    ("take at lazy positions", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.take(&counted(length(x, a), n)?.flip(None)?, a))
    }),
    ("compress", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.compress((0..length(x, a)).map(|_| n.below(2) == 0).collect::<Vec<bool>>(), a))
    }),
    ("compress by a lazy mask", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.compress(counted(length(x, a), n)?.remainder(3)?.equal(1)?, a))
    }),
    ("take_along_axis", Same, (1, 4), |x, n| {
        let a = axis(x, n);
        one(x.take_along_axis(&x.argsort(Some(a))?, a))
    }),
    ("put_along_axis", Same, (1, 4), |x, n| {
        let a = axis(x, n);
        one(x.put_along_axis(&x.argsort(Some(a))?, x, a))
    }),
    ("set", Same, (1, 4), |x, n| one(x.set(&[positions(n, x.shape()[0]).into()], 1))),
    ("set by slices", Same, (1, 4), |x, n| one(x.set(&[Index::Slice(None, None, Some(n.one_of(&[-3, -1, 2, 3])))], 1))),
    ("set by a lazy mask", Same, (0, 4), |x, _| one(x.set(&[x.not_equal(0)?.into()], 1))),
    ("extract", Same, (0, 4), |x, _| one(x.extract(&x.not_equal(0)?))),
    ("flatnonzero", Same, (0, 4), |x, _| one(x.flatnonzero())),
    ("nonzero", Same, (1, 4), |x, _| x.nonzero()),
    ("argwhere", Same, (1, 4), |x, _| one(x.argwhere())),
    ("unravel_index", Same, (0, 4), |x, _| x.not_equal(0)?.astype(DType::I64)?.multiply(23)?.unravel_index(&[3, 4, 2])),
    ("ravel_multi_index", Same, (0, 4), |x, _| {
        let i = x.not_equal(0)?.astype(DType::I64)?;
        one(ravel_multi_index(&[i.clone(), i.multiply(2)?], &[2, 3]))
    }),
    ("diff", Same, (1, 4), |x, n| one(x.diff(n.below(4), axis(x, n), None, None))),
    ("ediff1d", Same, (0, 4), |x, _| one(x.ediff1d(None, None))),
    ("gradient", Same, (1, 4), |x, n| one(x.gradient(0.5, axis(x, n), 1 + n.below(2)))),
    ("push", Same, (1, 4), |x, n| one(x.push(axis(x, n), n.one_of(&[None, Some(0), Some(1), Some(3)])))),
    ("cumulative_sum", Rounded, (1, 4), |x, n| one(x.cumulative_sum(axis(x, n), n.below(2) == 0))),
    ("cumulative_prod", Rounded, (1, 4), |x, n| {
        one(x.not_equal(0)?.astype(DType::F64)?.cumulative_prod(axis(x, n), n.below(2) == 0))
    }),
    ("group_reduce", Rounded, (1, 4), |x, n| {
        let a = axis(x, n);
        let labels: Vec<usize> = (0..length(x, Some(a))).map(|_| n.below(3)).collect();
        one(x.group_reduce(&reduction::SUM, a, &labels, 4))
    }),
    ("coarsen", Rounded, (1, 4), |x, n| one(x.coarsen(&reduction::SUM, &[(axis(x, n), 1 + n.below(4))], true))),
];

const ORDERS: &[Row] = &[
    ("sort", Same, (1, 4), |x, n| one(x.sort(some_axis(x, n)))),
    ("argsort", Same, (1, 4), |x, n| one(x.argsort(some_axis(x, n)))),
    ("partition", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.partition(&positions(n, length(x, a)), a))
    }),
    ("argpartition", Same, (1, 4), |x, n| {
        let a = some_axis(x, n);
        one(x.argpartition(&positions(n, length(x, a)), a))
    }),
    ("topk", Same, (1, 4), |x, n| one(x.topk(n.one_of(&[-5, -1, 1, 4]), axis(x, n)))),
    ("argtopk", Same, (1, 4), |x, n| one(x.argtopk(n.one_of(&[-5, -1, 1, 4]), axis(x, n)))),
    ("quantile", Same, (1, 4), |x, n| one(x.quantile(&[0.0, 0.3, 1.0], axes(x, n).as_deref(), QuantileMethod::Linear))),
    ("nanquantile", Same, (1, 4), |x, n| one(x.nanquantile(&[0.7], axes(x, n).as_deref(), QuantileMethod::Lower))),
    ("percentile", Same, (1, 4), |x, n| one(x.percentile(&[10.0, 99.0], axes(x, n).as_deref(), QuantileMethod::Nearest))),
    ("nanpercentile", Same, (1, 4), |x, n| one(x.nanpercentile(&[50.0], axes(x, n).as_deref(), QuantileMethod::Midpoint))),
    ("median", Same, (1, 4), |x, n| one(x.median(axes(x, n).as_deref()))),
    ("nanmedian", Same, (1, 4), |x, n| one(x.nanmedian(axes(x, n).as_deref()))),
    ("unique", Same, (0, 4), |x, _| one(x.unique())),
    ("unique_counts", Same, (0, 4), |x, _| x.unique_counts().map(|(v, c)| vec![v, c])),
    ("unique_all", Same, (0, 4), |x, _| x.unique_all().map(|u| vec![u.values, u.counts, u.indices, u.inverse])),
    ("union1d", Same, (0, 4), |x, n| one(union1d(x, &counted(5, n)?))),
    ("intersect1d", Same, (0, 4), |x, n| one(intersect1d(x, &counted(5, n)?))),
    ("setxor1d", Same, (0, 4), |x, n| one(setxor1d(x, &counted(5, n)?))),
    ("setdiff1d", Same, (0, 4), |x, n| one(setdiff1d(x, &counted(5, n)?))),
    ("histogram", Same, (0, 4), |x, _| one(x.histogram(Bins::Even(7, -3.0, 5.0), None, false).map(|h| h.0))),
    ("bincount", Same, (0, 4), |x, _| one(x.not_equal(0)?.astype(DType::I64)?.bincount(None, 3))),
    ("digitize", Same, (0, 4), |x, n| one(x.digitize(&[-1.0, 0.0, 2.5], n.below(2) == 0))),
    ("isin", Same, (0, 4), |x, _| one(x.isin(&[0.0, 1.0, f64::INFINITY]))),
    ("searchsorted", Same, (0, 4), |x, n| one(searchsorted(&[-1.0, 0.0, 0.0, 2.5], x, n.below(2) == 0))),
    ("isclose", Same, (0, 4), |x, _| one(x.isclose(&x.flip(None)?, Tolerance::default()))),
    ("allclose", Same, (0, 4), |x, _| one(x.allclose(&x.flip(None)?, Tolerance::default()))),
    ("nan_to_num", Same, (0, 4), |x, _| one(x.nan_to_num(0.0, None, Some(-7.0)))),
    ("round", Same, (0, 4), |x, n| one(x.round(n.below(5) as i32 - 2))),
    ("divmod", Same, (0, 4), |x, _| x.divmod(3).map(|(q, r)| vec![q, r])),
    ("modf", Same, (0, 4), |x, _| x.modf().map(|(f, w)| vec![f, w])),
    ("select", Same, (0, 4), |x, _| one(select(&[x.equal(0)?, x.not_equal(x.flip(None)?)?], [x.clone(), x.flip(None)?], 0))),
    ("choose", Same, (0, 4), |x, _| one(choose(&x.not_equal(0)?.astype(DType::I64)?, [x.clone(), x.flip(None)?], Outside::Wrap))),
    ("piecewise", Same, (0, 4), |x, _| one(piecewise(x, &[x.equal(0)?, x.equal(1)?], &[2, 3]))),
    ("conj", Same, (0, 4), |x, _| one(x.conj())),
    ("ptp", Same, (1, 4), |x, n| one(x.ptp(axes(x, n).as_deref()))),
    ("trace", Rounded, (2, 4), |x, n| one(x.trace(n.below(5) as isize - 2, 0, 1))),
    ("average", Rounded, (1, 4), |x, n| one(x.average(axes(x, n).as_deref(), Some(&tame(x)?.square()?.add(1)?)))),
    ("average_returned", Rounded, (2, 4), |x, n| {
        let weights = counted(*x.shape().last().unwrap(), n)?.add(1)?;
        x.average_returned(Some(&[-1]), Some(&weights)).map(|(a, w)| vec![a, w])
    }),
    ("moment", Rounded, (1, 4), |x, n| one(x.moment(n.below(4), axes(x, n).as_deref()))),
    ("cov", Rounded, (1, 2), |x, _| one(tame(x)?.cov(Cov::default()))),
    ("corrcoef", Rounded, (1, 2), |x, _| one(tame(x)?.corrcoef(false))),
    ("masked filled", Same, (0, 4), |x, _| one(masked::masked_equal(x, 0)?.filled(None))),
    ("masked sum", Rounded, (1, 4), |x, n| {
        let sum = masked::masked_where(&x.equal(0)?, x)?.sum(axes(x, n).as_deref())?;
        Ok(vec![sum.filled(Some(0.into()))?, sum.mask().clone()])
    }),
    ("masked row", Same, (2, 4), |x, _| {
        // A mask that repeats.
        let row = x.index(&[Index::Slice(Some(0), Some(1), None)])?.equal(0)?;
        let m = masked::Masked::new(x, &row)?;
        Ok(vec![m.filled(Some(1.into()))?, m.count(Some(&[0]))?, m.mask().clone()])
    }),
];

const SPACES: &[Row] = &[
    ("binary_erosion", Same, (1, 3), |x, n| one(x.binary_erosion(&Morphology::default().iterations(1 + n.below(3))))),
    ("binary_dilation", Same, (2, 2), |x, n| {
        one(x.binary_dilation(&Morphology::default().structure(plus()).iterations(1 + n.below(3))))
    }),
    ("binary_opening", Same, (1, 3), |x, _| one(x.binary_opening(&Morphology::default()))),
    ("binary_closing", Same, (1, 3), |x, _| one(x.binary_closing(&Morphology::default()))),
    ("correlate1d", Same, (1, 3), |x, n| one(tame(x)?.correlate1d(&[0.5, -1.0, 0.25], axis(x, n), &Filter::default()))),
    ("convolve1d", Same, (1, 3), |x, n| one(tame(x)?.convolve1d(&[0.5, -1.0, 0.25, 2.0], axis(x, n), &Filter::default()))),
    ("correlate", Same, (2, 2), |x, _| one(tame(x)?.correlate(&ArrayD::from_elem(IxDyn(&[3, 2]), 0.3), &Filter::default()))),
    ("convolve", Same, (2, 2), |x, _| one(tame(x)?.convolve(&ArrayD::from_elem(IxDyn(&[2, 3]), 0.3), &Filter::default()))),
    ("uniform_filter1d", Rounded, (1, 3), |x, n| one(x.uniform_filter1d(1 + n.below(5), axis(x, n), &Filter::default()))),
    ("uniform_filter", Rounded, (1, 3), |x, n| one(x.uniform_filter(1 + n.below(5), &Filter::default()))),
    ("gaussian_filter1d", Same, (1, 3), |x, n| one(tame(x)?.gaussian_filter1d(0.7, axis(x, n), &Filter::default()))),
    ("gaussian_filter", Same, (1, 3), |x, _| one(tame(x)?.gaussian_filter(0.7, &Filter::default()))),
    ("gaussian_laplace", Same, (1, 3), |x, _| one(tame(x)?.gaussian_laplace(0.7, &Filter::default()))),
    ("gaussian_gradient_magnitude", Same, (1, 3), |x, _| one(tame(x)?.gaussian_gradient_magnitude(0.7, &Filter::default()))),
    ("laplace", Same, (1, 3), |x, _| one(tame(x)?.laplace(&Filter::default()))),
    ("sobel", Same, (1, 3), |x, n| one(tame(x)?.sobel(axis(x, n), &Filter::default()))),
    ("prewitt", Same, (1, 3), |x, n| one(tame(x)?.prewitt(axis(x, n), &Filter::default()))),
    ("minimum_filter1d", Same, (1, 3), |x, n| one(x.minimum_filter1d(1 + n.below(6), axis(x, n), &Filter::default()))),
    ("maximum_filter1d", Same, (1, 3), |x, n| one(x.maximum_filter1d(1 + n.below(6), axis(x, n), &Filter::default()))),
    ("minimum_filter", Same, (2, 2), |x, _| one(x.minimum_filter(plus(), &Filter::default()))),
    ("maximum_filter", Same, (1, 3), |x, n| one(x.maximum_filter(1 + n.below(4), &Filter::default()))),
    ("median_filter", Same, (1, 3), |x, n| one(x.median_filter(1 + n.below(4), &Filter::default()))),
    ("rank_filter", Same, (2, 2), |x, _| one(x.rank_filter(-2, plus(), &Filter::default()))),
    ("percentile_filter", Same, (1, 3), |x, _| one(x.percentile_filter(30.0, 3, &Filter::default()))),
    ("label", Same, (1, 3), |x, _| x.label(None).map(|(l, n)| vec![l, n])),
    ("windows", Same, (1, 3), |x, n| {
        let w = x.sliding_window_view(1 + n.below(3), None)?;
        Ok(vec![w.min()?, w.max()?, w.any()?, w.all()?, w.array()?])
    }),
    ("sums of windows", Rounded, (1, 3), |x, n| {
        let w = x.sliding_window_view(1 + n.below(3), None)?;
        Ok(vec![w.sum()?, w.mean()?, w.var(0.0)?])
    }),
    ("matmul", Same, (2, 2), |x, _| one(linalg::matmul(&tame(x)?, &tame(x)?.transpose(None)?))),
    ("dot", Same, (1, 3), |x, _| one(linalg::dot(&tame(x)?, &tame(x)?.transpose(None)?))),
    ("tensordot", Same, (2, 3), |x, _| one(linalg::tensordot(&tame(x)?, &tame(x)?, &[0, -1], &[0, -1]))),
    ("inner", Same, (1, 2), |x, _| one(linalg::inner(&tame(x)?, &tame(x)?))),
    ("outer", Same, (0, 1), |x, n| one(linalg::outer(x, &counted(4, n)?))),
    ("vecdot", Rounded, (1, 3), |x, n| one(linalg::vecdot(&tame(x)?, &tame(x)?, axis(x, n)))),
    ("kron", Same, (1, 2), |x, n| one(linalg::kron(x, &counted(3, n)?))),
    ("cross", Same, (1, 3), |x, _| one(linalg::cross(&stack(&[x.clone(), x.flip(None)?, x.clone()], -1)?, &array3()))),
    ("einsum", Rounded, (2, 2), |x, _| one(linalg::einsum("ij,kj->ik", &[&tame(x)?, &tame(x)?]))),
    ("matrix_power", Same, (2, 2), |x, n| {
        let m = tame(x)?;
        one(linalg::matrix_power(&linalg::matmul(&m, &m.transpose(None)?)?, n.below(4) as i64))
    }),
    ("matrix_transpose", Same, (2, 4), |x, _| one(linalg::matrix_transpose(x))),
    ("matrix_norm", Rounded, (2, 3), |x, n| one(linalg::matrix_norm(&tame(x)?, n.one_of(&[Norm::Frobenius, Norm::Order(1.0)])))),
    ("vector_norm", Rounded, (1, 3), |x, n| one(linalg::vector_norm(&tame(x)?, n.one_of(&[0.0, 1.0, 2.0, 3.0])))),
    ("qr", Same, (2, 2), |x, _| linalg::qr(&tame(x)?).map(|(q, r)| vec![q, r])),
    ("svd", Same, (2, 2), |x, _| linalg::svd(&tame(x)?).map(|(u, s, v)| vec![u, s, v])),
    ("lu", Same, (2, 2), |x, _| linalg::lu(&tame(x)?).map(|(p, l, u)| vec![p, l, u])),
    ("fft", Same, (1, 3), |x, n| one(fft::fft(&tame(x)?, None, axis(x, n), Scale::Backward))),
    ("ifft", Same, (1, 3), |x, n| one(fft::ifft(&tame(x)?, None, axis(x, n), Scale::Ortho))),
    ("rfft", Same, (1, 3), |x, n| one(fft::rfft(&tame(x)?, Some(1 + n.below(9)), axis(x, n), Scale::Backward))),
    ("irfft", Same, (1, 3), |x, n| one(fft::irfft(&tame(x)?, None, axis(x, n), Scale::Backward))),
    ("hfft", Same, (1, 3), |x, n| one(fft::hfft(&tame(x)?, None, axis(x, n), Scale::Backward))),
    ("ihfft", Same, (1, 3), |x, n| one(fft::ihfft(&tame(x)?, None, axis(x, n), Scale::Backward))),
    ("fftn", Same, (1, 3), |x, _| one(fft::fftn(&tame(x)?, None, None, Scale::Backward))),
    ("rfftn", Same, (1, 3), |x, _| one(fft::rfftn(&tame(x)?, None, None, Scale::Backward))),
    ("irfft2", Same, (2, 3), |x, _| one(fft::irfft2(&tame(x)?, None, None, Scale::Backward))),
    ("fftshift", Same, (1, 4), |x, n| one(fft::fftshift(x, axes(x, n).as_deref()))),
    ("ifftshift", Same, (1, 4), |x, n| one(fft::ifftshift(x, axes(x, n).as_deref()))),
];

/// Three numbers along an axis.
fn array3() -> DynArray {
    from_tensor(Tensor::from_vec(&[3], vec![1.0, -2.0, 0.5]).unwrap(), Chunks::Uniform(2)).unwrap()
}

/// Results or what kind of error they were, one after the other.
fn all(session: &Session, made: Result<Vec<DynArray>>) -> std::result::Result<Vec<Tensor>, Kind> {
    let kind = |e: tilework::Error| {
        assert!(!matches!(e.kind(), Kind::Bug | Kind::Budget), "{e}");
        e.kind()
    };
    let roots: Vec<_> = made.map_err(kind)?.iter().map(|y| y.expr().clone()).collect();
    session.compute_all(&roots).map_err(kind)
}

/// Zeros of both signs are one number here: which of two equal ones is left of an extreme is not promised.
fn same(how: Bits, got: &Tensor, want: &Tensor, what: &str) {
    assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{what}");
    if bits(got) == bits(want) {
        return;
    }
    assert!(want.dtype().is_float(), "{what}:\n{got:?}\n{want:?}");
    let tolerance = match (how, want.dtype()) {
        (Same, _) => 0.0,
        (_, DType::F32) => 1e-4,
        _ => 1e-9,
    };
    for (i, (g, w)) in scalars(got).iter().zip(scalars(want)).enumerate() {
        assert!(near(g.as_f64(), w.as_f64(), tolerance, 100.0), "{what}: element {i}: {g} is not {w}");
    }
}

fn sweep(rows: &[Row], seed: u64) {
    let threads = Session::new(config(2, u64::MAX));
    for (r, &(name, how, (least, most), f)) in rows.iter().enumerate() {
        let mut noise = Noise(seed + 1000 * r as u64);
        let mut passed = 0;
        for i in 0..24 {
            let dtype = noise.one_of(if how == Same {
                &DType::ALL[..]
            } else {
                &[DType::F64, DType::F64, DType::I64, DType::U8, DType::F32][..]
            });
            let shape = loop {
                let s = shape(&mut noise, 400);
                if (least..=most).contains(&s.len()) {
                    break s;
                }
            };
            let special = if how == Same && noise.below(2) == 0 { specials(dtype) } else { vec![] };
            let t = tensor(&mut noise, dtype, &shape, (0.0, 6.0), &special);
            let chunks = cut(&mut noise, &shape);
            let what = format!("{name}, case {i}: {dtype} {shape:?} in {chunks:?}");
            let choices = noise.bits();
            let made = |chunks: Chunks| f(&from_tensor(t.clone(), chunks).unwrap(), &mut Noise(choices));
            let want = all(&oracle(), made(Chunks::Whole));
            let got = all(&threads, made(chunks));
            match (got, want) {
                (Ok(got), Ok(want)) => {
                    assert_eq!(got.len(), want.len(), "{what}");
                    got.iter().zip(&want).for_each(|(g, w)| same(how, g, w, &what));
                    passed += 1;
                }
                (got, want) => assert_eq!(got.err(), want.err(), "{what}"),
            }
        }
        assert!(passed >= 4, "{name}: only {passed} cases went through");
    }
}

#[test]
fn what_moves_elements_does_not_depend_on_chunks() {
    sweep(MOVES, 1);
}

#[test]
fn orders_and_statistics_do_not_depend_on_chunks() {
    sweep(ORDERS, 2);
}

#[test]
fn filters_and_matrices_do_not_depend_on_chunks() {
    sweep(SPACES, 3);
}
