"""NumPy's rules of indexing: what stands between brackets, read, checked at the call, and given to the engine.

The engine takes numbers, slices, new axes, arrays of positions and masks in memory, and one lazy array. What else NumPy allows is made of
that here: bools without axes, and lazy arrays beside other arrays, which become flat positions.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from .. import _tilework
from ._core import Array, beside, from_numpy, known, methods

_WHOLE = slice(None)
_PLAIN = (int, slice, type(None), type(Ellipsis))
_Lazy = _tilework.Lazy


def get(h, key):
    """The part of an array (a handle) that a key names."""
    parts = key if type(key) is tuple else (key,)
    for p in parts:
        if type(p) not in _PLAIN:
            h, parts, _ = _read(h, parts)
            break
    try:
        return h.index(parts) if _one_lazy(parts) else _gathered(h, parts)
    except IndexError as e:
        raise _explained(h, parts, e) from None


def _one_lazy(parts):
    """Whether the engine takes these: one lazy array at most, and no other array beside it."""
    n = sum(type(p) is _Lazy for p in parts)
    return n == 0 or (n == 1 and not any(type(p) is np.ndarray for p in parts))


def _read(h, key):
    """An index as a tuple of ints, slices, None, Ellipsis, arrays of int64 or bool and handles; the array with an axis for each bare bool.

    Gives the array, the index, and those axes.
    """
    key = key if isinstance(key, tuple) else (key,)
    parts = [_part(p) for p in key]
    new = []
    for i, p in enumerate(parts):
        if not _is_mask(p) or p.ndim:
            continue
        # A bool without axes is a mask of a new axis of length 1.
        axis = _axis_of(h, parts, i)
        new.append(axis)
        h = _tilework.expand_dims(h, [axis])
        parts[i] = _tilework.expand_dims(p, [0]) if type(p) is _Lazy else p.reshape(1)
    return h, tuple(parts), new


def _part(p):
    if isinstance(p, Array):
        if p.dtype.kind not in "biu":
            raise IndexError("arrays used as indices must be of integer (or boolean) type")
        elements = known(p._x)
        p = p._x if elements is None else elements
    if type(p) is _Lazy:
        return p
    if type(p) in _PLAIN or isinstance(p, slice):
        return p
    if isinstance(p, (bool, np.bool_)):
        return np.asarray(p)
    if isinstance(p, np.integer):
        return int(p)
    if isinstance(p, (list, tuple, np.ndarray)) or hasattr(p, "__array__"):
        a = np.asarray(p)
        if a.size == 0 and not isinstance(p, np.ndarray):
            a = a.astype(np.int64)
        if a.dtype.kind in "iu":
            return np.ascontiguousarray(a, dtype=np.int64).reshape(a.shape) if a.ndim or isinstance(p, np.ndarray) else int(a)
        if a.dtype.kind != "b":
            raise IndexError("arrays used as indices must be of integer (or boolean) type")
        return a
    if hasattr(p, "__index__"):
        return operator.index(p)
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices, "
        f"not {type(p).__name__}"
    )


def _is_array(p):
    return type(p) is np.ndarray or type(p) is _Lazy


def _is_mask(p):
    return _is_array(p) and p.dtype == "bool"


def _n_axes(p):
    """How many axes of the array a part names."""
    if p is None or p is Ellipsis:
        return 0
    return p.ndim if _is_mask(p) else 1


def _axis_of(h, parts, i):
    """The axis of the array at which a part stands."""
    before = parts[:i]
    axis = sum(map(_n_axes, before))
    if any(p is Ellipsis for p in before):
        axis += h.ndim - sum(map(_n_axes, parts))
    return axis


def _explained(h, parts, error):
    """The error that NumPy has for an index, or the engine's own where it finds none."""
    shape = tuple(h.shape)
    named = sum(map(_n_axes, parts))
    if sum(p is Ellipsis for p in parts) > 1:
        return IndexError("an index can only have a single ellipsis ('...')")
    if named > h.ndim:
        return IndexError(f"too many indices for array: array is {h.ndim}-dimensional, but {named} were indexed")
    for i, p in enumerate(parts):
        axis = _axis_of(h, parts, i)
        if p is None or p is Ellipsis:
            continue
        n = shape[axis] if axis < len(shape) else 0
        if n is None and not (isinstance(p, slice) and p == _WHOLE):
            return ValueError(f"Arrays chunk sizes along axis {axis} are unknown: call compute_chunk_sizes() first")
        if _is_mask(p):
            for a, m in enumerate(p.shape):
                if m != shape[axis + a]:
                    return IndexError(
                        f"boolean index did not match indexed array along axis {axis + a}; "
                        f"size of axis is {shape[axis + a]} but size of corresponding boolean axis is {m}"
                    )
        elif isinstance(p, int) or type(p) is np.ndarray:
            a = np.asarray(p)
            out = a[(a < -n) | (a >= n)]
            if out.size:
                return IndexError(f"index {out.flat[0]} is out of bounds for axis {axis} with size {n}")
    shapes = [p.shape for p in parts if type(p) is np.ndarray and not _is_mask(p)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        shapes = " ".join(str(s) for s in shapes)
        return IndexError(f"shape mismatch: indexing arrays could not be broadcast together with shapes {shapes}")
    return error


class _Split:
    """An index in two steps: numbers, slices and new axes first, arrays on what they leave.

    ``basic`` is the index of the first step, with whole axes where arrays stand. ``axes`` are the axes of its result that arrays name,
    ``place`` is where the arrays' own axes stand in the end, among the others.
    """

    def __init__(self, h, parts):
        named = sum(map(_n_axes, parts))
        if named > h.ndim or sum(p is Ellipsis for p in parts) > 1:
            raise IndexError("too many indices")
        if not any(p is Ellipsis for p in parts):
            parts = (*parts, Ellipsis)
        self.basic, self.axes, self.arrays, self.sizes = [], [], [], []
        axis = out = others = 0
        place, left, apart = None, False, False
        for p in parts:
            if _is_array(p) or isinstance(p, int):
                apart |= left
                place = others if place is None else place
            else:
                left |= place is not None
            if _is_array(p):
                k = _n_axes(p)
                self.basic += [_WHOLE] * k
                self.arrays.append(p)
                self.axes.append(list(range(out, out + k)))
                self.sizes.append(tuple(h.shape[axis : axis + k]))
                out, axis = out + k, axis + k
                continue
            self.basic.append(p)
            k = h.ndim - named if p is Ellipsis else int(not isinstance(p, int))
            out, others = out + k, others + k
            axis += h.ndim - named if p is Ellipsis else _n_axes(p)
        self.basic = tuple(self.basic)
        self.place = 0 if apart else place

    def flat_axes(self):
        return [a for group in self.axes for a in group]


def _positions(split):
    """One flat lazy array of positions for the arrays of an index, over all the axes that they name; one beyond the end is out of bounds."""
    from ._selection import where

    positions, lengths = [], []
    for p, sizes in zip(split.arrays, split.sizes):
        if _is_mask(p):
            if tuple(p.shape) != sizes:
                raise IndexError("boolean index did not match indexed array")
            several = np.nonzero(p) if type(p) is np.ndarray else _tilework.nonzero(p)
        else:
            several = [p]
        positions += several
        lengths += sizes
    if any(n is None for n in lengths):
        raise ValueError("Arrays chunk sizes are unknown: call compute_chunk_sizes() first")
    known = [p for p in positions if type(p) is np.ndarray]
    for p, n in zip(positions, lengths):
        if type(p) is np.ndarray and ((p < -n) | (p >= n)).any():
            raise IndexError("out of bounds")
    np.broadcast_shapes(*(p.shape for p in known))
    flat, bad = 0, False
    for p, n in zip(positions, lengths):
        p = Array(p if type(p) is _Lazy else from_numpy(np.ascontiguousarray(p).reshape(p.shape))._x).astype("int64")
        p = where(p < 0, p + n, p)
        flat, bad = flat * n + p, bad | (p < 0) | (p >= n)
    return where(bad, math.prod(lengths), flat)._x, lengths


def _front(h, axes):
    """The order of axes that brings some to the front, and the one that brings them back."""
    order = axes + [a for a in range(h.ndim) if a not in axes]
    back = [order.index(a) for a in range(h.ndim)]
    return order, back


def _moved_in(place, n, ndim):
    """The order of axes in which the first ``n`` stand before the ``place``th of the others."""
    others = list(range(n, ndim))
    return others[:place] + list(range(n)) + others[place:]


def _merged(y, split):
    """What the basic index leaves, with the axes that arrays name as one, in front."""
    order, back = _front(y, split.flat_axes())
    turned = _tilework.transpose(y, order)
    k = len(split.flat_axes())
    shape = tuple(turned.shape)
    flat = _tilework.reshape(turned, (math.prod(shape[:k]), *shape[k:]))
    return flat, shape, back


def _gathered(h, parts):
    """Lazy arrays beside other arrays."""
    split = _Split(h, parts)
    y = h.index(split.basic)
    at, _ = _positions(split)
    flat, _, _ = _merged(y, split)
    made = flat.index((at,))
    return _tilework.transpose(made, _moved_in(split.place, at.ndim, made.ndim))


# Assignment.


def put(x, key, value):
    """The array (a handle) with the part that a key names replaced."""
    dtype = np.dtype(x.dtype)
    v = beside(value)
    if v is NotImplemented:
        v = np.asarray(value)
        if v.dtype == object:
            raise TypeError(f"{type(value).__name__} cannot be put into an array")
    if type(v) is not _Lazy:
        # NumPy's own errors for numbers that do not fit.
        v = from_numpy(np.asarray(v).astype(dtype) if np.ndim(v) else np.array(v, dtype=dtype))._x
    h, parts, new = _read(x, key)
    try:
        made = _replaced(h, parts, v)
    except (IndexError, ValueError) as e:
        e = _explained(h, parts, e)
        if "do not broadcast" in str(e):
            e = ValueError(f"could not broadcast input array from shape {tuple(v.shape)} into shape {tuple(h.index(parts).shape)}")
        raise e from None
    return _tilework.squeeze(made, new) if new else made


def _replaced(h, parts, v):
    lazy = [p for p in parts if type(p) is _Lazy]
    if not lazy or (len(parts) == 1 and _is_mask(parts[0]) and parts[0].shape == h.shape and _fits(v, h)):
        if None in h.shape and not lazy:
            raise ValueError("Arrays chunk sizes are unknown: call compute_chunk_sizes() first")
        return h.set(parts, v)
    split = _Split(h, parts)
    y = h.index(split.basic)
    if len(split.arrays) == 1 and _is_mask(split.arrays[0]):
        made = _put_where(y, split, v)
    else:
        made = _put_at(y, split, v)
    return h.set(split.basic, made)


def _fits(v, h):
    """Whether values broadcast to the array's own shape."""
    extra = v.ndim - h.ndim
    return extra <= 0 and all(m == 1 or m == n for m, n in zip(v.shape, h.shape[-extra:] if extra else h.shape))


def _broadcast(v, shape):
    """Values at a part of a shape; axes of length 1 in front may be too many."""
    extra = v.ndim - len(shape)
    if extra > 0 and all(n == 1 for n in v.shape[:extra]):
        v = _tilework.squeeze(v, list(range(extra)))
    try:
        np.broadcast_shapes(tuple(shape), tuple(v.shape))
        return v if tuple(v.shape) == tuple(shape) else _tilework.broadcast_to(v, shape)
    except ValueError:
        raise ValueError(f"could not broadcast input array from shape {tuple(v.shape)} into shape {tuple(shape)}") from None


def _put_at(y, split, v):
    """Values at positions that are lazy."""
    at, _ = _positions(split)
    if None in at.shape:
        raise NotImplementedError("values cannot be put at positions whose number is not known: call compute_chunk_sizes() on them first")
    flat, shape, back = _merged(y, split)
    n, rest = math.prod(at.shape), math.prod(flat.shape[1:])
    order = _moved_in(split.place, at.ndim, at.ndim + flat.ndim - 1)
    target = [*at.shape, *flat.shape[1:]]
    v = _broadcast(v, [target[i] for i in order])
    v = _tilework.transpose(v, [order.index(i) for i in range(len(order))])
    v = _tilework.reshape(v, (n, rest))
    lanes = _tilework.reshape(flat, (flat.shape[0], rest))
    made = _tilework.put_along_axis(lanes, _tilework.reshape(at, (n, 1)), v, 0)
    return _tilework.transpose(_tilework.reshape(made, shape), back)


def _put_where(y, split, v):
    """Values where a lazy mask holds."""
    from ._selection import take, where

    mask = Array(split.arrays[0])
    if tuple(mask.shape) != split.sizes[0]:
        raise IndexError("boolean index did not match indexed array")
    flat, shape, back = _merged(y, split)
    extra = v.ndim - flat.ndim
    v = Array(_tilework.squeeze(v, list(range(extra))) if extra > 0 and all(n == 1 for n in v.shape[:extra]) else v)
    # The axis of the values that runs along what the mask picks, if they have it.
    axis = v.ndim - (flat.ndim - split.place)
    order = [split.place, *(a for a in range(flat.ndim) if a != split.place)]
    if v.ndim > flat.ndim:
        raise ValueError(f"could not broadcast input array from shape {v.shape} into a part of {flat.ndim} dimensions")
    if axis >= 0 and v.shape[axis] != 1:
        n = v.shape[axis]
        from ._functions import map_blocks

        hits = mask.ravel().astype("int64")
        count = hits.cumsum(axis=0)
        # 0, or the error of a number of values that is not that of the places.
        agrees = map_blocks(_same_number, hits.sum(), n=n, dtype="int64", token="setitem")
        at = where(mask.ravel(), count - 1, 0) + agrees
        v = take(v, at, axis=axis)
    # To the order of the merged array: the mask's axis first.
    v = v[(None,) * (flat.ndim - v.ndim)].transpose(order)
    m = mask.ravel()[(...,) + (None,) * (flat.ndim - 1)]
    made = where(m, _broadcast_lazily(v, flat.shape), Array(flat))._x
    return _tilework.transpose(_tilework.reshape(made, shape), back)


def _same_number(found, n):
    if found != n:
        raise ValueError(f"boolean array indexing assignment cannot assign {n} input values to the {found} output values where the mask is true")
    return found * 0


def _broadcast_lazily(v, shape):
    return Array(_broadcast(v._x, shape)) if None not in shape else v


# Other ways to index.


class VIndex:
    """What :attr:`Array.vindex` gives: it is indexed."""

    def __init__(self, x):
        self._x = x._x

    def __getitem__(self, key):
        key = key if isinstance(key, tuple) else (key,)
        if any(p is None for p in key):
            raise IndexError(f"vindex does not support indexing with None (np.newaxis), got {key}")
        if all(isinstance(p, slice) or p is Ellipsis for p in key):
            if all(isinstance(p, slice) and p == _WHOLE or p is Ellipsis for p in key) and len(key) <= self._x.ndim + 1:
                return Array(self._x)
            raise IndexError(f"vindex requires at least one non-slice to vectorize over; use normal indexing for slices alone, got {key}")
        h, parts, _ = _read(self._x, key)
        # Numbers are positions as well.
        parts = tuple(np.asarray(p) if isinstance(p, int) else p for p in parts)
        try:
            if any(type(p) is _Lazy for p in parts):
                split = _Split(h, parts)
                split.place = 0
                at, _ = _positions(split)
                return Array(_merged(h.index(split.basic), split)[0].index((at,)))
            return Array(h.vindex(parts))
        except IndexError as e:
            e = _explained(h, parts, e)
            raise IndexError(f"vindex: {e}" if "entries" in str(e) else f"vindex key has entries out of bounds or of shapes that do not fit: {e}") from None


class BlockView:
    """What :attr:`Array.blocks` gives: the array of the chunks, which is indexed by their numbers."""

    def __init__(self, x):
        self._array = x

    def __getitem__(self, key):
        key = key if isinstance(key, tuple) else (key,)
        if any(p is None for p in key):
            raise ValueError("Slicing with np.newaxis or None is not supported")
        if sum(isinstance(p, (list, np.ndarray)) for p in key) > 1:
            raise ValueError(f"Can only slice with a single list of ints, got {key}")
        if sum(p is Ellipsis for p in key) > 1:
            raise IndexError("an index can only have a single ellipsis ('...')")
        x = self._array._x
        parts = []
        for p in key:
            if p is Ellipsis:
                parts += [_WHOLE] * (x.ndim - len(key) + 1)
            else:
                parts.append(_part(p))
        counts = self.shape
        if len(parts) > len(counts):
            raise IndexError(f"too many indices for array: there are {len(counts)} axes of chunks, but {len(parts)} were indexed")
        return Array(x.blocks(tuple(parts)))

    def __eq__(self, other):
        return isinstance(other, BlockView) and self._array.name == other._array.name

    __hash__ = None

    @property
    def shape(self):
        """Number of chunks along each axis."""
        return self._array.numblocks

    @property
    def size(self):
        """Number of chunks."""
        return math.prod(self.shape)

    def ravel(self):
        """The chunks as a list of arrays, in C order."""
        return [self[i] for i in np.ndindex(self.shape)]


def _vindex(self):
    """Indexing point by point: arrays of positions are broadcast together, and their axes stand in front of the others.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(9, chunks=4).reshape(3, 3)
    >>> x.vindex[[0, 1, 2], [2, 1, 0]].compute()
    array([2, 4, 6])
    """
    return VIndex(self)


def _blocks(self):
    """The array of the chunks: indexed like an array of shape :attr:`numblocks`, it gives arrays of the chunks named. Axes stay.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(10, chunks=4)
    >>> x.blocks[[2, 0]].compute()
    array([8, 9, 0, 1, 2, 3])
    """
    return BlockView(self)


def _getitem(self, key):
    return Array(get(self._x, key))


def _setitem(self, key, value):
    self._x = put(self._x, key, value)


methods(__getitem__=_getitem, __setitem__=_setitem, blocks=property(_blocks), partitions=property(_blocks), vindex=property(_vindex))
