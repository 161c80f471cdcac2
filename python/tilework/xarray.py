"""xarray on Tilework: the chunk manager that xarray finds by its entry point.

>>> import numpy as np, xarray as xr
>>> x = xr.DataArray(np.arange(6.0), dims="x").chunk(x=2, chunked_array_type="tilework")
>>> x.chunks
((2, 2, 2),)
>>> (x + 1).mean().compute().item()
3.5

Elements whose dtype the engine lacks (dates, strings, objects) are never cut: such variables stay what they are, in memory or read when they are
looked at.
"""

from __future__ import annotations

from importlib.metadata import entry_points

import numpy as np
from xarray.core.indexing import ImplicitToExplicitIndexingAdapter
from xarray.namedarray.parallelcompat import ChunkManagerEntrypoint, list_chunkmanagers

from . import _config, _dasklike, _run
from . import array as ta
from ._backends import natively
from .array._core import Array, has_dtype

__all__ = ["TileworkManager"]

_dasklike.register()


class TileworkManager(ChunkManagerEntrypoint[Array]):
    """What xarray asks of a library of chunked arrays, answered by :mod:`tilework.array`.

    xarray makes it itself; name it by ``chunked_array_type="tilework"``, or once for all by ``xr.set_options(chunk_manager="tilework")``.
    """

    array_cls = Array

    def __init__(self):
        pass

    @property
    def array_api(self):
        """The namespace whose functions xarray calls."""
        return ta

    # Chunks.

    def chunks(self, data):
        """Sizes of the chunks along each axis."""
        return data.chunks

    def normalize_chunks(self, chunks, shape=None, limit=None, dtype=None, previous_chunks=None):
        """All sizes of chunks along each axis, for chunks as users give them; automatic ones are whole numbers of the stored ones."""
        # As of the widest dtype, so that variables of one shape are cut alike, whatever theirs.
        return ta.core.normalize_chunks(chunks, shape=shape, limit=limit, dtype=np.float64, previous_chunks=previous_chunks)

    def get_auto_chunk_size(self):
        """The bytes that automatic chunks aim at."""
        return _config.get("chunk_bytes")

    def rechunk(self, data, chunks, **kwargs):
        """The same elements in other chunks."""
        return data.rechunk(chunks, **kwargs)

    def unify_chunks(self, *args, **kwargs):
        """Arrays cut alike along the axes that they share."""
        return ta.core.unify_chunks(*args, **kwargs)

    # In and out.

    def from_array(self, data, chunks, **kwargs):
        """A lazy array of what xarray holds: elements in memory, or a variable of a file, of which each chunk is read when it is needed."""
        in_file = isinstance(data, ImplicitToExplicitIndexingAdapter)
        if not isinstance(data.dtype, np.dtype) or not has_dtype(data.dtype):
            # Of another library's lazy arrays xarray would make no run with Tilework's.
            return data.array if in_file else np.asarray(data) if hasattr(data, "chunks") else data
        x = natively(data, chunks) if in_file and not any(kwargs.values()) else None
        return ta.from_array(data, chunks, **kwargs) if x is None else x

    def compute(self, *data, **kwargs):
        """The elements of all lazy arrays, in one run; anything else as it is."""
        return _run.compute(*data, traverse=False, **kwargs)

    def persist(self, *data, **kwargs):
        """All lazy arrays computed and kept in memory chunk by chunk; anything else as it is."""
        return _run.persist(*data, traverse=False, **kwargs)

    def store(self, sources, targets, compute=True, flush=True, **kwargs):
        """Computes arrays into Zarr arrays, files' variables and other things with elements that can be set."""
        done = ta.store(sources, targets, compute=compute, **kwargs)
        if compute:
            return done
        # xarray closes the file by a task of dask's, which has to follow the writing.
        import dask

        return dask.delayed(_run.compute, pure=False)(*(done if isinstance(done, tuple) else (done,)))

    # Functions over chunks.

    def reduction(self, arr, func, combine_func=None, aggregate_func=None, axis=None, dtype=None, keepdims=False):
        """A reduction by the caller's functions."""
        return ta.reduction(arr, func, aggregate_func, combine=combine_func, axis=axis, dtype=dtype, keepdims=keepdims)

    def scan(self, func, binop, ident, arr, axis=None, dtype=None, **kwargs):
        """A cumulative function of the caller's."""
        return ta.reductions.cumreduction(func, binop, ident, arr, axis=axis, dtype=dtype, **kwargs)

    def apply_gufunc(self, func, signature, *args, **kwargs):
        """A function of the caller's over core dimensions, chunk by chunk along the others."""
        return ta.apply_gufunc(func, signature, *args, **kwargs)

    def map_blocks(self, func, *args, **kwargs):
        """A function of the caller's over chunks."""
        return ta.map_blocks(func, *args, **kwargs)

    def blockwise(self, func, out_ind, *args, **kwargs):
        """A function of the caller's over the chunks that indices bring together."""
        return ta.blockwise(func, out_ind, *args, **kwargs)

    def shuffle(self, x, indexer, axis, chunks="auto"):
        """Elements along an axis in another order, those of each list of ``indexer`` in one chunk."""
        return ta.shuffle(x, indexer, axis, chunks="auto" if chunks is None else chunks)


if "tilework" not in entry_points(group="xarray.chunkmanagers").names:
    # Not installed by pip, but a folder on the path: xarray finds the manager from this import on.
    list_chunkmanagers()["tilework"] = TileworkManager()
