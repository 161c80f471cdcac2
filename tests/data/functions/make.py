"""Writes numpy.txt beside it: histograms of points, look-ups in lazy lists, curves, splits and the like as NumPy computes them
(python make.py).

One case per line: call|parameters|arrays|results. Parameters are separated by blanks ("-": none); arrays by ";", each
dtype:shape:elements. A result "error NAME" means that the call is refused, by NumPy with an exception of that name.
"""

import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(29)
LINES = []


def array(a):
    a = np.asarray(a)
    v = a.reshape(-1)
    v = " ".join(repr(float(x)) if a.dtype.kind == "f" else str(int(x)) for x in v)
    return f"{a.dtype.name}:{','.join(map(str, a.shape))}:{v}"


def param(p):
    if p is None:
        return "-"
    if isinstance(p, (tuple, list, np.ndarray)):
        return ",".join(param(x) for x in p) if len(p) else "none"
    if isinstance(p, (bool, np.bool_)):
        return str(int(p))
    return repr(float(p)) if isinstance(p, (float, np.floating)) else str(p)


def case(call, params, arrays, compute):
    try:
        r = compute()
        results = ";".join(array(x) for x in (r if isinstance(r, (tuple, list)) else (r,)))
    except (ValueError, TypeError, IndexError, np.exceptions.AxisError, np.linalg.LinAlgError) as e:
        results = f"error {type(e).__name__}"
    LINES.append("|".join([call, " ".join(param(p) for p in params), ";".join(array(a) for a in arrays), results]))


def elements(dtype, shape, nan=True):
    d = np.dtype(dtype)
    if d.kind == "b":
        return rng.random(shape) < 0.6
    if d.kind in "iu":
        return rng.integers(0 if d.kind == "u" else -9, 10, shape).astype(d)
    a = np.asarray(rng.normal(size=shape) * 3).round(1).astype(d)
    if nan and a.size:
        flat = a.reshape(-1)
        for _ in range(rng.integers(0, 4)):
            flat[rng.integers(0, flat.size)] = np.nan
    return a


DTYPES = "bool int8 uint32 int64 float32 float64".split()

# Histograms of points.
GRIDS = [[(3, -3.0, 3.0), (5, 0.0, 4.0)], [[-5.0, -1.0, -1.0, 0.5, 2.0, 8.0], (4, -2.0, 2.0)], [(1, -9.0, 9.0), [0.0, 1.0]], [(2, 1.0, 1.0), (7, -4.0, 9.0)]]


def grid(bins):
    spec = lambda b: f"{b[0]}:{b[1]}:{b[2]}" if isinstance(b, tuple) else "e:" + ":".join(map(str, b))
    return [spec(b) for b in bins], [b[0] if isinstance(b, tuple) else b for b in bins], [b[1:] if isinstance(b, tuple) else None for b in bins]


def dd(sample, bins, ranges, **kw):
    # Ranges stand beside edges, which need none.
    ranges = [(e[0], e[-1]) if r is None else r for r, e in zip(ranges, bins)]
    h, e = np.histogramdd(sample, bins, ranges, **kw)
    return (h, *e)


for dtype in DTYPES[1:]:
    for n in (0, 1, 7, 60):
        for bins in GRIDS:
            x, y, w = elements(dtype, n), elements("float64", n), elements("int64" if n == 7 else "float64", n, nan=False)
            x, y = (elements(dtype, n, nan=False), elements("float64", n, nan=False)) if n == 60 else (x, y)
            spec, b, r = grid(bins)
            for density in (False, True):
                case("histogram2d", [*spec, density], [x, y], lambda: dd([x, y], b, r, density=density))
            case("histogram2d", [*spec, False], [x, y, w], lambda: dd([x, y], b, r, weights=w.astype("float64")))
        spec, b, r = grid([(2, -3.0, 3.0), (3, -2.0, 2.0), [-4.0, 0.0, 4.0]])
        p = elements(dtype, (n, 3))
        case("histogramdd", [*spec, False], [p], lambda: dd(p, b, r))
        case("histogramdd", [*spec, True], [p], lambda: dd(p, b, r, density=True))
    for shape in [(5,), (3, 4), (23,)]:
        x = elements(dtype, shape, nan=False)
        for n in (1, 4, 10):
            case("histogram_bin_edges", [n], [x], lambda: np.histogram_bin_edges(x, n))
            flat = np.full(shape, x.reshape(-1)[0])
            case("histogram_bin_edges", [n], [flat], lambda: np.histogram_bin_edges(flat, n))

