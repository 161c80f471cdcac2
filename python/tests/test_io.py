"""Arrays from and to files, objects and other libraries."""

import threading

import numpy as np
import pytest

import tilework.array as ta

X = np.arange(35.0).reshape(7, 5)


def test_numpy_in_without_a_copy():
    a = X.copy()
    x = ta.from_array(a, chunks=3)
    a[0, 0] = 99
    assert x[0, 0].compute() == 99
    for view in (a.T, a[::-1, ::2], a[1:1], np.asfortranarray(a), a.astype(">f8"), a[:, 3]):
        np.testing.assert_array_equal(ta.from_array(view, chunks=2), view)


def test_results_are_ones_own():
    a = X.copy()
    out = ta.from_array(a).compute()
    out[0, 0] = -1
    assert a[0, 0] == 0 and out.flags.writeable


class Slow:
    shape, dtype, ndim, chunks = (7, 5), np.dtype(float), 2, (4, 5)

    def __init__(self):
        self.asked, self.lock = [], threading.Lock()

    def __getitem__(self, at):
        assert self.lock.acquire(blocking=False), "two threads at once"
        self.asked.append(at)
        out = X[at]
        self.lock.release()
        return out


def test_objects_are_read_by_chunk():
    s = Slow()
    x = ta.from_array(s, lock=True)
    assert not s.asked
    assert x[2:5].sum().compute() == X[2:5].sum()
    assert ta.from_array(s, chunks=2, lock=True).chunks == ((2, 2, 2, 1), (2, 2, 1))


def test_errors_of_objects_come_back():
    class Broken(Slow):
        def __getitem__(self, at):
            raise OSError("the tape is torn")

    with pytest.raises(OSError, match="torn"):
        ta.from_array(Broken()).sum().compute()


def test_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    x = ta.from_array(X, chunks=3)
    x.to_hdf5(tmp_path / "x.h5", "/x")
    with h5py.File(tmp_path / "x.h5") as f:
        np.testing.assert_array_equal(ta.from_array(f["x"]), X)
    np.testing.assert_array_equal(ta.open_hdf5(tmp_path / "x.h5", "/x", chunks=4), X)


def test_zarr(tmp_path):
    zarr = pytest.importorskip("zarr")
    x = ta.from_array(X, chunks=3)
    x.to_zarr(tmp_path / "x.zarr")
    np.testing.assert_array_equal(zarr.open_array(str(tmp_path / "x.zarr"))[:], X)
    back = ta.from_zarr(tmp_path / "x.zarr")
    assert back.chunks == x.chunks
    np.testing.assert_array_equal(back, X)
    with pytest.raises(FileExistsError, match="overwrite"):
        x.to_zarr(tmp_path / "x.zarr")
    (x + 1).to_zarr(tmp_path / "x.zarr", overwrite=True)
    z = zarr.open_array(str(tmp_path / "x.zarr"), mode="r+")
    np.testing.assert_array_equal(ta.from_zarr(z), X + 1)
    ta.to_zarr(x[2:4], z, region=(slice(0, 2), slice(0, 5)))
    np.testing.assert_array_equal(z[:2], X[2:4])
    memory = zarr.create_array(zarr.storage.MemoryStore(), shape=X.shape, chunks=(2, 2), dtype=float)
    ta.to_zarr(x, memory)
    np.testing.assert_array_equal(memory[:], X)
    later = x.to_zarr(tmp_path / "later.zarr", compute=False)
    assert not (tmp_path / "later.zarr").exists()
    later.compute()
    np.testing.assert_array_equal(ta.from_zarr(tmp_path / "later.zarr", chunks="auto"), X)


def test_npy(tmp_path):
    x = ta.from_array(X, chunks=3)
    ta.to_npy(x, tmp_path / "x.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), X)
    np.testing.assert_array_equal(ta.open_npy(tmp_path / "x.npy", chunks=2), X)
    ta.to_npy_stack(tmp_path / "stack", x)
    np.testing.assert_array_equal(ta.from_npy_stack(tmp_path / "stack"), X)


def test_store():
    x, y = ta.from_array(X, chunks=3), ta.from_array(X + 1, chunks=2)
    a, b, c = np.zeros((7, 5)), np.zeros((7, 5), "f4"), np.zeros((9, 12))
    ta.store([x, y], [a, b])
    np.testing.assert_array_equal(a, X)
    np.testing.assert_array_equal(b, X + 1)
    x.store(c, regions=(slice(1, 8), slice(0, 10, 2)))
    np.testing.assert_array_equal(c[1:8, 0:10:2], X)
    with pytest.raises(ValueError, match="shape"):
        x.store(np.zeros(3))


def test_protocols():
    x = ta.from_array(X, chunks=3)
    assert isinstance(np.sin(x), ta.Array) and isinstance(np.concatenate([x, x]), ta.Array) and isinstance(X + x, ta.Array)
    np.testing.assert_array_equal(np.add.reduce(x), X.sum(0))
    np.testing.assert_array_equal(np.from_dlpack(x), X)
    assert np.shape(x) == (7, 5) and np.asarray(x, dtype="f4").dtype == "f4"
    special = pytest.importorskip("scipy.special")
    np.testing.assert_allclose(special.erf(x / 10), special.erf(X / 10))
    with pytest.warns(FutureWarning, match="tilework.array has no"):
        np.place(X.copy(), X > 100, x)
