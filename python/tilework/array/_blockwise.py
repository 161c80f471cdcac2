"""Functions of Python's on blocks that lie along named indices: what every way to call them is made of.

A function is called with NumPy arrays: read-only views of chunks, never copies. What it gives is declared by dtype and chunks, and every
block is checked against that.
"""

from __future__ import annotations

import math

import numpy as np

from .. import _tilework
from ._call import Call, Delayed, Place, Slot, starts
from ._core import Array, from_numpy, handle, has_dtype
from ._cutting import _common, unify_chunks
from ._inference import declared, infer, key_of, name_of

_UNKNOWN_ELEMENTS = 1 << 24
"""How many elements a block has at most where nothing tells."""


def whole_arrays(o, inputs):
    """The arguments with slots in place of lazy arrays, which are put at the end of ``inputs`` in one chunk each."""
    t = type(o)
    if isinstance(o, Array):
        x, _ = operand(o)
        x = x if all(n == 1 for n in x.numblocks) else x.rechunk(-1)
        inputs.append(x)
        return Slot(len(inputs) - 1)
    if hasattr(t, "__dask_graph__") and not isinstance(o, type):
        return Delayed(o)
    if t in (list, tuple):
        new = [whole_arrays(v, inputs) for v in o]
        return o if all(a is b for a, b in zip(o, new)) else t(new)
    if t is dict:
        new = {k: whole_arrays(v, inputs) for k, v in o.items()}
        return o if all(new[k] is v for k, v in o.items()) else new
    return o


def _cuts(inputs, indices, align):
    """The cut along every index; where arrays stay as they are, that of the most blocks."""
    cuts: dict = {}
    for x, ind in zip(inputs, indices):
        for i, c in zip(ind, x.chunks):
            have = cuts.get(i)
            if align:
                cuts[i] = _common(have, c, i)
            elif have is None or have == (1,) or len(c) > len(have) or (len(c) == len(have) and have[0] != have[0]):
                cuts[i] = c
    return cuts


def operand(a):
    """A lazy array of an argument; for elements that arrays cannot have (dates, texts) one of their places in NumPy's array, which is given, too."""
    if isinstance(a, Array):
        if hasattr(a, "mask"):
            raise TypeError("functions of blocks take no lazy arrays with masks: give their data and their mask (x.data, x.mask), or fill them")
        return a, None
    if hasattr(a, "dtype") and not has_dtype(np.dtype(a.dtype)):
        a = np.asarray(a)
        return from_numpy(np.arange(a.size).reshape(a.shape)), a.ravel()
    return Array(handle(a)), None


def common_arrays(arrays):
    """Arrays that broadcast, cut alike."""
    return unify_chunks(*(v for x in arrays for v in (x, tuple(range(x.ndim))[::-1])))[1]


def _adjusted(cut, by, index):
    """A cut with the sizes that blocks have in the result."""
    if callable(by):
        return tuple(by(n) for n in cut)
    if isinstance(by, (tuple, list)):
        if len(by) != len(cut):
            raise ValueError(f"Dimension {index} has {len(cut)} blocks, but {len(by)} sizes are given for it: give one for each block")
        return tuple(by)
    if np.isscalar(by):
        return (by,) * len(cut)
    raise NotImplementedError(f"sizes of chunks are numbers, tuples or functions, not {type(by).__name__}")


