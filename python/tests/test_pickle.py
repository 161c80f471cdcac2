"""Arrays as bytes: what goes into pickles is how they are made."""

import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import tilework.array as ta

X = np.arange(35.0).reshape(7, 5)


def doubled(block):
    return block * 2


class Rows:
    """Something that gives elements by index, and can be pickled."""

    shape, dtype, ndim = (7, 5), np.dtype(float), 2

    def __getitem__(self, at):
        return X[at]


def back(x):
    """The array from its pickle, which is the same."""
    y = pickle.loads(pickle.dumps(x))
    assert y.name == x.name and y.chunks == x.chunks and y.dtype == x.dtype
    return y


def test_expressions_not_elements():
    x = (ta.ones((1000, 1000), chunks=100) + 1).sum()
    assert len(pickle.dumps(x)) < 2000
    assert back(x).compute() == 2e6


def test_elements_in_memory():
    for a in (X, X.T, X[::2, ::-1], X.astype("f4"), X.astype(complex), X[:0], X[3, 3]):
        x = ta.from_array(a, chunks=3) if a.ndim else ta.asarray(a)
        np.testing.assert_array_equal(back(x + x), a + a)
    large = np.arange(3_000_000.0).reshape(5000, 600)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(ta.asarray(large)[1:] * 2)), large[1:] * 2)


def test_functions():
    pytest.importorskip("cloudpickle")
    x, n = ta.from_array(X, chunks=(3, 2)), 3
    for f in (doubled, lambda b: b + n, np.sin):
        np.testing.assert_array_equal(back(x.map_blocks(f, dtype=float)), f(X))
    np.testing.assert_array_equal(back(x.map_overlap(lambda b: b[1:-1], depth={0: 1}, boundary="reflect", trim=False, dtype=float)), X)
    low, high = ta.apply_gufunc(lambda b: (b.min(-1), b.max(-1)), "(i)->(),()", x.rechunk({1: -1}), output_dtypes=(float, float))
    np.testing.assert_array_equal(back(low), X.min(1))
    np.testing.assert_array_equal(back(high), X.max(1))
    np.testing.assert_array_equal(back(ta.reduction(x, np.sum, np.sum, axis=0, dtype=float)), X.sum(0))
    np.testing.assert_array_equal(back(ta.map_blocks(lambda block_id: [[block_id[0]]], chunks=((1, 1), (1,)), dtype=int)), [[0], [1]])


def test_objects():
    np.testing.assert_array_equal(back(ta.from_array(Rows(), chunks=3, lock=True) + 1), X + 1)


def test_files(tmp_path):
    x = ta.from_array(X, chunks=3)
    x.to_zarr(tmp_path / "x.zarr")
    ta.to_npy(x, tmp_path / "x.npy")
    np.testing.assert_array_equal(back(ta.from_zarr(tmp_path / "x.zarr")), X)
    np.testing.assert_array_equal(back(ta.open_npy(tmp_path / "x.npy")), X)


def test_open_files_are_opened_again(tmp_path):
    h5py, netcdf = pytest.importorskip("h5py"), pytest.importorskip("netCDF4")
    ta.to_hdf5(tmp_path / "x.h5", "/group/x", ta.from_array(X, chunks=3))
    with h5py.File(tmp_path / "x.h5") as f:
        data = pickle.dumps(ta.from_array(f["group/x"], chunks=2))
    np.testing.assert_array_equal(pickle.loads(data), X)
    with netcdf.Dataset(tmp_path / "x.nc", "w") as f:
        group = f.createGroup("deep")
        group.createDimension("y", 7)
        group.createDimension("x", 5)
        group.createVariable("x", "f8", ("y", "x"))[:] = X
    with netcdf.Dataset(tmp_path / "x.nc") as f:
        data = pickle.dumps(ta.from_array(f["deep/x"], chunks=2))
    np.testing.assert_array_equal(pickle.loads(data), X)


def test_what_cannot_be_pickled():
    lock = threading.Lock()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(ta.from_array(X).map_blocks(lambda b: b if lock else b, dtype=float))


def test_without_cloudpickle(monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    x = ta.from_array(X, chunks=3)
    np.testing.assert_array_equal(back(x.map_blocks(doubled, dtype=float)), X * 2)
    with pytest.raises(TypeError, match="install cloudpickle"):
        pickle.dumps(x.map_blocks(lambda b: b, dtype=float))


def test_other_processes():
    pytest.importorskip("cloudpickle")
    y = ta.from_array(X, chunks=3).map_blocks(lambda b: b + 1, dtype=float).sum()
    program = "import sys, pickle; print(pickle.load(sys.stdin.buffer).compute())"
    out = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(y), capture_output=True, check=True)
    assert float(out.stdout) == X.sum() + 35


def test_broken_pickles():
    x = ta.from_array(X, chunks=3).map_blocks(doubled, dtype=float)
    (decode, (data, *_)) = x.__reduce__()
    for bad in (b"", data[:40], data[:-3], b"\0" * 100, data[:60] + b"\xff" * 20 + data[80:]):
        with pytest.raises(Exception) as e:
            decode(bad).compute()
        assert not isinstance(e.value, SystemError)
