"""Functions of Python's over blocks: map_blocks, and what is made of blocks by other rules."""

from __future__ import annotations

import functools

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from . import _states
from ._blockwise import apply, blockwise
from ._core import Array, handle, has_mask, methods, named
from ._inference import declared, infer, name_of, takes
from ._manipulation import broadcast_to

__all__ = ["apply_along_axis", "apply_over_axes", "blockwise", "cumreduction", "elemwise", "map_blocks", "reduction"]


def map_blocks(
    func, *args, name=None, token=None, dtype=None, chunks=None, drop_axis=None, new_axis=None, enforce_ndim=False, meta=None, processes=None, **kwargs
):
    """A function of every block.

    Blocks of several arrays go together by their place, axes aligned at the end; an array of one block along an axis goes with all.

    Parameters
    ----------
    func : callable
        Gets a block of each array (a read-only view of NumPy's: copy it before changing it) and gives a block of the result. It must be pure:
        the same blocks, the same result. If it has an argument ``block_id``, it gets the block's place there (a tuple of ints); ``block_info``
        is told more: for each array by the number of its argument, and for the result by None, a dict of ``shape``, ``num-chunks``,
        ``chunk-location`` and ``array-location`` (of the result also ``chunk-shape`` and ``dtype``).
    *args
        Lazy arrays; anything else is passed as it is. Without lazy arrays `chunks` must be given.
    name, token : str, optional
        The array's name; the name of its tasks, for people.
    dtype : dtype, optional
        The result's. Without it (and without `meta`) the function is called once with arrays of one zero to find out, unless settings forbid it
        (``tw.config(infer=False)``).
    chunks : tuple, optional
        For each axis of the result the size of all blocks, or all sizes, if they are not those of the arrays; nan where they are not known.
    drop_axis : int or iterable of ints, optional
        Axes that the result lacks: the function gets all of them in one block.
    new_axis : int or iterable of ints, optional
        Axes of the result that no array has, of length 1 unless `chunks` says otherwise.
    enforce_ndim : bool
        Whether a block of another number of dimensions is told as such; its shape is checked anyway.
    meta : array, optional
        An array of the result's dtype, in place of `dtype`. If it is a masked one of NumPy's, or what the function gives of arrays of one zero is, the
        result is a masked array; the function is called twice for each block then, for the elements and for the mask.
    processes : int, optional
        How many processes call the function; 0 calls it in the threads that compute, which take turns. Default: the setting ``processes``.
    **kwargs
        Further arguments of the function. Lazy arrays among them are computed, each as one block.

    Returns
    -------
    Array
        A block of another shape than declared, or of a dtype that does not go into the declared one, fails the run. What the function raises is
        raised there, with a note of the function and the block.

    Raises
    ------
    ValueError
        Blocks that do not go together; a dtype that cannot be found out.
    TypeError
        `func` that is no function; a dtype that is not declared where settings demand it.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=3)
    >>> ta.map_blocks(lambda b: b[::-1], x).compute()
    array([2, 1, 0, 5, 4, 3])
    >>> x.map_blocks(lambda b: b.sum(keepdims=True), chunks=(1,)).compute()
    array([ 3, 12])
    >>> ta.map_blocks(lambda block_id: [block_id[0] * 10], chunks=((1, 1, 1),), dtype="int64").compute()
    array([ 0, 10, 20])
    """
    finish = kwargs.pop("_finish", None)
    if not callable(func):
        raise TypeError(f"First argument must be callable function, not {type(func).__name__}: map_blocks(function, x, ...)")
    label = name or token or name_of(func)
    ndim = max((a.ndim for a in args if isinstance(a, Array)), default=0)
    pairs = [(a, tuple(range(a.ndim))[::-1] if isinstance(a, Array) else None) for a in args]
    d = declared(dtype, meta)
    if d is None:
        seen = _Seen(func)
        d = infer(seen, args, kwargs, label)
        meta = seen.result
    if has_mask(meta):
        from ._masked import mapped

        more = {"name": name, "token": token, "chunks": chunks, "drop_axis": drop_axis, "new_axis": new_axis, "processes": processes}
        return mapped(func, args, d, {**kwargs, **more})
    out, new_axes = _axes(ndim, drop_axis, new_axis, chunks)
    adjust = None
    if chunks is not None:
        if len(chunks) != len(out):
            raise ValueError(f"{label}: Provided chunks have {len(chunks)} dims; expected {len(out)} dims")
        adjust = dict(zip(out, chunks))
    if enforce_ndim:
        func = _Ndim(func, len(out))
    keywords = tuple(k for k in ("block_id", "block_info") if k not in kwargs and takes(func, k))
    (made,) = apply(
        func, out, pairs, kwargs, [d], label=label, adjust=adjust, new_axes=new_axes, align=False, finish=finish, keywords=keywords, processes=processes
    )
    return named(made, name)


