"""Lazy arrays, rasters and tables that don't fit in memory, run inside a memory budget.

>>> import tilework as tw
>>> x = tw.array.arange(10, chunks=4)
>>> y = (x + 1).sum()
>>> y.compute()
np.int64(55)
"""

from ._tilework import __version__
from ._config import config
from ._run import compute, explain, persist, visualize

_LAZY = ("array",)

__all__ = ["__version__", "array", "compute", "config", "explain", "persist", "visualize"]


def __getattr__(name):
    if name in _LAZY:
        import importlib

        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
