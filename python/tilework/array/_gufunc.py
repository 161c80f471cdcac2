"""Generalized functions of Python's: of core axes, repeated over all others."""

from __future__ import annotations

import math
import re

import numpy as np

from ._blockwise import apply, operand
from ._inference import infer, name_of

__all__ = ["apply_gufunc", "as_gufunc", "gufunc"]

_NAME = r"\w+"
_GROUP = rf"\((?:{_NAME}(?:,{_NAME})*,?)?\)"
_SIGNATURE = rf"(?:{_GROUP}(?:,{_GROUP})*,?)?->{_GROUP}(?:,{_GROUP})*,?"


def _parsed(signature):
    """Core axes of every argument and result; the last is no list where there is one result that is no tuple of one."""
    if not isinstance(signature, str):
        raise TypeError("`signature` has to be of type string")
    text = re.sub(r"\s+", "", signature)
    if not re.fullmatch(_SIGNATURE, text):
        raise ValueError(f"Not a valid gufunc signature: {text}: write it as (i,j),(j)->(i)")
    left, right = text.split("->")
    ins, outs = ([tuple(re.findall(_NAME, g)) for g in re.findall(_GROUP, side)] for side in (left, right))
    return ins, outs[0] if len(outs) == 1 and not right.endswith(",") else outs


def _core_axes(axes, axis, keepdims, ins, outs):
    """Where the core axes of every argument lie, and where those of every result go."""
    if axes is not None and axis is not None:
        raise ValueError("Only one of `axis` or `axes` keyword arguments should be given")
    if axes is not None and not isinstance(axes, list):
        raise ValueError("`axes` has to be of type list")
    with_cores = [c for c in ins if c]
    n_core_results = sum(bool(c) for c in outs)
    if keepdims:
        if n_core_results:
            raise ValueError("`keepdims` can only be used for scalar outputs")
        if len(set(ins)) > 1:
            raise ValueError("To use `keepdims`, all core dimensions have to be equal")
        outs = [with_cores[0] if with_cores else ()] * len(outs)
    if axis is not None:
        if not isinstance(axis, int):
            raise ValueError("`axis` argument has to be an integer value")
        if with_cores and len(with_cores[0]) != 1:
            raise ValueError("`axis` can be used only, if one core dimension is present")
        if len(set(with_cores)) > 1:
            raise ValueError("To use `axis`, all core dimensions have to be equal")
        axes = [(axis,) if c else () for c in ins + outs]
    elif axes is None:
        axes = [tuple(range(-len(c), 0)) for c in ins + outs]
    axes = [(a,) if isinstance(a, int) else tuple(a) for a in axes]
    if len(axes) != len(ins) + len(outs) and (n_core_results or len(axes) != len(ins)):
        raise ValueError("The number of `axes` entries is not equal the number of input and output arguments")
    own, made = axes[: len(ins)], axes[len(ins) :] or [tuple(range(-len(c), 0)) for c in outs]
    for what, given, cores in (("input", own, ins), ("output", made, [] if keepdims else outs)):
        for i, (a, c) in enumerate(zip(given, cores)):
            if len(a) != len(c):
                raise ValueError(f"The number of `axes` entries for argument #{i} is not equal the number of respective {what} core dimensions in signature")
    return own, [own[0]] * len(outs) if keepdims and own else made


def _dtypes(func, args, kwargs, signature, output_dtypes, meta, n_results, vectorize):
    """The dtype of every result."""
    if meta is not None and output_dtypes is not None:
        raise ValueError("Only one of `meta` and `output_dtypes` should be given (`meta` is preferred).")
    given = output_dtypes if meta is None else meta
    if given is None:
        tried = np.vectorize(func, signature=signature) if vectorize else func
        given = infer(tried, args, kwargs, "apply_gufunc", n_results, "output_dtypes")
    many = isinstance(given, (tuple, list))
    if n_results is None:
        if many and len(given) != 1:
            raise ValueError("For a function with one output, must give a single item for `output_dtypes`/`meta`, not a tuple or list.")
        given = given if many else [given]
    elif not many:
        raise ValueError(f"For a function with {n_results} outputs, must give a tuple or list for `output_dtypes`/`meta`, not a single item.")
    elif len(given) != n_results:
        raise ValueError(
            f"For a function with {n_results} outputs, must give a tuple or list of {n_results} items for `output_dtypes`/`meta`, not {len(given)}."
        )
    return [np.dtype(getattr(d, "dtype", d) if isinstance(d, np.ndarray) else d) for d in given]


