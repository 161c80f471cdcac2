"""Lazy arrays with NumPy's and dask's names."""

from ._core import Array
