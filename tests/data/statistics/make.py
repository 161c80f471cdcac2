"""Writes numpy.txt beside it: options of reductions, statistics, differences and counts as NumPy computes them (python make.py).

One case per line: call|parameters|arrays|results. Parameters are separated by blanks ("-": none, axes by commas); arrays by ";", each
dtype:shape:elements. A result "error NAME" means that the call is refused with an exception of that name.
"""

import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(11)
LINES = []


def array(a):
    a = np.asarray(a)
    if a.dtype.kind == "f":
        v = " ".join(repr(float(x)) for x in a.reshape(-1))
    else:
        v = " ".join(str(int(x)) for x in a.reshape(-1))
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
        results = ";".join(array(x) for x in (r if isinstance(r, tuple) else (r,)))
    except ZeroDivisionError:  # only known when it runs: the division gives what it gives
        return
    except (ValueError, TypeError, np.exceptions.AxisError) as e:
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


DTYPES = "bool int8 uint32 float32 float64".split()
SHAPES = [((5,), [(0,), None]), ((0,), [(0,)]), ((1,), [(0,)]), ((3, 4), [(0,), (1,), (0, 1), None]), ((2, 7, 3), [(1,), (0, 2)]), ((0, 3), [(0,), (1,)]), ((23,), [(0,)])]

# Options of reductions.
for dtype in DTYPES:
    for shape, lists in SHAPES:
        for axes in lists:
            x = elements(dtype, shape)
            m = rng.random(shape) < 0.5
            if len(shape) > 1 and rng.random() < 0.4:
                m = rng.random(shape[-1:]) < 0.5
            keep = bool(rng.random() < 0.5)
            kw = dict(axis=axes, keepdims=keep)
            for op in "sum prod nansum nanprod min max nanmin nanmax".split():
                if "nan" in op and dtype == "bool":
                    continue
                initial = True if dtype == "bool" else int(rng.integers(0, 6))
                f = getattr(np, op)
                if dtype == "bool" and op in ("sum", "prod"):
                    initial = 3
                case("reduce", [op, axes, keep, None, initial], [x, m], lambda: f(x, initial=initial, where=m, **kw))
                case("reduce", [op, axes, keep, None, initial], [x], lambda: f(x, initial=initial, **kw))
                if op in ("sum", "prod", "nansum"):
                    case("reduce", [op, axes, keep, None, None], [x, m], lambda: f(x, where=m, **kw))
            for op in "any all mean nanmean".split():
                if op == "nanmean" and dtype == "bool":
                    continue
                case("reduce", [op, axes, keep, None, None], [x, m], lambda: getattr(np, op)(x, where=m, **kw))
            for op in "var std nanvar nanstd".split():
                if "nan" in op and dtype == "bool":
                    continue
                ddof = int(rng.integers(0, 3))
                case("reduce", [op, axes, keep, float(ddof), None], [x, m], lambda: getattr(np, op)(x, where=m, ddof=ddof, **kw))

# Statistics.
for dtype in DTYPES:
    for shape, lists in SHAPES:
        for axes in lists:
            x = elements(dtype, shape)
            case("ptp", [axes], [x], lambda: np.ptp(x, axis=axes))
            w = rng.integers(1, 5, shape).astype("float64" if rng.random() < 0.5 else "int64")
            case("average", [axes], [x, w], lambda: np.average(x, axis=axes, weights=w, returned=True))
            if axes and len(axes) < len(shape):
                w1 = rng.integers(1, 5, [shape[a] for a in axes]).astype("float32")
                case("average", [axes], [x, w1], lambda: np.average(x, axis=axes, weights=w1, returned=True))
            if np.prod(shape) and dtype != "int8":
                case("average", [axes], [x], lambda: np.average(x, axis=axes, returned=True))
                y = elements("float64", shape)
                for order in range(6) if dtype == "float64" else ():
                    d = y - y.mean(axis=axes, keepdims=True)
                    want = (lambda: np.ones_like(y.mean(axis=axes))) if order == 0 else (lambda: np.zeros_like(y.mean(axis=axes))) if order == 1 else (lambda: (d**order).mean(axis=axes))
                    case("moment", [order, axes], [y], want)
    for shape in [(3, 4), (4, 3), (1, 5), (6, 6), (7,), (5, 11), (2, 1)]:
        x = elements(dtype, shape)
        for rowvar in (True, False):
            for ddof in (0, 1, 2):
                case("cov", [rowvar, ddof], [x], lambda: np.cov(x, rowvar=rowvar, ddof=ddof))
            case("corrcoef", [rowvar], [x], lambda: np.corrcoef(x, rowvar=rowvar))
    for shape in [(3, 4), (0, 2), (6, 5), (2, 3, 4), (5, 1)]:
        x = elements(dtype, shape, nan=False)
        for offset in (0, 1, -2, -9):
            case("trace", [offset, 0, 1], [x], lambda: np.trace(x, offset))
            case("trace", [offset, 1, 0], [x], lambda: np.trace(x, offset, 1, 0))
        if len(shape) == 3:
            case("trace", [1, 2, 0], [x], lambda: np.trace(x, 1, 2, 0))
            case("trace", [0, -1, -2], [x], lambda: np.trace(x, 0, -1, -2))


# Differences and running values.
def push(x, axis, limit):
    out = np.moveaxis(x.copy(), axis, -1)
    for lane in out.reshape(-1, out.shape[-1]) if out.size else []:
        last, at = np.nan, -1
        for i, v in enumerate(lane.copy()):
            if v == v:
                last, at = v, i
            elif at >= 0 and (limit is None or i - at <= limit):
                lane[i] = last
    return np.ascontiguousarray(np.moveaxis(out, -1, axis)) if out.size else x


