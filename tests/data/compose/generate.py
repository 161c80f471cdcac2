"""Writes numpy.txt: what NumPy gives for the functions that are made of several operations.

A line reads: function|options|arguments|results, arguments and results separated by `;`. An array is its dtype, its shape and
the bits of its elements as hexadecimal numbers (NaN as `nan`), a bare number `number` and itself. Run with NumPy 2 from this
folder: python generate.py
"""

import itertools
import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
np.seterr(all="ignore")
rng = np.random.default_rng(3)

INTS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()
FLOATS = ["float32", "float64"]
lines = []


def text(a):
    if isinstance(a, (int, float)) and not isinstance(a, np.generic):
        return f"number {a!r}"
    a = np.asarray(a)
    unsigned = np.dtype(f"u{a.dtype.itemsize}")
    nan = np.isnan(a) if a.dtype.kind == "f" else np.zeros(a.shape, bool)
    bits = ["nan" if n else format(int(b), "x") for n, b in zip(nan.ravel(), np.ascontiguousarray(a).view(unsigned).ravel())]
    return " ".join([a.dtype.name, ",".join(map(str, a.shape)) or "-", *bits])


def case(name, options, args, results):
    options = ",".join("none" if o is None else str(o) for o in options)
    lines.append("|".join([name, options, ";".join(map(text, args)), ";".join(map(text, results))]))


def samples(dtype, n=None):
    """The special values of a dtype, or as many values as asked, some of them special."""
    d = np.dtype(dtype)
    if d.kind == "b":
        special = [False, True]
    elif d.kind == "f":
        special = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -3.7, 1e30, -1e-40, np.inf, -np.inf, np.nan, np.finfo(d).max, 1 + 1e-6]
    else:
        info = np.iinfo(d)
        special = [0, 1, 2, 7, info.max, info.max - 1, info.min, *([-1, -7] if info.min < 0 else [63])]
    special = np.array(special, d)
    if n is None:
        return special
    plain = rng.normal(size=n) * 5
    return np.where(rng.random(n) < 0.3, rng.choice(special, n), np.abs(plain).astype(d) if d.kind in "bu" else plain.astype(d))


def pairs(a, b):
    return [np.array(c) for c in (np.repeat(a, len(b)), np.tile(b, len(a)))]


def closeness():
    options = [(1e-5, 1e-8, False), (1e-5, 1e-8, True), (0.0, 0.0, False), (0.1, 0.5, True), (0.0, 3.0, False)]
    for a, b in [("float64", "float64"), ("float32", "float32"), ("float32", "float64"), ("float64", "float32"), ("int64", "int64"),
                 ("int8", "uint8"), ("uint64", "float32"), ("float64", "bool"), ("uint8", "uint8")]:
        for o in options:
            x, y = pairs(samples(a), samples(b))
            case("isclose", o, [x, y], [np.isclose(x, y, *o)])
    for dtype in ("float64", "float32", "int32"):
        for o, y in itertools.product(options, [0, 1, 1.0, -3.6, np.inf, np.nan]):
            x = samples(dtype)
            case("isclose", o, [x, y], [np.isclose(x, y, *o)])
    x, y = rng.normal(size=(5, 1, 4)), rng.normal(size=(3, 1))
    case("isclose", (0.5, 0.1, False), [x, y], [np.isclose(x, y, 0.5, 0.1)])
    for x, y in [(np.zeros((0,)), np.zeros((0,))), (np.zeros((3, 0)), np.ones((3, 1))), (x, x + 1e-9), (x, y), (samples("float64"),) * 2]:
        for o in options:
            case("isclose", o, [x, y], [np.isclose(x, y, *o)])
            case("allclose", o, [x, y], [np.array(np.allclose(x, y, *o))])


