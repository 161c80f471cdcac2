"""Writes numpy.txt beside it: masked arrays as numpy.ma computes them (python make.py).

One case per line: call|parameters|arrays|result. An array is dtype:shape:elements, where "--" is a masked element; a number is a
parameter. Elements under a mask mean nothing and are not written.
"""

import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
LINES = []


def show(a):
    a = np.ma.asarray(a)
    v = ["--" if m else (repr(float(x)) if a.dtype.kind == "f" else str(int(x))) for x, m in zip(a.data.reshape(-1), np.ma.getmaskarray(a).reshape(-1))]
    return f"{a.dtype.name}:{','.join(map(str, a.shape))}:{' '.join(v)}"


def case(call, params, arrays, result):
    LINES.append("|".join([call, " ".join(map(str, params)), ";".join(map(show, arrays)), show(result)]))


def make(dtype, shape, p=0.3, special=True):
    d = np.dtype(dtype)
    if d.kind == "b":
        x = rng.random(shape) < 0.5
    elif d.kind in "iu":
        x = rng.integers(0 if d.kind == "u" else -4, 5, shape).astype(d)
    else:
        x = (rng.normal(size=shape) * 2).round(1).astype(d)
        if special and x.size:
            for v in (0.0, np.nan, np.inf):
                if rng.random() < 0.4:
                    x.reshape(-1)[rng.integers(0, x.size)] = v
    return np.ma.array(x, mask=rng.random(shape) < p)


DTYPES = "bool int8 uint16 int32 int64 float32 float64".split()
SHAPES = [(5,), (3, 4), (2, 1, 6), (1,), (0,)]
UNARY = "negative absolute sqrt exp log log2 log10 sin cos arcsin arccos arccosh arctanh floor ceil".split()
BINARY = "add subtract multiply divide floor_divide remainder fmod maximum minimum power hypot equal less greater_equal logical_and logical_or".split()
for dtype in ("int32", "float32", "float64"):
    for op in UNARY:
        x = make(dtype, (9,), special=op not in ("arcsin", "arccos", "arctanh", "sin", "cos"))
        f = getattr(np.ma, op)
        if dtype == "int32" and op in ("floor", "ceil"):
            continue
        case(op, [], [x], f(x))
    for op in BINARY:
        for shapes in (((7,), (7,)), ((3, 4), (4,)), ((3, 1), (1, 4))):
            a, b = make(dtype, shapes[0], special=op not in ("power", "maximum", "minimum", "hypot", "floor_divide", "remainder", "fmod", "divide")), make(dtype, shapes[1], special=False)
            if op == "power" and dtype == "int32":
                b = abs(b)
            case(op, [], [a, b], getattr(np.ma, op)(a, b))
for dtype in DTYPES:
    for shape in SHAPES:
        for op in "sum prod min max mean var std any all count".split():
            for axis in [None] + list(range(len(shape))):
                if dtype == "bool" and op in ("var", "std", "prod", "sum"):
                    continue
                if 0 in shape and (op in ("min", "max")):
                    continue
                # numpy.ma masks means that are not finite where anything else is masked, and not where nothing is.
                x = make(dtype, shape, rng.choice([0.0, 0.3, 0.8, 1.0]), special=op not in ("mean", "var", "std"))
                kw = {"ddof": 1} if op in ("var", "std") else {}
                r = getattr(x, op)(axis=axis, **kw)
                if r is np.ma.masked:
                    kind = {"sum": x.sum(keepdims=True).dtype if x.size else x.dtype, "prod": x.dtype, "mean": np.float64, "var": np.float64, "std": np.float64, "any": bool, "all": bool}.get(op, x.dtype)
                    r = np.ma.array(np.zeros((), kind), mask=True)
                case(op, ["-" if axis is None else axis, int(bool(kw))], [x], r)
        for value in (-1, 0, 2):
            x = make(dtype, shape)
            for f in "masked_greater masked_greater_equal masked_less masked_less_equal masked_not_equal masked_equal".split():
                if (dtype in ("bool", "uint16")) and value < 0:
                    continue
                if dtype != "bool":
                    case(f, [value], [x.data], getattr(np.ma, f)(x.data, value))
            if dtype not in ("bool", "uint16"):
                case("masked_inside", [value, 1], [x.data], np.ma.masked_inside(x.data, value, 1))
                case("masked_outside", [value, 1], [x.data], np.ma.masked_outside(x.data, value, 1))
        x, y = make(dtype, shape), make(dtype, shape)
        case("masked_invalid", [], [x.data], np.ma.masked_invalid(x.data))
        if x.size:
            case("filled", ["-"], [x], np.ma.asarray(x.filled()))
            case("fix_invalid", [], [x], np.ma.fix_invalid(x))
        case("zeros_like", [], [x], np.ma.zeros_like(x))
        case("ones_like", [], [x], np.ma.ones_like(x))
        c = make("bool", shape)
        case("where", [], [c, x, y], np.ma.where(c, x, y))
        case("masked_where", [], [c.data, x.data], np.ma.masked_where(c.data, x.data))
        if dtype not in ("bool", "float32") and len(shape) < 3 and x.size:
            w = np.ma.array(rng.integers(0, 4, shape).astype("float64"))
            x = make(dtype, shape, special=False)
            for axis in [None] + list(range(len(shape))):
                r = np.ma.average(x, axis=axis, weights=w.data)
                # As with means: nothing over nothing is masked only where anything else is.
                if r is not np.ma.masked and (np.isnan(np.ma.getdata(r)) & ~np.ma.getmaskarray(r)).any():
                    continue
                case("average", ["-" if axis is None else axis], [x, w], np.ma.array(0.0, mask=True) if r is np.ma.masked else r)
x = np.array([1.0, 1.00000001, 1.1, -1.0, np.nan])
case("masked_values", [1.0], [x], np.ma.masked_values(x, 1.0))
case("masked_values", [2], [np.array([1, 2, 3])], np.ma.masked_values(np.array([1, 2, 3]), 2))
pathlib.Path(__file__).with_name("numpy.txt").write_text("\n".join(LINES) + "\n")
