"""Indexing and assignment obey NumPy's rules, whatever the chunks."""

import numpy as np
import pytest

import tilework.array as ta

rng = np.random.default_rng(0)
X = rng.integers(0, 100, (5, 4, 6))


def chunkings(x):
    return [-1, 1, 2, tuple((max(n - 1, 1), n - max(n - 1, 1)) if n > 1 else (n,) for n in x.shape)]


def part(n, r):
    """A random slice, number or list along an axis of ``n``."""
    match r.integers(6):
        case 0:
            return slice(None)
        case 1:
            a, b = r.integers(-n - 2, n + 3, 2)
            return slice(int(a), int(b), int(r.choice([-3, -2, -1, 1, 2, 3])))
        case 2:
            return int(r.integers(-n, n))
        case 3:
            return r.integers(-n, n, int(r.integers(0, 4))).tolist()
        case 4:
            return r.integers(-n, n, (2, 1))
        case 5:
            return r.random(n) < 0.5


def random_key(x, r):
    while True:
        k = [part(n, r) for n in x.shape[: int(r.integers(1, x.ndim + 1))]]
        for _ in range(int(r.integers(0, 2))):
            k.insert(int(r.integers(len(k) + 1)), None)
        if r.random() < 0.4:
            k.insert(int(r.integers(len(k) + 1)), Ellipsis)
        k = tuple(k)
        # What stands behind an ellipsis is for other axes.
        try:
            x[k]
        except IndexError:
            continue
        return k


KEYS = [random_key(X, np.random.default_rng(i)) for i in range(150)]


@pytest.mark.parametrize("chunks", chunkings(X), ids=str)
def test_random_keys(chunks):
    d = ta.from_array(X, chunks=chunks) if hasattr(ta, "from_array") else ta.asarray(X, chunks=chunks)
    for k in KEYS:
        got, want = d[k], X[k]
        assert got.shape == want.shape, k
        np.testing.assert_array_equal(got, want, err_msg=str(k))


@pytest.mark.parametrize("chunks", chunkings(X), ids=str)
def test_random_keys_set(chunks):
    r = np.random.default_rng(1)
    for k in KEYS:
        d, x = ta.asarray(X, chunks=chunks), X.copy()
        shape = x[k].shape
        v = r.integers(0, 9, [1 if r.random() < 0.2 else n for n in shape][int(r.integers(0, len(shape) + 1)) :])
        # Of elements named twice the last value stays only where all are set in order: as NumPy leaves open.
        if len(np.unique(np.arange(X.size).reshape(X.shape)[k])) < X[k].size:
            v = 7
        d[k] = v
        x[k] = v
        assert d.chunks == ta.asarray(X, chunks=chunks).chunks
        np.testing.assert_array_equal(d, x, err_msg=str(k))


def lazy(a):
    a = np.asarray(a)
    return ta.asarray(a, chunks=2 if a.ndim else -1)


def lazily(k, which):
    """The key with its arrays lazy, all or the first."""
    out = []
    for p in k:
        if isinstance(p, (list, np.ndarray)) and which:
            p = np.asarray(p, dtype=np.int64 if len(p) == 0 else None)
            out.append(lazy(p))
            which -= 1
        else:
            out.append(p)
    return tuple(out)


@pytest.mark.parametrize("which", [1, 9])
@pytest.mark.parametrize("chunks", [-1, 2], ids=str)
def test_lazy_keys(chunks, which):
    d = ta.asarray(X, chunks=chunks)
    for k in KEYS:
        masks = sum(isinstance(p, np.ndarray) and p.dtype == bool for p in k)
        arrays = sum(isinstance(p, (list, np.ndarray)) for p in k)
        if masks and arrays > 1:
            continue
        np.testing.assert_array_equal(d[lazily(k, which)], X[k], err_msg=str(k))


@pytest.mark.parametrize("which", [1, 9])
def test_lazy_keys_set(which):
    for k in KEYS:
        masks = sum(isinstance(p, np.ndarray) and p.dtype == bool for p in k)
        arrays = sum(isinstance(p, (list, np.ndarray)) for p in k)
        if masks and arrays > 1:
            continue
        if len(np.unique(np.arange(X.size).reshape(X.shape)[k])) < X[k].size:
            v = 7
        else:
            v = rng.integers(0, 9, X[k].shape)
        if X[k].size == 0:
            v = 7
        d, x = ta.asarray(X, chunks=2), X.copy()
        d[lazily(k, which)] = v
        x[k] = v
        np.testing.assert_array_equal(d, x, err_msg=str(k))


