"""Blocks with elements of their neighbours around them, and functions of such blocks."""

from __future__ import annotations

from numbers import Integral

from .. import _tilework
from ._blockwise import common_arrays
from ._core import Array, handle, methods
from ._functions import map_blocks
from ._padding import pad

__all__ = [
    "boundaries", "constant", "ensure_minimum_chunksize", "map_overlap", "nearest", "overlap", "overlap_internal", "periodic", "push", "reflect",
    "trim_internal", "trim_overlap",
]  # fmt: skip


def coerce_depth(ndim, depth):
    """A depth for each axis, of one number, a tuple of one for each, or a dict of them."""
    if isinstance(depth, (tuple, list)):
        depth = dict(enumerate(depth))
    if not isinstance(depth, dict):
        depth = dict.fromkeys(range(ndim), 0 if depth is None else depth)
    each = {a: depth.get(a, 0) for a in range(ndim)}
    return {a: tuple(int(n) for n in d) if isinstance(d, (tuple, list)) else int(d) for a, d in each.items()}


def coerce_boundary(ndim, boundary):
    """A boundary for each axis, of one, a tuple of one for each, or a dict of them."""
    if isinstance(boundary, tuple):
        boundary = dict(enumerate(boundary))
    if not isinstance(boundary, dict):
        boundary = dict.fromkeys(range(ndim), boundary)
    each = {a: boundary.get(a, "none") for a in range(ndim)}
    return {a: "none" if b is None else b for a, b in each.items()}


def _both(depth):
    """Elements before and after."""
    return depth if isinstance(depth, tuple) else (depth, depth)


def _open(boundary):
    return isinstance(boundary, str) and boundary == "none"


def ensure_minimum_chunksize(size, chunks):
    """Sizes of chunks none of which is smaller than ``size``: small ones are put to their neighbours.

    Examples
    --------
    >>> from tilework.array.overlap import ensure_minimum_chunksize
    >>> ensure_minimum_chunksize(10, (20, 20, 1))
    (20, 11, 10)
    >>> ensure_minimum_chunksize(3, (1, 1, 3))
    (5,)
    """
    if min(chunks) >= size:
        return tuple(chunks)
    out, new = [], 0
    for c in chunks:
        if c < size:
            lacking = size - c
            if new > size + lacking:
                # The one before gives what this one lacks.
                out.append(new - lacking)
                new = size
            else:
                new += c
        if new >= size:
            out.append(new)
            new = 0
        if c >= size:
            new += c
    if new >= size:
        out.append(new)
    elif out:
        out[-1] += new
    else:
        raise ValueError(f"The overlapping depth {size} is larger than your array {sum(chunks)}.")
    return tuple(out)


def _roomy(x, depth):
    """Chunks as long as the depth."""
    return tuple(ensure_minimum_chunksize(max(_both(depth[a])), c) for a, c in enumerate(x.chunks))


def overlap(x, depth, boundary, *, allow_rechunk=True):
    """The array whose blocks have elements of their neighbours around them.

    Parameters
    ----------
    x : Array
    depth : int, tuple or dict
        Elements at both sides, for all axes or each; of an axis as (before, after) where they differ.
    boundary : str, number, tuple or dict
        What lies beyond the border, for all axes or each: ``"reflect"`` (mirrored, the border twice), ``"periodic"`` (from the other end),
        ``"nearest"``, a number, or ``"none"``: nothing.
    allow_rechunk : bool
        Whether chunks that are shorter than the depth are put together.

    Raises
    ------
    ValueError
        A depth that is longer than a chunk, without `allow_rechunk`, or than the array.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.overlap.overlap(ta.arange(6, chunks=3), depth=1, boundary="reflect")
    >>> x.chunks, x.compute().tolist()
    (((5, 5),), [0, 0, 1, 2, 3, 2, 3, 4, 5, 5])
    """
    x = x if isinstance(x, Array) else Array(handle(x))
    depth, boundary = coerce_depth(x.ndim, depth), coerce_boundary(x.ndim, boundary)
    if allow_rechunk:
        x = x.rechunk(_roomy(x, depth))
    elif any(min(c) < max(_both(depth[a])) for a, c in enumerate(x.chunks)):
        raise ValueError(
            "Overlap depth is larger than smallest chunksize.\nPlease set allow_rechunk=True to rechunk automatically.\n"
            f"Overlap depths required: {[max(_both(d)) for d in depth.values()]}\nInput chunks: {x.chunks}\n"
        )
    h, axis = x._x, 0
    while axis < x.ndim:
        # Neighbouring axes of one boundary at a time: the later axis decides what lies in a corner.
        now = [(0, 0)] * x.ndim
        kind = boundary[axis]
        while axis < x.ndim and type(boundary[axis]) is type(kind) and (boundary[axis] == kind or kind != kind):
            now[axis] = _both(depth[axis])
            axis += 1
        if any(d != (0, 0) for d in now):
            h = _tilework.halo(h, now, kind if isinstance(kind, str) else _number(kind, x.dtype))
    return Array(h)


