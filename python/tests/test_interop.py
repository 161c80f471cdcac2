"""Other libraries' arrays as lazy ones, and lazy arrays as theirs."""

import numpy as np
import pytest

import tilework as tw
import tilework.array as ta

X = np.arange(35.0).reshape(7, 5)


def test_to_dask():
    da = pytest.importorskip("dask.array")
    x = ta.from_array(X, chunks=3)
    d = (x * 2).to_dask()
    assert isinstance(d, da.Array) and d.chunks == x.chunks and d.dtype == x.dtype
    np.testing.assert_array_equal((d + 1).compute(scheduler="sync"), X * 2 + 1)
    np.testing.assert_array_equal(d.sum(axis=0).compute(scheduler="threads"), X.sum(0) * 2)
    np.testing.assert_array_equal(x.to_delayed()[0, 1].compute(scheduler="sync"), X[:3, 3:])


def test_from_dask():
    da = pytest.importorskip("dask.array")
    d = da.from_array(X, chunks=(2, 3)) * 2
    x = ta.from_dask(d)
    assert x.chunks == d.chunks
    np.testing.assert_array_equal(x[1:4, ::2] + 1, X[1:4, ::2] * 2 + 1)
    np.testing.assert_array_equal(ta.from_array(d, chunks=4), X * 2)
    assert ta.from_array(d, chunks=4).chunks == ((4, 3), (4, 1))
    with pytest.raises(ValueError, match="unknown"):
        ta.from_dask(d[d > 3])


