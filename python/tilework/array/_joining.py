"""Arrays joined and split, and elements put in, taken out and repeated."""

from __future__ import annotations

import operator

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._core import Array, handle, methods
from ._manipulation import atleast_1d, atleast_2d, atleast_3d, ravel


def _parts(seq, name):
    """The arrays of a sequence, at least one, as handles."""
    if isinstance(seq, Array) or (hasattr(seq, "dtype") and np.ndim(seq) > 0):
        seq = [seq[i] for i in range(len(seq))]
    handles = [handle(x) for x in seq]
    if not handles:
        raise ValueError(f"need at least one array to {name}")
    return handles


def concatenate(seq, axis=0, allow_unknown_chunksizes=False, *, dtype=None, casting="same_kind"):
    """Arrays one after the other along an axis; flat ones with ``axis=None``.

    Parameters
    ----------
    seq : sequence of array_like
        Of one shape but for the axis.
    axis : int or None
    allow_unknown_chunksizes
        dask's; it changes nothing, as sizes that are not known are found to fit or not when the plan runs.
    dtype, casting
        The dtype of the result, and what may be cast to it.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.concatenate([ta.arange(2), ta.ones(1)]).compute()
    array([0., 1., 1.])
    """
    handles = _parts(seq, "concatenate")
    if axis is None:
        handles, axis = [ravel(Array(h))._x for h in handles], 0
    ndim = handles[0].ndim
    if ndim == 0:
        raise ValueError("zero-dimensional arrays cannot be concatenated: use stack")
    axis = normalize_axis_index(axis, ndim)
    for i, h in enumerate(handles):
        if h.ndim != ndim:
            raise ValueError(
                "all the input array dimensions must match: "
                f"the array at index 0 has {ndim} dimension(s) and the array at index {i} has {h.ndim} dimension(s)"
            )
        for a, (m, n) in enumerate(zip(handles[0].shape, h.shape)):
            if a != axis and m != n and m is not None and n is not None:
                raise ValueError(
                    "all the input array dimensions except for the concatenation axis must match exactly, "
                    f"but along dimension {a}, the array at index 0 has size {m} and the array at index {i} has size {n}"
                )
    if dtype is not None:
        handles = [Array(h).astype(dtype, casting=casting)._x for h in handles]
    return Array(_tilework.concatenate(handles, axis))


def concat(arrays, axis=0, **options):
    """Arrays one after the other along an axis: another name of :func:`concatenate`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.concat([ta.arange(2), ta.arange(1)]).compute()
    array([0, 1, 0])
    """
    return concatenate(arrays, axis, **options)


def stack(seq, axis=0, allow_unknown_chunksizes=False, *, dtype=None, casting="same_kind"):
    """Arrays of one shape along a new axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stack([ta.arange(2), ta.arange(2)], axis=1).compute()
    array([[0, 0],
           [1, 1]])
    """
    handles = _parts(seq, "stack")
    shapes = {tuple(h.shape) for h in handles}
    if len(shapes) > 1:
        raise ValueError(f"all input arrays must have the same shape, not {sorted(shapes, key=str)}")
    axis = normalize_axis_index(axis, handles[0].ndim + 1)
    if dtype is not None:
        handles = [Array(h).astype(dtype, casting=casting)._x for h in handles]
    return Array(_tilework.stack(handles, axis))


def vstack(tup, allow_unknown_chunksizes=False, **options):
    """Arrays one above the other: along the first axis, those of one axis as rows.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.vstack([ta.arange(2), ta.arange(2)]).shape
    (2, 2)
    """
    return concatenate([atleast_2d(Array(h)) for h in _parts(tup, "concatenate")], 0, **options)


def hstack(tup, allow_unknown_chunksizes=False, **options):
    """Arrays side by side: along the second axis, those of one axis along it.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.hstack([ta.arange(2), ta.arange(1)]).compute()
    array([0, 1, 0])
    """
    arrays = [atleast_1d(Array(h)) for h in _parts(tup, "concatenate")]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, **options)


def dstack(tup, allow_unknown_chunksizes=False, **options):
    """Arrays behind each other: along the third axis, after :func:`atleast_3d`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.dstack([ta.arange(2), ta.arange(2)]).shape
    (1, 2, 2)
    """
    return concatenate([atleast_3d(Array(h)) for h in _parts(tup, "concatenate")], 2, **options)


def column_stack(tup):
    """Arrays of one axis as columns, others side by side.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.column_stack([ta.arange(2), ta.ones((2, 2))]).shape
    (2, 3)
    """
    arrays = [Array(h) for h in _parts(tup, "concatenate")]
    return concatenate([atleast_2d(a).T if a.ndim < 2 else a for a in arrays], 1)


