"""Positions, conditions, order, search and sets, against NumPy."""

import numpy as np
import pytest
from conftest import same

import tilework.array as ta

rng = np.random.default_rng(0)
X = rng.integers(0, 20, (5, 4, 6))
F = np.where(rng.random((5, 4, 6)) < 0.2, np.nan, rng.normal(size=(5, 4, 6)).round(1))
C = F + 1j * F[::-1]
CHUNKS = [-1, 1, (3, 2, 4)]


def d(a, chunks):
    a = np.asarray(a)
    return ta.asarray(a, chunks=chunks[-a.ndim :] if isinstance(chunks, tuple) else chunks)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_where(chunks):
    x, f = d(X, chunks), d(F, chunks)
    same(ta.where(x > 9, x, f), np.where(X > 9, X, F))
    same(ta.where(x > 9, x, 3), np.where(X > 9, X, 3))
    same(ta.where(x > 9, 1, 2.5), np.where(X > 9, 1, 2.5))
    same(ta.where(x > 9, True, False), np.where(X > 9, True, False))
    same(ta.where(x, x, -1), np.where(X, X, -1))
    same(ta.where(X > 9, x[0], 0), np.where(X > 9, X[0], 0))
    same(ta.where(x.astype("f4") > 9, x.astype("f4"), 1.5), np.where(X > 9, X.astype("f4"), 1.5))
    same(ta.where(True, x, 0), np.where(True, X, 0))
    same(ta.where(x > 9), np.where(X > 9))
    with pytest.raises(ValueError):
        ta.where(x > 9, x)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_take(chunks):
    x = d(X, chunks)
    for at in (2, -1, [0, 3, -1], [[0, 1], [2, 2]], [], np.uint8(1), np.array([1, 0], np.int8)):
        lazy = ta.asarray(np.asarray(at, dtype=None if np.size(at) else int), chunks=1)
        for axis in (0, 1, -1, None):
            same(ta.take(x, at, axis=axis), np.take(X, np.asarray(at, dtype=None if np.size(at) else int), axis=axis))
            same(ta.take(x, lazy, axis=axis), np.take(X, np.asarray(at, dtype=None if np.size(at) else int), axis=axis))
    for mode in ("wrap", "clip"):
        for at in ([9, -9, 1], -20, 7):
            same(ta.take(x, at, axis=0, mode=mode), np.take(X, at, axis=0, mode=mode))
            same(ta.take(x, ta.asarray(at), axis=0, mode=mode), np.take(X, at, axis=0, mode=mode))
    same(x.take([1, 2]), X.take([1, 2]))
    same(ta.take(X, ta.asarray([1, 2]), axis=1), X.take([1, 2], axis=1))
    with pytest.raises(IndexError):
        ta.take(x, 5, axis=0)
    with pytest.raises(TypeError):
        ta.take(x, 1.5)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_take_along_axis(chunks):
    x, f = d(X, chunks), d(F, chunks)
    for axis in (0, 1, -1):
        at = np.argsort(F, axis=axis, stable=True)
        same(ta.take_along_axis(x, d(at, chunks), axis=axis), np.take_along_axis(X, at, axis=axis))
        same(ta.take_along_axis(f, at, axis=axis), np.take_along_axis(F, at, axis=axis))
    at = rng.integers(-5, 5, (2, 1, 6))
    same(ta.take_along_axis(x, d(at, chunks), axis=0), np.take_along_axis(X, at, axis=0))
    same(ta.take_along_axis(x, np.array([3, 1]), axis=None), np.take_along_axis(X, np.array([3, 1]), axis=None))
    with pytest.raises(IndexError):
        ta.take_along_axis(x, np.full((1, 4, 6), 5), axis=0)
    with pytest.raises(IndexError):
        ta.take_along_axis(x, d(np.full((1, 4, 6), 5), -1), axis=0).compute()
    with pytest.raises(ValueError):
        ta.take_along_axis(x, np.array([1]), axis=0)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_conditions(chunks):
    x, f = d(X, chunks), d(F, chunks)
    for c, axis in [([True, False, True], 0), ([0, 1, 1, 0], 1), ([False], 2), (np.arange(50) % 3 == 0, None), ([], 0)]:
        same(ta.compress(c, x, axis=axis), np.compress(c, X, axis=axis))
        same(ta.compress(ta.asarray(c, dtype=bool, chunks=2), x, axis=axis), np.compress(c, X, axis=axis))
    same(x.compress([True], axis=0), X.compress([True], axis=0))
    same(ta.extract(x % 2, x), np.extract(X % 2, X))
    same(ta.extract(X[0] > 3, X[0]), np.extract(X[0] > 3, X[0]))
    for name in ("nonzero", "argwhere", "flatnonzero"):
        for a in (X % 3, F > 0, C, F[0], np.zeros((2, 3)), np.zeros((0, 3))):
            same(getattr(ta, name)(d(a, chunks)), getattr(np, name)(a))
    same(x.nonzero(), X.nonzero())
    same(ta.argwhere(ta.asarray(3)), np.argwhere(3))
    with pytest.raises(ValueError):
        ta.nonzero(ta.asarray(1))
    with pytest.raises(ValueError):
        ta.compress(X[0] > 3, x, axis=0)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_choose_select_piecewise(chunks):
    x, f = d(X, chunks), d(F, chunks)
    same(ta.choose(x % 3, [x, -1, f]), np.choose(X % 3, [X, -1, F]))
    same(ta.choose(x % 3, [10, 20, 30]), np.choose(X % 3, [10, 20, 30]))
    same(ta.choose(x - 5, [x, -x], mode="wrap"), np.choose(X - 5, [X, -X], mode="wrap"))
    same((x - 5).choose([x, -x], mode="clip"), (X - 5).choose([X, -X], mode="clip"))
    same(ta.choose(x > 5, np.stack([X, -X])), np.choose(X > 5, np.stack([X, -X])))
    same(ta.choose([0, 1, 0], [x[0, 0, :3], [7, 8, 9]]), np.choose([0, 1, 0], [X[0, 0, :3], [7, 8, 9]]))
    with pytest.raises((ValueError, IndexError)):
        ta.choose(x, [1, 2]).compute()
    same(ta.select([x < 5, x > 15], [x, f], 0), np.select([X < 5, X > 15], [X, F], 0))
    same(ta.select([x < 5, x[0] > 15], [1, x], -1), np.select([X < 5, X[0] > 15], [1, X], -1))
    same(ta.select([x < 5], [x.astype("f4")], 1.5), np.select([X < 5], [X.astype("f4")], 1.5))
    for a in (([x < 5], []), ([], []), ):  # fmt: skip
        with pytest.raises(ValueError):
            ta.select(*a)
    with pytest.raises(TypeError):
        ta.select([x], [x])
    same(ta.piecewise(f, [f < 0, f > 1], [-1, lambda v: v * 2]), np.piecewise(F, [F < 0, F > 1], [-1, lambda v: v * 2]))
    same(ta.piecewise(x, [x < 5, x > 15], [lambda v, k: v + k, 0, 2.9], 7), np.piecewise(X, [X < 5, X > 15], [lambda v, k: v + k, 0, 2.9], 7))
    same(ta.piecewise(x, x > 3, [1]), np.piecewise(X, [X > 3], [1]))
    with pytest.raises(ValueError):
        ta.piecewise(x, [x < 5], [1, 2, 3])


