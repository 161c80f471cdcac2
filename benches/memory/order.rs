//! Cases of what moves data between chunks: orders, sets, quantiles, searches, positions.

use crate::{CHUNK, Case, SIDE, flat, mixed, whole_numbers, x};
use tilework::Result;
use tilework::array::create::from_tensor;
use tilework::array::random::Generator;
use tilework::array::{
    Bins, DynArray, Index, QuantileMethod, arange, intersect1d, ravel_multi_index, searchsorted, setdiff1d, setxor1d, union1d,
};
use tilework::expr::Chunks;
use tilework::op::reduction;

/// Two lanes of 80 MiB, each too long to be sorted in one piece.
fn long_lanes() -> Result<DynArray> {
    Generator::new(7).random(&[2, 10 << 20], [2, 2 << 20])
}

/// `n` chunks of float64 that lie in memory.
fn in_memory(n: usize) -> Result<DynArray> {
    from_tensor(flat(n)?.compute()?, SIDE.0 * SIDE.1)
}

/// Positions of `n` rows that are computed by the run.
fn lazy_rows(n: usize) -> Result<DynArray> {
    Generator::new(5).integers(0, n, &[n], n / 4)
}

/// A quarter of the columns' positions, everywhere.
fn lazy_places() -> Result<DynArray> {
    Generator::new(5).integers(0, SIDE.1, &[2 * SIDE.0, SIDE.1 / 4], [SIDE.0, SIDE.1 / 4])
}

