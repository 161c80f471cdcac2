"""Differences, curves, convolutions and polynomials, against NumPy."""

import numpy as np
import pytest
from conftest import same

import tilework.array as ta

rng = np.random.default_rng(0)
X = rng.integers(0, 100, (6, 5))
F = rng.normal(size=(6, 5))
CHUNKS = [-1, 1, (4, 2)]


def d(a, chunks):
    a = np.asarray(a)
    return ta.asarray(a, chunks=chunks[-a.ndim :] if isinstance(chunks, tuple) else chunks)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_diff(chunks):
    for a in (X, F, X > 50, X.astype("u1"), F + 1j):
        for n in (0, 1, 2, 7):
            for axis in (0, -1):
                same(ta.diff(d(a, chunks), n, axis), np.diff(a, n, axis))
        same(ta.diff(d(a, chunks), prepend=0, append=a[:, :2]), np.diff(a, prepend=0, append=a[:, :2]))
        same(ta.diff(d(a, chunks), axis=0, append=d(a[:1], -1)), np.diff(a, axis=0, append=a[:1]))
    same(ta.diff(d(X, chunks), prepend=1.5), np.diff(X, prepend=1.5))
    for options in ({"n": -1}, {"axis": 2}, {"append": np.ones((3, 1))}):
        with pytest.raises(ValueError):
            ta.diff(d(X, chunks), **options)
    with pytest.raises(ValueError):
        ta.diff(ta.asarray(1))
    same(ta.ediff1d(d(X, chunks)), np.ediff1d(X))
    same(ta.ediff1d(d(X, chunks), to_end=[1, 2], to_begin=9), np.ediff1d(X, to_end=[1, 2], to_begin=9))
    with pytest.raises(TypeError):
        ta.ediff1d(d(X, chunks), to_end=1.5)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_gradient(chunks):
    at = [np.cumsum(rng.random(n) + 0.1) for n in X.shape]
    for a in (X, F, F.astype("f4"), F + 1j):
        for args in ((), (2,), (2, 0.5), (at[0], 2), (at[0], at[1])):
            for edge_order in (1, 2):
                same(ta.gradient(d(a, chunks), *args, edge_order=edge_order), list(np.gradient(a, *args, edge_order=edge_order)), exact=False)
    same(ta.gradient(d(F, chunks), axis=0), np.gradient(F, axis=0), exact=False)
    same(ta.gradient(d(F, chunks), d(at[0], 2), axis=0), np.gradient(F, at[0], axis=0), exact=False)
    same(ta.gradient(d(F, chunks), at[1], at[0], axis=(1, 0)), list(np.gradient(F, at[1], at[0], axis=(1, 0))), exact=False)
    for args, options in [((1, 2, 3), {}), ((), {"axis": 2}), ((), {"edge_order": 3}), ((at[0],), {"axis": 1})]:
        with pytest.raises((ValueError, TypeError)):
            ta.gradient(d(F, chunks), *args, **options)
    with pytest.raises(ValueError):
        ta.gradient(ta.ones(1))


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_curves(chunks):
    xp, fp = np.array([-1.0, 0, 0.5, 2]), np.array([3.0, 1, 4, 1])
    for options in ({}, {"left": -9, "right": 9}, {"period": 1.5}, {"period": -2}):
        same(ta.interp(d(F, chunks), xp, fp, **options), np.interp(F, xp, fp, **options), exact=False)
        same(ta.interp(d(F, chunks), xp, fp + 1j, **options), np.interp(F, xp, fp + 1j, **options), exact=False)
    same(ta.interp(d(X, chunks), [50], [1]), np.interp(X, [50], [1]))
    for bad in (([1, 0], [1, 2]), ([], []), ([1], [1, 2])):
        with pytest.raises(ValueError):
            ta.interp(d(F, chunks), *bad)
    with pytest.raises(TypeError):
        ta.interp(d(F, chunks), ta.asarray(xp), fp)
    for a in (X, F, F + 1j):
        for axis in (0, -1):
            same(ta.trapezoid(d(a, chunks), axis=axis), np.trapezoid(a, axis=axis), exact=False)
            same(ta.trapezoid(d(a, chunks), dx=0.5, axis=axis), np.trapezoid(a, dx=0.5, axis=axis), exact=False)
            same(ta.trapezoid(d(a, chunks), F.T[0] if axis == 0 else F[0], axis=axis), np.trapezoid(a, F.T[0] if axis == 0 else F[0], axis=axis), exact=False)
            same(ta.trapezoid(d(a, chunks), d(F, 2), axis=axis), np.trapezoid(a, F, axis=axis), exact=False)
    for a in (F * 5, (F * 5).astype("f4")):
        for options in ({}, {"axis": 0}, {"discont": 4}, {"period": 3}):
            same(ta.unwrap(d(a, chunks), **options), np.unwrap(a, **options), exact=False)
    same(ta.unwrap(d(X, chunks), period=7), np.unwrap(X, period=7))


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_convolutions(chunks):
    kinds = [X[0], F[:, 0], X[0].astype("u1"), X[0] > 50, F[:, 0] + 1j * F[:, 1], F[:, 0].astype("f4")]
    for name in ("convolve", "correlate"):
        for a in kinds:
            for v in (np.array([1, 2, 3]), np.array([0.5, -1]), np.array([1j, 2]), np.arange(9.0), np.array([2])):
                for mode in ("full", "same", "valid"):
                    same(getattr(ta, name)(d(a, chunks), v, mode), getattr(np, name)(a, v, mode), exact=False)
        for bad in ((d([], -1), [1]), (d(X[0], chunks), []), (d(X, chunks), [1]), (d(X[0], chunks), [1], "odd")):
            with pytest.raises(ValueError):
                getattr(ta, name)(*bad)
    same(ta.convolve([1, 2], d(X[0], chunks)), np.convolve([1, 2], X[0]))
    with pytest.raises(TypeError):
        ta.convolve(d(X[0], chunks), d(X[0], chunks))


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_polynomials(chunks):
    for a in (X[0], F[0], F[0] + 1j):
        for options in ({}, {"N": 3}, {"increasing": True}, {"N": 0}):
            same(ta.vander(d(a, chunks), **options), np.vander(a, **options), exact=False)
    for p in ([1, 2, 3], [0.5, -1], [], [2], [1j, 0]):
        for a in (X, F):
            same(ta.polyval(p, d(a, chunks)), np.polyval(p, a), exact=False)
    same(ta.polyval(ta.asarray([1, 2, 3]), F), np.polyval([1, 2, 3], F), exact=False)
    with pytest.raises(ValueError):
        ta.vander(d(X, chunks))


def test_shapes_and_kinds():
    x = ta.ones((2, 3))
    assert ta.shape(x) == (2, 3) and ta.ndim(x) == 2 and ta.size(x) == 6 and ta.size(x, 0) == 2 and ta.size(x, (0, 1)) == 6
    assert ta.shape([[1]]) == (1, 1) and ta.ndim(3) == 0 and ta.size([1, 2]) == 2
    assert ta.iscomplexobj(x + 1j) and ta.isrealobj(x) and ta.iscomplexobj([1j]) and not ta.isscalar(x) and ta.isscalar(3)
    f = np.array([1, np.nan])
    same(ta.isnull(ta.asarray(f)), np.isnan(f))
    same(ta.notnull(ta.asarray(f)), ~np.isnan(f))
