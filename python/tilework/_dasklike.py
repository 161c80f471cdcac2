"""Where xarray takes one path for dask's arrays and another for all else, though the first is that of any lazy array: Tilework's take it too.

Chunk managers have no say there: indexing by points, shifts that keep their chunks, fits and weights that are not looked at before they are computed, gaps filled across
chunks, groups reduced by flox. xarray tells dask's arrays by a function that each of its modules imports; in the modules below it knows Tilework's too. Others are left alone, as dask's
graphs are wanted there.
"""

from __future__ import annotations

import functools
import importlib
import sys

from . import _tilework
from .array._core import Array

_MODULES = (
    "xarray.core.duck_array_ops",
    "xarray.core.indexing",
    "xarray.core.variable",
    "xarray.computation.fit",
    "xarray.computation.weighted",
    "xarray.namedarray.pycompat",
)


def register():
    """Makes xarray know Tilework's arrays; a second call changes nothing."""
    from xarray.namedarray.utils import is_duck_dask_array

    def is_lazy(x):
        return isinstance(x, Array) or is_duck_dask_array(x)

    for name in _MODULES:
        module = importlib.import_module(name)
        if module.is_duck_dask_array is is_duck_dask_array:
            module.is_duck_dask_array = is_lazy
    _wrap("xarray.compat.dask_array_ops", "push", _push)
    _wrap("xarray.core.groupby", "GroupBy._flox_reduce", _with_flox)
    _wrap("xarray.core.groupby", "GroupBy._flox_scan", _with_flox)
    if "flox" in sys.modules:
        register_flox()


def register_flox():
    """Makes flox reduce Tilework's arrays lazily."""
    from . import _flox

    _wrap("flox.core", "_reduce_blockwise", _flox.reduce_blockwise)
    _wrap("flox.scan", "chunk_scan", _flox.chunk_scan)


def _wrap(module, path, wrapper):
    """Has ``wrapper(theirs, *args)`` called in place of the function ``theirs`` of a module, once."""
    owner = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    theirs = getattr(owner, name)
    if not hasattr(theirs, "_tilework"):
        ours = functools.wraps(theirs)(lambda *args, **kwargs: wrapper(theirs, *args, **kwargs))
        ours._tilework = True
        setattr(owner, name, ours)


def _push(theirs, array, n, axis, method="blelloch"):
    if isinstance(array, Array):
        return Array(_tilework.push(array._x, axis, n))
    return theirs(array, n, axis, method=method)


def _with_flox(theirs, *args, **kwargs):
    register_flox()
    return theirs(*args, **kwargs)