def _axes(ndim, drop_axis, new_axis, chunks):
    """Indices of the result, and the new ones with their sizes."""
    out = list(range(ndim))[::-1]
    drop = [drop_axis] if isinstance(drop_axis, (int, np.integer)) else list(drop_axis or ())
    if any(not -ndim <= a < ndim for a in drop):
        raise ValueError(f"drop_axis out of range (drop_axis={drop}, but output is {ndim}d).")
    drop = {a % ndim for a in drop}
    out = [i for a, i in enumerate(out) if a not in drop]
    if new_axis is None:
        new = range(len(chunks) - len(out)) if chunks is not None else ()
    else:
        new = [new_axis] if isinstance(new_axis, (int, np.integer)) else list(new_axis)
    new_axes = {}
    for k, a in enumerate(sorted(new)):
        index = ndim + k
        out.insert(a, index)
        new_axes[index] = 1 if chunks is None else chunks[a]
    if new and max(new) >= len(out):
        raise ValueError("New_axis values do not fill in all dimensions")
    return tuple(out), new_axes


class _Seen:
    """A function whose last result is kept."""

    def __init__(self, func):
        self.func, self.result = func, None
        self.__wrapped__ = func

    def __call__(self, *args, **kwargs):
        self.result = self.func(*args, **kwargs)
        return self.result


class _Ndim:
    """A function whose results must have so many dimensions."""

    def __init__(self, func, ndim):
        self.func, self.ndim = func, ndim
        self.__wrapped__ = func

    def __call__(self, *args, **kwargs):
        out = self.func(*args, **kwargs)
        if getattr(out, "ndim", 0) != self.ndim:
            raise ValueError(f"Dimension mismatch: expected output of {self.func} to have dims = {self.ndim}.  Got {getattr(out, 'ndim', 0)} instead.")
        return out


def elemwise(op, *args, out=None, where=True, dtype=None, name=None, **kwargs):
    """A function of elements, called for blocks of arrays that broadcast and are cut alike.

    Parameters
    ----------
    op : callable
        Gets blocks that broadcast, and what else is among `args`.
    *args
        Lazy arrays, NumPy's arrays, and anything else, which is passed as it is.
    out : Array, optional
        Becomes the result.
    dtype : dtype, optional
        The result's; without it as of :func:`map_blocks`.
    name : str, optional
        A name for people.

    Examples
    --------
    >>> import numpy as np
    >>> from tilework.array.core import elemwise
    >>> import tilework.array as ta
    >>> elemwise(np.hypot, ta.arange(3.0, chunks=2), np.ones((2, 1))).shape
    (2, 3)
    """
    if where is not True:
        raise NotImplementedError("elemwise takes no where=: use where() on its result")
    pairs = [(a, tuple(range(a.ndim))[::-1] if isinstance(a, (Array, np.ndarray)) and a.ndim else None) for a in args]
    index = max((i for _, i in pairs if i), key=len, default=())
    label = name or name_of(op)
    dtype = infer(op, args, kwargs, label) if dtype is None else dtype
    return _into(out, apply(op, index, pairs, kwargs, [dtype], label=label)[0])


def _into(out, result):
    if out is None:
        return result
    out._x = result._x
    return out


