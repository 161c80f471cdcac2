"""Functions of Python's over blocks."""

import traceback

import numpy as np
import pytest

import tilework as tw
import tilework.array as ta

X = np.arange(35.0).reshape(7, 5)


def blow(block):
    return 1 / 0 if block.flat[0] > 20 else block


def doubled(block):
    return block * 2


def test_map_blocks(lazy):
    x = lazy(X)
    np.testing.assert_array_equal(x.map_blocks(doubled, dtype=float), X * 2)
    np.testing.assert_array_equal(ta.map_blocks(np.add, x, lazy(X), dtype=float), X + X)
    np.testing.assert_array_equal(ta.map_blocks(lambda b, k: b + k, x, k=3), X + 3)


def test_blocks_are_read_only_views_and_places_are_told():
    x, seen = ta.from_array(X, chunks=(4, 5)), []

    def f(block, block_id=None, block_info=None):
        seen.append((block_id, block.flags.writeable, block_info[0]["array-location"]))
        return block

    x.map_blocks(f, dtype=float).compute(threads=1)
    assert sorted(seen) == [((0, 0), False, [(0, 4), (0, 5)]), ((1, 0), False, [(4, 7), (0, 5)])]


def test_axes_come_and_go(lazy):
    x = lazy(X).rechunk({1: -1})
    np.testing.assert_array_equal(x.map_blocks(lambda b: b.sum(axis=1), drop_axis=1, dtype=float), X.sum(axis=1))
    np.testing.assert_array_equal(x.map_blocks(lambda b: b[..., None], new_axis=2, dtype=float), X[..., None])


def test_exceptions_are_the_users_own():
    x = ta.from_array(X, chunks=3)
    with pytest.raises(ZeroDivisionError) as e:
        x.map_blocks(blow, dtype=float).sum().compute()
    assert "blow" in "".join(traceback.format_tb(e.value.__traceback__))
    assert any("blow" in note for note in getattr(e.value, "__notes__", ["blow"]))


def test_what_was_declared_is_checked():
    x = ta.from_array(X, chunks=3)
    with pytest.raises(Exception, match="blow|lambda|shape"):
        x.map_blocks(lambda b: b[:1], dtype=float).compute()
    with tw.config(infer=False), pytest.raises(TypeError, match="dtype"):
        x.map_blocks(doubled)
    with pytest.raises(TypeError, match="callable"):
        ta.map_blocks(3, x)


def test_overlap(lazy):
    x = lazy(X)
    got = x.map_overlap(lambda b: b + np.roll(b, 1, 0) + np.roll(b, -1, 0), depth={0: 1, 1: 0}, boundary="reflect", dtype=float)
    p = np.pad(X, ((1, 1), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(got, X + p[:-2] + p[2:])
    same = ta.overlap.trim_internal(ta.overlap.overlap(x, 1, "periodic"), {0: 1, 1: 1}, "periodic")
    np.testing.assert_array_equal(same, X)


def test_blockwise_and_gufunc(lazy):
    x, y = lazy(X), lazy(X.T)
    product = ta.blockwise(lambda a, b: a @ b, "ik", x, "ij", y, "jk", dtype=float, concatenate=True)
    np.testing.assert_allclose(product, X @ X.T)
    mean, std = ta.apply_gufunc(lambda a: (a.mean(-1), a.std(-1)), "(i)->(),()", x.rechunk({1: -1}), output_dtypes=(float, float))
    np.testing.assert_allclose(mean, X.mean(1))
    np.testing.assert_allclose(std, X.std(1))
    np.testing.assert_allclose(ta.apply_along_axis(np.sort, 1, x, dtype=float, shape=(5,)), np.sort(X, 1))


def test_reduction(lazy):
    x = lazy(X)
    total = ta.reduction(x, lambda b, axis, keepdims: b.sum(axis=axis, keepdims=keepdims), lambda b, axis, keepdims: b.sum(axis=axis, keepdims=keepdims), dtype=float)
    assert total.compute() == X.sum()


def test_processes():
    x = ta.from_array(X, chunks=4)
    np.testing.assert_array_equal(x.map_blocks(doubled, dtype=float, processes=1), X * 2)
    with pytest.raises(ZeroDivisionError):
        x.map_blocks(blow, dtype=float, processes=1).compute()


def test_groups(lazy):
    labels = np.array([0, 1, 0, 2, 1, 0, 2])
    got = ta.group_reduce("mean", lazy(X), labels, axis=0)
    np.testing.assert_allclose(got, [X[labels == g].mean(0) for g in range(3)])
