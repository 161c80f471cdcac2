"""The names that dask's users import from ``dask.array.core``."""

import itertools

from ._blockwise import blockwise
from ._call import starts
from ._chunks import normalize_chunks
from ._core import Array
from ._creation import asanyarray, asarray
from ._cutting import unify_chunks
from ._functions import elemwise, map_blocks
from ._io import from_array, from_delayed, from_func, from_npy_stack, from_zarr
from ._joining import block, concatenate, stack
from ._manipulation import broadcast_arrays, broadcast_shapes, broadcast_to
from ._stores import store, to_hdf5, to_npy_stack
from ._zarr import to_zarr

__all__ = [
    "Array", "PerformanceWarning", "asanyarray", "asarray", "block", "blockwise", "broadcast_arrays", "broadcast_shapes", "broadcast_to", "concatenate",
    "elemwise", "from_array", "from_delayed", "from_func", "from_npy_stack", "from_zarr", "map_blocks", "normalize_chunks", "slices_from_chunks", "stack",
    "store", "to_hdf5", "to_npy_stack", "to_zarr", "unify_chunks",
]  # fmt: skip


class PerformanceWarning(Warning):
    """A warning about chunks that make work slow. None is given here: see :func:`tilework.chunk_report`."""


def slices_from_chunks(chunks):
    """Where all chunks of an array lie, in C order: tuples of slices.

    Examples
    --------
    >>> from tilework.array.core import slices_from_chunks
    >>> slices_from_chunks(((2, 1), (3,)))
    [(slice(0, 2, None), slice(0, 3, None)), (slice(2, 3, None), slice(0, 3, None))]
    """
    along = [[slice(a, b, None) for a, b in itertools.pairwise(starts(c))] for c in chunks]
    return list(itertools.product(*along))
