"""What is known of functions of the user's without looking into them: their names, what tells calls of them apart, which dtypes they give."""

from __future__ import annotations

import weakref

import numpy as np

from .. import _config
from ._call import Slot
from ._core import Array

_seen: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_PLAIN = (int, float, complex, bool, str, bytes, type(None), type(Ellipsis), np.dtype, np.generic)


def _token(o):
    """Bytes that tell an object from others, or None where only itself can."""
    t = type(o)
    if isinstance(o, _PLAIN):
        return f"{t.__name__} {o!r}".encode()
    if t is slice:
        return f"slice {o!r}".encode()
    if t is Slot:
        return f"slot {o.i}".encode()
    if t is np.ndarray and o.nbytes <= 4096 and not o.dtype.hasobject:
        return f"array {o.dtype} {o.shape}".encode() + o.tobytes()
    if isinstance(o, Array):
        return f"lazy {o._x.key}".encode()
    if t in (list, tuple):
        parts = [_token(v) for v in o]
        return None if None in parts else t.__name__.encode() + b"(" + b",".join(parts) + b")"
    if t is dict:
        return _token(list(o.items()))
    if isinstance(o, type) or callable(o):
        return _function_token(o)
    return None


def _function_token(f):
    t = type(f)
    if t is np.ufunc:
        return f"ufunc {f.__name__}".encode()
    if t.__module__ == "functools" and t.__name__ == "partial":
        return _token([f.func, f.args, f.keywords])
    if hasattr(f, "__self__"):
        return None
    try:
        number = _seen.get(f)
        if number is None:
            number = _seen[f] = _fresh()
    except TypeError:
        return None
    return f"function {number}".encode()


def _fresh():
    import os

    return os.urandom(16).hex()


def key_of(*parts):
    """A number that is the same for the same function of the same arguments, and else for no other call."""
    token = _token(parts)
    if token is None:
        import os

        return int.from_bytes(os.urandom(16), "little")
    import hashlib

    return int.from_bytes(hashlib.blake2b(token, digest_size=16).digest(), "little")


def name_of(func):
    """A short name of a function, for people."""
    while hasattr(func, "func"):
        func = func.func
    return getattr(func, "__name__", type(func).__name__).strip("_") or "function"


def takes(func, keyword):
    """Whether a function has an argument of this name."""
    code = getattr(func, "__code__", None)
    if code is not None and not hasattr(func, "__wrapped__"):
        return keyword in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    import inspect

    try:
        return keyword in inspect.signature(func).parameters
    except (TypeError, ValueError):
        return False


def _one_element(o):
    if isinstance(o, Array):
        return np.zeros((1,) * o.ndim, o.dtype)
    if type(o) in (list, tuple):
        return type(o)(_one_element(v) for v in o)
    if type(o) is dict:
        return {k: _one_element(v) for k, v in o.items()}
    return o


def infer(func, args, kwargs, label, n_results=None, keyword="dtype"):
    """The dtype (of ``n_results``, the dtypes) of what a function gives, found out on arrays of one zero each.

    Raises
    ------
    TypeError
        When settings forbid it (``tw.config(infer=False)``).
    ValueError
        When the function fails on such arrays.
    """
    if not _config.get("infer"):
        raise TypeError(f"{label}: declare the dtype of the result with {keyword}=, as settings forbid to infer it (infer=False)")
    args, kwargs = _one_element([a[(slice(0, 1),) * a.ndim] if type(a) is np.ndarray else a for a in args]), _one_element(kwargs)
    try:
        with np.errstate(all="ignore"):
            out = func(*args, **kwargs)
        many = [out] if n_results is None else list(out)
        dtypes = [getattr(o, "dtype", None) or np.asarray(o).dtype for o in many]
    except OverflowError:
        raise
    except Exception as e:
        raise ValueError(
            f"`dtype` inference failed in `{label}`: on arrays of one zero the function raised {e!r}. Please specify the dtype explicitly using the "
            f"`{keyword}` kwarg."
        ) from e
    if n_results is not None and len(dtypes) != n_results:
        raise ValueError(f"{label}: the function gave {len(dtypes)} results, but {n_results} are declared")
    return dtypes[0] if n_results is None else dtypes


def declared(dtype, meta):
    """The dtype that is declared by ``dtype`` or by ``meta``, an array of it; None where it is not."""
    if dtype is not None:
        return np.dtype(dtype)
    return None if meta is None else np.dtype(getattr(meta, "dtype", meta))
