"""NumPy's functions on lazy arrays: what ``np.sum(x)`` and ``np.sin(x)`` do, and which side of an operator decides."""

from __future__ import annotations

import sys
import warnings

import numpy as np

from ._blockwise import apply
from ._core import Array, methods
from ._ufunc import UFUNCS

_OWN = sys.modules[__package__]
# NumPy's modules, and those here that have their functions.
_MODULES = {"numpy": "", "numpy.linalg": "linalg", "numpy.fft": "fft", "numpy.random": "random"}
_METHODS = {"__call__": lambda u: u, "outer": lambda u: u.outer, "reduce": lambda u: u.reduce, "accumulate": lambda u: u.accumulate}
# Functions of NumPy's whose name is another's here, or that make nothing of elements.
_OTHERS = {
    "may_share_memory": lambda a, b, max_work=None: False,
    "ndim": lambda a: a.ndim,
    "shape": lambda a: a.shape,
    "shares_memory": lambda a, b, max_work=None: False,
    "size": lambda a, axis=None: _OWN.size(a, axis),
    # NumPy takes of the flat array unless an axis is given.
    "take": lambda a, indices, axis=None, out=None, mode="raise": _OWN.take(a, indices, axis, mode=mode),
}


def array_ufunc(self, ufunc, method, *inputs, out=(), **kwargs):
    """NumPy's protocol for its ufuncs: those of the op table are built into the expression, others are functions of blocks."""
    if any(not _known(x) for x in (*inputs, *out)):
        return NotImplemented
    if any(o is not None and not isinstance(o, Array) for o in out):
        raise TypeError(f"{ufunc.__name__}: a lazy result cannot be put into an array of NumPy's: compute it first, or use tilework.array.store")
    if out:
        kwargs["out"] = out if len(out) > 1 else out[0]
    own = UFUNCS.get(ufunc.__name__)
    if own is None or getattr(np, ufunc.__name__, None) is not ufunc:
        if ufunc.signature is not None and method == "__call__" and getattr(np, ufunc.__name__, None) is ufunc and ufunc.__name__ in _OWN.__all__:
            return getattr(_OWN, ufunc.__name__)(*inputs, **kwargs)
        return _by_block(ufunc, method, inputs, kwargs)
    if method not in _METHODS:
        return NotImplemented
    return _METHODS[method](own)(*inputs, **kwargs)


def _known(x):
    """Whether an argument is none of a class that should decide by itself."""
    return isinstance(x, (Array, np.ndarray, np.generic, int, float, complex, bool, list, tuple)) or not hasattr(x, "__array_ufunc__")


def _by_block(ufunc, method, inputs, kwargs):
    """A ufunc that the engine lacks (SciPy's, say), called with blocks; NumPy knows its dtypes without calling it."""
    if method != "__call__" or (ufunc.signature is None and kwargs.keys() - {"dtype"}):
        raise NotImplementedError(f"{ufunc.__name__}.{method} is not done lazily here: use map_blocks or apply_gufunc")
    plain = {int: int, float: float, complex: complex}
    given = [type(x) if type(x) in plain else x.dtype if isinstance(x, (Array, np.ndarray, np.generic)) else np.asarray(x).dtype for x in inputs]
    dtypes = ufunc.resolve_dtypes((*given, *[None] * ufunc.nout))[ufunc.nin :]
    if "dtype" in kwargs:
        dtypes = [np.dtype(kwargs.pop("dtype"))] * ufunc.nout
    if ufunc.signature is not None:
        return _OWN.apply_gufunc(ufunc, ufunc.signature, *inputs, output_dtypes=dtypes if ufunc.nout > 1 else dtypes[0], **kwargs)
    pairs = [(x, tuple(range(np.ndim(x)))[::-1] if np.ndim(x) else None) for x in inputs]
    out = max((ind for _, ind in pairs if ind), key=len, default=())
    results = apply(ufunc, out, pairs, {}, dtypes, label=ufunc.__name__, cores=[()] * ufunc.nout if ufunc.nout > 1 else None)
    return tuple(results) if ufunc.nout > 1 else results[0]


def array_function(self, func, types, args, kwargs):
    """NumPy's protocol for its other functions: the one of the same name here; one that is lacking here computes, and says so."""
    if not all(issubclass(t, (Array, np.ndarray)) or not hasattr(t, "__array_function__") for t in types):
        return NotImplemented
    module = _MODULES.get(func.__module__)
    if module is not None:
        own = getattr(_OWN, module) if module else _OWN
        name = func.__name__
        f = _OTHERS.get(name) if not module else None
        if f is None and name in own.__all__:
            f = getattr(own, name)
        if f is not None and f is not func:
            return f(*args, **kwargs)
    warnings.warn(
        f"tilework.array has no {func.__module__}.{func.__name__}: its arguments are computed now, whole, and NumPy does the rest",
        FutureWarning,
        stacklevel=3,
    )
    return func(*_computed(args), **_computed(kwargs))


def _computed(o):
    """The arguments with lazy arrays computed."""
    if isinstance(o, Array):
        return np.asarray(o)
    if isinstance(o, (list, tuple)):
        return type(o)([_computed(v) for v in o])
    if isinstance(o, dict):
        return {k: _computed(v) for k, v in o.items()}
    return o


methods(__array_ufunc__=array_ufunc, __array_function__=array_function)
