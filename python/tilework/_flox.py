"""Groups of flox's on lazy arrays: its reductions by labels as the engine's own where it has them, else as functions of chunks that hold all of an axis.

flox finds labels, decides on what fills groups that have no elements, and puts the result together; only the reduction itself is done here.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from . import _tilework
from . import array as ta
from .array._core import Array

_OWN = {name for name, _ in _tilework.reductions()} - {"argmin", "argmax", "nanargmin", "nanargmax", "count_nonzero"}


def reduce_blockwise(theirs, array, by, agg, *, axis, expected_groups, **settings):
    """Every group's reduction: flox's function for arrays in memory, which takes a lazy array here and gives a lazy one."""
    if not isinstance(array, Array):
        return theirs(array, by, agg, axis=axis, expected_groups=expected_groups, **settings)
    by = np.asarray(by)
    op = agg.numpy[0]
    if isinstance(op, str) and (op in _OWN or op == "nanlen") and len(axis) == by.ndim and set(agg.finalize_kwargs) <= {"ddof"}:
        result = _by_engine(array, by, agg, len(expected_groups))
    else:
        reduce = functools.partial(theirs, agg=agg, axis=axis, expected_groups=expected_groups, **settings)
        result = _by_chunk(reduce, array, by, agg, axis, len(expected_groups))
    return {agg.name: result.astype(agg.dtype["final"]), "groups": expected_groups}


def _by_engine(array, by, agg, n_groups):
    labels = np.broadcast_to(by, array.shape[array.ndim - by.ndim :]).ravel()
    x = array.reshape(array.shape[: array.ndim - by.ndim] + (labels.size,)) if by.ndim > 1 else array
    labelled = np.flatnonzero(labels >= 0)
    if labelled.size < labels.size:
        x, labels = ta.take(x, labelled, axis=-1), labels[labelled]
    present, labels = np.unique(labels, return_inverse=True)
    reduce = functools.partial(_reduce, x, labels.astype(np.int64), present.size)
    if x.dtype.kind in "fc" and (agg.min_count or agg.finalize_kwargs.get("ddof") or agg.numpy[0] == "nanlen"):
        counts = _reduce(~ta.isnan(x), labels.astype(np.int64), present.size, "sum")
    else:
        counts = np.bincount(labels, minlength=present.size)
    result = counts if agg.numpy[0] == "nanlen" else _ddof(reduce, agg, counts)
    if isinstance(result, np.ndarray):
        result = ta.broadcast_to(ta.asarray(result), x.shape[:-1] + result.shape)
    if present.size < n_groups:
        place = np.full(n_groups, -1)
        place[present] = np.arange(present.size)
        fill = agg.fill_value["numpy"][0]
        if present.size:
            result = ta.where(place < 0, fill, ta.take(result, np.maximum(place, 0), axis=-1))
            counts = ta.where(place < 0, 0, ta.take(ta.asarray(counts), np.maximum(place, 0), axis=-1))
        else:
            result, counts = ta.full(x.shape[:-1] + (n_groups,), fill, dtype=agg.dtype["final"]), np.zeros(n_groups, np.int64)
    return _masked(result, counts, agg)


def _reduce(x, labels, n_groups, op):
    return Array(_tilework.group_reduce(op, x._x, x.ndim - 1, labels, n_groups))


def _ddof(reduce, agg, counts):
    """The reduction; a variance with the count lessened, which the engine's is not."""
    op, ddof = agg.numpy[0], agg.finalize_kwargs.get("ddof", 0)
    if not ddof or op not in ("var", "nanvar", "std", "nanstd"):
        return reduce(op)
    n = ta.asarray(counts)
    factor = ta.where(n > ddof, n / (n - ddof), math.nan)
    return reduce(op) * (ta.sqrt(factor) if op.endswith("std") else factor)


def _masked(result, counts, agg):
    """Groups of too few elements filled as the user said."""
    if not agg.min_count:
        return result
    few = counts < agg.min_count
    if isinstance(few, np.ndarray) and not few.any():
        return result
    from flox import xrdtypes

    fill = agg.fill_value["user"]
    if fill is None:
        raise ValueError("Filling is required but fill_value is None.")
    if fill == xrdtypes.NA:
        dtype, fill = xrdtypes.maybe_promote(result.dtype)
        result = result.astype(dtype)
    return ta.where(few, fill, result)


def _by_chunk(reduce, array, by, agg, axis, n_groups):
    """flox's own function on chunks that hold all elements of every group."""
    rest = array.ndim - by.ndim
    whole = array.rechunk({a: "auto" if a < rest else -1 for a in range(array.ndim)})
    new = tuple(dim.size for dim in agg.new_dims_func(**agg.finalize_kwargs)) if agg.num_new_vector_dims else ()
    chunks = tuple((n,) for n in new) + whole.chunks[: array.ndim - len(axis)] + ((n_groups,),)
    return ta.map_blocks(
        functools.partial(_one_chunk, reduce, by, agg.name),
        whole,
        dtype=agg.dtype["final"],
        chunks=chunks,
        drop_axis=[a % array.ndim for a in axis],
        new_axis=[*range(len(new)), len(chunks) - 1],
    )


def _one_chunk(reduce, by, name, block):
    return reduce(block, by)[name]


def chunk_scan(theirs, inp, *, axis, agg, **settings):
    """Every group's cumulative result, at the places of its elements."""
    x = inp.array
    if not isinstance(x, Array):
        return theirs(inp, axis=axis, agg=agg, **settings)
    from flox.aggregations import AlignedArrays, ScanState

    labels = np.asarray(inp.group_idx)
    if labels.ndim > 1 or agg.scan not in _SCANS:
        raise NotImplementedError(f"{agg.name} by labels of {labels.ndim} dimensions is not done lazily: call compute() on the array first")
    order = np.argsort(labels, kind="stable")
    x = ta.take(x.astype(agg.dtype), order, axis=-1)
    ends = np.flatnonzero(np.diff(labels[order], append=labels.max() + 1)) + 1
    parts = [_SCANS[agg.scan](x[..., start:end]) for start, end in zip([0, *ends], ends)]
    scanned = ta.take(ta.concatenate(parts, axis=-1), np.argsort(order, kind="stable"), axis=-1)
    return ScanState(result=AlignedArrays(array=scanned, group_idx=inp.group_idx), state=None)


def _ffill(x):
    return Array(_tilework.push(x._x, x.ndim - 1, None))


_SCANS = {"cumsum": lambda x: ta.cumsum(x, axis=-1), "nancumsum": lambda x: ta.nancumsum(x, axis=-1), "ffill": _ffill}