def apply_along_axis(func1d, axis, arr, *args, dtype=None, shape=None, **kwargs):
    """A function of every lane along an axis.

    Parameters
    ----------
    func1d : callable
        Gets a lane (1-D), `args` and `kwargs`.
    axis : int
        The axis, whose place the axes of what the function gives take.
    dtype, shape : optional
        Those of what the function gives of a lane; without them it is called once with a lane of one element.

    Raises
    ------
    AxisError
        When there is no such axis.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=4).reshape(2, 3)
    >>> ta.apply_along_axis(np.sort, 1, -x, dtype=x.dtype, shape=(3,)).compute()
    array([[-2, -1,  0],
           [-5, -4, -3]])
    """
    x = arr if isinstance(arr, Array) else Array(handle(arr))
    axis = normalize_axis_index(axis, x.ndim)
    if dtype is None or shape is None:
        probe = np.asarray(func1d(np.ones(1, x.dtype), *args, **kwargs))
        dtype = probe.dtype if dtype is None else dtype
        shape = probe.shape if shape is None else shape
    shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    own = tuple(range(x.ndim))
    new = tuple(range(x.ndim, x.ndim + len(shape)))
    out = own[:axis] + new + own[axis + 1 :]
    pairs = [(x, own), *((a, None) for a in args)]
    func = functools.partial(_along, func1d, axis)
    return apply(func, out, pairs, kwargs, [dtype], label=name_of(func1d), new_axes=dict(zip(new, shape)))[0]


def _along(func1d, axis, block, *args, **kwargs):
    return np.apply_along_axis(func1d, axis, block, *args, **kwargs)


def apply_over_axes(func, a, axes):
    """A function of a lazy array and an axis, applied along one axis after the other.

    Parameters
    ----------
    func : callable
        ``func(array, axis)`` gives an array of as many dimensions, or of one less.
    axes : int or sequence of ints

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(24, chunks=5).reshape(2, 3, 4)
    >>> ta.apply_over_axes(ta.sum, x, [0, 2]).compute().ravel()
    array([ 60,  92, 124])
    """
    x = a if isinstance(a, Array) else Array(handle(a))
    for axis in (axes,) if np.ndim(axes) == 0 else tuple(axes):
        axis = normalize_axis_index(axis, x.ndim)
        result = func(x, axis)
        if result.ndim == x.ndim - 1:
            result = result[(slice(None),) * axis + (None,)]
        elif result.ndim != x.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        x = result
    return x


def reduction(
    x, chunk, aggregate, axis=None, keepdims=False, dtype=None, split_every=None, combine=None, name=None, out=None, concatenate=True, output_size=1,
    meta=None, weights=None,
):  # fmt: skip
    """A reduction by functions of Python's: a state of every block, states put together by neighbours, the result of the last.

    Parameters
    ----------
    chunk : callable
        ``chunk(block, axis, keepdims)``, with `weights` ``chunk(block, weights, axis, keepdims)``, gives the state of a block: an array, or anything
        that can be pickled.
    aggregate : callable
        ``aggregate(states, axis, keepdims)`` gives the result of the last states.
    axis : int or tuple of ints, optional
        The axes that are reduced; all by default. Functions always get a tuple.
    keepdims : bool
        Whether they stay, with length `output_size`.
    dtype : dtype
        The result's. Functions that have an argument of this name get it.
    split_every : int or dict, optional
        How many states are put together at a time, in all or along each axis. Default: 4.
    combine : callable, optional
        ``combine(states, axis, keepdims)`` puts states together to one; by default as `aggregate` does.
    name : str, optional
        A name for people.
    out : Array, optional
        Becomes the result.
    concatenate : bool
        Whether functions get states as one array; else as nested lists, a list for each axis.
    weights : array, optional
        Of a shape that broadcasts to the array's.

    Raises
    ------
    ValueError
        Without a dtype; weights that do not broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> x = ta.arange(10, chunks=3)
    >>> ta.reduction(x, np.sum, np.sum, dtype=x.dtype).compute()
    np.int64(45)
    """
    x = x if isinstance(x, Array) else Array(handle(x))
    dtype = declared(dtype, meta)
    if dtype is None:
        raise ValueError("Must specify dtype: a reduction's is not that of its blocks")
    axis = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    chunk, aggregate = (functools.partial(f, dtype=dtype) if takes(f, "dtype") else f for f in (chunk, aggregate))
    arrays = [x]
    if weights is not None:
        w = weights if isinstance(weights, Array) else Array(handle(weights))
        try:
            arrays.append(w if w.shape == x.shape else broadcast_to(w, x.shape))
        except ValueError:
            raise ValueError(f"Weights with shape {w.shape} are not broadcastable to x with shape {x.shape}") from None
    functions = _states.Functions(chunk, combine or aggregate, aggregate, axis, concatenate)
    return _into(out, _states.reduced(arrays, functions, keepdims, dtype, _every(split_every, axis), name or name_of(aggregate), output_size))