def test_flat_positions():
    for chunks in (-1, 2):
        at = rng.integers(0, 24, 7)
        for order in "CF":
            same(ta.unravel_index(d(at, chunks), (2, 3, 4), order), np.unravel_index(at, (2, 3, 4), order))
            rows = [rng.integers(0, n, 5) for n in (2, 3, 4)]
            same(ta.ravel_multi_index([d(r, chunks) for r in rows], (2, 3, 4), order=order), np.ravel_multi_index(rows, (2, 3, 4), order=order))
            same(ta.ravel_multi_index(d(np.array(rows), chunks), (2, 3, 4), order=order), np.ravel_multi_index(rows, (2, 3, 4), order=order))
        wild = [rng.integers(-9, 9, 5) for n in (2, 3, 4)]
        for mode in ("wrap", "clip", ("wrap", "clip", "clip")):
            same(ta.ravel_multi_index([d(r, chunks) for r in wild], (2, 3, 4), mode), np.ravel_multi_index(wild, (2, 3, 4), mode))
    same(ta.unravel_index(ta.asarray(5), (2, 3)), np.unravel_index(5, (2, 3)))
    same(ta.unravel_index(ta.asarray([], dtype=int), (2, 0)), np.unravel_index(np.array([], int), (2, 0)))
    for bad in ((np.array([24]), (2, 3, 4)), (np.array([-1]), (2,))):
        with pytest.raises(ValueError):
            ta.unravel_index(*bad)
    with pytest.raises(TypeError):
        ta.unravel_index(ta.asarray([1.5]), (2, 3))
    with pytest.raises(ValueError):
        ta.ravel_multi_index(([3], [0]), (2, 3))


