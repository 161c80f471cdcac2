"""Writes numpy.txt beside it: reductions and scans of small arrays as NumPy computes them (python make.py).

One case per line: op|dtype|shape|axes|ddof|elements|dtype of the result|shape with keepdims|elements of the result (or "error").
"""

import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(7)
DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()
PLAIN = "sum prod mean var std min max argmin argmax any all count_nonzero".split()
NAN = "nansum nanprod nanmean nanvar nanstd nanmin nanmax nanargmin nanargmax".split()
SCANS = "cumsum cumprod nancumsum nancumprod".split()
SHAPES = [((), [()]), ((5,), [(0,), ()]), ((0,), [(0,)]), ((3, 4), [(0,), (1,), (0, 1)]), ((2, 1, 3, 2), [(1,), (0, 2), (0, 1, 2, 3), (3,)]),
          ((0, 3), [(0,), (1,)]), ((2, 0), [(0,), (1,), (0, 1)]), ((40,), [(0,)]), ((2, 37), [(1,), (0,)])]


def elements(dtype, shape, special):
    d = np.dtype(dtype)
    if d.kind == "b":
        return rng.random(shape) < 0.6
    if d.kind in "iu":
        info = np.iinfo(d)
        if special:
            return rng.integers(info.min, info.max, shape, dtype=d, endpoint=True)
        return rng.integers(max(info.min, -4), 5, shape).astype(d)
    a = np.asarray(rng.normal(size=shape) * 3).round(2).astype(d)
    if special and a.size:
        flat = a.reshape(-1)
        for value in (np.nan, np.nan, np.inf, -np.inf, 0.0, -0.0)[: rng.integers(1, 7)]:
            flat[rng.integers(0, flat.size)] = value
    return a


def text(a):
    a = np.asarray(a)
    if a.dtype.kind == "f":
        return " ".join(repr(float(x)) for x in a.reshape(-1))
    return " ".join(str(int(x)) for x in a.reshape(-1))


def numbers(shape):
    return ",".join(map(str, shape))


def line(op, a, axes, ddof, result):
    r = ("", "", "error") if result is None else (result.dtype.name, numbers(result.shape), text(result))
    return "|".join([op, a.dtype.name, numbers(a.shape), numbers(axes), str(ddof), text(a), *r])


lines = []
for dtype in DTYPES:
    for shape, all_axes in SHAPES:
        for special in (False, True):
            a = elements(dtype, shape, special)
            for axes in all_axes:
                for op in PLAIN + NAN:
                    f = getattr(np, op)
                    ddof = int(rng.integers(0, 3)) if "var" in op or "std" in op else 0
                    kw = {"ddof": ddof} if ddof else {}
                    if "arg" in op:
                        if len(axes) not in (1, a.ndim) or not axes or (axes and a.size == 0 and 0 not in np.delete(a.shape, axes)):
                            continue
                        if a.dtype.kind == "f" and op.startswith("nan") and np.isinf(a).any():
                            continue  # NumPy gives the place of a NaN there
                        axis = axes[0] if len(axes) == 1 else None
                    else:
                        axis = axes
                    try:
                        result = np.asarray(f(a, axis=axis, keepdims=True, **kw))
                    except ValueError:
                        result = None
                    lines.append(line(op, a, axes, ddof, result))
            for op in SCANS:
                for axis in range(a.ndim):
                    lines.append(line(op, a, (axis,), 0, np.asarray(getattr(np, op)(a, axis=axis))))
keep = rng.random(len(lines)) < 0.15
lines = [s for s, k in zip(lines, keep) if k]
pathlib.Path(__file__).with_name("numpy.txt").write_text("\n".join(lines) + "\n")