def block(arrays, allow_unknown_chunksizes=False):
    """An array put together from nested lists of blocks: innermost lists run along the last axis, those around them along the one before.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.block([[ta.ones((1, 1)), ta.zeros((1, 2))], [ta.zeros((2, 3))]]).compute()
    array([[1., 0., 0.],
           [0., 0., 0.],
           [0., 0., 0.]])
    """
    depth, ndim = _measure(arrays)
    return _put_together(arrays, depth, max(depth, ndim))


def _measure(b):
    """How deep the blocks lie, and the most dimensions of one."""
    if isinstance(b, tuple):
        raise TypeError("arrays is a tuple. Only lists can be used to arrange blocks, and np.block does not allow implicit conversion from tuple to ndarray.")
    if not isinstance(b, list):
        return 0, handle(b).ndim
    if not b:
        raise ValueError("List at arrays cannot be empty")
    depths, ndims = zip(*map(_measure, b))
    if len(set(depths)) > 1:
        raise ValueError(f"List depths are mismatched. First element was at depth {depths[0] + 1}, but there is an element at depth {max(depths) + 1}")
    return depths[0] + 1, max(ndims)


def _put_together(b, depth, ndim):
    if depth == 0 or not isinstance(b, list):
        h = handle(b)
        return Array(_tilework.expand_dims(h, list(range(ndim - h.ndim)))) if h.ndim < ndim else Array(h)
    return concatenate([_put_together(x, depth - 1, ndim) for x in b], ndim - depth)


def append(arr, values, axis=None):
    """The array and then ``values`` along an axis, or both flat without one.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.append(ta.arange(3), [7, 8]).compute()
    array([0, 1, 2, 7, 8])
    """
    return concatenate([arr, values], axis)


def _along(x, axis):
    """The array and the axis, or the flat one and its axis."""
    h = handle(x)
    if axis is None:
        return ravel(Array(h))._x, 0
    return h, normalize_axis_index(operator.index(axis), h.ndim)


def _places(obj, n, name, end):
    """Positions along an axis of ``n`` as the engine takes them: an int, a slice or an array of ints."""
    if isinstance(obj, slice):
        return np.arange(*obj.indices(n))
    a = np.asarray(obj)
    if a.size == 0 and not isinstance(obj, np.ndarray):
        a = a.astype(np.int64)
    if a.dtype == bool:
        if a.ndim != 1 or (a.size != n and name == "delete"):
            raise ValueError(f"boolean array argument obj to {name} must be one dimensional and match the axis length of {n}")
        a = np.flatnonzero(a)
    if a.dtype.kind not in "iu":
        raise IndexError(f"arrays used as positions by {name} must be of integer or boolean type, not {a.dtype}")
    if a.ndim > 1:
        raise ValueError(f"index array argument obj to {name} must be one dimensional or scalar")
    out = a[(a < -n) | (a >= end)] if a.size else a
    if out.size:
        raise IndexError(f"index {out.flat[0]} is out of bounds for axis with size {n}")
    return int(a) if a.ndim == 0 else a.astype(np.int64)


def _length(h, axis):
    """The length of an axis, which has to be known."""
    n = h.shape[axis]
    if n is None:
        raise ValueError("the size of the axis is not known: call compute_chunk_sizes() first")
    return n


def insert(arr, obj, values, axis=None):
    """``values`` put in before positions along an axis, or of the flat array without one.

    Parameters
    ----------
    obj : int, slice or sequence of ints or bools
        At one position (an int, or a sequence of one) all values go in, at several one at each.
    values : array_like
        They take the array's dtype, and broadcast.

    Raises
    ------
    IndexError
        When a position is out of bounds.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.insert(ta.arange(4, chunks=2), [1, 3], -1).compute()
    array([ 0, -1,  1,  2, -1,  3])
    """
    h, axis = _along(arr, axis)
    n = _length(h, axis)
    return Array(_tilework.insert(h, _places(obj, n, "insert", n + 1), handle(values), axis))


def delete(arr, obj, axis=None):
    """The array without what lies at positions along an axis, or of the flat array without one.

    Raises
    ------
    IndexError
        When a position is out of bounds.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.delete(ta.arange(6, chunks=4), slice(1, 4)).compute()
    array([0, 4, 5])
    """
    h, axis = _along(arr, axis)
    n = _length(h, axis)
    return Array(_tilework.delete(h, _places(obj, n, "delete", n), axis))


