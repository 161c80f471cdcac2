"""Writes numpy.txt: what NumPy gives for operations whose edge cases are easily got wrong.

A line reads: operation dtype result-dtype, then the bits of arguments and result of every case as hexadecimal numbers
(NaN as `nan`). Run with NumPy 2 from this folder: python generate.py
"""

import itertools
import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
np.seterr(all="ignore")

INTS = ["int8", "uint8", "int32", "int64", "uint64"]
FLOATS = ["float32", "float64"]
UNARY = {
    "negative": INTS + FLOATS, "absolute": ["bool"] + INTS + FLOATS, "sign": INTS + FLOATS, "square": INTS + FLOATS,
    "invert": ["bool"] + INTS, "isnan": INTS + FLOATS, "isinf": FLOATS, "isfinite": INTS + FLOATS, "signbit": FLOATS,
    "floor": INTS + FLOATS, "ceil": FLOATS, "trunc": FLOATS, "rint": FLOATS, "sqrt": FLOATS, "reciprocal": FLOATS,
    "logical_not": ["bool"], "deg2rad": FLOATS, "rad2deg": FLOATS, "fabs": FLOATS, "fix": ["bool"] + INTS + FLOATS,
    "isposinf": ["bool"] + INTS + FLOATS, "isneginf": ["bool"] + INTS + FLOATS, "spacing": FLOATS, "sinc": FLOATS,
    "bitwise_count": ["bool"] + INTS,
}
BINARY = {
    "add": ["bool"] + INTS + FLOATS, "subtract": INTS + FLOATS, "multiply": ["bool"] + INTS + FLOATS, "divide": FLOATS,
    "floor_divide": INTS + FLOATS, "remainder": INTS + FLOATS, "maximum": ["bool"] + INTS + FLOATS,
    "minimum": ["bool"] + INTS + FLOATS, "fmax": INTS + FLOATS, "fmin": INTS + FLOATS, "copysign": FLOATS,
    "equal": FLOATS, "not_equal": FLOATS, "less": ["bool"] + INTS + FLOATS, "less_equal": FLOATS, "greater": FLOATS,
    "greater_equal": INTS + FLOATS, "left_shift": INTS, "right_shift": INTS, "bitwise_and": ["bool", "int8"],
    "bitwise_or": ["bool", "int8"], "bitwise_xor": ["bool", "int8"], "logical_and": ["bool"], "logical_or": ["bool"],
    "logical_xor": ["bool"], "power": INTS, "fmod": INTS + FLOATS, "float_power": INTS + FLOATS, "heaviside": FLOATS,
    "gcd": INTS, "lcm": INTS, "logaddexp": FLOATS, "logaddexp2": FLOATS, "ldexp": FLOATS, "nextafter": FLOATS,
}
TERNARY = {"clip": ["bool"] + INTS + FLOATS}


def samples(dtype):
    if dtype == "bool":
        return np.array([False, True])
    if dtype in FLOATS:
        values = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -3.7, 1e30, np.inf, -np.inf, np.nan, 1e-40]
        return np.array(values, dtype)
    info = np.iinfo(dtype)
    values = [0, 1, 2, 3, 7, info.max, info.max - 1]
    if info.min < 0:
        values += [-1, -2, -7, info.min, info.min + 1]
    else:
        values += [8, 63, 64]
    return np.array([v for v in values if info.min <= v <= info.max], dtype)


def bits(a):
    unsigned = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[a.dtype.itemsize]
    nan = np.isnan(a) if a.dtype.kind == "f" else np.zeros(a.shape, bool)
    return ["nan" if n else format(int(b), "x") for n, b in zip(nan, np.ascontiguousarray(a).view(unsigned))]


with open(pathlib.Path(__file__).parent / "numpy.txt", "w") as out:
    for arity, table in ((1, UNARY), (2, BINARY), (3, TERNARY)):
        for name, dtypes in table.items():
            for dtype in dtypes:
                v = samples(dtype)
                if arity == 3:
                    v = v[np.isin(v, [-3.7, -1, 0, 1, 7, np.inf]) | (v != v) | (v == v.max()) | (v == v.min())]
                args = [np.array(c, dtype) for c in zip(*itertools.product(v, repeat=arity))]
                if name == "power":
                    keep = args[1] >= 0
                    args = [a[keep] for a in args]
                if name == "ldexp":
                    args = [np.concatenate([a, a]) for a in args]
                    args[1] = np.resize(np.array([0, 1, -1, 24, -52, 127, -149, 1023, -1074, 2100, -2100], dtype), args[1].shape)
                result = getattr(np, name)(*(a.astype(int) if name == "ldexp" and i else a for i, a in enumerate(args)))
                cases = zip(*(bits(a) for a in [*args, result]))
                out.write(f"{name} {dtype} {result.dtype} " + " ".join(",".join(c) for c in cases) + "\n")
