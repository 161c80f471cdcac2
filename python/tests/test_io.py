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
        np.testing.assert_array_equal(np.packbits(x > 3), np.packbits(X > 3))


# Zarr, by either writer.


@pytest.mark.parametrize("kind", ["whole", "aligned", "unaligned", "sharded", "v2", "f4", "steps"])
def test_store_into_zarr(tmp_path, kind):
    zarr = pytest.importorskip("zarr")
    options = {"shards": (4, 4)} if kind == "sharded" else {"zarr_format": 2} if kind == "v2" else {}
    z = zarr.create_array(str(tmp_path / "z.zarr"), name="deep/x", shape=(12, 11), chunks=(2, 2), dtype="f4" if kind == "f4" else "f8", fill_value=7, **options)
    want = np.full((12, 11), 7.0)
    rng = np.random.default_rng(0)
    region = {"aligned": (slice(4, 8), slice(2, 11)), "unaligned": (slice(3, 9), slice(1, 4)), "steps": (slice(0, 12, 3), slice(0, 5))}.get(kind)
    part = want[region] if region else want
    part[...] = rng.integers(0, 100, part.shape)
    x = ta.from_array(part.copy(), chunks=3)
    x.store(z, regions=region)
    np.testing.assert_array_equal(z[:], want)
    x.to_zarr(z, region=region)
    np.testing.assert_array_equal(z[:], want)
    np.testing.assert_array_equal(ta.from_zarr(z), want)
    np.testing.assert_array_equal(ta.from_zarr(tmp_path / "z.zarr", component="deep/x"), want)


def test_options_of_zarr(tmp_path):
    zarr = pytest.importorskip("zarr")
    x = ta.from_array(X, chunks=2)
    x.to_zarr(tmp_path / "a.zarr", shards=(4, 6), attributes={"unit": "K"}, dimension_names=("y", "x"), fill_value=-1)
    z = zarr.open_array(str(tmp_path / "a.zarr"))
    assert (z.shards, z.chunks, z.attrs["unit"], z.metadata.dimension_names, z.fill_value) == ((4, 6), (2, 2), "K", ("y", "x"), -1)
    assert ta.from_zarr(tmp_path / "a.zarr").chunks == x.chunks
    x.to_zarr(tmp_path / "b.zarr", zarr_format=2)
    assert zarr.open_array(str(tmp_path / "b.zarr")).metadata.zarr_format == 2
    x.to_zarr(tmp_path / "c.zarr", compressors=zarr.codecs.GzipCodec(level=1))
    for name in "abc":
        np.testing.assert_array_equal(zarr.open_array(str(tmp_path / f"{name}.zarr"))[:], X)
    with pytest.raises(ValueError, match="read-only"):
        x.to_zarr(tmp_path / "d.zarr", mode="r")
    with pytest.raises(TypeError):
        x.to_zarr(tmp_path / "d.zarr", nonsense=3)
    with pytest.raises(ValueError, match="unknown chunk sizes"):
        x[x > 3].to_zarr(tmp_path / "d.zarr")


def test_zarr_groups(tmp_path):
    zarr = pytest.importorskip("zarr")
    x = ta.from_array(X, chunks=3)
    x.to_zarr(tmp_path, component="ocean/t")
    (x + 1).to_zarr(tmp_path, component="ocean/s")
    g = zarr.open_group(str(tmp_path))
    np.testing.assert_array_equal(g["ocean/t"][:], X)
    np.testing.assert_array_equal(g["ocean"]["s"][:], X + 1)
    with pytest.raises(FileExistsError):
        x.to_zarr(tmp_path, component="ocean/t")
    x.to_zarr(tmp_path, component="ocean/s", mode="w")
    np.testing.assert_array_equal(ta.from_zarr(tmp_path, component="ocean/s"), X)


def test_zarr_leaves_others_files_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    x = ta.from_array(X, chunks=3)
    with pytest.raises(OSError):
        x.to_zarr(tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_zarr_stores(tmp_path):
    zarr = pytest.importorskip("zarr")
    x = ta.from_array(X, chunks=3)
    store = zarr.storage.MemoryStore()
    x.to_zarr(store, component="x")
    np.testing.assert_array_equal(ta.from_zarr(store, component="x"), X)
    x.to_zarr("memory://here/x.zarr")
    np.testing.assert_array_equal(ta.from_zarr("memory://here/x.zarr"), X)
    pytest.importorskip("fsspec")
    x.to_zarr(f"file://{tmp_path}/y.zarr", storage_options={"auto_mkdir": True})
    np.testing.assert_array_equal(ta.from_zarr(f"file://{tmp_path}/y.zarr", storage_options={}), X)
    with pytest.raises(FileNotFoundError):
        ta.from_zarr(tmp_path / "no.zarr")


def test_storing_later(tmp_path):
    x, a, b = ta.from_array(X, chunks=3), np.zeros((7, 5)), np.zeros((7, 5))
    later = ta.store([x, x + 1], [a, b], compute=False)
    assert all(isinstance(s, ta.Array) and s.chunks == x.chunks for s in later) and not a.any()
    assert ta.compute(*later, x.sum()) == (None, None, X.sum())
    np.testing.assert_array_equal(a, X)
    np.testing.assert_array_equal(b, X + 1)
    kept = x.store(np.zeros((7, 5)), compute=False, return_stored=True)
    np.testing.assert_array_equal(kept, X)
    back = x.store(a, return_stored=True)
    np.testing.assert_array_equal(back + 1, X + 1)
    later = x.to_zarr(tmp_path / "x.zarr", compute=False)
    assert not (tmp_path / "x.zarr").exists()
    later.compute()
    np.testing.assert_array_equal(x.to_zarr(tmp_path / "y.zarr", return_stored=True), ta.from_zarr(tmp_path / "x.zarr"))


class Counted:
    """A lock that is no context manager."""

    def __init__(self):
        self.lock, self.n = threading.Lock(), 0

    def acquire(self):
        self.lock.acquire()
        self.n += 1

    def release(self):
        self.lock.release()


def test_locks():
    x, lock = ta.from_array(X, chunks=3), Counted()
    x.store(np.zeros((7, 5)), lock=lock)
    assert lock.n == 6

    class Torn:
        def __setitem__(self, at, block):
            raise OSError("the tape is torn")

    with pytest.raises(OSError, match="torn"):
        x.store(Torn(), lock=lock)
    assert lock.lock.acquire(blocking=False)


def test_regions():
    x = ta.from_array(X, chunks=3)
    c = np.zeros((2, 7, 5))
    x.store(c, regions=(1,))
    np.testing.assert_array_equal(c[1], X)
    assert not c[0].any()
    d = np.zeros((7, 9))
    x.store(d, regions=(slice(None), [0, 2, 3, 5, 8]))
    np.testing.assert_array_equal(d[:, [0, 2, 3, 5, 8]], X)
    for wrong in ((slice(0, 3),), (slice(6, None, -1), slice(None)), [(slice(None),)] * 3):
        with pytest.raises(ValueError):
            x.store(np.zeros((7, 5)), regions=wrong)
    with pytest.raises(ValueError, match="sources"):
        ta.store([x, x], [c])
    with pytest.raises(ValueError, match="lazy"):
        ta.store([X], [c])


def test_what_is_stored_later_is_an_array():
    x = ta.store(ta.ones(4, chunks=2), np.zeros(4), compute=False)
    for y in (x + 1, np.exp(x), ta.flip(x), ta.sum(x), x.rechunk(1)):
        assert type(y) is ta.Array