def _number(value, dtype):
    return dtype.type(value).item()


def overlap_internal(x, axes):
    """The array whose blocks have elements of their neighbours around them, and nothing beyond the border: :func:`overlap` with ``"none"``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.overlap.overlap_internal(ta.arange(6, chunks=3), {0: 1}).chunks
    ((4, 4),)
    """
    return overlap(x, axes, "none", allow_rechunk=False)


def _beyond(x, axis, depth, mode, **how):
    return pad(x, [(depth, depth) if a == axis else (0, 0) for a in range(x.ndim)], mode, **how)


def periodic(x, axis, depth):
    """The array with elements of its other end at both ends of an axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.overlap.periodic(ta.arange(4, chunks=2), 0, 1).compute()
    array([3, 0, 1, 2, 3, 0])
    """
    return _beyond(x, axis, depth, "wrap")


def reflect(x, axis, depth):
    """The array mirrored at both ends of an axis, the border twice.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.overlap.reflect(ta.arange(4, chunks=2), 0, 2).compute()
    array([1, 0, 0, 1, 2, 3, 3, 2])
    """
    return _beyond(x, axis, depth, "symmetric")


def nearest(x, axis, depth):
    """The array with its border repeated at both ends of an axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.overlap.nearest(ta.arange(4, chunks=2), 0, 2).compute()
    array([0, 0, 0, 1, 2, 3, 3, 3])
    """
    return _beyond(x, axis, depth, "edge")


def constant(x, axis, depth, value):
    """The array with a value at both ends of an axis.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.overlap.constant(ta.arange(4, chunks=2), 0, 1, -1).compute()
    array([-1,  0,  1,  2,  3, -1])
    """
    return _beyond(x, axis, depth, "constant", constant_values=value)


def boundaries(x, depth=None, kind=None):
    """The array with what lies beyond its border: `depth` and `kind` as of :func:`overlap`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.overlap.boundaries(ta.arange(4, chunks=2), 1, {0: "periodic"}).compute()
    array([3, 0, 1, 2, 3, 0])
    """
    named = {"periodic": periodic, "reflect": reflect, "nearest": nearest}
    kind = coerce_boundary(x.ndim, kind)
    for axis, n in coerce_depth(x.ndim, depth).items():
        if n and not _open(kind[axis]):
            f = named.get(kind[axis]) if isinstance(kind[axis], str) else None
            x = f(x, axis, n) if f else constant(x, axis, n, kind[axis])
    return x


class Trim:
    """Takes elements of neighbours off the blocks of an array again."""

    def __init__(self, depth, boundary):
        self.depth = {a: (*_both(d), _open(boundary.get(a, "none"))) for a, d in depth.items()}
        self.counts = ()

    def sizes(self, chunks):
        """Sizes of the chunks without them."""
        self.counts = tuple(len(c) for c in chunks)
        return [tuple(n - sum(self._off(a, i)) for i, n in enumerate(c)) for a, c in enumerate(chunks)]

    def _off(self, axis, i):
        before, after, is_open = self.depth.get(axis, (0, 0, True))
        if is_open:
            return (before if i else 0, after if i + 1 < self.counts[axis] else 0)
        return before, after

    def __call__(self, block, coords):
        off = [self._off(a, i) for a, i in enumerate(coords)]
        return block[tuple(slice(before, n - after) for (before, after), n in zip(off, block.shape))]


def trim_internal(x, axes, boundary=None):
    """The array whose blocks are cut at both sides, where they have neighbours or a boundary other than ``"none"``.

    Parameters
    ----------
    axes : dict
        The elements to cut off, by axis: a number, or (before, after).
    boundary : optional
        As of :func:`overlap`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.overlap.overlap(ta.arange(6, chunks=3), 1, "reflect")
    >>> ta.overlap.trim_internal(x, {0: 1}, "reflect").compute()
    array([0, 1, 2, 3, 4, 5])
    """
    return map_blocks(_same, x, dtype=x.dtype, token="trim", _finish=Trim(axes, coerce_boundary(x.ndim, boundary)))


def trim_overlap(x, depth, boundary=None):
    """The array without what :func:`overlap` put around its blocks.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.overlap.overlap(ta.arange(6, chunks=3), 1, "none")
    >>> ta.overlap.trim_overlap(x, 1).compute()
    array([0, 1, 2, 3, 4, 5])
    """
    return trim_internal(x, coerce_depth(x.ndim, depth), boundary)


