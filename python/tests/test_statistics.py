"""Quantiles, histograms, means with weights, covariances and comparisons, against NumPy."""

import numpy as np
import pytest
from conftest import same

import tilework.array as ta

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 5, 4))
N = np.where(rng.random(X.shape) < 0.2, np.nan, X)
I = rng.integers(0, 50, X.shape)
CHUNKS = [-1, 1, (4, 2, 3)]
METHODS = [
    "linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
    "weibull", "median_unbiased", "normal_unbiased",
]  # fmt: skip


def d(a, chunks):
    return ta.asarray(a, chunks=chunks[-a.ndim :] if isinstance(chunks, tuple) else chunks)


def close(a, got, want):
    # NumPy interpolates float32 in float32 even where it gives float64.
    assert got.dtype == want.dtype
    same(*((got.astype("f4"), want.astype("f4")) if a.dtype == "f4" else (got, want)), exact=False)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (2, 0)], ids=str)
def test_quantiles(chunks, axis):
    for q in (0.5, [0, 0.3, 1], [[0.1, 0.2], [0.7, 0.9]], []):
        for keepdims in (False, True):
            options = dict(axis=axis, keepdims=keepdims)
            for a in (X, I, X.astype("f4")):
                close(a, ta.quantile(d(a, chunks), q, **options), np.quantile(a, q, **options))
            p = np.multiply(q, 100)
            same(ta.percentile(d(X, chunks), p, **options), np.percentile(X, p, **options), exact=False)
            if np.ndim(q) > 1:
                # NumPy has the axes of these at other places than in quantile.
                continue
            same(ta.nanpercentile(d(N, chunks), p, **options), np.nanpercentile(N, p, **options), exact=False)
            same(ta.nanquantile(d(N, chunks), q, **options), np.nanquantile(N, q, **options), exact=False)
    same(ta.quantile(d(N, chunks), 0.5, axis=axis), np.quantile(N, 0.5, axis=axis), exact=False)


@pytest.mark.parametrize("method", METHODS)
def test_quantile_methods(method):
    for a in (X, I, X.astype("f4")):
        close(a, ta.quantile(d(a, 2), [0, 0.25, 0.66, 1], axis=0, method=method), np.quantile(a, [0, 0.25, 0.66, 1], axis=0, method=method))
    same(ta.percentile(d(I, 2), [20, 50], method), np.percentile(I, [20, 50], method=method), exact=False)


def test_quantile_errors():
    for f in (lambda: ta.quantile(d(X, 2), 2), lambda: ta.percentile(d(X, 2), -1), lambda: ta.quantile(d(X, 2), 0.5, method="none"), lambda: ta.quantile(d(X, 2), 0.5, axis=5)):
        with pytest.raises(ValueError):
            f()
    for f in (lambda: ta.quantile(d(X + 1j, 2), 0.5), lambda: ta.quantile(d(X, 2), ta.asarray(0.5))):
        with pytest.raises(TypeError):
            f()
    same(ta.quantile(ta.asarray(3), [0, 0.5]), np.quantile(3, [0, 0.5]))
    same(ta.median(d(X, 2), axis=[0, 1]), np.median(X, axis=(0, 1)), exact=False)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_average(chunks):
    w = rng.random(X.shape)
    for a in (X, I, X.astype("f4"), X + 1j):
        for axis in (None, 0, (0, 2), -1):
            for keepdims in (False, True):
                same(ta.average(d(a, chunks), axis=axis, keepdims=keepdims), np.average(a, axis=axis, keepdims=keepdims), exact=False)
                same(ta.average(d(a, chunks), axis=axis, weights=d(w, chunks), keepdims=keepdims), np.average(a, axis=axis, weights=w, keepdims=keepdims), exact=False)
    for got, want in zip(ta.average(d(I, chunks), axis=1, weights=[1, 2, 3, 4, 5], returned=True), np.average(I, axis=1, weights=[1, 2, 3, 4, 5], returned=True)):
        same(got, want, exact=False)
    for got, want in zip(ta.average(d(X, chunks), axis=1, returned=True), np.average(X, axis=1, returned=True)):
        same(got, want, exact=False)
    with pytest.raises(TypeError):
        ta.average(d(X, chunks), weights=[1, 2])
    with pytest.raises(ValueError):
        ta.average(d(X, chunks), axis=0, weights=[1, 2])


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_histogram(chunks):
    for a in (X, I, X.astype("f4"), N[:1], I > 9):
        for bins, r in [(5, (-1, 2)), (3, (0, 0)), ([-1, 0, 0.5, 3], None), (np.array([0, 1, 5]), None)]:
            for density in (False, True):
                got, edges = ta.histogram(d(a, chunks), bins=bins, range=r, density=density)
                want, want_edges = np.histogram(a, bins=bins, range=r, density=density)
                same(got, want, exact=not density)
                assert not isinstance(edges, ta.Array)
                same(np.asarray(edges), want_edges, exact=False)
    for a in (X, I, X.astype("f4"), np.full(3, 2)):
        for got, want in zip(ta.histogram(d(a, chunks), 7), np.histogram(a, 7)):
            same(got, want, exact=False)
        got, want = ta.histogram(d(a, chunks), density=True)[0], np.histogram(a, density=True)[0]
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-6)
        same(ta.histogram_bin_edges(d(a, chunks), 4), np.histogram_bin_edges(a, 4), exact=False)
        same(ta.histogram_bin_edges(d(a, chunks), 4, range=(1, 3)), np.histogram_bin_edges(a, 4, range=(1, 3)), exact=False)
    for w in (rng.random(X.shape), I, X + 1j, X.astype("f4")):
        got, _ = ta.histogram(d(X, chunks), 5, range=(-1, 1), weights=d(w, chunks))
        same(got, np.histogram(X, 5, range=(-1, 1), weights=w)[0], exact=False)


