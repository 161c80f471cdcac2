"""What xarray asks of the chunk manager itself, and what users do with objects whose arrays it has made."""

import copy
import pickle

import numpy as np
import pytest

xr = pytest.importorskip("xarray")

import tilework.array as ta  # noqa: E402
from test_xarray import TILEWORK, chunked, dataset, is_lazy, registered, unrun  # noqa: E402, F401
from tilework.xarray import TileworkManager  # noqa: E402

manager = TileworkManager()
X = np.arange(24.0).reshape(4, 6)


def lazy(chunks=(2, 3)):
    return ta.from_array(X, chunks)


def test_chunks():
    assert manager.is_chunked_array(lazy()) and not manager.is_chunked_array(X)
    assert manager.chunks(lazy()) == ((2, 2), (3, 3))
    assert manager.normalize_chunks((2, "auto"), shape=(4, 6), dtype=X.dtype) == ((2, 2), (6,))
    assert manager.normalize_chunks(("auto",), shape=(100,), dtype=np.dtype(object), limit=80) == ((10,) * 10,)
    assert manager.rechunk(lazy(), {0: -1}).chunks == ((4,), (3, 3))
    assert manager.rechunk(ta.zeros((0, 3)), {0: "auto"}).chunks == ((0,), (3,))
    assert manager.get_auto_chunk_size() == 4 << 20
    _, (a, b) = manager.unify_chunks(lazy(), "ij", lazy((3, 2))[0], "j")
    assert a.chunks[1] == b.chunks[0] == (2, 1, 1, 2)
    assert manager.shuffle(lazy(), [[3, 0], [1, 2]], 0, "auto").compute()[:, 0].tolist() == [18, 0, 6, 12]


def test_from_array():
    assert isinstance(manager.from_array(X, (2, 3), name=None, lock=False, inline_array=False), ta.Array)
    for other in (np.array(["a"]), np.array(["2001"], "M8[s]"), np.array([1.0], "f2"), np.array([None])):
        assert manager.from_array(other, (1,)) is other


def test_functions():
    mean = manager.reduction(
        lazy(), func=lambda x, axis, keepdims: x.sum(axis, keepdims=keepdims), aggregate_func=lambda x, axis, keepdims: x.sum(axis, keepdims=keepdims) / 4,
        axis=0, dtype=X.dtype,
    )  # fmt: skip
    np.testing.assert_allclose(mean, X.mean(0))
    np.testing.assert_allclose(manager.scan(np.cumsum, np.add, 0, lazy(), axis=1, dtype=X.dtype), X.cumsum(1))
    np.testing.assert_allclose(manager.apply_gufunc(lambda a: a.sum(-1), "(i)->()", lazy((2, 6)), output_dtypes=[X.dtype]), X.sum(-1))
    np.testing.assert_allclose(manager.map_blocks(lambda a, b: a + b, lazy(), 1, dtype=X.dtype), X + 1)
    np.testing.assert_allclose(manager.blockwise(np.add, "ij", lazy(), "ij", lazy()[0], "j", dtype=X.dtype), X + X[0])
    assert manager.array_api is ta


def test_runs():
    a, b, c = manager.compute(lazy(), 3, lazy().sum())
    assert isinstance(a, np.ndarray) and b == 3 and c == X.sum()
    (kept,) = manager.persist(lazy() + 1)
    assert kept.chunks == ((2, 2), (3, 3))
    out = np.zeros_like(X)
    manager.store([lazy()], [out], lock=None, regions=[None], flush=True)
    np.testing.assert_array_equal(out, X)


def test_objects():
    ds, lazy = dataset(), chunked(dataset())
    assert lazy.t.chunks == ((7,) * 8 + (4,), (2, 2, 1), (3, 3, 2)) and lazy.t.chunksizes["lat"] == (2, 2, 1)
    assert "tilework.Array<chunksize=(7, 2, 3)>" in repr(lazy) and "tilework.Array" in repr(lazy.t)
    assert "<svg" in lazy.t._repr_html_() and lazy._repr_html_()
    for again in (pickle.loads(pickle.dumps(lazy)), copy.deepcopy(lazy), lazy.copy(deep=True), lazy.persist()):
        assert is_lazy(again) and again.t.chunks == lazy.t.chunks
        xr.testing.assert_identical(again.compute(), ds)
    xr.testing.assert_identical(lazy, ds)
    assert not lazy.assign(t=lazy.t + 1).identical(ds)
    assert isinstance(lazy.t.values, np.ndarray) and isinstance(lazy.t.mean().compute().data, np.ndarray)
    assert lazy.compute(threads=1, memory="1GiB").identical(ds)
    loaded = lazy.copy()
    assert loaded.load() is loaded and not is_lazy(loaded)


def test_copies_are_set_apart():
    lazy = chunked(dataset()).p
    other = lazy.copy()
    other[{"time": 0, "lat": [0, 2], "lon": [1, 3, 5]}] = -1
    other[{"time": xr.DataArray([1, 2], dims="point"), "lat": xr.DataArray([3, 4], dims="point")}] = -2
    want = dataset().p
    assert lazy.min().compute() >= 0
    want[{"time": 0, "lat": [0, 2], "lon": [1, 3, 5]}] = -1
    want[{"time": xr.DataArray([1, 2], dims="point"), "lat": xr.DataArray([3, 4], dims="point")}] = -2
    xr.testing.assert_identical(other.compute(), want)


