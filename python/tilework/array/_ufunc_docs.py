"""The docstrings of ufuncs, made when they are asked for: the sentence of the op table, and an example at numbers of the op's domain."""

from __future__ import annotations

import numpy as np

from .. import _tilework

CLASS = """A function of elements, as NumPy's ``ufunc``: called with lazy arrays it gives lazy arrays, with NumPy's arrays alone what NumPy gives.

Parameters of a call
--------------------
*args : array-like
    As many as ``nin`` says; shapes broadcast, Python's numbers take the dtype of the arrays where they can.
out : Array or tuple of Array, optional
    Becomes the result, cast to its dtype.
where : Array of bool, optional
    Where it does not hold, ``out`` stays as it is, or the result is 0.
casting : str
    What casts are allowed, as in NumPy.
dtype : dtype, optional
    The dtype that results are computed in.

Raises
------
TypeError
    For dtypes that the function does not take.
OverflowError
    For Python integers that the arrays' dtype does not hold.
ValueError
    For shapes that do not broadcast.

Examples
--------
>>> import tilework.array as ta
>>> ta.add(ta.arange(4, chunks=2), 10).compute()
array([10, 11, 12, 13])
>>> ta.add.nin
2
"""

_TABLE = {name: (doc, rule, domain) for name, _, doc, rule, domain in _tilework.elementwise_ops()}
_TWO = {
    "divmod": "The quotient rounded down, and the remainder: ``floor_divide`` and ``remainder``.",
    "frexp": "The number as a factor of at least 1/2 and below 1 (with its sign), and the exponent (int32) of the power of 2 beside it.",
    "modf": "The fraction and the whole part, as floats, both with the sign of the number.",
}
_REAL = ([-2.5, -0.75, 0.5, 1.0, 3.0], [2.0, 0.5, -1.5, 3.0, 0.25])
_WHOLE = ([12, 7, 5, 3], [2, 3, 4, 3])


def _arguments(u):
    """Numbers that show what the function does."""
    name = u.__name__
    _, rule, (low, high) = _TABLE.get(name, (None, "Float", (-1e3, 1e3)))
    if name in ("conjugate", "reciprocal", "power", "float_power"):
        return {"conjugate": ([1 + 2j, 3 - 1j],), "reciprocal": ([0.5, 2.0, 4.0],)}.get(name, ([2.0, 3.0, 9.0], [3.0, 2.0, 0.5]))
    if name.startswith("is"):
        return ([1.0, np.nan, np.inf],)
    if name in ("ldexp", "heaviside", "copysign", "nextafter"):
        return ([-1.5, 0.0, 3.0], [2, 1, -1] if name == "ldexp" else [0.5, 0.5, -0.5])
    if name in ("remainder", "fmod", "floor_divide", "divmod"):
        return ([7, -7, 9], [3, 3, -2])
    if rule in ("Bits", "Count"):
        return _WHOLE[: u.nin]
    if rule == "Logical":
        return ([True, False, True], [True, True, False])[: u.nin]
    inside = [[v for v in vs if low <= v <= high] for vs in _REAL]
    n = min(map(len, inside[: u.nin]))
    return tuple(vs[:n] for vs in inside[: u.nin])


def _shown(values):
    return "[" + ", ".join("ta." + repr(v) if v != v or v in (np.inf, -np.inf) else repr(v) for v in values) + "]"


def of(u):
    """The docstring of a ufunc."""
    name = u.__name__
    names = ("x",) if u.nin == 1 else ("x1", "x2")
    doc = _TWO.get(name) or _TABLE[name][0]
    arguments = _arguments(u)
    results = u._numpy(*map(np.asarray, arguments))
    call = f"ta.{name}({', '.join(f'ta.asarray({_shown(a)})' for a in arguments)})"
    if u.nout == 1:
        lines = [f">>> {call}.compute()", repr(results)]
    else:
        lines = [f">>> a, b = {call}", ">>> a.compute(), b.compute()", repr(results)]
    shown = "\n".join(lines)
    return f"""{name}({", ".join(names)}, /, out=None, *, where=True, casting='same_kind', dtype=None)

{doc}

Elements are computed one by one, shapes broadcast; see :class:`ufunc` for the other parameters and for errors.

Examples
--------
>>> import tilework.array as ta
{shown}
"""