def ranked(x, k, axis):
    x = np.moveaxis(x, axis, -1)
    flat = x.reshape(-1, x.shape[-1]) if x.size else np.zeros((int(np.prod(x.shape[:-1])), x.shape[-1]), x.dtype)
    m = min(abs(k), x.shape[-1])
    at = np.zeros((flat.shape[0], m), dtype=np.int64)
    for r, lane in enumerate(flat):
        size = lambda i: np.inf if lane[i] != lane[i] else float(lane[i])
        isnan = lambda i: bool(lane[i] != lane[i])
        sign = -1 if k > 0 else 1
        key = lambda i: ((0 if isnan(i) else 1) if k > 0 else (1 if isnan(i) else 0), 0 if isnan(i) else sign * size(i), i)
        at[r] = sorted(range(len(lane)), key=key)[:m]
    v = np.take_along_axis(flat, at, 1)
    back = lambda a: np.ascontiguousarray(np.moveaxis(a.reshape(x.shape[:-1] + (m,)), -1, axis))
    return back(v), back(at)


for dtype in DTYPES:
    for shape in [(7,), (1,), (2,), (0,), (3, 5), (2, 1, 3), (29,)]:
        for axis in range(len(shape)):
            x = elements(dtype, shape)
            for n in (0, 1, 2, 3):
                case("diff", [n, axis], [x], lambda: np.diff(x, n, axis))
            if dtype != "bool":
                side = list(shape)
                side[axis] = 2
                p, q = elements(dtype, tuple(side)), elements(dtype, ())
                case("diff_around", [1, axis], [x, p, q], lambda: np.diff(x, 1, axis, prepend=p, append=q[()]))
            for edge in (1, 2):
                if dtype not in ("bool", "uint32"):
                    case("gradient", [0.5, axis, edge], [x], lambda: np.gradient(x.astype("float64") if dtype == "int8" else x, 0.5, axis=axis, edge_order=edge))
            case("cummax", [axis], [x], lambda: np.maximum.accumulate(x, axis=axis))
            case("cummin", [axis], [x], lambda: np.minimum.accumulate(x, axis=axis))
            if dtype in ("float32", "float64"):
                holes = np.where(rng.random(shape) < 0.6, np.asarray(np.nan, dtype), x)
                for limit in (None, 1, 2, 0):
                    case("push", [axis, limit], [holes], lambda: push(holes, axis, limit))
                case("push", [axis, None], [x], lambda: push(x, axis, None))
            for initial in (False, True):
                if dtype in ("bool", "uint32", "float64"):
                    case("cumulative_sum", [axis, initial], [x], lambda: np.cumulative_sum(x, axis=axis, include_initial=initial))
                    case("cumulative_prod", [axis, initial], [x], lambda: np.cumulative_prod(x, axis=axis, include_initial=initial))
            for k in (1, 3, -2, 50):
                case("topk", [k, axis], [x], lambda: ranked(x, k, axis))
    if dtype != "bool":
        for n in (0, 1, 2, 9):
            x, e, b = elements(dtype, (n,)), elements(dtype, (2,)), elements(dtype, (3,))
            case("ediff1d", [], [x, e, b], lambda: np.ediff1d(x, e, b))

# Counts and places.
for dtype in DTYPES:
    for shape in [(7,), (0,), (3, 5), (53,), (), (2, 3, 4)]:
        x = elements(dtype, shape)
        w = elements("float64" if rng.random() < 0.5 else "int64", shape, nan=False)
        kind = np.dtype(dtype).kind
        if kind != "b":
            for n, low, high in [(1, -3.0, 3.0), (7, -4.0, 9.0), (10, 0.0, 0.7), (3, 2.0, 2.0)]:
                for density in (False, True):
                    case("histogram", [n, low, high, density], [x], lambda: np.histogram(x, n, (low, high), density=density))
                case("histogram", [n, low, high, False], [x, w], lambda: np.histogram(x, n, (low, high), weights=w))
            edges = [-5.0, -1.0, -1.0, 0.5, 2.0, 8.0]
            case("histogram_edges", [edges, False], [x], lambda: np.histogram(x, edges))
            case("histogram_edges", [edges, False], [x, w], lambda: np.histogram(x, edges, weights=w))
        if kind in "iu" and len(shape) == 1:
            v = np.abs(x)
            case("bincount", [12], [v], lambda: np.bincount(v, minlength=12))
            # Of nothing, NumPy gives int64 also with weights.
            if v.size:
                case("bincount", [12], [v, w], lambda: np.bincount(v, w.astype("float64"), minlength=12))
        for right in (False, True):
            for bins in ([-3.0, 0.0, 0.5, 4.0], [4.0, 2.0, 2.0, -1.0], [1.5]):
                case("digitize", [bins, right], [x], lambda: np.digitize(x, bins, right))
            case("searchsorted", [[-2.0, 0.0, 0.0, 1.5, np.nan], right], [x], lambda: np.searchsorted(np.array([-2.0, 0.0, 0.0, 1.5, np.nan]), x, side="right" if right else "left"))
        case("isin", [[3.0, -2.0, 0.0, np.nan, 3.0, 0.5]], [x], lambda: np.isin(x, [3.0, -2.0, 0.0, np.nan, 3.0, 0.5]))

pathlib.Path(__file__).with_name("numpy.txt").write_text("\n".join(LINES) + "\n")