# Look-ups in lazy lists.
for dtype in DTYPES:
    for other in DTYPES:
        if {dtype, other} == {"uint32", "int64"} and rng.random() < 0.5:
            continue
        for shape, n in [((7,), 5), ((0,), 3), ((3, 5), 9), ((), 4), ((11,), 0), ((2, 3, 2), 1)]:
            x, v = elements(dtype, shape), elements(other, n)
            case("isin", [], [x, v], lambda: np.isin(x, v))
            s = np.sort(v)
            for right in (False, True):
                case("searchsorted", [right], [s, x], lambda: np.searchsorted(s, x, side="right" if right else "left"))
                if other != "bool" and dtype != "bool":
                    b = np.sort(elements(other, n, nan=False))
                    b = b[::-1].copy() if rng.random() < 0.5 else b
                    case("digitize", [right], [x, b], lambda: np.digitize(x, b, right))

# Orders by several keys, equal arrays, diagonals.
for dtype in DTYPES:
    for shape, axes in [((9,), [0]), ((1,), [0]), ((0,), [0]), ((4, 6), [0, 1, -1]), ((2, 3, 5), [1, -1])]:
        for axis in axes:
            keys = [elements(dtype, shape), elements("int8", shape) // 5, elements("float64", shape).round(0)]
            for k in (1, 2, 3):
                case("lexsort", [axis], keys[:k], lambda: np.lexsort(keys[:k], axis=axis))
    for shape, others in [((4,), [(4,), (1,), (3,), (2, 4)]), ((2, 3), [(2, 3), (3,), (2,)]), ((0, 2), [(0, 2), (2,)]), ((), [(), (2,)])]:
        x = elements(dtype, shape)
        for other in others:
            y = elements(dtype, other)
            for a, b in [(x, y), (x, x), (x, np.broadcast_to(x, (2, *x.shape)).copy())]:
                case("array_equal", [False], [a, b], lambda: np.array_equal(a, b))
                if dtype[0] == "f":
                    case("array_equal", [True], [a, b], lambda: np.array_equal(a, b, equal_nan=True))
                case("array_equiv", [], [a, b], lambda: np.array_equiv(a, b))


def filled(x, v, wrap):
    x = x.copy()
    np.fill_diagonal(x, v, wrap)
    return x


for dtype in DTYPES:
    for shape in [(3, 3), (2, 5), (7, 2), (9, 2), (1, 1), (4, 4, 4), (5, 1), (2, 2, 2, 2), (3,), (2, 3, 2), (0, 3)]:
        x = elements(dtype, shape)
        for wrap in (False, True):
            case("fill_diagonal", [wrap], [x, np.asarray(1, dtype)], lambda: filled(x, np.asarray(1, dtype)[()], wrap))
            for n in (1, 2, 3):
                v = elements(dtype, n)
                case("fill_diagonal", [wrap], [x, v], lambda: filled(x, v, wrap))
    for shape in [(3,), (2, 2), (0,), ()]:
        x = elements(dtype, shape)
        for k in (0, 2, -1):
            case("diagflat", [k], [x], lambda: np.diagflat(x, k))

# Elementwise.
special = [0.0, -0.0, 1.0, -1.5, 1e-40, 5e-324, 2.2250738585072014e-308, 1e300, np.inf, -np.inf, np.nan, 3.0, 1024.0, 0.1]
for x in [np.array(special), np.array(special, "float32"), elements("int64", 9), elements("int32", 4), elements("float64", (3, 5))]:
    case("frexp", [], [x], lambda: np.frexp(x))
for x in [np.linspace(-30, 30, 61), np.array([0.0, -0.0, 700.0, -709.0, np.nan]), np.linspace(0, 80, 17, dtype="float32"), elements("int64", 9)]:
    case("i0", [], [x], lambda: np.i0(x))

# Creation.
for n in (0, 1, 2, 9, 50):
    for a, b in [(0.0, 3.0), (-2.0, 1.5), (2.0, 2.0)]:
        for base in (10.0, 2.0, 0.5):
            case("logspace", [a, b, n, base], [], lambda: np.logspace(a, b, n, base=base))
    for a, b in [(1.0, 1000.0), (-3.0, -0.1), (7.0, 7.0), (1e-200, 1e200)]:
        case("geomspace", [a, b, n], [], lambda: np.geomspace(a, b, n))
    for a, b in [(0.0, 1.0), (1.0, -1.0), (1.0, float("inf"))]:
        LINES.append(f"geomspace|{a} {b} {n}||error ValueError")
for dtype in DTYPES:
    x = elements(dtype, (3, 4))
    case("likes", [], [x], lambda: (np.full_like(x, 1), np.zeros_like(x), np.ones_like(x, dtype="float32")))
    for shape in [(4,), (1,), (0,)]:
        x = elements(dtype, shape)
        for n in (None, 0, 1, 3):
            for increasing in (False, True):
                case("vander", [n, increasing], [x], lambda: np.vander(x, n, increasing))
    for p in ([1.0, -2.0, 0.5], [3.0], [], [0.0, 0.0, 1.0, 2.0]):
        x = elements(dtype, (2, 5))
        if p:
            case("polyval", [p], [x], lambda: np.polyval(np.array(p), x))
        case("polyval_int", [[int(c) for c in p]], [x], lambda: np.polyval(np.array([int(c) for c in p], dtype="int64"), x) if p else np.zeros_like(x))
    case("vander", [None, False], [elements(dtype, (2, 2))], lambda: np.vander(elements(dtype, (2, 2))))

# Curves.
for dtype in DTYPES[1:]:
    for shape in [(9,), (), (0,), (4, 5)]:
        x = elements(dtype, shape)
        for xp, fp in [([-3.0, -1.0, 0.5, 4.0], [1.0, 5.0, -2.0, 0.0]), ([0.0, 0.0, 2.0], [1.0, 3.0, 3.0]), ([-1.0, 1.0], [np.inf, np.inf]), ([-2.0, 0.0, 2.0], [np.nan, 1.0, np.inf])]:
            for left, right in [(None, None), (-7.0, 8.0)]:
                case("interp", [xp, fp, left, right, None], [x], lambda: np.interp(x, xp, fp, left, right))
        for period in (4.0, -2.5, 360.0):
            xp, fp = [3.0, -1.5, 0.5, 9.0], [1.0, 5.0, -2.0, 0.0]
            case("interp", [xp, fp, None, None, period], [x], lambda: np.interp(x, xp, fp, period=period))
    for shape in [(7,), (1,), (2,), (0,), (3, 5), (2, 1, 3), (29,)]:
        for axis in range(-1, len(shape) - 1):
            y = elements(dtype, shape)
            case("trapezoid", [0.5, axis], [y], lambda: np.trapezoid(y, dx=0.5, axis=axis))
            x = np.sort(elements("float64", shape[axis], nan=False))
            case("trapezoid", [1.0, axis], [y, x], lambda: np.trapezoid(y, x, axis=axis))
            x = elements("float64", shape, nan=False)
            case("trapezoid", [1.0, axis], [y, x], lambda: np.trapezoid(y, x, axis=axis))
            if dtype != "uint32":
                p = elements(dtype, shape) * np.asarray(3, dtype)
                case("unwrap", [None, axis, 2 * np.pi], [p], lambda: np.unwrap(p, axis=axis))
                case("unwrap", [4.5, axis, 5.5], [p], lambda: np.unwrap(p, 4.5, axis, period=5.5))
                if dtype == "int64":
                    for period in (4, 5, 12):
                        case("unwrap", [None, axis, period], [p], lambda: np.unwrap(p, axis=axis, period=period))

# Splits.
for shape in [(6,), (0,), (4, 6), (2, 3, 4), (7, 2, 6)]:
    x = elements("int64", shape)
    for axis in range(-1, len(shape)):
        for s in (1, 2, 3, 5):
            case("split", [s, axis], [x], lambda: np.split(x, s, axis))
            case("array_split", [s, axis], [x], lambda: np.array_split(x, s, axis))
        for s in ([1], [2, 4], [-1], [0, 9], [3, 1], []):
            case("split_at", [s, axis], [x], lambda: np.split(x, s, axis))
        if shape[axis]:
            case("unstack", [axis], [x], lambda: np.unstack(x, axis=axis))
    for name in ("hsplit", "vsplit", "dsplit"):
        for s in (1, 2, 3):
            case(name, [s], [x], lambda: getattr(np, name)(x, s))

# Products.
for dtype in DTYPES[1:]:
    make = lambda *s: elements(dtype, s, nan=False)
    for a, b in [(make(4), make(4)), (make(2, 3), make(6)), (make(0), make(0)), (make(2), make(3))]:
        case("vdot", [], [a, b], lambda: np.vdot(a, b))
    for a, v in [(make(2, 3), make(3)), (make(4, 2, 3), make(3)), (make(4, 2, 3), make(4, 3)), (make(2, 3), make(5, 3)), (make(2, 3), make(2)), (make(3), make(3))]:
        case("matvec", [], [a, v], lambda: np.matvec(a, v))
        case("vecmat", [], [v, np.swapaxes(a, -1, -2).copy() if a.ndim > 1 else a], lambda: np.vecmat(v, np.swapaxes(a, -1, -2) if a.ndim > 1 else a))
    for chain in [[make(3, 4), make(4, 2)], [make(3, 4), make(4, 2), make(2, 5)], [make(4), make(4, 2), make(2, 5), make(5)], [make(2, 9), make(9, 1), make(1, 9), make(9, 2)], [make(4), make(4)], [make(3, 4), make(3, 2)], [make(2, 2)]]:
        case("multi_dot", [], chain, lambda: np.linalg.multi_dot(chain))

pathlib.Path(__file__).with_name("numpy.txt").write_text("\n".join(LINES) + "\n")