def test_triangles():
    for n, k, m in [(3, 0, None), (4, 1, 3), (3, -1, 5), (2, 5, 3), (3, -7, 2), (0, 0, None), (3, 0, 0), (5, 2, 9)]:
        same(ta.tril_indices(n, k, m, chunks=2), np.tril_indices(n, k, m))
        same(ta.triu_indices(n, k, m, chunks=3), np.triu_indices(n, k, m))
    a = np.ones((3, 5))
    same(ta.tril_indices_from(ta.asarray(a), 1), np.tril_indices_from(a, 1))
    same(ta.triu_indices_from(ta.asarray(a), 1), np.triu_indices_from(a, 1))
    same(ta.diag_indices(4, 3), np.diag_indices(4, 3))
    with pytest.raises(ValueError):
        ta.tril_indices_from(ta.ones(3))


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_sort(chunks):
    for a in (X, F, X.astype("u1"), X > 9, F.astype("f4")):
        for axis in (0, 1, -1, None):
            same(ta.sort(d(a, chunks), axis=axis), np.sort(a, axis=axis))
            same(ta.argsort(d(a, chunks), axis=axis), np.argsort(a, axis=axis, stable=True))
    f = np.nan_to_num(F)
    same(ta.sort(d(f, chunks), descending=True), -np.sort(-f))
    same(ta.argsort(d(f, chunks), axis=0, descending=True), np.argsort(-f, axis=0, stable=True))
    same(ta.sort(d(f, chunks), axis=None, descending=True), -np.sort(-f, axis=None))
    same(d(f, chunks).argsort(axis=1), f.argsort(axis=1, stable=True))
    for kth in (1, [0, 2]):
        got = np.asarray(ta.partition(d(X, chunks), kth))
        for k in np.ravel(kth):
            same(got[..., k], np.sort(X)[..., k])
        same(np.take_along_axis(X, np.asarray(ta.argpartition(d(X, chunks), kth, axis=0)), 0), np.sort(X, axis=0))
    keys = X % 3, X % 4
    for axis in (0, -1):
        same(ta.lexsort([d(k, chunks) for k in keys], axis=axis), np.lexsort(keys, axis=axis))
    same(ta.lexsort(d(X, chunks)), np.lexsort(X))
    for f in (lambda: ta.sort(d(X, chunks), axis=3), lambda: ta.partition(d(X, chunks), 9), lambda: ta.sort(d(X, chunks), kind="odd"), lambda: ta.sort(d(X, chunks), order="a")):
        with pytest.raises(ValueError):
            f()


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_topk(chunks):
    x = rng.permutation(X.size).reshape(X.shape)
    for k in (1, 3, 99):
        for axis in (0, -1):
            same(ta.topk(d(x, chunks), k, axis=axis), np.flip(np.sort(x, axis=axis), axis)[(slice(None),) * (axis % 3) + (slice(k),)])
            same(ta.topk(d(x, chunks), -k, axis=axis), np.sort(x, axis=axis)[(slice(None),) * (axis % 3) + (slice(k),)])
            same(d(x, chunks).argtopk(-k, axis=axis), np.argsort(x, axis=axis)[(slice(None),) * (axis % 3) + (slice(k),)])
    with pytest.raises(ValueError):
        ta.topk(d(x, chunks), 1, axis=5)


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_search(chunks):
    a, v = np.sort(rng.integers(0, 30, 12)), rng.integers(-3, 33, (4, 5))
    for side in ("left", "right"):
        for x, y in [(a, v), (a / 2, v), (a, v / 2), (a.astype("u1"), v), (a[:0], v), (np.append(a / 2, np.nan), F)]:
            for left in (x, d(x, chunks)):
                same(ta.searchsorted(left, d(y, chunks), side=side), np.searchsorted(x, y, side=side))
        same(ta.searchsorted(d(a, chunks), 7, side=side), np.asarray(np.searchsorted(a, 7, side=side)))
    s = rng.permutation(a)
    same(ta.searchsorted(d(s, chunks), v, sorter=d(np.argsort(s), chunks)), np.searchsorted(s, v, sorter=np.argsort(s)))
    same(ta.searchsorted(s, v, sorter=np.argsort(s)), np.searchsorted(s, v, sorter=np.argsort(s)))
    for right in (False, True):
        for bins in (np.unique(a), np.unique(a)[::-1], [3], np.array([1.5, 9.5])):
            same(ta.digitize(d(v, chunks), bins, right=right), np.digitize(v, bins, right=right))
            same(ta.digitize(d(v, chunks), d(bins, chunks), right=right), np.digitize(v, bins, right=right))
    for f in (lambda: ta.searchsorted(d(v, chunks), v), lambda: ta.searchsorted(a, v, side="middle"), lambda: ta.digitize(v, [1, 3, 2])):
        with pytest.raises(ValueError):
            f()


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_isin(chunks):
    for a, b in [(X, [3, 5, 5]), (X, X[0]), (F, F[0, 0]), (X, []), (X, 3), (X, [3.0, 2.5]), (X.astype("u1"), [-1, 3]), (X > 3, [True]), (C, C[0])]:
        for values in (b, d(b, chunks)):
            for invert in (False, True):
                same(ta.isin(d(a, chunks), values, invert=invert), np.isin(a, b, invert=invert))
    same(ta.in1d(d(X, chunks), [3]), np.isin(X.ravel(), [3]))


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_unique(chunks):
    for a in (X, F, X[0, 0] > 3, C, np.zeros((0, 2)), np.float64(3), np.array([0.0, -0.0, 1.0])):
        x = d(a, chunks if np.ndim(a) else -1)
        same(ta.unique(x), np.unique(a))
        same(ta.unique(x, return_counts=True), np.unique(a, return_counts=True))
        # Of complex NaN the first is not NumPy's first.
        options = dict(return_index=np.asarray(a).dtype.kind != "c", return_inverse=True, return_counts=True)
        same(ta.unique(x, **options), np.unique(a, **options))
        for name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
            got, want = getattr(ta, name)(x), getattr(np, name)(a)
            if name == "unique_values":
                # NumPy leaves the order open.
                got, want = np.sort(np.asarray(got)), np.sort(want)
            else:
                assert got._fields == want._fields
            if name in ("unique_all", "unique_inverse") and np.isnan(a).any():
                # NumPy leaves open which NaN is which.
                same(got.values, want.values)
                same(np.asarray(got.values)[np.asarray(got.inverse_indices)], a)
                same(np.unique(got.inverse_indices), np.arange(len(want.values)))
                if name == "unique_all":
                    same(a.ravel()[np.asarray(got.indices)], want.values)
                    same(got.counts, want.counts)
                continue
            same(got, want)
        same(ta.unique(x, equal_nan=False, return_counts=True), np.unique(a, equal_nan=False, return_counts=True))


@pytest.mark.parametrize("chunks", [-1, 1, 3], ids=str)
def test_sets(chunks):
    for a, b in [(X[0], X[1]), (X[0], X[1] * 1.0), (X[0, 0], []), (X[0], [[1, 2]])]:
        b = np.asarray(b)
        for name in ("union1d", "intersect1d", "setdiff1d", "setxor1d"):
            got = getattr(ta, name)(d(a, chunks), d(b, chunks))
            want = getattr(np, name)(a, b)
            same(got.astype(want.dtype) if name in ("intersect1d", "setdiff1d") else got, want)


def test_positions_of_unknown_number_find_elements():
    x = ta.arange(20, chunks=6)
    at = ta.flatnonzero(x % 3 == 0)
    same(x[at] * 2, np.arange(0, 20, 3) * 2)
    same(ta.take(x, at), np.arange(0, 20, 3))
    same(ta.unique(x[x > 10] // 4), np.unique(np.arange(11, 20) // 4))
