"""What NumPy makes of complex numbers, as a table of cases: run with NumPy 2, it writes numpy.txt beside itself.

Lines: `promote A B C`; `unary OP DTYPE OUT` and `binary OP DTYPE OUT` with one result for each number (each pair) of the line
`numbers DTYPE` (`pairs DTYPE`) before; `data DTYPE SHAPE` with the elements for the lines `reduce OP OUT AXES DDOF RESULT` and
`scan OP AXIS RESULT` after it.
Numbers are hexadecimal bits of the real and of the imaginary part, joined by a colon; NaN is `n`.
"""
import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
np.seterr(all="ignore")
rng = np.random.default_rng(7)
lines = []

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64", "complex128"]
for a in DTYPES:
    for b in DTYPES:
        lines.append(f"promote {a} {b} {np.promote_types(a, b)}")


def part(v):
    if np.isnan(v):
        return "n"
    return format(int(v.view("u4" if v.dtype == np.float32 else "u8")), "x")


def word(v):
    if isinstance(v, np.bool_):
        return str(int(v))
    if np.issubdtype(v.dtype, np.integer):
        return str(int(v))
    if np.iscomplexobj(v):
        return part(v.real) + ":" + part(v.imag)
    return part(v)


def words(a):
    return ",".join(word(v) for v in np.asarray(a).ravel()) or "-"


def grid(parts, dtype):
    real = np.float32 if dtype == "complex64" else np.float64
    out = np.empty(len(parts) ** 2, dtype)
    out.real = np.repeat(np.array(parts, real), len(parts))
    out.imag = np.tile(np.array(parts, real), len(parts))
    return out


inf, nan = np.inf, np.nan
PARTS = [0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 0.625, -2.5, 30.0]
UNARY = """negative positive absolute sign reciprocal square sqrt isnan isinf isfinite rint exp exp2 expm1 log log2 log10 log1p sin
cos tan sinc arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh real imag conjugate angle isreal iscomplex logical_not""".split()
BINARY = """add subtract multiply divide power maximum minimum fmax fmin equal not_equal less less_equal greater greater_equal
logical_and logical_or logical_xor""".split()

for dtype in ["complex64", "complex128"]:
    finite = rng.normal(size=30) + 1j * rng.normal(size=30)
    wide = 10.0 ** rng.uniform(-3, 2, 20) * np.exp(1j * rng.uniform(-np.pi, np.pi, 20))
    near = np.exp(1j * rng.uniform(-np.pi, np.pi, 8)) * (1 + rng.normal(size=8) * 1e-3)
    numbers = np.concatenate([grid(PARTS, dtype), np.concatenate([finite, wide, near]).astype(dtype)])
    lines.append(f"numbers {dtype} {words(numbers)}")
    for name in UNARY:
        result = np.asarray(getattr(np, name)(numbers))
        lines.append(f"unary {name} {dtype} {result.dtype} {words(result)}")
    some = np.concatenate([grid([0.0, -0.0, 1.5, inf, nan], dtype)[rng.permutation(25)[:12]], finite[:6].astype(dtype)])
    some = np.concatenate([some, np.array([2, -1, 3, 0.5, -1j], dtype)])
    a, b = np.repeat(some, len(some)), np.tile(some, len(some))
    lines.append(f"pairs {dtype} {words(a)} {words(b)}")
    for name in BINARY + (["float_power"] if dtype == "complex128" else []):
        result = getattr(np, name)(a, b)
        lines.append(f"binary {name} {dtype} {result.dtype} {words(result)}")

REDUCE = """sum prod mean var std min max argmin argmax any all count_nonzero nansum nanprod nanmean nanvar nanstd nanmin nanmax
nanargmin nanargmax""".split()
for dtype in ["complex64", "complex128"]:
    for shape, axes in [((7,), (0,)), ((5, 6), (1,)), ((5, 6), (0,)), ((3, 4, 5), (0, 2)), ((64, 3), (0, 1)), ((40,), ())]:
        for nans in [False, True]:
            x = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
            # Few real parts, so that imaginary parts decide the order of some.
            x.real = np.round(x.real)
            if nans:
                x.ravel()[rng.integers(0, x.size, 2)] = [complex(nan, 1), complex(1, nan)]
            lines.append(f"data {dtype} {'x'.join(map(str, shape))} {words(x)}")
            for name in REDUCE:
                for ddof in [0, 1] if name.endswith(("var", "std")) else [0]:
                    how = {"ddof": ddof} if name.endswith(("var", "std")) else {}
                    if "arg" in name:
                        if len(axes) != 1 and len(axes) != len(shape):
                            continue
                        axis = axes[0] if len(axes) == 1 else None
                    else:
                        axis = axes
                    try:
                        result = np.asarray(getattr(np, name)(x, axis=axis, **how))
                    except (TypeError, ValueError):
                        continue
                    lines.append(f"reduce {name} {result.dtype} {'x'.join(map(str, axes or ())) or '-'} {ddof} {words(result)}")
    for shape, axis in [((9,), 0), ((4, 5), 0), ((4, 5), 1)]:
        x = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
        y = x.copy()
        y.ravel()[rng.integers(0, x.size, 2)] = [complex(nan, 1), complex(1, nan)]
        x.real = np.round(x.real)
        lines.append(f"data {dtype} {'x'.join(map(str, shape))} {words(x)}")
        cases = [("cumsum", np.cumsum, x), ("cumprod", np.cumprod, x), ("cummax", np.maximum.accumulate, x), ("cummin", np.minimum.accumulate, x)]
        cases += [("nancumsum", np.nancumsum, y), ("nancumprod", np.nancumprod, y)]
        for name, f, data in cases:
            if name == "nancumsum":
                lines.append(f"data {dtype} {'x'.join(map(str, shape))} {words(y)}")
            lines.append(f"scan {name} {axis} {words(f(data, axis=axis))}")

pathlib.Path(__file__).with_name("numpy.txt").write_text("\n".join(lines) + "\n")