def test_masks_of_several_axes():
    d = ta.asarray(X, chunks=2)
    for shape in [(5,), (5, 4), (5, 4, 6)]:
        m = rng.random(shape) < 0.5
        np.testing.assert_array_equal(d[m], X[m])
        np.testing.assert_array_equal(d[ta.asarray(m, chunks=2)], X[m])
        x, e, f = X.copy(), ta.asarray(X, chunks=2), ta.asarray(X, chunks=2)
        v = rng.integers(0, 9, X[m].shape)
        x[m], e[m], f[ta.asarray(m, chunks=3)] = v, v, v
        np.testing.assert_array_equal(e, x)
        np.testing.assert_array_equal(f, x)
    m = rng.random((4, 6)) < 0.5
    np.testing.assert_array_equal(d[:, ta.asarray(m)], X[:, m])
    np.testing.assert_array_equal(d[2, ta.asarray(m)], X[2, m])
    np.testing.assert_array_equal(d[..., ta.asarray(m)], X[..., m])


def test_bools_without_axes():
    d = ta.asarray(X, chunks=2)
    for k in [True, False, np.True_, (True, 1), (slice(None), True), (..., False), (True, [0, 1]), (None, True)]:
        np.testing.assert_array_equal(d[k], X[k])
        x, e = X.copy(), ta.asarray(X, chunks=2)
        x[k], e[k] = 3, 3
        np.testing.assert_array_equal(e, x)
    np.testing.assert_array_equal(d[ta.asarray(True)], X[np.array(True)])
    np.testing.assert_array_equal(d[ta.asarray(False)], X[np.array(False)])


def test_nonzero_as_a_key():
    d = ta.asarray(X, chunks=2)
    np.testing.assert_array_equal(d[ta.nonzero(d > 50)], X[np.nonzero(X > 50)])
    np.testing.assert_array_equal(d[0][ta.argwhere(d[0] > 50)[:, 0]], X[0][np.argwhere(X[0] > 50)[:, 0]])


ERRORS = [
    5, -6, (0, 4), (0, 0, 0, 0), [0, 5], ([0], [-5]), np.array([True] * 4), np.ones((5, 3), bool), (..., ...), ([0, 1], [0, 1, 2]),
    1.0, [0.5], "a", (0, "a"), np.array([1.0]), object(), 10**30, (slice(None), slice(None), slice(None), 0),
]  # fmt: skip


@pytest.mark.parametrize("k", ERRORS, ids=lambda k: str(k)[:20])
def test_errors_come_at_the_call(k):
    d = ta.asarray(X, chunks=2)
    with pytest.raises(IndexError):
        X[k]
    with pytest.raises(IndexError):
        d[k]
    with pytest.raises(IndexError):
        d[k] = 0


def test_messages():
    d = ta.asarray(X, chunks=2)
    for k in [7, (0, 0, -7), (0, 0, 0, 0), [9], np.ones(4, bool), np.ones((5, 3), bool), (..., ...), ([0, 1], [0, 1, 2]), 1.5]:
        with pytest.raises(IndexError) as want:
            X[k]
        with pytest.raises(IndexError) as got:
            d[k]
        assert str(got.value).split(",")[0] == str(want.value).split(",")[0]


def test_other_errors():
    d = ta.asarray(X, chunks=2)
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        d[::0]
    with pytest.raises(TypeError):
        d[1.0:]
    with pytest.raises(ValueError, match="could not broadcast"):
        d[0] = np.ones(3)
    with pytest.raises(ValueError):
        d[0] = np.nan
    with pytest.raises(OverflowError):
        ta.asarray(np.zeros(3, np.uint8))[0] = 300


def test_lazy_positions_out_of_bounds_fail_the_run():
    d = ta.arange(10, chunks=3)
    for at in (ta.asarray([10]), ta.asarray([-11])):
        with pytest.raises(IndexError):
            d[at].compute()
    y = d.reshape(2, 5)
    with pytest.raises(IndexError):
        y[ta.asarray([0, 1]), ta.asarray([0, 5])].compute()


def test_too_few_values_under_a_lazy_mask_fail_the_run():
    d = ta.arange(10, chunks=3)
    d[d > 5] = [1, 2, 3]
    with pytest.raises(ValueError, match="cannot assign 3 input values to the 4 output values"):
        d.compute()


def test_indices_are_like_numpy_scalars():
    d = ta.asarray(X, chunks=2)
    for i in (np.int8(2), np.uint64(2), np.array(2), ta.asarray(2)):
        np.testing.assert_array_equal(d[i], X[2])
    np.testing.assert_array_equal(d[np.array([2, 3], np.uint8)], X[[2, 3]])