def numbers():
    for dtype in ["bool", "int8", "uint64"] + FLOATS:
        for o in [(0.0, None, None), (-1.5, None, 7.0), (np.nan, 1e3, None), (2.0, np.inf, -np.inf)]:
            for x in (samples(dtype), samples(dtype, 24).reshape(2, 3, 4), samples(dtype)[:0]):
                case("nan_to_num", o, [x], [np.nan_to_num(x, nan=o[0], posinf=o[1], neginf=o[2])])


def rounding():
    decimal = [0.05, 0.15, 0.25, -0.35, 1.005, 2.675, 1234.5678, -8765.4321, 15.0, 25.0, -35.0, 1e15 + 0.3, -0.04]
    for dtype, decimals in itertools.product(FLOATS, [-40, -5, -2, -1, 0, 1, 2, 3, 8, 9, 16, 22, 30, 309, 330]):
        x = np.concatenate([np.array(decimal, dtype), samples(dtype, 40)])
        if not (dtype == "float32" and abs(decimals) > 38):
            case("round", [decimals], [x], [np.round(x, decimals)])
    for dtype, decimals in itertools.product(INTS, [-3, -1, 0, 2]):
        x = np.array([0, 5, 15, 25, 35, 99, 104, 105, 115, *([-5, -15, -25, -101] if dtype[0] == "i" else [])], dtype)
        case("round", [decimals], [x], [np.round(x, decimals)])


def parts():
    for dtype in INTS + FLOATS:
        x, y = pairs(samples(dtype), samples(dtype))
        case("divmod", [], [x, y], np.divmod(x, y))
        case("divmod", [], [x, 3], np.divmod(x, 3))
    x, y = samples("int16", 12).reshape(4, 3), samples("float32", 3)
    case("divmod", [], [x, y], np.divmod(x, y))
    for dtype in ["int64", "uint32"] + FLOATS:
        for x in (samples(dtype), samples(dtype, 20).reshape(4, 5), samples(dtype)[:0]):
            case("modf", [], [x], np.modf(x))


def choices():
    for kinds in [("int8", "int8", 0), ("int8", "uint8", 1), ("uint8", "float32", -3), ("float32", 5, 2.5), (1, 2, 3), (1, 2.0, 3),
                  ("bool", "bool", 1), ("uint64", "int64", 0), ("float64", "float64", float("nan")), ("int16", "uint16", "float32")]:
        for shape in [(17,), (3, 5), (0,), (2, 0)]:
            n = int(np.prod(shape))
            make = lambda k: samples(k, n).reshape(shape) if isinstance(k, str) else k
            *some, default = [make(k) for k in kinds]
            conditions = [rng.random(shape) < 0.4 for _ in some]
            case("select", [], [*conditions, *some, default], [np.select(conditions, some, default)])
    for kinds in [("int8", "int8", "int8"), ("int8", "uint8", "float32"), ("float64", "float32", "bool"), ("int64",)]:
        for index in ["int8", "uint8", "int64"]:
            # NumPy wraps by adding and subtracting, which takes long for large indices.
            i = rng.integers(0 if index[0] == "u" else -9, 9, (3, 5)).astype(index)
            some = [samples(k, 5) for k in kinds]
            for mode in ("wrap", "clip"):
                case("choose", [mode], [i, *some], [np.choose(i, some, mode=mode)])
    for dtype in ["int8", "uint16", "bool"] + FLOATS:
        for shape in [(13,), (2, 3, 2), (0, 2)]:
            x = samples(dtype, int(np.prod(shape))).reshape(shape)
            conditions = [x > 0, x < 1, x == x]
            for k, values in [(1, [1, 0]), (2, [1.75, 0.25]), (2, [7, 5, 3]), (3, [1, 2, 3]), (3, [1.5, 0.0, 2.5, 9.9])]:
                case("piecewise", [k], [x, *conditions[:k], *values], [np.piecewise(x, conditions[:k], values)])


closeness()
numbers()
rounding()
parts()
choices()
(pathlib.Path(__file__).parent / "numpy.txt").write_text("\n".join(lines) + "\n")
