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


# What dask's programs rely on.


def test_blocks_go_together_by_place():
    x, y = ta.arange(1000, chunks=100), ta.arange(100, chunks=10)
    got = ta.map_blocks(lambda a, b: np.array([a.max() + b.max()]), x, y, chunks=(1,), dtype=int)
    assert got.compute().tolist() == [99 + 9 + 110 * i for i in range(10)]
    one = ta.map_blocks(lambda a, b: a + b.sum(), ta.from_array(X, chunks=3), ta.arange(5, chunks=5), dtype=float)
    np.testing.assert_array_equal(one, X + 10)
    with pytest.raises(ValueError, match="align"):
        ta.map_blocks(np.add, ta.ones(6, chunks=2), ta.ones(6, chunks=3), dtype=float)


def test_dtypes_are_found_out_or_declared():
    x = ta.from_array(X, chunks=3)
    assert x.map_blocks(lambda b: b > 3).dtype == bool
    assert x.map_blocks(lambda b: b.astype("f4"), meta=np.empty((0, 0), "f4")).dtype == "f4"
    with pytest.raises(ValueError, match="dtype. inference failed"):
        x.map_blocks(lambda b: b[5])
    assert x.map_blocks(lambda b: b.astype("i4"), dtype="f8").compute().dtype == "f8"
    with pytest.raises(TypeError, match="complex128, but float64 was declared"):
        x.map_blocks(lambda b: b * 1j, dtype=float).compute()
    with pytest.raises(TypeError, match="not supported"):
        x.map_blocks(lambda b: b.astype(str), dtype=str)


def test_sizes_that_are_not_known():
    x = ta.from_array(X, chunks=(3, 5))
    y = x.map_blocks(lambda b: b[b > 10], drop_axis=1, chunks=(np.nan,), dtype=float)
    assert y.shape[0] != y.shape[0] and y.numblocks == (3,)
    np.testing.assert_array_equal(y, X[X > 10])
    z = y.map_blocks(lambda b: b * 2) + y
    assert z.sum().compute() == 3 * X[X > 10].sum()
    rows = x.map_blocks(lambda b: b[b[:, 0] > 10], chunks=(np.nan, (5,)), dtype=float)
    np.testing.assert_array_equal(rows, X[X[:, 0] > 10])
    with pytest.raises(ValueError, match="declared"):
        x.map_blocks(lambda b: np.repeat(b, 99), drop_axis=1, chunks=(np.nan,), dtype=float).compute()


def test_blocks_of_unknown_size_beside_others():
    x = ta.from_array(np.arange(6) % 3, chunks=6)
    table = ta.arange(5, chunks=5)
    table = table[table > 1]
    got = ta.map_blocks(lambda t, b: t[b], table, x, dtype=int, chunks=x.chunks)
    assert got.compute().tolist() == [2, 3, 4, 2, 3, 4]
    got = ta.map_blocks(lambda t, b: t[b], table, x.rechunk(2), dtype=int)
    assert got.compute().tolist() == [2, 3, 4, 2, 3, 4]


def test_shapes_are_told():
    x = ta.from_array(X, chunks=3)
    with pytest.raises(ValueError, match=r"first, chunk \[\d, \d\].* gave float64 \[1, \d\], but float64 \[\d, \d\] was declared"):
        x.map_blocks(lambda b: b[:1], dtype=float, token="first").compute()
    with pytest.raises(ValueError, match="Dimension mismatch"):
        x.map_blocks(lambda b: b.sum(), dtype=float, enforce_ndim=True).compute()
    np.testing.assert_array_equal(x.map_blocks(lambda b: b.size, chunks=(1, 1), dtype=int), [[9, 6], [9, 6], [3, 2]])
    with pytest.raises(ValueError, match="read-only") as e:
        x.map_blocks(lambda b: b.__setitem__(0, 1), dtype=float).compute()
    assert any("copy" in note for note in getattr(e.value, "__notes__", ["copy"]))