def test_without_axes():
    d, x = ta.asarray(3.5), np.array(3.5)
    for k in ((), ..., None, (None, ...), True, False, np.array(True)):
        np.testing.assert_array_equal(d[k], x[k])
    with pytest.raises(IndexError):
        d[0]
    d[()] = 4
    assert d.compute() == 4
    d[...] = 5
    assert d.compute() == 5


def test_views_are_copies():
    x = ta.arange(5, chunks=2)
    y = x[1:3]
    y[0] = 100
    np.testing.assert_array_equal(x, np.arange(5))
    np.testing.assert_array_equal(y, [100, 2])


def test_vindex():
    d = ta.asarray(X, chunks=2)
    np.testing.assert_array_equal(d.vindex[[0, 1, 2], [0, 1, 2]], X[[0, 1, 2], [0, 1, 2]])
    np.testing.assert_array_equal(d.vindex[[0, 1], :, [2, 3]], X[[0, 1], :, [2, 3]])
    np.testing.assert_array_equal(d.vindex[:, [0, 1], [2, 3]], np.moveaxis(X[:, [0, 1], [2, 3]], -1, 0))
    np.testing.assert_array_equal(d.vindex[:, [[0, 1], [1, 0]]], np.moveaxis(X[:, [[0, 1], [1, 0]]], 0, 2))
    np.testing.assert_array_equal(d.vindex[..., [1, -1]], np.moveaxis(X[..., [1, -1]], -1, 0))
    np.testing.assert_array_equal(d.vindex[0, [1], 2], X[0, [1], 2])
    np.testing.assert_array_equal(d.vindex[:, ta.asarray([0, 1])], np.moveaxis(X[:, [0, 1]], 1, 0))
    np.testing.assert_array_equal(d.vindex[:], X)
    for k in [(None, 0), slice(1, 2), [5], ([0, 1], [0, 1, 2])]:
        with pytest.raises(IndexError):
            d.vindex[k]


def test_blocks():
    x = np.arange(10)
    d = ta.asarray(x, chunks=4)
    assert d.blocks.shape == d.partitions.shape == (3,) and d.blocks.size == 3
    np.testing.assert_array_equal(d.blocks[0], x[:4])
    np.testing.assert_array_equal(d.blocks[-1], x[8:])
    np.testing.assert_array_equal(d.blocks[[2, 0]], np.r_[8, 9, 0:4])
    np.testing.assert_array_equal(d.blocks[::2], np.r_[0:4, 8, 9])
    np.testing.assert_array_equal(d.blocks[[True, False, True]], np.r_[0:4, 8, 9])
    assert [b.shape for b in d.blocks.ravel()] == [(4,), (4,), (2,)]
    e = ta.asarray(X, chunks=2)
    assert e.blocks[..., 0].shape == (5, 4, 2)
    for k in ([None], (0, 0, 0, 0), 3, [3], (..., ...)):
        with pytest.raises((IndexError, ValueError)):
            d.blocks[k]
    with pytest.raises(ValueError):
        e.blocks[[0], [0]]
    with pytest.raises(ValueError):
        d.blocks[None]


def test_unknown_sizes():
    d = ta.arange(10, chunks=3)
    u = d[d % 2 == 0]
    assert np.isnan(u.shape[0])
    np.testing.assert_array_equal(u[u > 3], [4, 6, 8])
    np.testing.assert_array_equal(u[:], [0, 2, 4, 6, 8])
    np.testing.assert_array_equal(u[None], [[0, 2, 4, 6, 8]])
    for k in (0, slice(2), [0]):
        with pytest.raises(ValueError, match="unknown"):
            u[k]
    u[u > 3] = -1
    np.testing.assert_array_equal(u, [0, 2, -1, -1, -1])
    with pytest.raises(ValueError, match="unknown"):
        u[0] = 1


def test_sizes_of_small_arrays_in_memory_are_known_at_once():
    mask = np.array([True, False, True, True, False])
    x, m = ta.asarray(X, chunks=2), ta.asarray(mask, chunks=2)
    assert x[m].shape == (3, 4, 6)
    assert x[:, ta.asarray([1, 3])].shape == (5, 2, 6)
    assert [a.shape for a in ta.nonzero(m)] == [(3,)]
    assert ta.argwhere(m).shape == (3, 1)
    assert ta.unique_all(ta.asarray([3, 1, 3], chunks=1)).counts.shape == (2,)
    assert ta.unique_values(ta.asarray([ta.nan, ta.nan, 1.0])).shape == (3,)
    with pytest.raises(IndexError, match="out of bounds"):
        x[ta.asarray([5])]
    # What is to be computed first is not computed to know a size, and large arrays are not looked at.
    assert np.isnan(x[m & True].shape[0])
    large = ta.asarray(np.ones(2**20 + 1, dtype=bool))
    assert np.isnan(large.nonzero()[0].shape[0])
