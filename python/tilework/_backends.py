"""Variables of files that xarray has opened, read by the engine's own readers: Zarr arrays in folders and variables of NetCDF files.

What xarray does to stored elements lies in layers over its reader of the file. They are taken off here one by one, and what they do is done by the
engine; under a layer that is not known all is left to xarray's reader, which gives the same elements, but holds the interpreter's lock for it.
"""

from __future__ import annotations

import functools
import os

from . import _tilework
from . import array as ta
from .array._chunks import cut
from .array._core import Array
from .array._io import local_path


def natively(data, chunks):
    """The array of xarray's ``data`` that the engine reads itself, cut as ``chunks`` says; None where it cannot."""
    try:
        x = _opened(data, chunks)
    except (OSError, ValueError, TypeError, NotImplementedError):
        return None
    if x is None or x.shape != tuple(data.shape) or x.dtype != data.dtype:
        return None
    c = cut(chunks, x.shape, x.dtype)
    return Array(x._x.rechunk(c))


def _opened(data, chunks):
    layer = _LAYERS.get(type(data).__name__)
    return None if layer is None else layer(data, chunks)


def _below(data, chunks):
    return _opened(data.array, chunks)


def _flags(data, chunks):
    x = _opened(data.array, chunks)
    return None if x is None else x.astype(bool)


def _indexed(data, chunks):
    key = data.key.tuple
    if all(k == slice(None) for k in key if isinstance(k, slice)) and all(isinstance(k, slice) for k in key):
        return _opened(data.array, chunks)
    x = _opened(data.array, "auto")
    for axis, k in reversed(list(enumerate(key if x is not None else ()))):
        x = x[(slice(None),) * axis + (k,)]
    return x


def _decoded(data, chunks):
    work = data.func
    decode = _DECODING.get(getattr(work.func, "__name__", "")) if isinstance(work, functools.partial) and not work.args else None
    x = None if decode is None else _opened(data.array, chunks)
    return None if x is None else decode(x, **work.keywords)


def _masked(x, encoded_fill_values, decoded_fill_value, dtype):
    x = x.astype(dtype)
    missing = [x == v for v in encoded_fill_values]
    return ta.where(functools.reduce(lambda a, b: a | b, missing), decoded_fill_value, x).astype(dtype) if missing else x


def _scaled(x, scale_factor, add_offset, dtype):
    # One after the other, each rounded to the dtype, as NumPy has it in place.
    x = x.astype(dtype)
    if scale_factor is not None:
        x = (x * scale_factor).astype(dtype)
    return x if add_offset is None else (x + add_offset).astype(dtype)


def _zarr(data, chunks):
    z = data._array
    path = local_path(z)
    return None if path is None else Array(_tilework.open_zarr(path, cut(chunks, z.shape, z.dtype)))


def _netcdf(data, chunks):
    file = data.datastore
    path = getattr(file, "_filename", None)
    if not isinstance(path, str) or not os.path.isfile(path) or getattr(file, "_mode", "r") not in ("r", None):
        return None
    name = f"{(file._group or '').strip('/')}/{data.variable_name}".lstrip("/")
    return Array(_tilework.open_netcdf(os.path.abspath(path), name, cut(chunks, data.shape, data.dtype), False))


_LAYERS = {
    "ImplicitToExplicitIndexingAdapter": _below,
    "CopyOnWriteArray": _below,
    "MemoryCachedArray": _below,
    "NativeEndiannessArray": _below,
    "BoolTypeArray": _flags,
    "LazilyIndexedArray": _indexed,
    "_ElementwiseFunctionArray": _decoded,
    "ZarrArrayWrapper": _zarr,
    "NetCDF4ArrayWrapper": _netcdf,
    "H5NetCDFArrayWrapper": _netcdf,
}
_DECODING = {"_apply_mask": _masked, "_scale_offset_decoding": _scaled}
