"""Masked arrays give what ``numpy.ma`` gives."""

import copy
import pickle

import numpy as np
import pytest

import tilework as tw
import tilework.array as ta

X = np.random.default_rng(0).integers(-3, 4, (7, 5)).astype(float)
A = np.ma.masked_equal(X, 0)


def same(got, want):
    got = got.compute() if hasattr(got, "compute") else got
    if want is np.ma.masked or got is np.ma.masked:
        assert got is want
        return
    np.testing.assert_array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(want))
    np.testing.assert_allclose(np.ma.filled(got, -9).astype(float), np.ma.filled(want, -9).astype(float))


@pytest.fixture(params=[1, 3, -1])
def b(request):
    return ta.ma.masked_equal(ta.from_array(X, chunks=request.param), 0)


@pytest.mark.parametrize("op", ["sum", "mean", "min", "max", "prod", "std", "var", "any", "all", "count", "argmin", "argmax"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_reductions(op, axis, b):
    same(getattr(b, op)(axis=axis), getattr(A, op)(axis=axis))


def test_elementwise(b):
    x = ta.from_array(X, chunks=2)
    for got, want in [
        (b + 1, A + 1), (1 / b, 1 / A), (b * X, A * X), (X - b, X - A), (b / (b - 2), A / (A - 2)), (np.sqrt(b), np.ma.sqrt(A)),
        (np.log(b), np.ma.log(A)), (b**2, A**2), (b > 1, A > 1), (b[1:, 2], A[1:, 2]), (b.T, A.T), (abs(b), abs(A)), (x + b, X + A),
        (b.cumsum(axis=0), A.cumsum(axis=0)), (b.reshape(-1), A.reshape(-1)), (-b, -A),
    ]:  # fmt: skip
        same(got, want)


def test_functions(b):
    x = ta.from_array(X, chunks=3)
    m = ta.ma
    same(m.masked_where(x > 1, x), np.ma.masked_where(X > 1, X))
    same(m.masked_inside(x, -1, 1), np.ma.masked_inside(X, -1, 1))
    same(m.masked_outside(x, -1, 1), np.ma.masked_outside(X, -1, 1))
    same(m.masked_greater(x, 1), np.ma.masked_greater(X, 1))
    same(m.average(b, weights=abs(x) + 1, axis=0), np.ma.average(A, weights=abs(X) + 1, axis=0))
    same(m.filled(b, 7), A.filled(7))
    same(m.where(x > 0, b, -x), np.ma.where(X > 0, A, -X))
    data = ta.from_array(A, chunks=2)
    same(data, A)
    both = tw.compute(b.sum(), x.sum())
    assert both == (A.sum(), X.sum())


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "std", "var", "min", "max", "any", "all", "argmin", "argmax"])
def test_reductions_of_the_namespace_and_of_numpy(name, b):
    for axis in (None, 0, 1):
        want = getattr(A, name)(axis=axis)
        same(getattr(ta, name)(b, axis=axis), want)
        same(getattr(np, name)(b, axis=axis), want)
    same(getattr(ta, name)(A, axis=0), getattr(A, name)(axis=0))


def test_shapes_keep_masks(b):
    for f in [
        lambda m, x: m.transpose(x), lambda m, x: m.reshape(x, (5, 7)), lambda m, x: m.expand_dims(x, 1), lambda m, x: m.swapaxes(x, 0, 1),
        lambda m, x: m.ravel(x), lambda m, x: m.squeeze(x[:1]), lambda m, x: m.repeat(x, 2, axis=1), lambda m, x: m.concatenate([x, x + 1], axis=1),
    ]:  # fmt: skip
        same(f(ta, b), f(np.ma, A))
    x = ta.from_array(X, chunks=2)
    same(ta.concatenate([x, b], axis=1), np.ma.concatenate([X, A], axis=1))
    same(ta.stack([b, x]), np.ma.stack([A, X]))
    same(np.concatenate([b, x]), np.ma.concatenate([A, X]))
    for got, want in zip(ta.split(b, [2, 5]), np.split(A, [2, 5])):
        same(got, want)
    same(ta.flip(b, 0), A[::-1])
    same(b.T.rechunk(2).astype(int), A.T.astype(int))
    same(b[b > 0], A.data[A.filled(0) > 0])


