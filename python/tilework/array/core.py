"""The names that dask's users import from ``dask.array.core``."""

from ._blockwise import blockwise
from ._chunks import normalize_chunks
from ._core import Array
from ._creation import asanyarray, asarray
from ._cutting import unify_chunks
from ._functions import map_blocks
from ._io import from_array, from_delayed, from_func, from_npy_stack, from_zarr
from ._joining import block, concatenate, stack
from ._manipulation import broadcast_arrays, broadcast_to
from ._stores import store, to_hdf5, to_npy_stack, to_zarr

__all__ = [
    "Array", "asanyarray", "asarray", "block", "blockwise", "broadcast_arrays", "broadcast_to", "concatenate", "from_array", "from_delayed", "from_func",
    "from_npy_stack", "from_zarr", "map_blocks", "normalize_chunks", "stack", "store", "to_hdf5", "to_npy_stack", "to_zarr", "unify_chunks",
]  # fmt: skip
