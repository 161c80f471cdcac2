"""The names that dask's users import from ``dask.array.utils``."""

from __future__ import annotations

import numpy as np

from ._core import Array

__all__ = ["assert_eq", "meta_from_array"]


def meta_from_array(x, ndim=None, dtype=None):
    """An empty array of NumPy's that has an array's dtype and number of dimensions.

    Examples
    --------
    >>> import tilework.array as ta
    >>> from tilework.array.utils import meta_from_array
    >>> meta_from_array(ta.ones((2, 3)), dtype="int8")
    array([], shape=(0, 0), dtype=int8)
    """
    if x is None or isinstance(x, type):
        x = np.empty(0)
    x = x if hasattr(x, "dtype") and hasattr(x, "ndim") else np.asarray(x)
    return np.empty((0,) * (x.ndim if ndim is None else ndim), x.dtype if dtype is None else dtype)


def assert_eq(
    a, b, check_shape=True, check_graph=True, check_meta=True, check_chunks=True, check_ndim=True, check_type=True, check_dtype=True, equal_nan=True,
    scheduler=None, **kwargs,
):  # fmt: skip
    """Asserts that arrays, lazy or not, are equal: dtype, shape and elements, these to rounding (`kwargs` are those of ``numpy.allclose``).

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> from tilework.array.utils import assert_eq
    >>> assert_eq(ta.arange(3, chunks=2), np.arange(3))
    True
    """
    found = []
    for x in (a, b):
        e = x.compute() if hasattr(x, "compute") else x
        e = e if isinstance(e, np.ma.MaskedArray) else np.asarray(e)
        if isinstance(x, Array):
            known = all(n != n or n == m for n, m in zip(x.shape, e.shape))
            assert x.ndim == e.ndim and known, f"shape {x.shape} was declared, but elements have {e.shape}"
            assert x.dtype == e.dtype, f"dtype {x.dtype} was declared, but elements have {e.dtype}"
        found.append(e)
    x, y = found
    if check_dtype:
        assert x.dtype == y.dtype, f"dtypes differ: {x.dtype} and {y.dtype}"
    if check_shape:
        assert x.shape == y.shape, f"shapes differ: {x.shape} and {y.shape}"
    if x.dtype.kind in "fc" or y.dtype.kind in "fc":
        masked = isinstance(x, np.ma.MaskedArray) or isinstance(y, np.ma.MaskedArray)
        same = np.ma.allclose(x, y, **kwargs) if masked else np.allclose(x, y, equal_nan=equal_nan, **kwargs)
    else:
        same = bool(np.all(x == y))
    assert same, f"elements differ:\n{x}\n{y}"
    return True