/// All cases.
pub const CASES: &[Case] = &[
    ("sort flat", || Ok(vec![flat(4)?.sort(Some(0))?])),
    ("sort in memory", || Ok(vec![in_memory(4)?.sort(None)?])),
    ("sort rows", || Ok(vec![x(1)?.sort(Some(1))?])),
    ("sort columns", || Ok(vec![x(4)?.sort(Some(0))?])),
    ("sort all", || Ok(vec![x(4)?.sort(None)?])),
    ("sort long lanes", || Ok(vec![long_lanes()?.sort(Some(1))?])),
    ("sort integers", || Ok(vec![whole_numbers(4, 1000, 1)?.sort(Some(0))?])),
    ("argsort flat", || Ok(vec![flat(4)?.argsort(Some(0))?])),
    ("argsort rows", || Ok(vec![x(1)?.argsort(Some(1))?])),
    ("argsort columns", || Ok(vec![x(4)?.argsort(Some(0))?])),
    ("argsort long lanes", || Ok(vec![long_lanes()?.argsort(Some(1))?])),
    ("partition flat", || Ok(vec![flat(4)?.partition(&[1000], Some(0))?])),
    ("topk rows", || Ok(vec![x(1)?.topk(100, 1)?])),
    ("topk columns", || Ok(vec![x(4)?.topk(-100, 0)?])),
    ("topk many", || Ok(vec![flat(4)?.topk(1 << 20, 0)?])),
    ("argtopk columns", || Ok(vec![x(4)?.argtopk(100, 0)?])),
    ("quantile all", || Ok(vec![x(4)?.quantile(&[0.1, 0.5, 0.9], None, QuantileMethod::Linear)?])),
    ("quantile rows", || Ok(vec![x(1)?.quantile(&[0.1, 0.5, 0.9], Some(&[1]), QuantileMethod::Linear)?])),
    ("quantile columns", || Ok(vec![x(4)?.quantile(&[0.1, 0.5, 0.9], Some(&[0]), QuantileMethod::Linear)?])),
    ("quantile two axes", || Ok(vec![x(2)?.reshape(&[4096, 64, 64])?.quantile(&[0.5], Some(&[0, 2]), QuantileMethod::Linear)?])),
    ("median all", || Ok(vec![x(4)?.median(None)?])),
    ("median columns", || Ok(vec![x(4)?.median(Some(&[0]))?])),
    ("nanmedian all", || Ok(vec![x(4)?.nanmedian(None)?])),
    ("nanmedian columns", || Ok(vec![x(4)?.nanmedian(Some(&[0]))?])),
    ("unique floats", || Ok(vec![flat(2)?.unique()?])),
    ("unique few", || Ok(vec![whole_numbers(2, 1000, 1)?.unique()?])),
    ("unique counts", || {
        let (values, counts) = whole_numbers(2, 1 << 22, 1)?.unique_counts()?;
        Ok(vec![values, counts])
    }),
    ("unique all", || {
        let all = whole_numbers(1, 1 << 22, 1)?.unique_all()?;
        Ok(vec![all.values, all.counts, all.indices, all.inverse])
    }),
    ("unique inverse", || Ok(vec![whole_numbers(1, 1000, 1)?.unique_all()?.inverse])),
    ("sets union1d", || Ok(vec![union1d(&whole_numbers(1, 1 << 40, 1)?, &whole_numbers(1, 1 << 40, 2)?)?])),
    ("sets intersect1d", || Ok(vec![intersect1d(&whole_numbers(1, 1 << 24, 1)?, &whole_numbers(1, 1 << 24, 2)?)?])),
    ("sets setxor1d", || Ok(vec![setxor1d(&whole_numbers(1, 1 << 24, 1)?, &whole_numbers(1, 1 << 24, 2)?)?])),
    ("sets setdiff1d", || Ok(vec![setdiff1d(&whole_numbers(1, 1 << 24, 1)?, &whole_numbers(1, 1 << 24, 2)?)?])),
    ("histogram", || Ok(vec![x(1)?.histogram(Bins::Even(1000, 0.0, 1.0), None, false)?.0])),
    ("histogram weights", || Ok(vec![x(1)?.histogram(Bins::Even(1000, 0.0, 1.0), Some(&x(1)?.square()?), true)?.0])),
    ("bincount", || Ok(vec![whole_numbers(4, 1 << 20, 1)?.bincount(None, 1 << 20)?])),
    ("digitize", || Ok(vec![x(1)?.digitize(&(0..1 << 20).map(|i| f64::from(i) / 1e6).collect::<Vec<_>>(), false)?])),
    ("isin", || Ok(vec![whole_numbers(1, 1 << 24, 1)?.isin(&(0i64..1 << 18).collect::<Vec<_>>())?])),
    ("searchsorted", || Ok(vec![searchsorted(&(0i64..1 << 18).collect::<Vec<_>>(), &whole_numbers(1, 1 << 24, 1)?, true)?])),
    ("take rows", || Ok(vec![x(1)?.take(mixed(SIDE.0), Some(0))?])),
    ("take shuffled", || Ok(vec![x(4)?.take(mixed(4 * SIDE.0), Some(0))?])),
    ("take shuffled columns", || Ok(vec![x(2)?.rechunk([4096, 1024])?.take(mixed(SIDE.1), Some(1))?])),
    ("take points", || Ok(vec![x(1)?.index(&[mixed(SIDE.0).into(), mixed(SIDE.0).into()])?])),
    ("take points of many", || Ok(vec![x(4)?.index(&[mixed(4 * SIDE.0).into(), mixed(SIDE.1).repeat(2).into()])?])),
    ("take flat", || Ok(vec![x(2)?.take(mixed(1 << 20), None)?])),
    ("take lazy", || Ok(vec![x(4)?.take(&lazy_rows(4 * SIDE.0)?, Some(0))?])),
    ("take lazy flat", || Ok(vec![flat(2)?.take(&whole_numbers(1, 1 << 24, 1)?, Some(0))?])),
    ("gather", || Ok(vec![x(1)?.take(&arange(0, SIDE.0, 1, SIDE.0)?.flip(None)?, Some(0))?])),
    ("take_along_axis", || Ok(vec![x(2)?.rechunk([SIDE.0, SIDE.1 / 2])?.take_along_axis(&lazy_places()?, 1)?])),
    ("put rows", || Ok(vec![x(1)?.set(&[mixed(SIDE.0).into()], &x(1)?.negative()?)?])),
    ("put shuffled", || Ok(vec![x(4)?.set(&[mixed(4 * SIDE.0).into()], &x(4)?.negative()?)?])),
    ("put points", || Ok(vec![x(1)?.set(&[mixed(SIDE.0).into(), mixed(SIDE.0).into()], 1.0)?])),
    ("put slices", || Ok(vec![x(2)?.set(&[Index::Slice(Some(1), None, Some(2)), Index::Slice(None, None, Some(-3))], 1.0)?])),
    ("put masked", || Ok(vec![x(2)?.set(&[x(2)?.greater(0.5)?.into()], 0.0)?])),
    ("put_along_axis", || Ok(vec![x(2)?.put_along_axis(&lazy_places()?, 1.0, 1)?])),
    ("scatter", || Ok(vec![x(1)?.put_along_axis(&arange(0, SIDE.0, 1, SIDE.0)?.expand_dims(&[1])?, 1.0, 1)?])),
    ("masked", || Ok(vec![x(1)?.extract(&x(1)?.greater(0.5)?)?])),
    ("compress", || Ok(vec![x(2)?.compress(x(1)?.index(&[(..).into(), Index::At(0)])?.greater(0.5)?, Some(0))?])),
    ("places", || Ok(vec![x(1)?.greater(0.5)?.flatnonzero()?])),
    ("argwhere", || Ok(vec![x(2)?.greater(0.5)?.argwhere()?])),
    ("triangle", || Ok(vec![tilework::array::tril_indices(SIDE.1, 0, SIDE.1, Chunks::Whole)?[0].clone()])),
    ("unravel_index", || whole_numbers(1, 1 << 24, 1)?.unravel_index(&[4096, 4096])),
    ("ravel_multi_index", || {
        Ok(vec![ravel_multi_index(&[whole_numbers(1, 4096, 1)?, whole_numbers(1, 4096, 2)?], &[4096, 4096])?])
    }),
    ("blocks", || Ok(vec![x(4)?.blocks(&[[3, 0].into()])?])),
    ("group_reduce", || {
        let labels: Vec<usize> = (0..4 * SIDE.0).map(|i| i % 12).collect();
        Ok(vec![x(4)?.group_reduce(&reduction::MEAN, 0, &labels, 12)?])
    }),
    ("group_reduce many", || {
        let labels: Vec<usize> = (0..4 * SIDE.0).map(|i| i * 7919 % (4 * SIDE.0) / 2).collect();
        Ok(vec![x(4)?.group_reduce(&reduction::MAX, 0, &labels, 2 * SIDE.0)?])
    }),
    ("shuffle", || Ok(vec![Generator::new(1).shuffle(&x(4)?, 0)?])),
    ("shuffle flat", || Ok(vec![Generator::new(1).shuffle(&Generator::new(7).random(&[CHUNK / 4], CHUNK / 16)?, 0)?])),
    ("permuted", || Ok(vec![Generator::new(1).permuted(&x(4)?, 0)?])),
    ("permutation", || Ok(vec![Generator::new(1).permutation(4 * SIDE.0 * SIDE.1, SIDE.0 * SIDE.1)?])),
];