def _every(split_every, axis):
    """How many states are put together along each axis."""
    if isinstance(split_every, dict):
        return {a: max(split_every.get(a, 2), 2) for a in axis}
    if split_every is not None and (not isinstance(split_every, (int, np.integer)) or split_every < 2):
        raise ValueError("split_every must be a int or a dict, of at least 2")
    return dict.fromkeys(axis, max(int((split_every or 4) ** (1 / max(len(axis), 1))), 2))


def cumreduction(func, binop, ident, x, axis=None, dtype=None, out=None, method="sequential", preop=None):
    """A cumulative reduction by functions of Python's.

    Parameters
    ----------
    func : callable
        ``func(block, axis=axis)`` does it within a block.
    binop : callable
        ``binop(before, block)`` puts what came before (of length 1 along the axis) into a block.
    ident : number
        What comes before the first block.
    axis : int, optional
        Without it the array is made flat.
    dtype : dtype, optional
        The result's; by default what `func` gives of one zero.
    method : {"sequential", "blelloch"}
        They give the same.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.reductions.cumreduction(np.cumprod, np.multiply, 1, ta.arange(1, 6, chunks=2), axis=0).compute()
    array([  1,   2,   6,  24, 120])
    """
    x = x if isinstance(x, Array) else Array(handle(x))
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = normalize_axis_index(axis, x.ndim)
    if dtype is None:
        dtype = infer(func, (x,), {"axis": axis}, name_of(func))
    elif takes(func, "dtype") or isinstance(getattr(func, "__self__", None), np.ufunc):
        func = functools.partial(func, dtype=dtype)
    dtype = np.dtype(dtype)
    within = map_blocks(func, x, axis=axis, dtype=dtype)
    n = x.numblocks[axis]
    if n > 1:
        one = tuple((1,) * n if a == axis else c for a, c in enumerate(x.chunks))
        last = map_blocks(functools.partial(_last, axis), within, dtype=dtype, chunks=one).rechunk({axis: -1})
        before = map_blocks(functools.partial(_before, binop, ident, axis), last, dtype=dtype).rechunk({axis: 1})
        within = map_blocks(functools.partial(_joined, binop), before, within, dtype=dtype, chunks=within.chunks, token=name_of(func))
    return _into(out, within)


def _last(axis, block):
    return block[(slice(None),) * axis + (slice(-1, None),)]


def _before(binop, ident, axis, last):
    """What comes before each block, of the last elements of all."""
    out = np.empty_like(last)
    lanes, ends = np.moveaxis(out, axis, 0), np.moveaxis(last, axis, 0)
    lanes[0] = ident
    for i in range(1, len(lanes)):
        lanes[i] = ends[0] if i == 1 else binop(lanes[i - 1], ends[i - 1])
    return out


def _joined(binop, before, block):
    return binop(before, block)


def _method(x, func, *args, **kwargs):
    """A function of every block of this array: see :func:`map_blocks`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.arange(4, chunks=2).map_blocks(lambda b: b[::-1]).compute()
    array([1, 0, 3, 2])
    """
    return map_blocks(func, x, *args, **kwargs)


methods(map_blocks=_method)
