"""NumPy's functions and ufuncs on lazy arrays, and which side of an operator decides."""

import warnings

import numpy as np
import pytest
from conftest import same

import tilework.array as ta

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 4))
I = rng.integers(0, 9, (6, 4))


def d(a, chunks=3):
    return ta.asarray(np.asarray(a), chunks=chunks)


# Functions of NumPy's by name, with arguments; arrays among them become lazy.
CALLS = [
    ("reshape", X, (4, 6)), ("transpose", X), ("concatenate", [X, X]), ("stack", [X, X], 1), ("vstack", [X, X]), ("block", [[X, X]]), ("where", X > 0, X, 0),
    ("where", X > 0), ("take", I, [1, 2]), ("take", I, [1, 2], 1), ("take_along_axis", X, I % 6, 0), ("compress", [True, False], X, 0), ("sort", X, 0),
    ("argsort", X, 1), ("unique", I), ("searchsorted", np.sort(X[:, 0]), X), ("histogram", X, 3, (0, 1)), ("bincount", I[0]), ("percentile", X, 30, 0), ("median", X, 0),
    ("cov", X), ("diff", X), ("gradient", X[:, 0]), ("convolve", X[:, 0], [1.0, 2.0]), ("interp", X, [0, 1], [1, 2]), ("pad", X, 1), ("insert", X, 1, 0, 0), ("delete", X, 1, 0),
    ("repeat", X, 2, 1), ("tile", X, 2), ("split", X, 2), ("unstack", X), ("roll", X, 1), ("rot90", X), ("flip", X, 0), ("isin", I, [1, 2]), ("union1d", I[0], I[1]), ("select", [X > 0], [X]),
    ("piecewise", X, [X > 0], [1]), ("choose", I % 2, [X, X]), ("nonzero", I), ("argwhere", I), ("ravel", X), ("squeeze", X[None]), ("expand_dims", X, 0), ("moveaxis", X, 0, 1),
    ("sum", X, 0), ("mean", X), ("std", X, 1), ("max", X, 0), ("argmax", X, 0), ("cumsum", X, 0), ("any", X > 0), ("count_nonzero", I), ("average", X, 0), ("ptp", X, 0), ("nansum", X),
    ("round", X, 1), ("clip", X, 0, 1), ("real", X), ("nan_to_num", X), ("isclose", X, X), ("allclose", X, X), ("array_equal", X, X), ("dot", X, X.T), ("tensordot", X, X, 2),
    ("einsum", "ij,kj->ik", X, X), ("outer", X[0], X[1]), ("trace", X), ("diagonal", X), ("diag", X), ("tril", X), ("zeros_like", X), ("ones_like", X), ("full_like", X, 2), ("copy", X),
    ("shape", X), ("ndim", X), ("size", X), ("iscomplexobj", X), ("result_type", X, I), ("broadcast_to", X, (2, 6, 4)), ("broadcast_arrays", X, X[0]), ("atleast_3d", X), ("append", X, X),
    ("linalg.norm", X), ("linalg.svd", X), ("linalg.inv", X.T @ X), ("fft.fft", X), ("fft.fftshift", X), ("apply_along_axis", np.sum, 0, X), ("trapezoid", X), ("lexsort", I), ("digitize", X, [0.0, 1.0]),
    ("ix_", [0, 1], [2]), ("unravel_index", I[0], (3, 3)), ("ravel_multi_index", (I[0] % 2, I[1] % 3), (2, 3)), ("ediff1d", I), ("corrcoef", X), ("vander", X[:, 0]), ("polyval", [1.0, 2.0], X),
]  # fmt: skip


def made_lazy(a):
    if isinstance(a, np.ndarray):
        return d(a)
    if isinstance(a, (list, tuple)) and any(isinstance(x, (np.ndarray, list)) for x in a):
        return type(a)(made_lazy(x) for x in a)
    return a


@pytest.mark.parametrize("call", CALLS, ids=lambda c: c[0])
def test_functions(call):
    name, *args = call
    f = np
    for part in name.split("."):
        f = getattr(f, part)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        got = f(*map(made_lazy, args))
    want = f(*args)
    if name in ("linalg.svd", "linalg.inv", "allclose", "array_equal", "shape", "ndim", "size", "iscomplexobj", "result_type"):
        if name == "linalg.svd":
            got, want = got[1], want[1]
        np.testing.assert_allclose(got, want) if "linalg" in name else None
        assert "linalg" in name or got == want
        return
    lazy = got if isinstance(got, (list, tuple)) else [got]
    assert any(isinstance(x, ta.Array) for x in lazy) or name == "ix_"
    same(got, want, exact=False)


def test_a_function_that_is_lacking_computes_with_a_warning():
    with pytest.warns(FutureWarning, match="numpy.real_if_close"):
        got = np.real_if_close(d(X + 0j))
    np.testing.assert_array_equal(got, X)
    with pytest.warns(FutureWarning, match="packbits"):
        np.packbits([d(I > 3)][0])


UFUNCS = ["sin", "add", "multiply", "maximum", "arctan2", "equal", "logical_and", "hypot", "floor_divide", "power", "isnan", "negative", "modf", "divmod", "copysign"]


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs(name):
    f = getattr(np, name)
    args = [np.abs(X) + 1, np.abs(X[0]) + 2][: f.nin]
    for lazy in ([d(a) for a in args], [d(args[0]), *args[1:]], [*args[:-1], d(args[-1])]):
        got = f(*lazy)
        assert isinstance(got if f.nout == 1 else got[0], ta.Array)
        same(got, f(*args), exact=False)