def _checked(args, dims, cores, allow_rechunk):
    """Lengths of all core axes; refuses what does not go together."""
    lengths: dict = {}
    cuts: dict = {}
    for x, names in zip(args, dims):
        for name, n, c in zip(names, x.shape, x.chunks):
            lengths.setdefault(name, []).append(n)
            cuts.setdefault(name, []).append(c)
    for name, all_ in lengths.items():
        longer = {n for n in all_ if n != 1}
        if len(longer) > 1:
            raise ValueError(f"Dimension `'{name}'` with different lengths in arrays")
        if allow_rechunk:
            continue
        if name in cores and any(len(c) > 1 for c in cuts[name]):
            raise ValueError(
                f"Core dimension `'{name}'` consists of multiple chunks. To fix, rechunk into a single chunk along this dimension or set "
                "`allow_rechunk=True`, but beware that this may increase memory usage significantly."
            )
        if len({c for c, n in zip(cuts[name], all_) if n != 1}) > 1:
            raise ValueError(f"Dimension `'{name}'` with different chunksize present")
    return {name: max(all_) for name, all_ in lengths.items() if name in cores}


def _whole(x, n_core):
    """The array with its last axes whole, the others cut smaller by as much as its blocks would grow."""
    n = x.ndim - n_core
    growth = math.prod(x.numblocks[n:])
    chunks = list(x.chunks[:n])
    while growth > 1:
        a = max(range(n), key=lambda a: max(chunks[a]), default=None)
        if a is None or max(chunks[a]) <= 1:
            break
        size = -(-max(chunks[a]) // growth)
        growth = -(-growth * size // max(chunks[a]))
        chunks[a] = (size,) * (x.shape[a] // size) + ((x.shape[a] % size,) if x.shape[a] % size else ())
    return x.rechunk((*chunks, *(-1 for _ in range(n_core))))


def apply_gufunc(
    func, signature, *args, axes=None, axis=None, keepdims=False, output_dtypes=None, output_sizes=None, vectorize=None, allow_rechunk=False, meta=None,
    **kwargs,
):  # fmt: skip
    """A function of core axes, repeated over all other axes, which broadcast.

    Parameters
    ----------
    func : callable
        Gets blocks whose last axes are the core axes, whole, and gives the results with theirs last (several as a tuple).
    signature : str
        Core axes of arguments and results: ``"(i,j),(j)->(i)"``.
    *args
        Arrays and array-likes.
    axes : list of tuples of ints, optional
        Where the core axes of every argument and result lie; by default last.
    axis : int, optional
        The one core axis of all.
    keepdims : bool
        Whether core axes stay with length 1 in results that have none.
    output_dtypes : dtype or list of dtypes, optional
        Those of the results; without them (and without `meta`) the function is called once with arrays of one zero, unless settings forbid it
        (``tw.config(infer=False)``).
    output_sizes : dict, optional
        Lengths of core axes that only results have.
    vectorize : bool
        Whether the function takes core axes only, and is called for each element of the others.
    allow_rechunk : bool
        Whether core axes that are cut are made whole, and the others cut alike.
    meta : array or tuple of arrays, optional
        Arrays of the results' dtypes, in place of `output_dtypes`.
    **kwargs
        Further arguments of the function.

    Returns
    -------
    Array, or a tuple of them

    Raises
    ------
    ValueError
        A signature that cannot be read or does not fit; core axes that are cut, without `allow_rechunk`.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> x = ta.arange(12, chunks=12).reshape(3, 4).rechunk((1, 4))
    >>> low, high = ta.apply_gufunc(lambda b: (b.min(axis=-1), b.max(axis=-1)), "(i)->(),()", x, output_dtypes=[x.dtype] * 2)
    >>> (high - low).compute()
    array([3, 3, 3])
    """
    ins, out = _parsed(signature)
    outs = out if isinstance(out, list) else [out]
    operands = [operand(a) for a in args]
    args = [x if e is None else e.reshape(x.shape) for x, e in operands]
    if len(ins) != len(args):
        raise ValueError(f"According to `signature`, `func` requires {len(ins)} arguments, but {len(args)} given")
    dtypes = _dtypes(func, args, kwargs, signature, output_dtypes, meta, len(outs) if isinstance(out, list) else None, vectorize)
    args, others = [x for x, _ in operands], {i: e for i, (_, e) in enumerate(operands) if e is not None}
    own, made = _core_axes(axes, axis, keepdims, ins, outs)
    for i, (x, cores) in enumerate(zip(args, ins)):
        if x.ndim < len(cores):
            raise ValueError(f"argument #{i} has {x.ndim} dimensions, fewer than its core dimensions {cores}")
    args = [_last(x, a) for x, a in zip(args, own)]
    loops = [x.ndim - len(c) for x, c in zip(args, ins)]
    n_loop = max(loops, default=0)
    loop = tuple(f"loop {i}" for i in range(n_loop))
    dims = [loop[n_loop - n :] + c for n, c in zip(loops, ins)]
    sizes = _checked(args, dims, {c for cores in ins for c in cores}, allow_rechunk) | dict(output_sizes or {})
    missing = {c for cores in outs for c in cores} - set(sizes)
    if missing:
        raise ValueError(f"core dimensions {sorted(missing)} of the results have no length: give it with output_sizes")
    if allow_rechunk:
        args = [_whole(x, len(c)) if any(n > 1 for n in x.numblocks[x.ndim - len(c) :]) else x for x, c in zip(args, ins)]
    label = name_of(func)
    if vectorize:
        func = np.vectorize(func, signature=signature, otypes=dtypes)
    lengths = [tuple(sizes[c] for c in cores) for cores in outs]
    pairs = list(zip(args, dims))
    if isinstance(out, list):
        results = apply(func, loop, pairs, kwargs, dtypes, label=label, cores=lengths, others=others)
    else:
        core = tuple(("result", k) for k in range(len(out)))
        results = apply(func, loop + core, pairs, kwargs, dtypes, label=label, new_axes=dict(zip(core, lengths[0])), others=others)
    results = [_placed(r, a, keepdims) for r, a in zip(results, made)]
    return tuple(results) if isinstance(out, list) else results[0]


def _last(x, axes):
    """The array with some axes last."""
    axes = [a % x.ndim for a in axes]
    order = [a for a in range(x.ndim) if a not in axes] + axes
    return x if order == list(range(x.ndim)) else x.transpose(order)


def _placed(x, axes, keepdims):
    """The result with its last axes (or new ones) in their places."""
    if keepdims:
        x = x[(Ellipsis, *(None,) * len(axes))]
    axes = [a % x.ndim for a in axes]
    rest = iter(range(x.ndim - len(axes)))
    order = [x.ndim - len(axes) + axes.index(a) if a in axes else next(rest) for a in range(x.ndim)]
    return x if order == list(range(x.ndim)) else x.transpose(order)


class gufunc:
    """A function bound to a signature: called with arrays, it is what :func:`apply_gufunc` gives.

    Takes `pyfunc` and the keywords of :func:`apply_gufunc`.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> outer = ta.gufunc(np.outer, signature="(i),(j)->(i,j)", output_dtypes=float, vectorize=True)
    >>> outer(ta.ones(2), ta.ones(3)).shape
    (2, 3)
    """

    def __init__(
        self, pyfunc, *, signature=None, vectorize=False, axes=None, axis=None, keepdims=False, output_sizes=None, output_dtypes=None, allow_rechunk=False,
        meta=None,
    ):  # fmt: skip
        self.pyfunc, self.signature, self.vectorize, self.axes, self.axis, self.keepdims = pyfunc, signature, vectorize, axes, axis, keepdims
        self.output_sizes, self.output_dtypes, self.allow_rechunk, self.meta = output_sizes, output_dtypes, allow_rechunk, meta
        self.__doc__ = (
            f"\n        Bound ``tilework.array.gufunc``\n        func: ``{name_of(pyfunc)}``\n        signature: ``'{signature}'``\n\n"
            f"        {pyfunc.__doc__ or 'No documentation.'}\n        "
        )

    def __call__(self, *args, allow_rechunk=None, **kwargs):
        settings = {k: v for k, v in vars(self).items() if k not in ("pyfunc", "signature", "__doc__")}
        if allow_rechunk is not None:
            settings["allow_rechunk"] = allow_rechunk
        return apply_gufunc(self.pyfunc, self.signature, *args, **settings, **kwargs)


def as_gufunc(signature=None, **kwargs):
    """Decorator that makes a :class:`gufunc` of a function.

    Examples
    --------
    >>> import tilework.array as ta
    >>> @ta.as_gufunc("(i)->()", output_dtypes=float)
    ... def spread(x):
    ...     return x.max(axis=-1) - x.min(axis=-1)
    >>> spread(ta.arange(6.0).reshape(2, 3)).compute()
    array([2., 2.])
    """
    return lambda pyfunc: gufunc(pyfunc, signature=signature, **kwargs)
