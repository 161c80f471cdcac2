"""Windows along axes, by the path that dask has."""

from .._cutting import sliding_window_view

__all__ = ["sliding_window_view"]