def test_products(b):
    y = np.ma.masked_equal(np.arange(10.0).reshape(5, 2) % 3, 0)
    lazy = ta.from_array(y, chunks=2)
    for got in (ta.dot(b, lazy), b.dot(lazy), b @ lazy, ta.tensordot(b, lazy, axes=1), ta.matmul(b, lazy), np.matmul(b, lazy)):
        same(got, np.ma.dot(A, y))
    same(ta.dot(b, np.arange(5)), np.ma.dot(A, np.arange(5)))


def test_ufuncs(b):
    same(ta.exp(b), np.exp(A))
    same(ta.add(X, b), X + A)
    same(ta.add(A, b), A + A)
    same(ta.from_array(X, chunks=2) * A, X * A)
    same(ta.round(b / 7, 1), (A / 7).round(1))
    same(ta.clip(b, -1, 1), A.clip(-1, 1))
    same(b.real, A.real)
    x = b.copy()
    x += 1
    same(x, A + 1)
    for got, want in zip(ta.divmod(b, 3), np.divmod(A, 3)):
        same(got, want)


def test_functions_of_blocks(b):
    x = ta.from_array(np.where(X > 1, np.nan, X), chunks=3)
    same(x.map_blocks(np.ma.masked_invalid), np.ma.masked_invalid(np.where(X > 1, np.nan, X)))
    same(b.map_blocks(lambda block: block * 2), A * 2)
    same(ta.map_blocks(np.ma.masked_less, b, 0), np.ma.masked_less(A, 0))
    same(x.map_blocks(np.ma.masked_invalid, dtype=float, meta=np.ma.array([], float)).sum(axis=0), np.ma.masked_where(X > 1, X).sum(axis=0))


def test_values_and_masks_are_assigned(b):
    x, want = b.copy(), A.copy()
    x[0] = np.ma.masked
    x[1, 2], x[:, 4] = 5, A[:, 3]
    want[0] = np.ma.masked
    want[1, 2], want[:, 4] = 5, A[:, 3]
    same(x, want)
    same(b, A)


def test_fill_values(b):
    assert b.compute().fill_value == 0 and b.fill_value == 0
    x = ta.ma.masked_greater(ta.arange(5), 3)
    assert x.compute().fill_value == np.ma.masked_greater(np.arange(5), 3).fill_value
    ta.ma.set_fill_value(x, 7)
    same(x.filled(), [0, 1, 2, 3, 7])
    with pytest.raises(TypeError, match="1e"):
        ta.ma.set_fill_value(x, 1e20)
    with pytest.raises(ValueError, match="scalar"):
        ta.ma.set_fill_value(x, x.data)


def test_what_is_known(b):
    assert isinstance(b, ta.Array) and (b.shape, b.ndim, b.size, b.dtype, len(b)) == ((7, 5), 2, 35, float, 7)
    assert sum(b.chunks[0]) == 7 and b.npartitions == b.data.npartitions
    assert b.sum().compute() == float(b.sum()) == A.sum()
    assert b.tolist() == A.tolist()
    again = pickle.loads(pickle.dumps(b))
    same(again, A)
    same(copy.deepcopy(b), A)
    same(b.persist(), A)
    assert ta.ma.masked_array([1, 2], mask=[True, True]).sum().compute() is np.ma.masked


def test_a_mask_is_never_dropped_silently(b):
    for call in (
        lambda: ta.median(b), lambda: ta.linalg.norm(b), lambda: ta.fft.fft(b), lambda: ta.sort(b), lambda: ta.median(A), lambda: ta.pad(b, 1), lambda: ta.linalg.inv(b),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="mask"):
            call()
    with pytest.raises(TypeError, match="mask"):
        b.topk(2)
    with pytest.raises(AttributeError, match="mask"):
        b._x  # what methods that know nothing of masks begin with
    with pytest.raises(TypeError, match="mask"):
        ta.add(b, 1, out=ta.asarray(X))