def test_ufunc_methods():
    same(np.add.reduce(d(X)), np.add.reduce(X), exact=False)
    same(np.add.reduce(d(X), axis=1), np.add.reduce(X, axis=1), exact=False)
    same(np.maximum.reduce(d(X), axis=None), np.maximum.reduce(X, axis=None))
    same(np.add.accumulate(d(I)), np.add.accumulate(I))
    same(np.multiply.outer(d(X[0]), X[:, 0]), np.multiply.outer(X[0], X[:, 0]))
    with pytest.raises(TypeError):
        np.add.at(d(X), 0, 1)


def test_ufunc_out():
    x = d(X)
    y = np.add(x, 1, out=x)
    assert y is x
    same(x, X + 1)
    np.sin(x, x)
    same(x, np.sin(X + 1), exact=False)
    np.add(d(X), 1, out=x, where=X > 0)
    same(x, np.add(X, 1, out=np.sin(X + 1), where=X > 0), exact=False)
    with pytest.raises(TypeError):
        np.add(x, 1, out=np.empty(X.shape))
    z = X.copy()
    with pytest.raises(TypeError):
        z += x


def test_matmul_and_its_like():
    same(np.matmul(d(X), X.T), X @ X.T, exact=False)
    same(X @ d(X.T), X @ X.T, exact=False)
    same(np.vecdot(d(X), d(X)), np.vecdot(X, X), exact=False)


class Other:
    """Decides on operators itself."""

    __array_ufunc__ = None

    def __add__(self, other):
        return "other"

    __radd__ = __add__


class Wrapper:
    """Has a say in NumPy's protocol."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return "wrapped"

    def __array_function__(self, func, types, args, kwargs):
        return "wrapped"

    def __add__(self, other):
        return "wrapped"

    __radd__ = __add__


def test_the_other_side_decides():
    x = d(X)
    assert x + Other() == "other" and Other() + x == "other"
    assert x + Wrapper() == "wrapped" and Wrapper() + x == "wrapped"
    assert np.add(x, Wrapper()) == "wrapped" and np.add(Wrapper(), x) == "wrapped"
    assert np.concatenate([x, Wrapper()]) == "wrapped"
    with pytest.raises(TypeError):
        x + object()


def test_numpys_arrays_and_numbers_leave_it_to_us():
    x = d(X)
    for got, want in [(X + x, X + X), (x + X, X + X), (np.float64(2) * x, 2 * X), (x * np.float64(2), 2 * X), (X[0] < x, X[0] < X), (np.array(2) - x, 2 - X), ([1, 2, 3, 4] + x, [1, 2, 3, 4] + X)]:
        assert isinstance(got, ta.Array)
        same(got, want)


def test_xarray_and_pandas_decide():
    xr, pd = pytest.importorskip("xarray"), pytest.importorskip("pandas")
    x = d(X)
    v = xr.DataArray(X, dims=("a", "b"))
    assert isinstance(x + v, xr.DataArray) and isinstance(v + x, xr.DataArray)
    assert isinstance(np.add(x, v), xr.DataArray)
    assert isinstance(v.copy(data=x).data, ta.Array)
    s = pd.Series(X[0])
    np.testing.assert_array_equal(s + d(X[0]), X[0] * 2)


def test_like():
    for got, want in [(np.asarray([1, 2], like=d(X)), np.array([1, 2])), (np.zeros(3, like=d(X)), np.zeros(3)), (np.arange(4, like=d(X)), np.arange(4)), (np.eye(2, like=d(X)), np.eye(2))]:
        assert isinstance(got, ta.Array)
        same(got, want)


def test_placing():
    def run(f, *args):
        x, y = X.copy(), d(X)
        f(x, *args)
        f(y, *map(made_lazy, args))
        same(y, x)
        assert y.chunks == d(X).chunks

    run(np.copyto, X[0])
    run(lambda a, b: np.copyto(a, b, where=made_lazy(X > 0) if isinstance(a, ta.Array) else X > 0), X * 2)
    run(np.put, [0, 5, -1], [1.0, 2.0])
    run(np.put, np.array([3, 7]), np.array([1.0, 2.0]))
    run(lambda a: np.put(a, [100, -100], [1, 2], mode="clip"))
    run(lambda a: np.put(a, [100, -100], [1, 2], mode="wrap"))
    run(np.putmask, X > 0, np.arange(5.0))
    run(np.putmask, X > 0, 3)
    run(np.putmask, X > 0, X * 2)
    run(np.place, X > 0, np.array([1.0, 2.0, 3.0]))
    run(np.put_along_axis, np.argsort(X, axis=0)[:2], 7, 0)
    run(np.put_along_axis, np.argmax(X, axis=1)[:, None], np.arange(6.0)[:, None], 1)
    run(np.put_along_axis, np.array([3, 5]), np.array([1.0, 2.0]), None)
    run(lambda a: a.fill(3))
    x, y = X.copy(), d(X)
    x.sort(axis=0), y.sort(axis=0)
    same(y, x)
    with pytest.raises(TypeError):
        ta.put(X, [0], d([1.0]))
    with pytest.raises(IndexError):
        ta.put(d(X), [99], 1)