def test_errors_in_dask_come_back():
    da = pytest.importorskip("dask.array")
    d = da.from_array(X, chunks=3).map_blocks(lambda b: 1 // 0, dtype=float)
    with pytest.raises(ZeroDivisionError):
        ta.from_dask(d).sum().compute()


def test_delayed():
    dask = pytest.importorskip("dask")
    x = ta.from_delayed(dask.delayed(lambda: X + 1)(), X.shape, dtype=float)
    np.testing.assert_array_equal(x[2:], X[2:] + 1)
    y = ta.from_delayed(dask.delayed(np.arange)(4), (np.nan,), meta=np.empty(0, int))
    assert y.shape[0] != y.shape[0]
    assert y.sum().compute() == 6 and y.compute().tolist() == [0, 1, 2, 3]
    with pytest.raises(TypeError, match="dtype"):
        ta.from_delayed(dask.delayed(np.arange)(4), (4,))
    with pytest.raises(ValueError, match="declared"):
        ta.from_delayed(dask.delayed(np.arange)(4), (5,), dtype=int).compute()
    three = dask.delayed(lambda: 3)()
    np.testing.assert_array_equal(ta.from_array(X, chunks=3).map_blocks(lambda b, n: b * n, three, dtype=float), X * 3)


def test_from_func():
    np.testing.assert_array_equal(ta.from_func(np.arange, (5,), dtype=int, args=(5,)), np.arange(5))
    np.testing.assert_array_equal(ta.from_func(np.full, (2, 3), dtype=float, kwargs={"shape": (2, 3), "fill_value": 7}), np.full((2, 3), 7.0))


def test_h5py(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as f:
        f.create_dataset("cut", data=X, chunks=(2, 5))
        f.create_dataset("big", data=X.astype(">f4"))
        f.create_dataset("texts", data=["a", "b"])
        x = ta.from_array(f["cut"])
        np.testing.assert_array_equal(x + 1, X + 1)
        np.testing.assert_array_equal(ta.from_array(f["cut"], chunks="64B", lock=True), X)
        big = ta.from_array(f["big"], chunks=3)
        assert big.dtype == "f4" and big.dtype.isnative
        np.testing.assert_array_equal(big, X)
        with pytest.raises(TypeError, match="not supported"):
            ta.from_array(f["texts"])


def test_automatic_chunks_are_whole_stored_ones(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as f:
        d = f.create_dataset("x", shape=(1000, 1000), dtype="f8", chunks=(100, 7))
        with tw.config(chunk_bytes="200kB"):
            x = ta.from_array(d)
    assert all(n % 100 == 0 for n in x.chunks[0][:-1]) and all(n % 7 == 0 for n in x.chunks[1][:-1])


def test_netcdf(tmp_path):
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(tmp_path / "x.nc", "w") as f:
        f.createDimension("y", 7)
        f.createDimension("x", 5)
        v = f.createVariable("t", "f8", ("y", "x"), chunksizes=(3, 5))
        v[:] = X
        np.testing.assert_array_equal(ta.from_array(v, chunks=2, lock=True), X)
    np.testing.assert_array_equal(ta.open_netcdf(tmp_path / "x.nc", "t"), X)


def test_xarray():
    xr = pytest.importorskip("xarray")
    with pytest.warns(UserWarning, match="chunk"):
        np.testing.assert_array_equal(ta.from_array(xr.DataArray(X), chunks=3), X)


def test_pandas():
    pd = pytest.importorskip("pandas")
    np.testing.assert_array_equal(ta.from_array(pd.Series([1.0, 2.0, 3.0]), chunks=2), [1, 2, 3])
    np.testing.assert_array_equal(ta.asarray(pd.DataFrame(X)), X)


def test_ufuncs_of_other_libraries():
    special = pytest.importorskip("scipy.special")
    x = ta.from_array(X / 10 + 1, chunks=3)
    for got, want in (
        (special.erf(x), special.erf(X / 10 + 1)),
        (special.beta(x, X + 1), special.beta(X / 10 + 1, X + 1)),
        (special.beta(2.0, x), special.beta(2.0, X / 10 + 1)),
        (special.beta(x, ta.from_array(X[0] + 1, chunks=2)), special.beta(X / 10 + 1, X[0] + 1)),
        (special.sici(x)[1], special.sici(X / 10 + 1)[1]),
    ):
        assert isinstance(got, ta.Array)
        np.testing.assert_allclose(got, want)


def test_dask_takes_lazy_arrays():
    dask = pytest.importorskip("dask")
    calls = []
    x = ta.from_array(X, chunks=3)
    y = x.map_blocks(lambda b: (calls.append(1), b)[1], dtype=float)
    got = dask.compute(y.sum(), {"most": y.max(), "n": [1, x]}, 3)
    assert got[0] == X.sum() and got[1]["most"] == 34 and got[2] == 3
    np.testing.assert_array_equal(got[1]["n"][1], X)
    assert len(calls) == 6
    (kept,) = dask.persist(y)
    assert type(kept) is ta.Array and kept.chunks == y.chunks
    np.testing.assert_array_equal(kept, X)
    assert dask.delayed(lambda a, n: (type(a), a.sum() + n))(x, 1).compute() == (np.ndarray, X.sum() + 1)
    assert dask.compute(x.sum(), scheduler="sync") == (X.sum(),)
    assert dask.optimize(x)[0].name == x.name
    out = np.zeros((7, 5))
    assert dask.compute(x.store(out, compute=False)) == (None,)
    np.testing.assert_array_equal(out, X)
    assert isinstance(dask.compute(ta.ma.masked_equal(x, 3))[0], np.ma.MaskedArray)
    da = pytest.importorskip("dask.array")
    mixed = dask.compute(x.sum(), da.ones(3).sum())
    assert mixed == (X.sum(), 3)


def test_others_see_no_collection_of_dasks():
    dask = pytest.importorskip("dask")
    assert not dask.is_dask_collection(ta.ones(3))


def test_names_of_dasks_own():
    from tilework.array.utils import assert_eq, meta_from_array

    x = ta.from_array(X, chunks=3)
    assert x._meta.shape == (0, 0) and x._meta.dtype == float
    assert meta_from_array(x, ndim=1, dtype="i4").shape == (0,)
    assert assert_eq(x, X) and assert_eq(x + 1, x + 1)
    for wrong in (X + 1, X.astype("f4"), X[:3]):
        with pytest.raises(AssertionError):
            assert_eq(x, wrong)
