"""What tests have in common."""

import numpy as np
import pytest

import tilework.array as ta


@pytest.fixture(params=[1, 3, -1], ids=["chunks of 1", "chunks of 3", "one chunk"])
def lazy(request):
    """Makes a lazy array of NumPy's, cut in one of several ways."""
    return lambda a: ta.from_array(np.asarray(a), chunks=request.param)


def same(got, want, exact=True):
    """That what was made lazily is what NumPy made: dtype, shape and elements (to rounding unless `exact`)."""
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want)
        for g, w in zip(got, want):
            same(g, w, exact)
        return
    if hasattr(got, "dtype"):
        assert got.dtype == np.asarray(want).dtype, f"{got.dtype}, NumPy: {np.asarray(want).dtype}"
    shape = getattr(got, "shape", None)
    got = np.asarray(got)
    want = np.asarray(want)
    assert got.shape == want.shape, f"{got.shape}, NumPy: {want.shape}"
    if shape is not None and not any(n != n for n in shape):
        assert shape == want.shape
    if exact or want.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, want)
    else:
        np.testing.assert_allclose(got, want, rtol=1e-5 if want.dtype in ("f4", "c8") else 1e-11, atol=1e-6 if want.dtype in ("f4", "c8") else 1e-12)