def repeat(a, repeats, axis=None):
    """Every element some times in a row along an axis, or of the flat array without one.

    Parameters
    ----------
    repeats : int or sequence of ints
        How often, for all or for each. A lazy array of these is computed at once, as the size of the result depends on it.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.repeat(ta.arange(3), 2).compute()
    array([0, 0, 1, 1, 2, 2])
    >>> ta.repeat(ta.arange(3), [1, 0, 2]).compute()
    array([0, 2, 2])
    """
    h, axis = _along(atleast_1d(a), axis)
    r = np.asarray(repeats)
    if r.dtype.kind not in "iub" or r.ndim > 1:
        raise TypeError(f"repeats must be an integer or a sequence of these, not {r.dtype} of {r.ndim} dimensions")
    if (r < 0).any():
        raise ValueError("repeats may not contain negative values.")
    if r.size == 1:
        return Array(_tilework.repeat(h, int(r.reshape(())), axis))
    if r.size != h.shape[axis]:
        raise ValueError(f"operands could not be broadcast together with shape ({h.shape[axis]},) ({r.size},)")
    return Array(h.index((slice(None),) * axis + (np.repeat(np.arange(r.size), r),)))


def tile(A, reps):
    """The array set side by side with itself, some times along each axis; counts belong to the last axes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.tile(ta.arange(2), (2, 2)).compute()
    array([[0, 1, 0, 1],
           [0, 1, 0, 1]])
    """
    reps = [operator.index(r) for r in (reps if np.iterable(reps) else (reps,))]
    if any(r < 0 for r in reps):
        raise ValueError("Negative `reps` are not allowed.")
    return Array(_tilework.tile(handle(A), reps))


def _split(ary, sections, axis, evenly):
    h = handle(ary)
    axis = normalize_axis_index(axis, h.ndim)
    n = _length(h, axis)
    if np.ndim(sections):
        bounds = [operator.index(b) for b in sections]
    else:
        k = operator.index(sections)
        if k <= 0:
            raise ValueError("number sections must be larger than 0.")
        if evenly and n % k:
            raise ValueError("array split does not result in an equal division")
        bounds = [i * (n // k) + min(i, n % k) for i in range(1, k)]
    before = (slice(None),) * axis
    return [Array(h.index(before + (slice(a, b),))) for a, b in zip([0, *bounds], [*bounds, None])]


def split(ary, indices_or_sections, axis=0):
    """The parts along an axis: so many of one length, or those before, between and after positions.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [p.shape for p in ta.split(ta.arange(6), 3)]
    [(2,), (2,), (2,)]
    """
    return _split(ary, indices_or_sections, axis, True)


def array_split(ary, indices_or_sections, axis=0):
    """As :func:`split`, but the first parts are longer by one where the number does not divide the length.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [p.shape for p in ta.array_split(ta.arange(5), 2)]
    [(3,), (2,)]
    """
    return _split(ary, indices_or_sections, axis, False)


def _split_along(name, axis, least, words):
    def f(ary, indices_or_sections):
        a = Array(handle(ary))
        if a.ndim < least:
            raise ValueError(f"{name} only works on arrays of {least} or more dimensions")
        return _split(a, indices_or_sections, axis if a.ndim > 1 else 0, True)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"""{words}

    Examples
    --------
    >>> import tilework.array as ta
    >>> [p.shape for p in ta.{name}(ta.ones((2, 2, 2)), 2)]
    {[(1, 2, 2)] * 2 if axis == 0 else [(2, 1, 2)] * 2 if axis == 1 else [(2, 2, 1)] * 2}
    """
    return f


hsplit = _split_along("hsplit", 1, 1, "The parts side by side: :func:`split` along the second axis, of one dimension along it.")
vsplit = _split_along("vsplit", 0, 2, "The parts one above the other: :func:`split` along the first axis.")
dsplit = _split_along("dsplit", 2, 3, "The parts one behind the other: :func:`split` along the third axis.")


def unstack(x, /, *, axis=0):
    """The array for each index along an axis, which goes away, as a tuple.

    Examples
    --------
    >>> import tilework.array as ta
    >>> [r.compute().tolist() for r in ta.unstack(ta.arange(4).reshape(2, 2), axis=1)]
    [[0, 2], [1, 3]]
    """
    h = handle(x)
    axis = normalize_axis_index(axis, h.ndim)
    before = (slice(None),) * axis
    return tuple(Array(h.index((*before, i))) for i in range(_length(h, axis)))


methods(repeat=repeat)
