"""Arrays under other shapes and with their axes in another order."""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import _tilework
from ._chunks import cut
from ._core import Array, handle, methods


def _axes(axis, ndim, name="axis"):
    """Axes as a tuple of numbers that are not negative, each once; all of them for None."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim, name)


def _lengths(shape):
    """A shape as a tuple of ints."""
    try:
        return (operator.index(shape),)
    except TypeError:
        return tuple(operator.index(n) for n in shape)


def reshape(x, shape, merge_chunks=True, limit=None, *, order="C", copy=None):
    """The elements under another shape, in the same order.

    Parameters
    ----------
    x : array_like
    shape : int or tuple of ints
        One length may be -1: it follows from the others.
    merge_chunks : bool
        Whether the axes that become one may stay in one chunk, or all but the last of them are cut into single elements.
    limit
        dask's; it changes nothing, as no chunk of the result becomes larger than the largest of ``x``.
    order : {"C", "F", "A"}
        Whether the last axis runs fastest (C, and A here), or the first (F).
    copy : bool, optional
        Changes nothing: arrays never share what one of them could change.

    Raises
    ------
    ValueError
        When the shape has another number of elements, or sizes are unknown.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.arange(6, chunks=4).reshape(2, -1).compute()
    array([[0, 1, 2],
           [3, 4, 5]])
    """
    h, shape = handle(x), _lengths(shape)
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F' or 'A', not {order!r}")
    if order == "F":
        turned = _tilework.transpose(h, None)
        return Array(_tilework.transpose(_reshaped(turned, shape[::-1]), None))
    y = _reshaped(h, shape)
    if isinstance(x, Array) and y.key == h.key:
        return x
    return Array(y) if merge_chunks or None in h.shape else Array(y.rechunk(_cut_apart(h, y)))


def _cut_apart(h, y):
    """The chunks of a reshaped array where axes that became one are cut into the lines of the last of them."""
    chunks, i = list(map(tuple, y.chunks)), 0
    for j, n in enumerate(y.shape):
        group = []
        while i < h.ndim and math.prod(h.shape[a] for a in group) < n:
            group.append(i)
            i += 1
        if not group or math.prod(h.shape[a] for a in group) != n:
            break
        chunks[j] = tuple(h.chunks[group[-1]]) * math.prod(h.shape[a] for a in group[:-1])
    return tuple(chunks)


def _reshaped(h, shape):
    own = tuple(h.shape)
    if None in own:
        return _reshaped_unknown(h, own, shape)
    rest = math.prod(n for n in shape if n != -1)
    n = math.prod(own)
    if sum(s == -1 for s in shape) > 1:
        raise ValueError("can only specify one unknown dimension")
    fits = (rest == n) if -1 not in shape else (rest > 0 and n % rest == 0)
    if not fits or any(s < -1 for s in shape):
        raise ValueError(f"cannot reshape array of size {n} into shape {shape}: total size of new array must be unchanged")
    if -1 in shape:
        shape = tuple(n // rest if s == -1 else s for s in shape)
    return h if shape == own else _tilework.reshape(h, shape)


def _reshaped_unknown(h, own, shape):
    """Of an array of unknown size only axes of length 1 come and go."""
    kept = [n for n in own if n != 1]
    goal = [n for n in shape if n != 1]
    if len(kept) != len(goal) or any(k != g and not (k is None and g == -1) for k, g in zip(kept, goal)):
        raise ValueError(
            f"an array of unknown size cannot be reshaped to {shape}: call compute_chunk_sizes() first; only axes of length 1 can come and go"
        )
    gone = [a for a, n in enumerate(own) if n == 1]
    h = _tilework.squeeze(h, gone) if gone else h
    new = [a for a, n in enumerate(shape) if n == 1]
    return _tilework.expand_dims(h, new) if new else h


def ravel(array_like, order="C"):
    """All elements along one axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ones((2, 3)).ravel().shape
    (6,)
    """
    return reshape(array_like, (-1,), order=order)


def transpose(a, axes=None):
    """The axes in another order: axis ``i`` of the result is axis ``axes[i]``; reversed without ``axes``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.transpose(ta.ones((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    h = handle(a)
    if axes is not None:
        if len(axes) != h.ndim:
            raise ValueError(f"axes don't match array: {len(axes)} of them for an array of {h.ndim} dimensions")
        axes = [normalize_axis_index(operator.index(i), h.ndim) for i in axes]
        if len(set(axes)) != len(axes):
            raise ValueError("repeated axis in transpose")
    return Array(_tilework.transpose(h, axes))


def permute_dims(a, axes):
    """The axes in another order, as :func:`transpose`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.permute_dims(ta.ones((2, 3)), (1, 0)).shape
    (3, 2)
    """
    return transpose(a, axes)


def swapaxes(a, axis1, axis2):
    """Two axes exchanged.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.swapaxes(ta.ones((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    h = handle(a)
    order = list(range(h.ndim))
    i, j = normalize_axis_index(axis1, h.ndim), normalize_axis_index(axis2, h.ndim)
    order[i], order[j] = j, i
    return Array(_tilework.transpose(h, order))


def moveaxis(a, source, destination):
    """Axes at other places; the others keep their order.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.moveaxis(ta.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    h = handle(a)
    source = normalize_axis_tuple(source, h.ndim, "source")
    destination = normalize_axis_tuple(destination, h.ndim, "destination")
    if len(source) != len(destination):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [n for n in range(h.ndim) if n not in source]
    for to, axis in sorted(zip(destination, source)):
        order.insert(to, axis)
    return Array(_tilework.transpose(h, order))


def rollaxis(a, axis, start=0):
    """An axis moved before another, ``start``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.rollaxis(ta.ones((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    n = handle(a).ndim
    axis = normalize_axis_index(axis, n)
    start = normalize_axis_index(start, n + 1) if start >= 0 else normalize_axis_index(start, n)
    return moveaxis(a, axis, start - (axis < start))


def expand_dims(a, axis):
    """New axes of length 1; ``axis`` (an int or some) are their places in the result.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.expand_dims(ta.ones(3), (0, 2)).shape
    (1, 3, 1)
    """
    h = handle(a)
    axis = axis if isinstance(axis, (tuple, list)) else (axis,)
    return Array(_tilework.expand_dims(h, normalize_axis_tuple(axis, h.ndim + len(axis))))


def squeeze(a, axis=None):
    """Without axes of length 1: those named, all without ``axis``.

    Raises
    ------
    ValueError
        When an axis that is named has another length.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.squeeze(ta.ones((1, 3, 1)), axis=2).shape
    (1, 3)
    """
    h = handle(a)
    own = h.shape
    axes = [i for i, n in enumerate(own) if n == 1] if axis is None else _axes(axis, h.ndim)
    if any(own[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return Array(_tilework.squeeze(h, axes)) if axes else Array(h)


def flip(m, axis=None):
    """The elements in reverse order along axes, along all without ``axis``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.flip(ta.arange(4, chunks=3)).compute()
    array([3, 2, 1, 0])
    """
    h = handle(m)
    return Array(_tilework.flip(h, _axes(axis, h.ndim)))


def flipud(m):
    """The elements in reverse order along the first axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.flipud(ta.arange(3)).compute()
    array([2, 1, 0])
    """
    return flip(m, 0)


def fliplr(m):
    """The elements in reverse order along the second axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fliplr(ta.arange(3).reshape(1, 3)).compute()
    array([[2, 1, 0]])
    """
    return flip(m, 1)


def rot90(m, k=1, axes=(0, 1)):
    """``k`` quarter turns in the plane of two axes, from the first towards the second.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.rot90(ta.arange(4).reshape(2, 2)).compute()
    array([[1, 3],
           [0, 2]])
    """
    h = handle(m)
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    if any(not -h.ndim <= a < h.ndim for a in axes):
        raise ValueError(f"Axes={axes} out of range for array of ndim={h.ndim}.")
    a, b = (i % h.ndim for i in axes)
    if a == b:
        raise ValueError("Axes must be different.")
    k %= 4
    if k == 0:
        return Array(h)
    if k == 2:
        return flip(Array(h), (a, b))
    return swapaxes(flip(Array(h), b), a, b) if k == 1 else flip(swapaxes(Array(h), a, b), b)


def roll(array, shift, axis=None):
    """The elements moved along axes, those beyond the end coming back at the start; of the flat array without ``axis``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.roll(ta.arange(5, chunks=2), 2).compute()
    array([3, 4, 0, 1, 2])
    """
    h = handle(array)
    if axis is None:
        return Array(_tilework.roll(h, [operator.index(shift)], None))
    if np.ndim(shift) and np.size(shift) != np.size(axis):
        raise ValueError("Must have the same number of shifts as axes.")
    axis = normalize_axis_tuple(axis, h.ndim, allow_duplicate=True)
    pairs = np.broadcast_arrays(shift, axis)
    if pairs[0].ndim > 1:
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    if pairs[0].dtype.kind not in "iu":
        raise TypeError("shift must be an integer")
    shifts = {}
    for s, a in zip(pairs[0].ravel().tolist(), pairs[1].ravel().tolist()):
        shifts[a] = shifts.get(a, 0) + s
    shifts = {a: s % h.shape[a] for a, s in shifts.items() if h.shape[a] != 0}
    return Array(_tilework.roll(h, list(shifts.values()), list(shifts))) if shifts else Array(h)


def broadcast_to(x, shape, chunks=None, meta=None):
    """The array repeated along new axes in front and along axes of length 1.

    Parameters
    ----------
    chunks : optional
        How the result is cut; along the axes of ``x`` that do not repeat it must be as ``x`` is.
    meta
        dask's; it changes nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.broadcast_to(ta.arange(3), (2, 3)).compute()
    array([[0, 1, 2],
           [0, 1, 2]])
    """
    h, shape = handle(x), _lengths(shape)
    own = tuple(h.shape)
    if own == shape:
        return Array(h)
    new = len(shape) - len(own)
    if new < 0 or any(n != 1 and n != s for n, s in zip(own, shape[new:])):
        raise ValueError(f"cannot broadcast shape {own} to shape {shape}")
    if any(s < 0 for s in shape):
        raise ValueError("all elements of broadcast shape must be non-negative")
    h = _tilework.broadcast_to(h, shape)
    if chunks is None:
        return Array(h)
    c = cut(chunks, shape, h.dtype)
    y = Array(h.rechunk(c))
    kept = [(tuple(b), y.chunks[a + new], a) for a, (n, b) in enumerate(zip(own, handle(x).chunks)) if n != 1]
    for have, want, a in kept:
        if have != want:
            raise ValueError(f"cannot broadcast chunks {have} to chunks {want} along axis {a + new}: new chunks must be those of the array")
    return y


def broadcast_arrays(*args, subok=False):
    """The arrays repeated to their common shape and cut alike, as a tuple.

    Examples
    --------
    >>> import tilework.array as ta
    >>> a, b = ta.broadcast_arrays(ta.ones((1, 3)), ta.ones((2, 1)))
    >>> a.shape, b.shape
    ((2, 3), (2, 3))
    """
    if subok:
        raise NotImplementedError("subok=True: arrays have no subclasses")
    return tuple(map(Array, _tilework.broadcast_arrays([handle(a) for a in args]))) if args else ()


def broadcast_shapes(*shapes):
    """The shape that arrays of some shapes have together.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    return np.broadcast_shapes(*shapes)


def _atleast(n, spread):
    def f(*arys):
        made = []
        for a in arys:
            h = handle(a)
            made.append(Array(_tilework.expand_dims(h, spread[h.ndim])) if h.ndim < n else Array(h))
        return made[0] if len(made) == 1 else tuple(made)

    f.__name__ = f.__qualname__ = f"atleast_{n}d"
    f.__doc__ = f"""The arrays with {n} {"dimension" if n == 1 else "dimensions"} at least; a tuple of them where there are several.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.atleast_{n}d(ta.ones(3)).shape
    {[(3,), (1, 3), (1, 3, 1)][n - 1]}
    """
    return f


atleast_1d = _atleast(1, {0: [0]})
atleast_2d = _atleast(2, {0: [0, 1], 1: [0]})
atleast_3d = _atleast(3, {0: [0, 1, 2], 1: [0, 2], 2: [2]})


def resize(a, new_shape):
    """The elements in C order under another shape, from the first again when they run out.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.resize(ta.arange(3), (2, 2)).compute()
    array([[0, 1],
           [2, 0]])
    """
    flat, shape = ravel(a), _lengths(new_shape)
    if any(n < 0 for n in shape):
        raise ValueError("all elements of `new_shape` must be non-negative")
    n, have = math.prod(shape), flat.size
    if not have:
        return Array(_tilework.full(shape, 0, flat.dtype.name, None))
    return Array(_tilework.tile(flat._x, [-(-n // have)]))[:n].reshape(shape)


def _reshape_method(self, *shape, merge_chunks=True, limit=None, order="C", copy=None):
    """The elements in C order under another shape, given as a tuple or number by number; see :func:`reshape`."""
    shape = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    return reshape(self, shape, merge_chunks, limit, order=order)


def _transpose_method(self, *axes):
    """The axes in another order, given as a tuple or number by number; see :func:`transpose`."""
    axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], (int, np.integer)) else axes
    return transpose(self, axes or None)


def _flatten(self, order="C"):
    """All elements along one axis; see :func:`ravel`."""
    return ravel(self, order)


methods(reshape=_reshape_method, transpose=_transpose_method, ravel=ravel, flatten=_flatten, swapaxes=swapaxes, squeeze=squeeze)
