"""Reductions of sliding windows, which are made without the windows."""

import warnings

import numpy as np
import pytest

import tilework.array as ta


@pytest.mark.parametrize("name", ["sum", "mean", "min", "max", "all", "any", "var", "std", "prod", "nansum", "nanmax"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "u1", "?", "c16"])
def test_reductions(name, dtype):
    if dtype == "c16" and "m" in name[1:]:
        pytest.skip("complex numbers have no order")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 11)) * 50
    if dtype[0] == "f":
        x[rng.random(x.shape) < 0.1] = np.nan
        x[3, 4] = np.inf
    with np.errstate(invalid="ignore"):
        x = x.astype(dtype)
    for form, axes in ((3, 0), (12, 0), ((4, 3), (0, 1)), ((3, 2), (1, 0)), (1, 1)):
        for chunks in (7, -1):
            windows = ta.sliding_window_view(ta.from_array(x, chunks), form, axis=axes)
            view = np.lib.stride_tricks.sliding_window_view(x, form, axis=axes)
            own = tuple(range(2, view.ndim))
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                want = getattr(np, name)(view, axis=own)
            got = getattr(ta, name)(windows, axis=own)
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got, want, rtol=1e-9 if dtype != "f4" else 1e-4, atol=1e-9 if dtype != "f4" else 1e-3)


def test_windows_are_arrays_too():
    x = np.arange(10.0)
    windows = ta.sliding_window_view(ta.from_array(x, 4), 3)
    view = np.lib.stride_tricks.sliding_window_view(x, 3)
    for make in (
        lambda w: w,
        lambda w: w + 1,
        lambda w: w[2:, :2],
        lambda w: w[...].mean(-1),
        lambda w: w[:, :].sum(1),
        lambda w: w[1:].sum(-1),
        lambda w: w.sum(0),
        lambda w: w.sum(),
        lambda w: w.sum(-1, keepdims=True),
        lambda w: w.sum(-1, dtype="f4"),
        lambda w: w.std(-1, ddof=1),
    ):
        np.testing.assert_allclose(make(windows), make(view))
    np.testing.assert_allclose(windows.persist().sum(-1), view.sum(-1))
