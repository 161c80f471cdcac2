"""Where xarray takes one path for dask's arrays and another for all else, though the first is that of any lazy array: Tilework's take it too.

Chunk managers have no say there: shifts that keep their chunks, fits and weights that are not looked at before they are computed, gaps filled
across chunks, points of an array, groups reduced by flox, functions of blocks, and which library cuts what is cut again. xarray tells dask's arrays
by a function that each of its modules imports; in the modules below it knows Tilework's too. Others are left alone, as dask's graphs are wanted
there. What has no such switch is wrapped.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys

from . import _tilework
from .array._core import Array
from .array._cutting import Windows

_MODULES = (
    "xarray.core.duck_array_ops",
    "xarray.core.variable",
    "xarray.computation.fit",
    "xarray.computation.weighted",
    "xarray.namedarray.pycompat",
)


# Of a version of xarray that has a thing elsewhere, the rest still works.
_IF_THERE = contextlib.suppress(ImportError, AttributeError)


def register():
    """Makes xarray know Tilework's arrays; a second call changes nothing."""
    from xarray.namedarray.utils import is_duck_dask_array

    def is_lazy(x):
        return isinstance(x, Array) or is_duck_dask_array(x)

    for name in _MODULES:
        with _IF_THERE:
            module = importlib.import_module(name)
            if module.is_duck_dask_array is is_duck_dask_array:
                module.is_duck_dask_array = is_lazy
    for module, path, wrapper in _WRAPPED:
        with _IF_THERE:
            _wrap(module, path, wrapper)
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
    if theirs not in _ours_of.values():
        if theirs not in _ours_of:
            _ours_of[theirs] = functools.wraps(theirs)(lambda *args, **kwargs: wrapper(theirs, *args, **kwargs))
        setattr(owner, name, _ours_of[theirs])


_ours_of: dict = {}
"""What is called in place of functions that are wrapped: the same under every name, as pickles want it."""


def _push(theirs, array, n, axis, method="blelloch"):
    if isinstance(array, Array):
        return Array(_tilework.push(array._x, axis, n))
    return theirs(array, n, axis, method=method)


def _points(theirs, self, indexer):
    """Elements where positions along all axes meet, which xarray takes no other library's arrays to have."""
    return self.array.vindex[indexer.tuple] if isinstance(self.array, Array) else theirs(self, indexer)


def _set(theirs, self, indexer, value):
    """Elements set where positions meet or, of an outer indexer, cross."""
    if not isinstance(self.array, Array):
        return theirs(self, indexer, value)
    from xarray.core.indexing import OuterIndexer, _outer_to_numpy_indexer

    self.array[_outer_to_numpy_indexer(indexer, self.array.shape) if isinstance(indexer, OuterIndexer) else indexer.tuple] = value


def _windows(theirs, self, *args, **kwargs):
    """A window for each element, whose numbers are cut as the elements are, and not as these with what was put around them."""
    made = theirs(self, *args, **kwargs)
    if isinstance(made._data, Windows):
        made.data = made._data.beginning_in(self._data.chunks)
    return made


def _cut(theirs, self, *args, **kwargs):
    """``chunk``: what Tilework has cut is cut by it again, unless another library is named."""
    if kwargs.get("chunked_array_type") is None and (ours := _ours(self)) is not None:
        from xarray.namedarray.parallelcompat import get_chunked_array_type

        kwargs["chunked_array_type"] = get_chunked_array_type(ours)
    return theirs(self, *args, **kwargs)


def _beside_groups(theirs, self, *args, **kwargs):
    """Groups with what belongs to each, which is cut by the library that has cut the groups; the result is cut as they are."""
    if _ours(self._obj) is None:
        return theirs(self, *args, **kwargs)
    with _manager("tilework"):
        made = theirs(self, *args, **kwargs)
    chunks = {d: c for d, c in self._obj.chunksizes.items() if made.sizes.get(d) == sum(c)}
    variables = made.variables.values() if hasattr(made, "data_vars") else [made.variable]
    for v in variables:
        if isinstance(v._data, Array):
            v.data = v.data.rechunk({v.get_axis_num(d): c for d, c in chunks.items() if d in v.dims})
    return made


def _manager(name):
    """A library as the one that xarray takes by itself."""
    import xarray

    return xarray.set_options(chunk_manager=name) if "chunk_manager" in xarray.get_options() else contextlib.nullcontext()


def _ours(obj):
    """An array of Tilework's among an object's, None if there is none."""
    data = (v._data for v in getattr(obj, "variables", {"": getattr(obj, "variable", obj)}).values())
    return next((d for d in data if isinstance(d, Array)), None)


def _map_blocks(theirs, func, obj, *args, **kwargs):
    if _ours(obj) is None:
        return theirs(func, obj, *args, **kwargs)
    from ._map_blocks import map_blocks

    return map_blocks(func, obj, *args, **kwargs)


def _for_dask(theirs, self, *args, **kwargs):
    """A table of dask's, which takes dask's arrays only."""
    given = {name: v.copy(data=v._data.to_dask()) for name, v in self.variables.items() if isinstance(v._data, Array)}
    coords = {name: given.pop(name) for name in [*given] if name in self.coords}
    with _manager("dask"):
        return theirs(self.assign_coords(coords).assign(given), *args, **kwargs)


def _with_flox(theirs, *args, **kwargs):
    register_flox()
    return theirs(*args, **kwargs)


_WRAPPED = (
    ("xarray", "map_blocks", _map_blocks),
    ("xarray.core.parallel", "map_blocks", _map_blocks),
    ("xarray.compat.dask_array_ops", "push", _push),
    ("xarray.core.indexing", "ArrayApiIndexingAdapter._vindex_get", _points),
    ("xarray.core.indexing", "ArrayApiIndexingAdapter._vindex_set", _set),
    ("xarray.core.indexing", "ArrayApiIndexingAdapter._oindex_set", _set),
    ("xarray.core.dataset", "Dataset.chunk", _cut),
    ("xarray.core.dataset", "Dataset.to_dask_dataframe", _for_dask),
    ("xarray.core.variable", "Variable.chunk", _cut),
    ("xarray.core.variable", "Variable.rolling_window", _windows),
    ("xarray.core.groupby", "GroupBy._binary_op", _beside_groups),
    ("xarray.core.groupby", "GroupBy._flox_reduce", _with_flox),
    ("xarray.core.groupby", "GroupBy._flox_scan", _with_flox),
)