def test_lazy_bins():
    x = d(X, 2)
    same(ta.histogram(x, 5, range=(x.min(), x.max()))[0], np.histogram(X, 5)[0])
    same(ta.histogram(x, 5, range=(-1, x.max()))[1], np.histogram(X, 5, range=(-1, X.max()))[1], exact=False)
    edges = np.array([-1, 0, 0.5, 3])
    got, e = ta.histogram(x, ta.asarray(edges, chunks=2), density=True)
    assert isinstance(e, ta.Array)
    same(got, np.histogram(X, edges, density=True)[0], exact=False)
    got, _ = ta.histogram(x, ta.asarray(edges), weights=d(I, 3))
    same(got, np.histogram(X, edges, weights=I)[0])


def test_histogram_errors():
    x = d(X, 2)
    for options in [{"bins": 0}, {"bins": [3, 2]}, {"bins": [1]}, {"range": (2, 1)}, {"range": (0, np.inf)}, {"weights": [1]}, {"bins": "auto"}, {"bins": [[1, 2]]}]:
        with pytest.raises(ValueError):
            ta.histogram(x, **options)
    with pytest.raises(TypeError):
        ta.histogram(x + 1j)


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_histogramdd(chunks):
    p, w = rng.normal(size=(20, 3)), rng.random(20)
    lazy = d(p, chunks)
    for bins, r in [(3, [(-1, 1)] * 3), ([2, 3, 4], [(-1, 1), (0, 2), (-3, 3)]), ([[0, 1, 2], 3, np.array([-1.0, 1])], [None, (-1, 1), None]), (4, None)]:
        for density in (False, True):
            for weights in (None, w):
                want, want_edges = np.histogramdd(p, bins, range=r, density=density, weights=weights)
                for sample in (lazy, tuple(lazy[:, i] for i in range(3))):
                    got, edges = ta.histogramdd(sample, bins, range=r, density=density, weights=None if weights is None else d(w, chunks))
                    same(got, want, exact=False)
                    for e, we in zip(edges, want_edges):
                        np.testing.assert_allclose(e, we)
    for bins, r in [(3, [(-1, 1), (0, 2)]), ((2, 3), [(-1, 1), (0, 2)]), ([0, 0.5, 2], None), (([0, 1], [0, 1, 2]), None), (5, None)]:
        got = ta.histogram2d(lazy[:, 0], lazy[:, 1], bins=bins, range=r)
        want = np.histogram2d(p[:, 0], p[:, 1], bins=bins, range=r)
        for g, v in zip(got, want):
            np.testing.assert_allclose(g, v)
    for f in (lambda: ta.histogramdd(lazy, [1, 2]), lambda: ta.histogramdd((lazy[:, 0], lazy[:3, 1]), 2), lambda: ta.histogramdd(lazy, 2, range=[(0, 1)])):
        with pytest.raises(ValueError):
            f()


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_bincount(chunks):
    x, w = rng.integers(0, 9, 20), rng.random(20)
    for a in (x, x.astype("u1"), x > 3):
        same(ta.bincount(d(a, chunks)), np.bincount(a))
        same(ta.bincount(d(a, chunks), minlength=12), np.bincount(a, minlength=12))
        same(ta.bincount(d(a, chunks), weights=d(w, 4)), np.bincount(a, weights=w), exact=False)
    same(ta.bincount([]), np.bincount([]))
    with pytest.raises(ValueError):
        ta.bincount(d(x - 5, chunks))
    with pytest.raises(ValueError):
        ta.bincount(d(x, chunks), minlength=3).compute()
    with pytest.raises(TypeError):
        ta.bincount(d(w, chunks))


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_covariances(chunks):
    a, b = rng.normal(size=(3, 8)), rng.normal(size=(2, 8))
    for options in [{}, {"rowvar": False}, {"bias": True}, {"ddof": 2}, {"ddof": 0}, {"fweights": [1, 2, 1, 3, 1, 0, 2, 1]}, {"aweights": np.arange(1, 9) / 3},
                    {"fweights": [1, 2, 1, 3, 1, 0, 2, 1], "aweights": np.arange(1, 9) / 3, "ddof": 0}]:  # fmt: skip
        for x in (a, a + 1j * a[::-1], (a * 9).astype(int), a[0], a.astype("f4")):
            if options.get("rowvar") is False and x.ndim == 1:
                continue
            same(ta.cov(d(x, chunks), **options), np.cov(x, **options), exact=False)
    same(ta.cov(d(a, chunks), d(b, chunks)), np.cov(a, b), exact=False)
    same(ta.cov(d(a.T, chunks), d(b.T, chunks), rowvar=False), np.cov(a.T, b.T, rowvar=False), exact=False)
    for x in (a, a[0], a + 1j * a[::-1]):
        same(ta.corrcoef(d(x, chunks)), np.corrcoef(x), exact=False)
    same(ta.corrcoef(d(a, chunks), b), np.corrcoef(a, b), exact=False)
    with pytest.raises(ValueError):
        ta.cov(d(X, chunks))


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_comparisons(chunks):
    y = X + rng.choice([0, 1e-9, 1e-3], X.shape)
    same(ta.isclose(d(X, chunks), d(y, chunks)), np.isclose(X, y))
    same(ta.isclose(d(N, chunks), N, equal_nan=True), np.isclose(N, N, equal_nan=True))
    same(ta.isclose(d(X, chunks), 0, atol=0.5), np.isclose(X, 0, atol=0.5))
    same(ta.isclose(d(X, chunks), y, rtol=np.full(4, 1e-3)), np.isclose(X, y, rtol=np.full(4, 1e-3)))
    same(ta.isclose(d(I, chunks), I + 1, rtol=0.5), np.isclose(I, I + 1, rtol=0.5))
    assert bool(ta.allclose(d(X, chunks), X + 1e-12)) and not bool(ta.allclose(d(X, chunks), y))
    assert bool(ta.array_equal(d(X, chunks), X)) and not bool(ta.array_equal(d(X, chunks), X[0]))
    assert not bool(ta.array_equal(d(N, chunks), N)) and bool(ta.array_equal(d(N, chunks), N, equal_nan=True))
    assert bool(ta.array_equiv(d(X[0], -1), np.stack([X[0]] * 3)))


