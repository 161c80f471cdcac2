"""Shapes, joins, splits, padding and chunks, against NumPy."""

import numpy as np
import pytest

import tilework.array as ta

rng = np.random.default_rng(0)
X = rng.integers(0, 100, (4, 3, 6))
CHUNKS = [-1, 1, (3, 2, 5)]


def same(got, want):
    want = np.asarray(want)
    assert got.shape == want.shape and got.dtype == want.dtype, (got, want.shape, want.dtype)
    np.testing.assert_array_equal(np.asarray(got), want)


def both(name, *args, **kw):
    """The same call here and in NumPy, for some chunkings."""
    for chunks in CHUNKS:
        same(getattr(ta, name)(ta.asarray(X, chunks=chunks), *args, **kw), getattr(np, name)(X, *args, **kw))


CALLS = [
    ("reshape", (6, 12)), ("reshape", -1), ("reshape", (2, -1, 9)), ("reshape", (4, 3, 6)), ("reshape", (1, 72, 1)),
    ("ravel",), ("transpose",), ("transpose", (1, 2, 0)), ("transpose", (-1, 0, 1)), ("swapaxes", 0, -1), ("moveaxis", 0, -1),
    ("moveaxis", (0, 1), (-1, 0)), ("rollaxis", 2), ("rollaxis", 0, 3), ("rollaxis", 1, -1), ("expand_dims", 0), ("expand_dims", (0, -1)),
    ("expand_dims", (1, 3)), ("flip",), ("flip", 1), ("flip", (0, -1)), ("flipud",), ("fliplr",), ("rot90",), ("rot90", 2), ("rot90", 3, (1, 2)),
    ("rot90", -1, (2, 0)), ("roll", 5), ("roll", -3, 1), ("roll", (1, 2), (0, 2)), ("roll", 2, (0, 0)), ("roll", 1, (0, 1)),
    ("atleast_1d",), ("atleast_3d",), ("resize", (3, 5)), ("resize", (10, 10)), ("resize", (0, 2)),
    ("repeat", 2), ("repeat", 3, 1), ("repeat", [1, 0, 2], 1), ("repeat", 0, 0), ("repeat", [2], 2), ("tile", 2), ("tile", (2, 1, 3)), ("tile", (2, 1, 1, 2)), ("tile", ()),
    ("tile", (0, 1)), ("delete", 1, 0), ("delete", [0, -1], 2), ("delete", slice(1, 3), 2), ("delete", 5), ("delete", [True, False, True], 1), ("delete", [], 0),
    ("insert", 1, 7, 1), ("insert", [0, 2, 2], 7, 2), ("insert", 3, 9), ("insert", slice(0, 4, 2), 5, 0), ("insert", -1, 3, 2), ("insert", [1], [[7]], 1),
    ("insert", 1, np.arange(6), 1), ("insert", [1, 3], [5, 6], 2), ("append", 5), ("append", np.ones((4, 1, 6)), 1), ("broadcast_to", (2, 4, 3, 6)), ("squeeze",),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_like_numpy(call):
    both(*call)


def test_reshape_orders_and_methods():
    for chunks in CHUNKS:
        d = ta.asarray(X, chunks=chunks)
        same(ta.reshape(d, (6, 12), order="F"), X.reshape((6, 12), order="F"))
        same(d.ravel("F"), X.ravel("F"))
        same(d.reshape(12, 6), X.reshape(12, 6))
        same(d.reshape((12, -1)), X.reshape(12, 6))
        same(d.transpose(2, 0, 1), X.transpose(2, 0, 1))
        same(d.transpose((2, 0, 1)), X.transpose(2, 0, 1))
        same(d.T, X.T)
        same(d.flatten(), X.flatten())
    same(ta.zeros((0, 3)).reshape(3, 0), np.zeros((3, 0)))
    same(ta.zeros((0, 3)).reshape(-1), np.zeros(0))
    same(ta.asarray(3).reshape(1, 1), np.array([[3]]))


def test_random_reshapes():
    def factors(n, r):
        out = []
        while n > 1:
            f = int(r.choice([k for k in range(2, n + 1) if n % k == 0]))
            out.append(f)
            n //= f
            if r.random() < 0.2:
                out.append(1)
        return out or [1]

    for seed in range(60):
        r = np.random.default_rng(seed)
        n = int(r.choice([1, 12, 24, 36, 60]))
        a, b = factors(n, r), factors(n, r)
        chunks = tuple(int(r.integers(1, k + 1)) for k in a)
        x = np.arange(n).reshape(a)
        same(ta.asarray(x, chunks=chunks).reshape(b), x.reshape(b))


@pytest.mark.parametrize("call", [
    ("reshape", (5, 5)), ("reshape", (-1, -1)), ("reshape", (7, -1)), ("transpose", (0, 1)), ("transpose", (0, 0, 1)), ("transpose", (0, 1, 3)),
    ("swapaxes", 0, 3), ("moveaxis", (0, 1), 2), ("moveaxis", 3, 0), ("expand_dims", 5), ("expand_dims", (0, 0)), ("squeeze", 0), ("squeeze", 3), ("flip", 3),
    ("rot90", 1, (0, 0)), ("rot90", 1, (0, 3)), ("roll", 1, 3), ("roll", (1, 2), (0, 1, 2)), ("broadcast_to", (3, 6)), ("broadcast_to", (4, 3, 5)),
    ("repeat", -1), ("repeat", [1, 2], 1), ("delete", 9, 0), ("delete", [0, 9], 1), ("insert", 9, 0, 0), ("insert", [0, 9], 0, 1), ("append", np.ones((4, 3)), 0),
    ("insert", 0, [1, 2], 0), ("tile", (-1,)), ("concatenate", 0), ("rollaxis", 4), ("pad", -1), ("pad", ((1, 2, 3),)), ("pad", 1.5),
], ids=str)  # fmt: skip
def test_errors_are_numpys(call):
    name, *args = call
    args = [[X, X[:1, :1]], *args] if name == "concatenate" else [X, *args]
    with pytest.raises(Exception) as want:
        getattr(np, name)(*args)
    args[0] = [ta.asarray(a) for a in args[0]] if isinstance(args[0], list) else ta.asarray(X, chunks=2)
    with pytest.raises(want.type):
        getattr(ta, name)(*args)


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_joins(chunks):
    a, b = X, X * 1.5
    d, e = ta.asarray(a, chunks=chunks), ta.asarray(b, chunks=2)
    for axis in (0, 1, 2, -1, None):
        same(ta.concatenate([d, e, a], axis=axis), np.concatenate([a, b, a], axis=axis))
    for axis in (0, 1, 3, -1):
        same(ta.stack([d, e], axis=axis), np.stack([a, b], axis=axis))
    for name in ("vstack", "hstack", "dstack", "column_stack"):
        same(getattr(ta, name)([d, e]), getattr(np, name)([a, b]))
        for x, y in [(a[0, 0], b[0, 0]), (a[0], b[0])]:
            same(getattr(ta, name)((ta.asarray(x, chunks=2), ta.asarray(y, chunks=1))), getattr(np, name)((x, y)))
    same(ta.concat([d, e], axis=1), np.concat([a, b], axis=1))
    same(ta.vstack(d), np.vstack(a))
    same(ta.concatenate([d, e], dtype="f4"), np.concatenate([a, b], dtype="f4"))
    with pytest.raises(TypeError):
        ta.concatenate([d, e], dtype="i4")
    with pytest.raises(ValueError):
        ta.concatenate([])
    with pytest.raises(ValueError):
        ta.stack([])
    with pytest.raises(ValueError):
        ta.stack([d, d[0]])


def test_block():
    A, B, C, D = (rng.integers(0, 9, s) for s in [(2, 2), (2, 3), (1, 5), (1, 1)])
    d = [ta.asarray(x, chunks=1) for x in (A, B, C, D)]
    same(ta.block([[d[0], d[1]], [d[2]]]), np.block([[A, B], [C]]))
    same(ta.block([d[0], d[1]]), np.block([A, B]))
    same(ta.block(d[0]), np.block(A))
    same(ta.block([1, [2][0], 3]), np.block([1, 2, 3]))
    same(ta.block([[[d[0]]], [[d[0]]]]), np.block([[[A]], [[A]]]))
    for bad in ([], [[A], []], [[A], B], [[A, C]]):
        with pytest.raises(ValueError):
            ta.block(bad)
    with pytest.raises(TypeError):
        ta.block((A, B))


def test_splits():
    for chunks in CHUNKS:
        d = ta.asarray(X, chunks=chunks)
        for name, args in [("split", (2,)), ("split", ([1, 3], 2)), ("split", (3, 1)), ("split", ([2, 9], 2)), ("array_split", (4, 2)), ("array_split", (3,)),
                           ("hsplit", (3,)), ("vsplit", (2,)), ("dsplit", ([1, -1],)), ("unstack", ())]:  # fmt: skip
            got, want = getattr(ta, name)(d, *args), getattr(np, name)(X, *args)
            assert len(got) == len(want) and type(got) is type(want)
            for g, w in zip(got, want):
                same(g, w)
        for g, w in zip(ta.unstack(d, axis=-1), np.unstack(X, axis=-1)):
            same(g, w)
    for name, args in [("split", (5,)), ("split", (0,)), ("hsplit", (4,)), ("array_split", (0,))]:
        with pytest.raises(ValueError):
            getattr(ta, name)(d, *args)
    with pytest.raises(ValueError):
        ta.dsplit(d[0], 2)


def test_broadcasts():
    a, b = rng.random((4, 1)), rng.random((3,))
    for g, w in zip(ta.broadcast_arrays(ta.asarray(a, chunks=2), b, 1), np.broadcast_arrays(a, b, 1)):
        same(g, w)
    assert ta.broadcast_shapes((2, 1), (3,)) == (2, 3)
    x = ta.asarray(b, chunks=2)
    assert ta.broadcast_to(x, (4, 3), chunks=((1, 3), (2, 1))).chunks == ((1, 3), (2, 1))
    with pytest.raises(ValueError):
        ta.broadcast_to(x, (4, 3), chunks=((1, 3), (3,)))
    same(ta.broadcast_to(5, (2, 2)), np.broadcast_to(5, (2, 2)))


MODES = ["constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric", "wrap"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["i8", "f8", "f4"])
def test_pad(mode, dtype):
    x = X[:, :, :5].astype(dtype)
    for chunks in CHUNKS[:2]:
        d = ta.asarray(x, chunks=chunks)
        for width in (2, (1, 3), ((1, 2), (0, 0), (7, 12)), {1: 1, -1: (0, 3)}, 0):
            got, want = ta.pad(d, width, mode), np.pad(x, width, mode)
            assert got.shape == want.shape and got.dtype == want.dtype
            np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("mode, options", [
    ("constant", {"constant_values": 5}), ("constant", {"constant_values": ((1, 2), (3, 4), (5, 6))}), ("constant", {"constant_values": (1.7, 2.2)}),
    ("linear_ramp", {"end_values": 9}), ("linear_ramp", {"end_values": (9, -3)}), ("linear_ramp", {"end_values": ((1, 2), (3, 4), (5, 6))}),
    ("maximum", {"stat_length": 2}), ("minimum", {"stat_length": ((1, 2), (1, 1), (9, 3))}), ("mean", {"stat_length": 2}), ("median", {"stat_length": (2, 3)}),
    ("reflect", {"reflect_type": "odd"}), ("symmetric", {"reflect_type": "odd"}),
], ids=str)  # fmt: skip
def test_pad_options(mode, options):
    for x in (X[:, :, :5], X[:, :, :5] * 1.5):
        for chunks in CHUNKS[:2]:
            for width in (2, ((1, 2), (3, 0), (3, 12))):
                got, want = ta.pad(ta.asarray(x, chunks=chunks), width, mode, **options), np.pad(x, width, mode, **options)
                assert got.shape == want.shape and got.dtype == want.dtype
                np.testing.assert_allclose(got, want)


def test_pad_errors():
    d = ta.ones((2, 2))
    for args in [(1, "nothing"), (1, "edge", 3)]:
        with pytest.raises((ValueError, TypeError)):
            ta.pad(d, *args)
    with pytest.raises(ValueError, match="unsupported keyword"):
        ta.pad(d, 1, "edge", constant_values=1)


def test_unknown_sizes_join_and_take_new_axes():
    d = ta.arange(10, chunks=3)
    u, x = d[d % 2 == 0], np.arange(0, 10, 2)
    same(np.asarray(ta.concatenate([u, d])), np.concatenate([x, np.arange(10)]))
    same(np.asarray(u.reshape(-1)), x)
    same(np.asarray(u.reshape(1, -1)), x[None])
    same(np.asarray(u[None].reshape(-1)), x)
    same(np.asarray(ta.stack([u, u])), np.stack([x, x]))
    same(np.asarray(u[None].T), x[:, None])
    for f in (lambda: u.reshape(5, 1), lambda: ta.split(u, 5), lambda: ta.insert(u, 0, 1), lambda: ta.unstack(u)):
        with pytest.raises(ValueError):
            f()


def test_unify_chunks():
    a, b = ta.ones((10, 4), chunks=(5, 2)), ta.ones(10, chunks=((3, 7),))
    chunks, (x, y) = ta.unify_chunks(a, "ij", b, "i")
    assert chunks == {"i": (3, 2, 5), "j": (2, 2)}
    assert x.chunks == ((3, 2, 5), (2, 2)) and y.chunks == ((3, 2, 5),)
    chunks, (x, y) = ta.unify_chunks(a, (0, 1), ta.ones((1, 4)), (0, 1))
    assert y.chunks == ((1,), (2, 2))
    assert ta.unify_chunks(a, "ij", 3, None)[1][1] == 3
    assert ta.unify_chunks() == ({}, [])
    with pytest.raises(ValueError):
        ta.unify_chunks(a, "ij", ta.ones(9), "i")


def test_rechunk_and_blockwise_reshape():
    d = ta.asarray(X, chunks=2)
    assert ta.rechunk(d, (4, -1, 3)).chunks == ((4,), (3,), (3, 3))
    same(ta.rechunk(d, 5), X)
    y = ta.reshape_blockwise(d, (12, 6))
    assert y.chunks[0] == (4, 2, 4, 2)
    same(ta.reshape_blockwise(y, (4, 3, 6), d.chunks), X)
    with pytest.raises(TypeError):
        ta.reshape_blockwise(y, (4, 3, 6))


def test_shuffle():
    d = ta.asarray(X, chunks=2)
    y = ta.shuffle(d, [[3, 0], [2], [1]], axis=0)
    same(y, X[[3, 0, 2, 1]])
    assert y.chunks[0] == (2, 2)
    same(d.shuffle([[5, 5, 1], [0]], axis=2), X[:, :, [5, 5, 1, 0]])
    with pytest.raises(IndexError):
        ta.shuffle(d, [[4]], axis=0)
    with pytest.raises(ValueError):
        ta.shuffle(d, [1, 2], axis=0)


def test_coarsen():
    for chunks in CHUNKS:
        d = ta.asarray(X, chunks=chunks)
        for f, g in [(np.sum, np.sum), (ta.mean, np.mean), (np.max, np.max)]:
            np.testing.assert_allclose(ta.coarsen(f, d, {0: 2, 2: 3}), g(X.reshape(2, 2, 3, 2, 3), axis=(1, 4)))
        np.testing.assert_allclose(ta.coarsen(np.sum, d, {-1: 4}, trim_excess=True), X[:, :, :4].sum(axis=-1, keepdims=True))
        with pytest.raises(ValueError):
            ta.coarsen(np.sum, d, {2: 4})


def test_windows():
    from numpy.lib.stride_tricks import sliding_window_view

    for chunks in CHUNKS:
        d = ta.asarray(X, chunks=chunks)
        for args in [((2, 2, 3),), (2, 0), ((2, 3), (1, 2)), (1, 1), ((3, 2), (2, 2))]:
            try:
                got = ta.sliding_window_view(d, *args)
            except ValueError:
                if args != ((3, 2), (2, 2)):
                    raise
                continue
            same(got, sliding_window_view(X, *args))
    for args in [(9, 0), ((1, 1),), (-1, 0), (2, 3)]:
        with pytest.raises(ValueError):
            ta.sliding_window_view(d, *args)


def test_lists_of_lazy_arrays_stay_lazy(monkeypatch):
    d = ta.arange(3)
    monkeypatch.setattr(ta.Array, "__array__", None)
    e = ta.concatenate([[d, d], [d]])
    monkeypatch.undo()
    same(e, np.concatenate([[np.arange(3)] * 2, [np.arange(3)]]))


def test_axes_of_unknown_size_stay_when_others_are_cut():
    x = np.arange(60).reshape(20, 3)
    d = ta.asarray(x, chunks=(4, 2))
    u, x = d[d[:, 0] % 2 == 0], x[x[:, 0] % 2 == 0]
    for chunks in ({1: -1}, (None, 3), ("auto", 2), ((np.nan,) * 5, 1)):
        same(np.asarray(u.rechunk(chunks)), x)
    with pytest.raises(ValueError, match="unchanging"):
        u.rechunk({0: 2})


def test_rechunk_balances_and_keeps():
    d = ta.ones((13, 8), chunks=(5, 3))
    assert d.rechunk((4, None), balance=True).chunks == ((5, 5, 3), (3, 3, 2))
    assert d.rechunk({0: None, 1: 4}).chunks == ((5, 5, 3), (4, 4))
    assert ta.ones(100, chunks=7).rechunk({0: "auto"}, block_size_limit=160).chunks == ((14,) * 7 + (2,),)
    with pytest.raises(TypeError, match="blah"):
        d.rechunk({"blah": 4})
    with pytest.warns(UserWarning, match="Try increasing"):
        assert ta.ones(100).rechunk(9, balance=True).chunks == ta.ones(100).rechunk(9).chunks
