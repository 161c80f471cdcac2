"""Blocks with elements of their neighbours around them."""

import numpy as np
import pytest

import tilework.array as ta
from tilework.array import overlap

X = np.arange(56.0).reshape(7, 8)
MODES = {"reflect": "symmetric", "periodic": "wrap", "nearest": "edge"}


def box(a, before=1, after=1):
    """The sum over neighbours along the first axis, of an array that has them."""
    n = a.shape[0] - before - after
    return sum(a[i : i + n] for i in range(before + after + 1))


def padded(a, depth, kind):
    width = [(depth, depth)] + [(0, 0)] * (a.ndim - 1)
    return np.pad(a, width, MODES[kind]) if kind in MODES else np.pad(a, width, constant_values=kind)


def summed(depth):
    def f(b):
        out = b.copy()
        inner = box(b, depth, depth)
        out[depth : depth + len(inner)] = inner
        return out

    return f


@pytest.mark.parametrize("kind", ["reflect", "periodic", "nearest", 0, 3.5])
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("chunks", [2, 3, -1])
def test_map_overlap(kind, depth, chunks):
    x = ta.from_array(X, chunks=chunks)
    got = x.map_overlap(summed(depth), depth={0: depth}, boundary=kind, dtype=float)
    np.testing.assert_allclose(got, box(padded(X, depth, kind), depth, depth))


def test_nothing_beyond_the_border():
    x = ta.from_array(X, chunks=3)
    shapes = []
    got = x.map_overlap(lambda b: (shapes.append(b.shape), b)[1], depth=1, boundary="none", dtype=float)
    np.testing.assert_array_equal(got, X)
    assert sorted(set(shapes)) == [(m, n) for m in (2, 4, 5) for n in (3, 4, 5)]
    assert x.map_overlap(lambda b: b, 1, dtype=float).chunks == x.chunks


@pytest.mark.parametrize("chunks", [2, (4, 3), -1])
def test_corners_are_of_the_later_axis(chunks):
    da = pytest.importorskip("dask.array")
    for depth, boundary in (({0: 2, 1: 1}, {0: 100, 1: "reflect"}), ({0: 1, 1: 2}, {0: "periodic", 1: 7}), (1, "nearest"), (2, {0: "reflect", 1: "none"})):
        got = overlap.overlap(ta.from_array(X, chunks=chunks), depth, boundary)
        want = da.overlap.overlap(da.from_array(X, chunks=chunks), depth, boundary)
        np.testing.assert_array_equal(got, want)
        assert got.chunks == want.chunks


def test_depths_of_either_side():
    da = pytest.importorskip("dask.array")
    depth = {0: (2, 0), 1: (0, 1)}
    got = overlap.overlap(ta.from_array(X, chunks=4), depth, "none")
    want = da.overlap.overlap(da.from_array(X, chunks=4), depth, "none")
    np.testing.assert_array_equal(got, want)
    assert got.chunks == want.chunks
    np.testing.assert_array_equal(overlap.trim_overlap(got, depth), X)
    before = ta.from_array(X, chunks=3).map_overlap(lambda b: np.concatenate([b[:2], b[:-2]]), depth={0: (2, 0)}, boundary="nearest", dtype=float)
    np.testing.assert_array_equal(before, X[[0, 0, 0, 1, 2, 3, 4]])


def test_chunks_shorter_than_the_depth():
    x = ta.arange(10, chunks=2)
    got = x.map_overlap(lambda b: b, depth=3, boundary="reflect", dtype=int)
    assert got.chunks == ((4, 6),) or min(got.chunks[0]) >= 3
    np.testing.assert_array_equal(got, np.arange(10))
    with pytest.raises(ValueError, match="allow_rechunk"):
        x.map_overlap(lambda b: b, depth=3, boundary="reflect", dtype=int, allow_rechunk=False)
    with pytest.raises(ValueError, match="larger than your array"):
        x.map_overlap(lambda b: b, depth=11, boundary="reflect", dtype=int)


def test_several_arrays():
    x, y = ta.from_array(X, chunks=(3, 4)), ta.from_array(X[0], chunks=2)
    got = ta.map_overlap(lambda a, b: a + b, x, y, depth=1, boundary="reflect", dtype=float)
    np.testing.assert_array_equal(got, X + X[0])
    got = ta.map_overlap(lambda a, b: np.array([[a.size, b.size]]), x, x, depth=[0, 1], boundary="none", chunks=((1,) * 3, (2,) * 2), trim=False, dtype=int)
    assert got.compute()[0].tolist() == [12, 20, 12, 20]


def test_axes_come_and_go():
    x = ta.from_array(X, chunks=(3, -1))
    got = x.map_overlap(lambda b: b.sum(axis=1), depth={0: 1}, boundary="none", drop_axis=1, dtype=float)
    np.testing.assert_array_equal(got, X.sum(axis=1))
    got = x.map_overlap(lambda b: b[:, None], depth={0: 1}, boundary="reflect", new_axis=1, dtype=float)
    np.testing.assert_array_equal(got, X[:, None])


def test_untrimmed():
    x = ta.arange(8, chunks=4)
    got = x.map_overlap(lambda b: b[1:-1], depth=1, boundary="periodic", trim=False, dtype=int)
    assert got.chunks == x.chunks
    np.testing.assert_array_equal(got, np.arange(8))


def test_beyond_the_border():
    x = ta.arange(4, chunks=2)
    assert overlap.periodic(x, 0, 1).compute().tolist() == [3, 0, 1, 2, 3, 0]
    assert overlap.boundaries(x, 1, {0: 9}).compute().tolist() == [9, 0, 1, 2, 3, 9]
    assert overlap.boundaries(x, 1).compute().tolist() == [0, 1, 2, 3]


def test_wrong_calls():
    x = ta.arange(4, chunks=2)
    with pytest.raises(TypeError, match="callable"):
        ta.map_overlap(3, x, depth=1)
    with pytest.raises(TypeError, match="must be arrays"):
        ta.map_overlap(lambda b: b, 3, depth=1)
    with pytest.raises(ValueError, match="boundary"):
        x.map_overlap(lambda b: b, 1, boundary="wrap").compute()
    with pytest.warns(FutureWarning):
        assert ta.map_overlap(x, lambda b: b, 1, "reflect").compute().tolist() == [0, 1, 2, 3]