def test_arrays_among_other_arguments():
    x, w = ta.from_array(X, chunks=3), ta.arange(5, chunks=2)
    np.testing.assert_array_equal(x.map_blocks(lambda b, k, l: b * k.sum() + l[0].max(), k=w, l=[w], dtype=float), X * 10 + 4)
    np.testing.assert_array_equal(ta.blockwise(lambda b, k: b + k.sum(), "ij", x, "ij", w, None, dtype=float), X + 10)


def test_equal_calls_are_one():
    x = ta.from_array(X, chunks=3)
    assert x.map_blocks(doubled, dtype=float).name == x.map_blocks(doubled, dtype=float).name
    assert x.map_blocks(np.add, 1, dtype=float).name != x.map_blocks(np.add, 2, dtype=float).name
    assert x.map_blocks(lambda b: b, dtype=float).name != x.map_blocks(lambda b: -b, dtype=float).name


def test_functions_of_no_arrays():
    def place(block_info=None):
        (a, b), (c, d) = block_info[None]["array-location"]
        return X[a:b, c:d]

    np.testing.assert_array_equal(ta.map_blocks(place, chunks=((4, 3), (2, 2, 1)), dtype=float), X)
    with pytest.raises(ValueError, match="inference failed"):
        ta.map_blocks(lambda block_id: [1], chunks=((1, 1),))


def test_functions_may_compute():
    x = ta.from_array(X, chunks=3)
    np.testing.assert_array_equal(x.map_blocks(lambda b: ta.from_array(b, chunks=1) + 1, dtype=float), X + 1)


def test_memory_is_that_of_the_plan():
    x = ta.ones((2000, 2000), chunks=(1000, 2000)).map_blocks(doubled, dtype=float)
    with pytest.raises(MemoryError, match="doubled"):
        x.sum().compute(memory="20MB")


def test_blockwise_forms(lazy):
    a, b = lazy(X), lazy(X[0])
    np.testing.assert_array_equal(ta.blockwise(np.transpose, "ji", a, "ij", dtype=float), X.T)
    np.testing.assert_array_equal(ta.blockwise(np.outer, "ij", b, "i", b, "j", dtype=float), np.outer(X[0], X[0]))
    np.testing.assert_array_equal(ta.blockwise(lambda x: x[:, None] * np.ones(4), "az", b, "a", new_axes={"z": 4}, dtype=float), X[0][:, None] * np.ones(4))
    twice = ta.blockwise(lambda x: np.concatenate([x, x]), "i", b, "i", adjust_chunks={"i": lambda n: 2 * n}, dtype=float)
    assert twice.shape == (10,)
    dots = ta.blockwise(lambda p, q: sum(x @ y for x, y in zip(p, q)), "i", a, "ij", b, "j", dtype=float)
    np.testing.assert_allclose(dots, X @ X[0])
    sizes = ta.blockwise(lambda x: [len(x), len(x[0])], "k", a, "ij", new_axes={"k": 2}, dtype=int)
    assert sizes.compute().tolist() == list(a.numblocks)
    with pytest.raises(ValueError, match="Unknown dimension"):
        ta.blockwise(np.negative, "ij", b, "i", dtype=float)
    with pytest.raises(ValueError, match="Repeated"):
        ta.blockwise(np.negative, "ii", b, "i", dtype=float)


