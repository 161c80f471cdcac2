"""Where dask's users import :mod:`stride_tricks <tilework.array.lib.stride_tricks>` from."""

from . import stride_tricks

__all__ = ["stride_tricks"]
