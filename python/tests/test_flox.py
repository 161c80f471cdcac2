"""flox on lazy arrays gives what it gives on NumPy's, lazily."""

import numpy as np
import pytest

flox = pytest.importorskip("flox")
xr = pytest.importorskip("xarray")

import tilework.array as ta  # noqa: E402
from test_xarray import CHUNKS, chunked, dataset, is_lazy, registered, unrun  # noqa: E402, F401
from tilework import _dasklike  # noqa: E402

REDUCTIONS = [
    "any", "all", "count", "sum", "nansum", "prod", "nanprod", "mean", "nanmean", "var", "nanvar", "std", "nanstd", "max", "nanmax", "min", "nanmin",
    "argmax", "nanargmax", "argmin", "nanargmin", "first", "nanfirst", "last", "nanlast", "median", "nanmedian", "quantile", "nanquantile",
]  # fmt: skip
WAYS = [{}, {"min_count": 18, "fill_value": np.nan}, {"expected_groups": [1, 2, 7], "fill_value": -5}]


@pytest.fixture(autouse=True, scope="module")
def asked():
    _dasklike.register_flox()


def same(got, want):
    assert isinstance(got[0], ta.Array)
    assert got[0].dtype == want[0].dtype and got[0].shape == want[0].shape
    np.testing.assert_allclose(np.asarray(got[0]).astype(float), want[0].astype(float))
    for g, w in zip(got[1:], want[1:]):
        np.testing.assert_array_equal(g, w)


@pytest.mark.parametrize("func", REDUCTIONS)
def test_groupby_reduce(func, unrun):
    ds = dataset()
    month = ds.time.dt.month.data
    q = {"finalize_kwargs": {"q": [0.2, 0.5]}} if "quantile" in func else {}
    ddof = [{"finalize_kwargs": {"ddof": 1}}] if func.endswith(("var", "std")) else []
    for chunks in CHUNKS[:2]:
        lazy = chunked(ds, chunks)
        for way in WAYS + ddof:
            if "arg" in func and way.get("min_count"):
                continue
            x, y = ds.t.data.transpose(1, 2, 0), lazy.t.data.transpose(1, 2, 0)
            same(unrun(lambda: flox.groupby_reduce(y, month, func=func, **q, **way)), flox.groupby_reduce(x, month, func=func, **q, **way))
        same(flox.groupby_reduce(lazy.n.data.T, month, func=func, **q), flox.groupby_reduce(ds.n.data.T, month, func=func, **q))


def test_labels_of_two_dimensions():
    ds = dataset()
    x, y, region = ds.p.data.astype("f8"), chunked(ds).p.data.astype("f8"), ds.region.data
    for way in ({}, {"expected_groups": [0, 1, 5], "fill_value": -1.0}, {"axis": -1, "expected_groups": [0, 1, 2]}):
        same(flox.groupby_reduce(y, region, func="nansum", **way), flox.groupby_reduce(x, region, func="nansum", **way))
    edges = {"expected_groups": np.array([-0.5, 0.5, 1.5]), "isbin": True}
    same(flox.groupby_reduce(y, region, func="mean", **edges), flox.groupby_reduce(x, region, func="mean", **edges))
    same(flox.groupby_reduce(y, region, region > 1, func="max"), flox.groupby_reduce(x, region, region > 1, func="max"))


@pytest.mark.parametrize("func", ["cumsum", "nancumsum", "ffill", "bfill"])
def test_groupby_scan(func, unrun):
    ds = dataset()
    month = ds.time.dt.month.data
    got = unrun(lambda: flox.groupby_scan(chunked(ds).t.data.transpose(1, 2, 0), month, func=func))
    assert isinstance(got, ta.Array)
    np.testing.assert_allclose(got, flox.groupby_scan(ds.t.data.transpose(1, 2, 0), month, func=func))


@pytest.mark.parametrize("method", [None, "map-reduce", "blockwise", "cohorts"])
def test_methods(method):
    ds = dataset()
    got = chunked(ds).t.groupby("time.month").mean(method=method)
    assert is_lazy(got)
    xr.testing.assert_allclose(got.compute(), ds.t.groupby("time.month").mean())


def test_without():
    ds = dataset()
    with xr.set_options(use_flox=False):
        for make in (
            lambda ds: ds.t.groupby("time.month").mean(),
            lambda ds: ds.t.groupby("time.month").first(),
            lambda ds: ds.n.groupby_bins("lat", [-50, 0, 50]).sum(),
            lambda ds: ds.t.resample(time="7D").max(),
        ):
            got = make(chunked(ds))
            assert is_lazy(got)
            xr.testing.assert_allclose(got.compute(), make(ds))


def test_groupers():
    groupers = pytest.importorskip("xarray.groupers")
    ds = dataset()
    for make in (
        lambda ds: ds.t.groupby(time=groupers.SeasonGrouper(["DJF", "MAM"])).mean(),
        lambda ds: ds.p.groupby(lat=groupers.BinGrouper([-50, 0, 50]), lon=groupers.BinGrouper([-1, 100, 400])).mean(),
        lambda ds: ds.t.groupby(region=groupers.UniqueGrouper(labels=[0, 1, 2])).sum(),
        lambda ds: ds.t.drop_vars(["height", "region"]).groupby("lat").mean(...),
    ):
        got = make(chunked(ds))
        assert is_lazy(got)
        xr.testing.assert_allclose(got.compute(), make(ds))


def test_many_groups():
    x = np.random.default_rng(0).random((5000, 3))
    time = np.arange(5000).astype("M8[h]").astype("M8[ns]")
    ds = xr.Dataset({"x": (("time", "y"), x)}, {"time": time})
    got = chunked(ds, {"time": 700}).x.resample(time="D").mean()
    xr.testing.assert_allclose(got.compute(), ds.x.resample(time="D").mean())
