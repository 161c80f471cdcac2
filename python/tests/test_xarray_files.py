"""Files that xarray opens and writes with arrays of Tilework's: the same elements, read by the engine where it can."""

import numpy as np
import pytest

xr = pytest.importorskip("xarray")

import tilework.array as ta  # noqa: E402
from test_xarray import TILEWORK, arrays, chunked, dataset, registered, unrun  # noqa: E402, F401
from tilework import _backends  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*Zarr|.*separate the stored chunks|Consolidated metadata")

PACKED = {"p": {"dtype": "i2", "scale_factor": 0.001, "add_offset": 0.5, "_FillValue": -9999}, "t": {"_FillValue": -1e20}}


def stored():
    ds = dataset().drop_vars("station")
    rng = np.random.default_rng(3)
    ds["u"] = ("lat", "lon"), rng.integers(0, 250, (5, 8)).astype("u1")
    ds["s"] = ("lat", "lon"), rng.integers(-100, 100, (5, 8)).astype("i1")
    ds["age"] = "time", np.arange(60).astype("m8[s]").astype("m8[ns]")
    return ds


def write(ds, path, kind):
    chunks = {"chunks": (10, 5, 4)} if "zarr" in kind else {"chunksizes": (10, 5, 4), "zlib": True, "shuffle": True}
    encoding = PACKED | {"t": PACKED["t"] | chunks}
    if kind == "netcdf3":
        ds.drop_vars(["n", "u", "s", "region"]).to_netcdf(path, format="NETCDF3_64BIT", encoding=PACKED)
    elif kind == "group":
        ds.to_netcdf(path, group="deep/er", encoding=encoding)
    elif kind == "netcdf4":
        ds.to_netcdf(path, encoding=encoding)
    else:
        sharded = {"p": {"chunks": (5, 5, 4), "shards": (20, 5, 8)}} if kind == "sharded zarr" else {}
        ds.to_zarr(path, zarr_format=2 if kind == "zarr2" else 3, encoding=encoding | sharded)


@pytest.mark.parametrize("kind", ["netcdf3", "netcdf4", "group", "zarr2", "zarr3", "sharded zarr"])
@pytest.mark.parametrize("decoding", [{}, {"mask_and_scale": False}, {"decode_cf": False}], ids=["decoded", "as stored", "raw"])
def test_open(tmp_path, kind, decoding, unrun, monkeypatch):
    if kind in ("netcdf3", "netcdf4", "group"):
        pytest.importorskip("netCDF4")
    else:
        pytest.importorskip("zarr")
    path = tmp_path / "file"
    write(stored(), path, kind)
    how = decoding | ({"engine": "zarr"} if "zarr" in kind else {"engine": "netcdf4"}) | ({"group": "deep/er"} if kind == "group" else {})
    want = xr.open_dataset(path, **how).load()
    for chunks in ({}, "auto", {"time": 7}, {"time": 20, "lon": 3}):
        lazy = unrun(lambda: xr.open_dataset(path, chunks=chunks, chunked_array_type=TILEWORK, **how))
        xr.testing.assert_identical(lazy.compute(), want)
        names = [v.data.name for v in lazy.variables.values() if isinstance(v._data, ta.Array)]
        assert len(names) >= 3 and not any("Adapter" in n for n in names)
        # Dates and texts are not cut, but not read either.
        assert lazy.bounds.chunks is None or decoding.get("decode_cf") is False
    assert lazy.t.chunks == ((20, 20, 20), (5,), (3, 3, 2))
    # Without the engine's readers it is the same.
    monkeypatch.setattr(_backends, "_LAYERS", {})
    own = xr.open_dataset(path, chunks={"time": 7}, chunked_array_type=TILEWORK, **how)
    assert any("Adapter" in v.data.name for v in own.variables.values() if isinstance(v._data, ta.Array))
    xr.testing.assert_identical(own.compute(), want)


def test_open_part(tmp_path):
    pytest.importorskip("netCDF4")
    write(stored(), tmp_path / "f.nc", "netcdf4")
    with xr.open_dataset(tmp_path / "f.nc") as ds:
        part = ds.isel(time=slice(3, 50, 2), lat=[4, 0], lon=3)
        lazy = part.chunk({"time": 5}, chunked_array_type=TILEWORK)
        assert "Adapter" not in lazy.t.data.name
        xr.testing.assert_identical(lazy.compute(), part.compute())


def test_automatic_chunks_are_whole_stored_ones(tmp_path):
    pytest.importorskip("zarr")
    ds = xr.Dataset({"a": (("x", "y"), np.zeros((1000, 1000)))})
    ds.to_zarr(tmp_path / "a.zarr", encoding={"a": {"chunks": (70, 90)}})
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lazy = xr.open_dataset(tmp_path / "a.zarr", engine="zarr", chunks="auto", chunked_array_type=TILEWORK)
    assert all(c % 70 == 0 for c in lazy.a.chunks[0][:-1]) and all(c % 90 == 0 for c in lazy.a.chunks[1][:-1])
    assert 1 << 20 <= max(lazy.a.data.chunksize[0] * lazy.a.data.chunksize[1] * 8, 1) <= 4 << 20