@pytest.mark.parametrize("chunks", [-1, 3])
def test_quantile_weights(chunks):
    rng = np.random.default_rng(4)
    a = rng.integers(0, 9, (5, 4, 6)).astype(float)
    q, same = [0, 0.3, 0.5, 1], {"method": "inverted_cdf"}
    x = ta.from_array(a, chunks=chunks)
    w = rng.integers(0, 3, a.shape).astype(float) + 0.5
    for axis in (0, -1, (0, 2), None):
        for keepdims in (False, True):
            want = np.quantile(a, q, axis=axis, weights=w, keepdims=keepdims, **same)
            got = ta.quantile(x, q, axis=axis, weights=ta.from_array(w, chunks=2), keepdims=keepdims, **same)
            np.testing.assert_array_equal(got, want)
    line = np.array([0.0, 2.0, 0.5, 1.0])
    np.testing.assert_array_equal(ta.percentile(x, 40, axis=1, weights=line, **same), np.percentile(a, 40, axis=1, weights=line, **same))
    a[1, 2, 3] = np.nan
    np.testing.assert_array_equal(ta.quantile(ta.asarray(a), 0.5, axis=0, weights=w, **same), np.quantile(a, 0.5, axis=0, weights=w, **same))
    np.testing.assert_array_equal(ta.nanquantile(ta.asarray(a), 0.5, axis=0, weights=w, **same), np.nanquantile(a, 0.5, axis=0, weights=w, **same))
    with pytest.raises(ValueError, match="inverted_cdf"):
        ta.quantile(x, 0.5, weights=w)
    with pytest.raises(ValueError, match="range"):
        ta.quantile(x, 1.5, weights=w, **same)
    with pytest.raises(ValueError, match="consistent"):
        ta.quantile(x, 0.5, axis=0, weights=line, **same)


@pytest.mark.parametrize("method", ["linear", "hazen", "lower"])
def test_dtypes_of_quantiles_of_float32(method):
    a = np.arange(5, dtype="f4")
    x = ta.asarray(a)
    for q in (1, 0.5, [1], [0.5], np.array([1], "i2"), np.array([0.5], "f4"), np.int64(1)):
        for name in ("quantile", "percentile"):
            want = getattr(np, name)(a, q, method=method)
            assert getattr(ta, name)(x, q, method=method).dtype == want.dtype, (name, q)