def _at_most(sizes, others, inputs):
    """Upper bounds of sizes that are not known: as many elements as the blocks of the largest input have, shared by the other axes."""
    known = math.prod(max(c) for c in others if c == c and all(n == n for n in c))
    n = max((math.prod(x._x.chunksize) for x in inputs), default=_UNKNOWN_ELEMENTS)
    bound = max(-(-n // max(known, 1)), 1)
    return [bound if s != s else int(s) for s in sizes]


def _aligned(x, ind, out, cuts, align, concatenate, label):
    """The array cut as it must be; for each axis the place in the result (None: all of it goes to every block); sizes of its pieces."""
    want, places, sizes = [], [], []
    for i, have, n in zip(ind, x.chunks, x.shape):
        cut = cuts[i]
        if align and len(have) > 1:
            have = cut
        elif align and n != 1:
            have = cut
        if i not in out:
            sizes.append(None if concatenate else have)
            want.append((n,) if len(have) > 1 else have)
            places.append(None)
            continue
        if len(have) != len(cut) and len(have) != 1:
            raise ValueError(f"{label}: the shapes do not align: along index {i} arrays have {len(have)} and {len(cut)} blocks")
        places.append(out.index(i) if len(have) == len(cut) else None)
        want.append(have)
        sizes.append(None)
    want = tuple(want)
    return (x if want == x.chunks else x.rechunk(want)), places, sizes if any(s is not None for s in sizes) else None


def apply(
    func, out, pairs, kwargs, dtypes, *, label, cores=None, adjust=None, new_axes=None, align=True, concatenate=True, finish=None, keywords=(), processes=None,
    key=None, others=None,
):  # fmt: skip
    """The lazy arrays that ``func`` gives of blocks that lie along indices: one for each of ``dtypes``.

    ``out`` has the indices of the result, ``pairs`` the arguments with theirs (None: not a blocked array); ``cores`` the shapes of several
    results behind these indices; ``finish(result, coords)`` is called on what the function gives, and ``finish.sizes(chunks)`` says what that makes of
    the sizes. ``key`` tells it from other arrays, where functions and arguments do not say it all.
    ``others`` has, by their numbers, the elements of arguments that are lazy arrays of places in them (see :func:`operand`).
    """
    out = tuple(out)
    inputs, indices, numbers, args, others, call_others = [], [], [], [], others or {}, {}
    for number, (a, ind) in enumerate(pairs):
        if ind is None:
            args.append(a)
            continue
        x, elements = operand(a)
        if elements is None:
            elements = others.get(number)
        if elements is not None:
            call_others[len(inputs)] = elements
        if x.ndim != len(ind):
            raise ValueError(f"{label}: index {ind} does not match an array of {x.ndim} dimensions")
        args.append(Slot(len(inputs)))
        inputs.append(x)
        indices.append(tuple(ind))
        numbers.append(number)
    cuts = _cuts(inputs, indices, align)
    for i, c in (new_axes or {}).items():
        cuts[i] = tuple(c) if isinstance(c, (tuple, list)) else (c,)
    whole: list = list(inputs)
    placed_args, placed_kwargs = whole_arrays(args, whole), whole_arrays(kwargs, whole)
    layouts, splits = [], []
    for k, (x, ind) in enumerate(zip(inputs, indices)):
        whole[k], places, sizes = _aligned(x, ind, out, cuts, align, concatenate, label)
        layouts.append(places)
        splits.append(sizes)
    layouts += [[None] * x.ndim for x in whole[len(inputs) :]]
    chunks = [_adjusted(cuts[i], adjust[i], i) if adjust and i in adjust else cuts[i] for i in out]
    if finish:
        chunks = finish.sizes(chunks)
    dtypes = [np.dtype(d) for d in dtypes]
    for d in dtypes:
        if not has_dtype(d):
            raise TypeError(f"{label}: results of dtype {d} are not supported: return bools, integers, floats or complex numbers, and declare their dtype")
    call = Call(func, placed_args, placed_kwargs, dtypes, cores is not None, processes)
    call.nested = placed_args is not args or placed_kwargs is not kwargs
    call.finish, call.ndim, call.others = finish, len(out), call_others
    if any(splits):
        call.splits = splits
    if keywords:
        call.keywords = keywords
        where = [(n, x.shape, [starts(c) for c in x.chunks], tuple(p)) for n, x, p in zip(numbers, whole, layouts)]
        call.place = Place(where, tuple(sum(c) for c in chunks), chunks, call.dtypes[0])
    for x, l in zip(whole, layouts):
        # A block of unknown size goes with a result whose size is known as a whole.
        l[:] = [None if o is not None and c[0] != c[0] and len(c) == 1 and chunks[o][0] == chunks[o][0] else o for o, c in zip(l, x.chunks)]
    n_extra = max((l.count(None) for l in layouts), default=0)
    for l in layouts:
        extra = iter(range(len(out), len(out) + n_extra))
        l[:] = [next(extra) if a is None else a for a in l]
    along = [_along(a, c, cuts[i], chunks, layouts, whole) for a, (c, i) in enumerate(zip(chunks, out))]
    results = [(d.name, core) for d, core in zip(call.dtypes, cores or [()])]
    key = key_of("named", key) if key else key_of(func, args, kwargs, finish and finish.__dict__, keywords, splits, len(results), call_others)
    made = _tilework.call(call, label, key, [x._x for x in whole], layouts, results, along, n_extra)
    return [Array(x) for x in made]


def _along(axis, sizes, cut, chunks, layouts, inputs):
    """The cut of an axis of the result as the engine takes it."""
    if all(n == n for n in sizes):
        return [int(n) for n in sizes]
    if sizes == cut:
        for k, (x, layout) in enumerate(zip(inputs, layouts)):
            if axis in layout and x.chunks[layout.index(axis)] == cut:
                return k, layout.index(axis)
    return None, _at_most(sizes, chunks[:axis] + chunks[axis + 1 :], inputs)


def atop(*args, **kwargs):
    """:func:`blockwise`, by the name that dask had for it.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     ta.atop(np.negative, "i", ta.arange(3), "i").compute()
    array([ 0, -1, -2])
    """
    import warnings

    warnings.warn("atop is called blockwise now", stacklevel=2)
    return blockwise(*args, **kwargs)


def blockwise(
    func, out_ind, *args, name=None, token=None, dtype=None, adjust_chunks=None, new_axes=None, align_arrays=True, concatenate=None, meta=None, **kwargs
):
    """A function of blocks that lie along named indices: outer and inner products, transposes, contractions.

    Parameters
    ----------
    func : callable
        Gets a block of each array (a read-only view of NumPy's) and gives a block of the result.
    out_ind : str or tuple
        Indices of the result.
    *args
        Arrays, each followed by its indices; other arguments are followed by None.
    name, token : str, optional
        A name for people.
    dtype : dtype, optional
        The result's; without it (and without `meta`) the function is called once with arrays of one zero to find out, unless settings forbid
        it (``tw.config(infer=False)``).
    adjust_chunks : dict, optional
        For indices whose blocks have other sizes in the result: a function of the size, a size, or all sizes; nan where they are not known.
    new_axes : dict, optional
        Lengths (or all sizes of blocks) of indices that no array has.
    align_arrays : bool
        Whether arrays are brought to one cut along shared indices.
    concatenate : bool, optional
        Along indices that the result lacks a function gets all blocks: joined (True), else as lists.
    meta : array, optional
        An array of the result's dtype, in place of `dtype`.
    **kwargs
        Further arguments of the function. Lazy arrays among them are computed, each as one block.

    Raises
    ------
    ValueError
        Indices that do not fit the arrays, or lengths that do not align.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> x = ta.arange(3, chunks=1)
    >>> y = ta.blockwise(np.outer, "ij", x, "i", x + 10, "j", dtype="int64")
    >>> y.compute()
    array([[ 0,  0,  0],
           [10, 11, 12],
           [20, 22, 24]])
    """
    out = tuple(out_ind)
    if len(set(out)) != len(out):
        raise ValueError(f"Repeated elements not allowed in output index {out_ind}")
    if len(args) % 2:
        raise ValueError("blockwise takes each argument followed by its indices (None for what is no blocked array)")
    pairs = list(zip(args[::2], args[1::2]))
    label = name or token or name_of(func)
    missing = set(out) - {i for _, ind in pairs if ind is not None for i in ind} - set(new_axes or ())
    if missing:
        raise ValueError(f"{label}: Unknown dimension {sorted(missing, key=str)}: give its length with new_axes")
    d = declared(dtype, meta)
    if d is None:
        arrays = [a if ind is None else _known(a) for a, ind in pairs]
        if not concatenate:
            arrays = [_in_lists(a, ind, out) for a, (_, ind) in zip(arrays, pairs)]
        d = infer(func, arrays, kwargs, label)
    return apply(
        func, out, pairs, kwargs, [d], label=label, adjust=adjust_chunks, new_axes=new_axes, align=align_arrays, concatenate=bool(concatenate)
    )[0]


def _known(a):
    x, elements = operand(a)
    return x if elements is None else elements.reshape(x.shape)


def _in_lists(a, ind, out):
    for i in ind or ():
        a = a if i in out else [a]
    return a