def test_file_that_changes(tmp_path):
    pytest.importorskip("zarr")
    for value in (1.0, 2.0):
        xr.Dataset({"a": ("x", np.full(4, value))}).to_zarr(tmp_path / "a.zarr", mode="w")
        assert xr.open_zarr(tmp_path / "a.zarr", chunked_array_type=TILEWORK).a.sum().compute() == 4 * value


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_to_zarr(tmp_path, zarr_format):
    pytest.importorskip("zarr")
    ds = dataset().drop_vars("station")
    chunked(ds).to_zarr(tmp_path / "a.zarr", zarr_format=zarr_format)
    xr.testing.assert_identical(xr.open_zarr(tmp_path / "a.zarr", chunks=None).load(), ds)


def test_to_zarr_in_parts(tmp_path):
    pytest.importorskip("zarr")
    ds = dataset()[["t", "p"]].drop_vars(["height", "region"])
    lazy = chunked(ds, {"time": 10, "lat": -1, "lon": -1})
    lazy.isel(time=slice(30)).to_zarr(tmp_path / "a.zarr")
    lazy.isel(time=slice(30, None)).to_zarr(tmp_path / "a.zarr", append_dim="time")
    xr.testing.assert_identical(xr.open_zarr(tmp_path / "a.zarr", chunked_array_type=TILEWORK).compute(), ds)
    (lazy * 0).to_zarr(tmp_path / "b.zarr")
    for start in (0, 20, 40):
        lazy.isel(time=slice(start, start + 20)).to_zarr(tmp_path / "b.zarr", region="auto", mode="r+")
    xr.testing.assert_identical(xr.open_zarr(tmp_path / "b.zarr", chunked_array_type=TILEWORK).compute(), ds)


def test_write_later(tmp_path, unrun):
    pytest.importorskip("zarr")
    pytest.importorskip("dask")
    lazy = chunked(dataset()[["t"]], {"time": 10, "lat": -1, "lon": -1})
    for path, write in (("a.zarr", "to_zarr"), ("a.nc", "to_netcdf")):
        done = unrun(lambda: getattr(lazy.drop_vars(["height", "region"]), write)(tmp_path / path, compute=False))
        done.compute()
        how = {"engine": "zarr"} if path == "a.zarr" else {}
        np.testing.assert_array_equal(xr.open_dataset(tmp_path / path, **how).t, dataset().t)


@pytest.mark.parametrize("how", [{}, {"format": "NETCDF3_64BIT"}, {"engine": "scipy"}, {"engine": "netcdf4"}], ids=str)
def test_to_netcdf(tmp_path, how):
    pytest.importorskip("netCDF4")
    ds = dataset().drop_vars(["station", "code", "flag", "region"])
    chunked(ds).to_netcdf(tmp_path / "a.nc", **how)
    xr.testing.assert_allclose(xr.open_dataset(tmp_path / "a.nc").load(), ds)


def test_many_files(tmp_path):
    pytest.importorskip("netCDF4")
    ds = dataset()[["t", "p", "bounds"]]
    parts = [ds.isel(time=slice(i, i + 20)) for i in (0, 20, 40)]
    paths = [tmp_path / f"{i}.nc" for i in range(3)]
    xr.save_mfdataset([chunked(p) for p in parts], paths)
    for more in ({}, {"parallel": True}):
        lazy = xr.open_mfdataset(paths, chunks={"time": 10}, data_vars=None, chunked_array_type=TILEWORK, **more)
        assert lazy.t.chunks[0] == (10,) * 6 and all(isinstance(a, ta.Array) for a in arrays(lazy[["t", "p"]]))
        xr.testing.assert_identical(lazy.compute(), xr.concat(parts, "time", data_vars=None))


def test_pickles_of_files(tmp_path):
    import pickle

    pytest.importorskip("netCDF4")
    pytest.importorskip("zarr")
    write(stored(), tmp_path / "a.nc", "netcdf4")
    write(stored(), tmp_path / "a.zarr", "zarr3")
    for path, engine in (("a.nc", "netcdf4"), ("a.zarr", "zarr")):
        lazy = xr.open_dataset(tmp_path / path, engine=engine, chunks={}, chunked_array_type=TILEWORK)
        again = pickle.loads(pickle.dumps(lazy))
        assert isinstance(again.t.data, ta.Array) and len(pickle.dumps(lazy.t.data)) < 5000
        xr.testing.assert_identical(again.compute(), lazy.compute())


def test_tree(tmp_path):
    pytest.importorskip("zarr")
    ds = dataset()
    tree = xr.DataTree.from_dict({"/": ds[["t"]], "/inner": ds[["p"]]})
    tree.map_over_datasets(chunked).to_zarr(tmp_path / "a.zarr")
    again = xr.open_datatree(tmp_path / "a.zarr", engine="zarr", chunks={}, chunked_array_type=TILEWORK)
    assert isinstance(again["/inner/p"].data, ta.Array)
    xr.testing.assert_identical(again.compute(), tree)