def _same(block):
    return block


def map_overlap(func, *args, depth=None, boundary=None, trim=True, align_arrays=True, allow_rechunk=True, **kwargs):
    """A function of every block with elements of its neighbours around it.

    Parameters
    ----------
    func : callable
        Gets a block of each array, with its neighbours' elements, and gives a block; as of :func:`map_blocks`.
    *args
        Arrays, which broadcast.
    depth, boundary
        As of :func:`overlap`; a list has one for each array.
    trim : bool
        Whether as many elements are taken off the results again.
    align_arrays : bool
        Whether arrays are cut alike first.
    allow_rechunk : bool
        Whether chunks that are shorter than the depth are put together.
    **kwargs
        As of :func:`map_blocks`; `chunks` are those before elements are taken off.

    Raises
    ------
    ValueError, TypeError
        As :func:`overlap` and :func:`map_blocks`.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> x = ta.asarray(np.array([1, 1, 2, 3, 3, 3, 2, 1, 1]), chunks=5)
    >>> x.map_overlap(lambda b: b - np.roll(b, 1), depth=1, boundary=0).compute()
    array([ 1,  0,  1,  1,  0,  0, -1, -1,  0])
    """
    if isinstance(func, Array) and args and callable(args[0]):
        import warnings

        warnings.warn("map_overlap(array, func, ...) is deprecated: call map_overlap(func, array, ...)", FutureWarning, stacklevel=2)
        given = {"depth": depth, "boundary": boundary, "trim": trim} | dict(zip(("depth", "boundary", "trim"), args[1:]))
        return _method(func, args[0], **given, align_arrays=align_arrays, allow_rechunk=allow_rechunk, **kwargs)
    if not callable(func):
        raise TypeError(f"First argument must be callable function, not {type(func).__name__}: map_overlap(function, x, ...)")
    if not args or not all(isinstance(x, Array) for x in args):
        raise TypeError(f"All variadic arguments must be arrays, not {[type(x).__name__ for x in args]}: map_overlap(function, x, ...)")
    depths = _each(args, depth, coerce_depth)
    boundaries = _each(args, boundary, coerce_boundary)
    if align_arrays:
        args = common_arrays(args)
    if all(max(_both(d)) == 0 for own in depths for d in own.values()):
        return map_blocks(func, *args, **kwargs)
    if not trim and "chunks" not in kwargs:
        kwargs["chunks"] = _roomy(args[0], depths[0]) if allow_rechunk else args[0].chunks
    around = [overlap(x, d, b, allow_rechunk=allow_rechunk) for x, d, b in zip(args, depths, boundaries)]
    if not trim:
        return map_blocks(func, *around, **kwargs)
    first = max(range(len(args)), key=lambda i: (args[i].ndim, -i))
    depth, boundary = _moved(depths[first], boundaries[first], args[first].ndim, kwargs.get("drop_axis"), kwargs.get("new_axis"))
    return map_blocks(func, *around, _finish=Trim(depth, boundary), **kwargs)


def push(array, n, axis):
    """NaN replaced by the last value before it along an axis that is none, at most `n` places on (None: any).

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.push(ta.asarray([1.0, np.nan, np.nan, 2.0], chunks=2), 1, 0).compute()
    array([ 1.,  1., nan,  2.])
    """
    return Array(_tilework.push(handle(array), axis, n))


def _each(args, given, coerce):
    given = given if isinstance(given, list) else [given] * len(args)
    return [coerce(x.ndim, g) for x, g in zip(args, given)]


def _axes(given, ndim):
    return sorted({a % max(ndim, 1) for a in ([given] if isinstance(given, Integral) else given or ())})


def _moved(depth, boundary, ndim, drop_axis, new_axis):
    """Depth and boundary by the axes of the result."""
    dropped = _axes(drop_axis, ndim)
    kept = [(depth[a], boundary[a]) for a in range(ndim) if a not in dropped]
    new = [new_axis] if isinstance(new_axis, Integral) else list(new_axis or ())
    for a in sorted(n % (len(kept) + len(new)) for n in new):
        kept.insert(a, (0, "none"))
    return {a: d for a, (d, _) in enumerate(kept)}, {a: b for a, (_, b) in enumerate(kept)}


def _method(x, func, depth=None, boundary=None, trim=True, **kwargs):
    """A function of every block of this array with elements of its neighbours around it: see :func:`map_overlap`.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.arange(5, chunks=2).map_overlap(lambda b: b - np.roll(b, 1), depth=1, boundary="nearest").compute()
    array([0, 1, 1, 1, 1])
    """
    return map_overlap(func, x, depth=depth, boundary=boundary, trim=trim, **kwargs)


methods(map_overlap=_method)