def test_gufunc_forms(lazy):
    x, y = lazy(X).rechunk({1: -1}), lazy(X + 1).rechunk({1: -1})
    np.testing.assert_allclose(ta.apply_gufunc(np.dot, "(i),(i)->()", x, y, vectorize=True, output_dtypes=float), (X * (X + 1)).sum(1))
    np.testing.assert_allclose(ta.apply_gufunc(lambda a: a.mean(-1), "(i)->()", lazy(X), axis=0, keepdims=True, allow_rechunk=True, output_dtypes=float), X.mean(0)[None])
    np.testing.assert_allclose(ta.apply_gufunc(lambda a: np.stack([a, -a], -1), "()->(k)", x, output_sizes={"k": 2}, output_dtypes=float), np.stack([X, -X], -1))
    a, b, c = ta.apply_gufunc(lambda p: (p, p.sum(-1), p > 3), "(i)->(i),(),(i)", x, output_dtypes=(float, float, bool))
    np.testing.assert_array_equal(a, X)
    np.testing.assert_array_equal(b, X.sum(1))
    np.testing.assert_array_equal(c, X > 3)
    days = np.arange(5).astype("M8[D]")
    got = ta.apply_gufunc(lambda p, d: p * (d - d[0]).astype(int), "(i),(i)->(i)", x, days, output_dtypes=float)
    np.testing.assert_array_equal(got, X * np.arange(5))
    with pytest.raises(ValueError, match="multiple chunks"):
        ta.apply_gufunc(np.sum, "(i)->()", ta.from_array(X, chunks=2), output_dtypes=float)
    with pytest.raises(ValueError, match="signature"):
        ta.apply_gufunc(np.sum, "(i->()", x)
    with pytest.raises(ValueError, match="output_sizes"):
        ta.apply_gufunc(np.sum, "(i)->(k)", x, output_dtypes=float)


def test_reductions_of_any_state(lazy):
    x = lazy(X)

    def chunk(b, axis, keepdims):
        return {"n": np.ones_like(b).sum(axis=axis, keepdims=True), "total": b.sum(axis=axis, keepdims=True)}

    def flat(states):
        return [s for one in states for s in flat(one)] if isinstance(states, list) else [states]

    def combine(states, axis, keepdims):
        states = flat(states)
        return {k: sum(s[k] for s in states) for k in ("n", "total")}

    def mean(states, axis, keepdims):
        s = combine(states, axis, keepdims)
        out = s["total"] / s["n"]
        return out if keepdims else out.squeeze(axis)

    for axis in (None, 0, 1):
        for keepdims in (False, True):
            got = ta.reduction(x, chunk, mean, axis=axis, keepdims=keepdims, combine=combine, concatenate=False, split_every=2, dtype=float)
            np.testing.assert_allclose(got, X.mean(axis=axis, keepdims=keepdims))
    weighted = ta.reduction(
        x, lambda b, w=None, axis=None, keepdims=None: (b * w).sum(axis=axis, keepdims=keepdims), np.sum, weights=np.arange(5), axis=1, dtype=float
    )
    np.testing.assert_allclose(weighted, (X * np.arange(5)).sum(1))
    with pytest.raises(ValueError, match="dtype"):
        ta.reduction(x, np.sum, np.sum)


def test_cumulative(lazy):
    got = ta.reductions.cumreduction(np.cumsum, np.add, 0, lazy(X), axis=0, dtype=float)
    np.testing.assert_allclose(got, X.cumsum(0))
    np.testing.assert_allclose(ta.reductions.cumreduction(np.maximum.accumulate, np.maximum, -np.inf, lazy(-X), axis=1), -np.minimum.accumulate(X, 1))


def test_over_axes(lazy):
    np.testing.assert_allclose(ta.apply_over_axes(ta.sum, lazy(X), [0, 1]), X.sum(keepdims=True))
    np.testing.assert_allclose(ta.apply_along_axis(lambda v: [v.min(), v.max()], 0, lazy(X), dtype=float, shape=(2,)), [X.min(0), X.max(0)])
    np.testing.assert_allclose(ta.apply_along_axis(np.mean, -1, lazy(X)), X.mean(-1))


def dies(block):
    import os

    os._exit(3)


def test_processes_that_end():
    x = ta.from_array(X, chunks=4)
    with tw.config(processes=1):
        with pytest.raises(RuntimeError, match="exit status 3"):
            x.map_blocks(dies, dtype=float).compute()
        np.testing.assert_array_equal(x.map_blocks(doubled, dtype=float), X * 2)
        with pytest.raises(ZeroDivisionError) as e:
            x.map_blocks(blow, dtype=float).compute()
        assert "in blow" in str(e.value.__cause__)