def test_what_is_cut_is_cut_again_by_the_same():
    lazy = chunked(dataset())
    for again in (lazy.chunk(time=-1), lazy.t.chunk(lat=1), lazy.t.variable.chunk({"lat": 1}), lazy.t.chunk()):
        assert isinstance(getattr(again, "t", again).data, ta.Array)
    with xr.set_options(chunk_manager=TILEWORK):
        assert is_lazy(dataset().chunk(time=5))
    dask_array = pytest.importorskip("dask.array")
    assert isinstance(dataset().chunk(time=3).t.data, dask_array.Array)
    assert isinstance(lazy.chunk(time=3, chunked_array_type="dask").t.data, dask_array.Array)
    xr.testing.assert_identical(dataset().chunk(time=3).chunk(time=6, chunked_array_type=TILEWORK).compute(), dataset())


def test_table_of_dasks():
    pytest.importorskip("dask.dataframe")
    ds = dataset()[["t"]].drop_vars(["height", "region"])
    table = chunked(ds).to_dask_dataframe()
    np.testing.assert_array_equal(table.t.compute(), ds.to_dataframe().t)


def test_fill_gaps():
    pandas = pytest.importorskip("pandas")
    ds = dataset()
    for limit in (None, 1, 3):
        for way in ("ffill", "bfill"):
            got = getattr(chunked(ds).t, way)("time", limit=limit)
            table = pandas.DataFrame(ds.t.values.reshape(60, -1))
            np.testing.assert_array_equal(got.values.reshape(60, -1), getattr(table, way)(limit=limit))


def test_map_blocks(unrun):
    ds = dataset()
    lazy = chunked(ds)
    seen = []

    def centred(x, by, factor):
        seen.append(x.sizes)
        assert not is_lazy(x)
        return x - by.t.mean("time") * factor

    got = unrun(xr.map_blocks, centred, lazy.t, [lazy], {"factor": 2})
    assert is_lazy(got) and got.chunks == lazy.t.chunks and got.name == "t"
    got = xr.map_blocks(centred, lazy.t.chunk(time=-1), [lazy.chunk(time=-1)], {"factor": 2})
    xr.testing.assert_allclose(got.compute(), centred(ds.t, ds, 2))
    assert {"time": 60, "lat": 2, "lon": 3} in seen


def test_map_blocks_of_datasets():
    ds = dataset()
    lazy = chunked(ds)
    got = lazy.map_blocks(lambda x: x.assign(warm=x.t > 280, q=x.p.astype("f8") * 2).drop_vars("p"))
    want = ds.assign(warm=ds.t > 280, q=ds.p.astype("f8") * 2).drop_vars("p")
    xr.testing.assert_identical(got.compute(), want)
    got = lazy.chunk(lat=-1).map_blocks(lambda x: x.p.sum("lat"))
    xr.testing.assert_allclose(got.compute(), ds.p.sum("lat").drop_vars([]))
    template = lazy.t.isel(time=slice(0, None, 7), drop=False).chunk(time=1)
    got = lazy.t.map_blocks(lambda x: x.isel(time=[0]), template=template)
    xr.testing.assert_identical(got.compute(), ds.t.isel(time=slice(0, None, 7)))
    got = lazy.t.map_blocks(lambda x: x.expand_dims(run=[1, 2]))
    xr.testing.assert_identical(got.compute(), ds.t.expand_dims(run=[1, 2]))


def test_map_blocks_says_what_is_wrong():
    lazy = chunked(dataset().drop_vars(["bounds", "station", "code"]))
    for error, words, func, more in (
        (TypeError, "args must be", np.add, {"args": 10}),
        (TypeError, "kwargs must be", np.add, {"kwargs": [1]}),
        (TypeError, "template must be", np.add, {"template": 1}),
        (TypeError, "is lazy", np.add, {"kwargs": {"a": lazy.t}}),
        (TypeError, "must return an xarray", lambda x: x.values, {}),
        (ValueError, "Cannot infer", lambda x: 1 / 0, {}),
        (ValueError, "no chunked variable", lambda x: x, {"template": lazy.t.compute()}),
        (ValueError, "Chunk sizes along dimension 'time'", lambda x, y: x, {"args": [lazy.t.chunk(time=1)]}),
        (ValueError, "one block", lambda x: x, {"template": lazy.t.chunk(time=1)}),
    ):
        with pytest.raises(error, match=words):
            xr.map_blocks(func, lazy.t, **more)
    for words, func in (
        ("missing", lambda x: x.isel(time=0)),
        ("Received dimension 'time' of length 1", lambda x: x.isel(time=[0])),
        ("unexpected coordinate", lambda x: x.assign_coords(a=1)),
        ("not contain coordinate", lambda x: x.drop_vars("height")),
        ("Expected index 'lat'", lambda x: x.assign_coords(lat=x.lat + 1)),
    ):
        with pytest.raises(ValueError, match=words):
            xr.map_blocks(func, lazy.t, template=lazy.t).compute()
    with pytest.raises(TypeError, match="'when' with dtype datetime64"):
        xr.map_blocks(lambda x: x.to_dataset().assign(when=x.time), lazy.t)
    assert pickle.loads(pickle.dumps(xr.map_blocks)) is xr.map_blocks
    with pytest.raises(ValueError, match="changes 'bounds'"):
        xr.map_blocks(lambda x: x.assign(bounds=x.bounds + np.timedelta64(1, "D")), chunked(dataset())).compute()


def test_shuffle_to_chunks():
    ds = xr.Dataset({"a": ("x", np.arange(10.0))}, {"x": [1, 2, 3, 1, 2, 3, 1, 2, 3, 0]})
    got = ds.chunk(x=2, chunked_array_type=TILEWORK).groupby("x").shuffle_to_chunks()
    assert is_lazy(got)
    xr.testing.assert_identical(got.compute(), ds.groupby("x").shuffle_to_chunks())
