"""Lazy arrays, rasters and tables that don't fit in memory, run inside a memory budget.

>>> import tilework as tw
>>> x = tw.array.arange(10, chunks=4)
>>> y = (x + 1).sum()
>>> y.compute()
np.int64(55)
"""

import os

from . import _tilework
from ._tilework import __version__
from ._config import config
from ._report import report
from ._run import chunk_report, compute, explain, persist, visualize

_LAZY = ("array", "frame")

__all__ = ["__version__", "array", "chunk_report", "compute", "config", "explain", "frame", "persist", "report", "visualize"]

os.register_at_fork(after_in_child=_tilework.forked)


def __getattr__(name):
    if name in _LAZY:
        import importlib

        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
