"""Writes scipy.txt beside it: filters as scipy.ndimage computes them, and NumPy's convolve and correlate (python make.py).

One case per line: call|common|parameters|arrays|result. Common parameters are mode, value beyond the border, origins, axes and dtype of
the result; parameters are separated by blanks ("-": none, lists by commas), arrays by ";", each dtype:shape:elements.
"""

import pathlib
import warnings

import numpy as np
from scipy import ndimage as ndi

warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
LINES = []
MODES = "reflect constant nearest mirror wrap".split()
SHAPES = [(7,), (1,), (19,), (4, 6), (2, 3), (1, 9), (3, 2, 5)]
DTYPES = "float64 float32 uint8 int16 int64".split()


def number(x):
    return repr(float(x)) if isinstance(x, (float, np.floating)) else str(int(x))


def array(a):
    a = np.asarray(a)
    return f"{a.dtype.name}:{','.join(map(str, a.shape))}:{' '.join(number(x) for x in a.reshape(-1))}"


def param(p):
    if p is None:
        return "-"
    if isinstance(p, (tuple, list, np.ndarray)):
        return ",".join(param(x) for x in p)
    return p if isinstance(p, str) else number(p)


def case(call, common, params, arrays, result):
    LINES.append("|".join([call, " ".join(map(param, common)), " ".join(map(param, params)), ";".join(map(array, arrays)), array(result)]))


def ranked(f, x, *args, footprint=None, size=None, origin=0, **kw):
    """A rank filter of a line as one of a plane: SciPy's own way for lines forgets the holes of footprints."""
    if x.ndim > 1:
        return getattr(ndi, f)(x, *args, footprint=footprint, size=size, origin=origin, **kw)
    form = dict(footprint=footprint[None]) if footprint is not None else dict(size=[1, *size])
    return getattr(ndi, f)(x[None], *args, **form, origin=[0, *origin], **kw)[0]


def elements(dtype, shape, nan=False):
    d = np.dtype(dtype)
    if d.kind == "b":
        return rng.random(shape) < 0.5
    if d.kind in "iu":
        return rng.integers(0 if d.kind == "u" else -90, 100, shape).astype(d)
    a = np.asarray(rng.normal(size=shape) * 30).round(1).astype(d)
    if nan:
        a.reshape(-1)[rng.integers(0, a.size)] = rng.choice([np.nan, np.inf])
    return a


def pick(*values):
    return values[rng.integers(0, len(values))]


def common(shape, sizes, dtype, output=True):
    """Options for a filter with windows of these sizes along all axes."""
    origins = [int(rng.integers(-(n // 2), (n - 1) // 2 + 1)) if rng.random() < 0.4 else 0 for n in sizes]
    cval = pick(0, 1, 7) if np.dtype(dtype).kind in "iub" else pick(0.0, 1.5, -20.0)
    if np.dtype(dtype).kind == "b":
        cval = pick(0, 1)
    out = pick(None, None, "float64", "float32", "int32") if output else None
    if out == "int32" and np.dtype(dtype).kind == "f":
        out = None  # whether a sum reaches the next integer may hang on its last bit
    if out == "int32":
        cval = int(cval)
    return [pick(*MODES), cval, origins, None, out]


def options(c):
    kw = dict(mode=c[0], cval=c[1])
    if c[4]:
        kw["output"] = np.dtype(c[4])
    return kw


for dtype in DTYPES:
    for shape in SHAPES:
        nd = len(shape)
        for _ in range(2):
            axis = int(rng.integers(-nd, nd))
            w = pick(rng.normal(size=rng.integers(1, 8)).round(2), np.array([1, 3, 5, 3, 1]) / 13, np.array([-1.0, 0, 1]), rng.integers(-3, 4, 4) * 1.0)
            x = elements(dtype, shape, nan=dtype.startswith("f") and rng.random() < 0.3)
            c = common(shape, [len(w)], dtype)
            if dtype.startswith("f") and c[4] == "int32":
                x = elements(dtype, shape)
            case("correlate1d", c, [w, axis], [x], ndi.correlate1d(x, w, axis=axis, origin=c[2][0], **options(c)))
            o = [-c[2][0] - (1 - len(w) % 2)]
            case("convolve1d", [c[0], c[1], o, None, c[4]], [w, axis], [x], ndi.convolve1d(x, w, axis=axis, origin=o[0], **options(c)))
            size = int(rng.integers(1, 12))
            x = elements(dtype, shape)
            c = common(shape, [size], dtype)
            case("uniform_filter1d", c, [size, axis], [x], ndi.uniform_filter1d(x, size, axis=axis, origin=c[2][0], **options(c)))
            c = common(shape, [size], dtype, False)
            for f in ["minimum_filter1d", "maximum_filter1d"]:
                case(f, c, [size, axis], [x], getattr(ndi, f)(x, size, axis=axis, origin=c[2][0], **options(c)))
            sizes = [int(rng.integers(1, 6)) for _ in shape]
            c = common(shape, sizes, dtype)
            x = elements(dtype, shape)
            case("uniform_filter", c, [sizes], [x], ndi.uniform_filter(x, sizes, origin=c[2], **options(c)))
            c = common(shape, sizes, dtype, False)
            for f in ["minimum_filter", "maximum_filter", "median_filter"]:
                case(f, c, [sizes], [x], ranked(f, x, size=sizes, origin=c[2], **options(c)))
            footprint = rng.random(sizes) < 0.6
            footprint.reshape(-1)[rng.integers(0, footprint.size)] = True
            for f in ["minimum_filter", "maximum_filter", "median_filter"]:
                case(f, c, ["-"], [x, footprint], ranked(f, x, footprint=footprint, origin=c[2], **options(c)))
            n = int(np.prod(sizes))
            rank = int(rng.integers(-n, n))
            case("rank_filter", c, [sizes, rank], [x], ranked("rank_filter", x, rank, size=sizes, origin=c[2], **options(c)))
            p = pick(0, 10, 50, 75.5, 100, -20)
            case("percentile_filter", c, [sizes, float(p)], [x], ranked("percentile_filter", x, p, size=sizes, origin=c[2], **options(c)))
            w = rng.normal(size=sizes).round(2) * (rng.random(sizes) < 0.8)
            x = elements(dtype, shape, nan=dtype.startswith("f") and rng.random() < 0.3)
            c = common(shape, sizes, dtype)
            if dtype.startswith("f") and c[4] == "int32":
                x = elements(dtype, shape)
            case("correlate", c, [], [x, w], ndi.correlate(x, w, origin=c[2], **options(c)))
            o = [-a - (1 - n % 2) for a, n in zip(c[2], sizes)]
            case("convolve", [c[0], c[1], o, None, c[4]], [], [x, w], ndi.convolve(x, w, origin=o, **options(c)))
            # Filters without origins.
            c = common(shape, [1], dtype)
            c[2] = None
            sigma, order = pick(0.5, 1.0, 2.3), int(rng.integers(0, 4))
            truncate, radius = pick(4.0, 2.0), pick(None, None, 3)
            x = elements(dtype, shape)
            case("gaussian_filter1d", c, [sigma, order, axis, truncate, radius], [x],
                 ndi.gaussian_filter1d(x, sigma, axis=axis, order=order, truncate=truncate, radius=radius, **options(c)))
            sigmas, orders = [pick(0.0, 0.7, 1.5) for _ in shape], [int(rng.integers(0, 4)) for _ in shape]
            case("gaussian_filter", c, [sigmas, orders, truncate, radius], [x],
                 ndi.gaussian_filter(x, sigmas, order=orders, truncate=truncate, radius=radius, **options(c)))
            case("laplace", c, [], [x], ndi.laplace(x, **options(c)))
            case("sobel", c, [axis], [x], ndi.sobel(x, axis=axis, **options(c)))
            case("prewitt", c, [axis], [x], ndi.prewitt(x, axis=axis, **options(c)))
            case("gaussian_laplace", c, [sigma], [x], ndi.gaussian_laplace(x, sigma, **options(c)))
            if dtype.startswith("f") and c[4] != "int32":
                case("gaussian_gradient_magnitude", c, [sigma], [x], ndi.gaussian_gradient_magnitude(x, sigma, **options(c)))

# Some axes alone, and a mode for each.
for _ in range(24):
    x = elements(pick("float64", "uint8"), (4, 5, 6))
    axes = [int(a) for a in rng.permutation(3)[: rng.integers(1, 3)]]
    modes = [pick(*MODES) for _ in axes]
    c = [modes, 2, [0] * len(axes), axes, None]
    sizes = [int(rng.integers(2, 5)) for _ in axes]
    kw = dict(mode=modes, cval=2, axes=tuple(axes))
    case("uniform_filter", c, [sizes], [x], ndi.uniform_filter(x, sizes, **kw))
    case("maximum_filter", c, [sizes], [x], ndi.maximum_filter(x, sizes, **kw))
    case("gaussian_filter", [modes, 2, None, axes, None], [[1.1] * len(axes), [0] * len(axes), 4.0, None], [x], ndi.gaussian_filter(x, 1.1, **kw))

for f in ["binary_erosion", "binary_dilation", "binary_opening", "binary_closing"]:
    for shape in SHAPES[2:] + [(9, 11)]:
        for i in range(4):
            x = rng.random(shape) < (0.7 if f in ("binary_erosion", "binary_opening") else 0.3)
            arrays, kw = [x], {}
            if i > 0:
                sizes = [int(rng.integers(1, 4)) for _ in shape]
                structure = rng.random(sizes) < 0.7
                structure.reshape(-1)[rng.integers(0, structure.size)] = True
                arrays.append(structure)
                kw["structure"] = structure
                if i > 1:
                    kw["origin"] = [int(rng.integers(-((n - 1) // 2), (n - 1) // 2 + 1)) for n in sizes]
                if i > 2:
                    kw["mask"] = rng.random(shape) < 0.7
                    arrays.append(kw["mask"])
            iterations, border = int(rng.integers(1, 4)), int(rng.integers(0, 2))
            origin = kw.get("origin")
            case(f, ["reflect", 0, origin, None, None], [iterations, border], arrays,
                 getattr(ndi, f)(x, iterations=iterations, border_value=border, **kw))

for dtype in "float64 float32 int64 uint8".split():
    for n, m in [(1, 1), (5, 1), (5, 3), (6, 4), (3, 7), (2, 6), (20, 5), (4, 4)]:
        a, v = elements(dtype, (n,)), elements(dtype, (m,))
        for mode in ["full", "same", "valid"]:
            case("np_convolve", ["reflect", 0, None, None, None], [mode], [a, v], np.convolve(a, v, mode))
            case("np_correlate", ["reflect", 0, None, None, None], [mode], [a, v], np.correlate(a, v, mode))

NONE = ["reflect", 0, None, None, None]
for shape in [(9,), (1,), (6, 7), (9, 10), (4, 3, 5), (1, 5)]:
    for density in [0.3, 0.5, 0.6, 1.0]:
        x = rng.random(shape) < density
        half = rng.random(3 ** len(shape) // 2) < 0.5
        odd = np.concatenate([half, [True], half[::-1]]).reshape([3] * len(shape))
        for structure in [ndi.generate_binary_structure(len(shape), c) for c in range(1, len(shape) + 1)] + [odd]:
            labels, count = ndi.label(x, structure)
            case("label", NONE, [count], [x, structure], labels)

for dtype in "float64 float32 uint8 bool".split():
    for shape, window, axes in [((9,), [3], [0]), ((20,), [11], [0]), ((5, 6), [2, 4], [0, 1]), ((5, 6), [6], [1]), ((3, 4, 5), [3, 2], [2, 0]), ((4, 1), [1, 1], [1, 0])]:
        x = elements(dtype, shape, nan=dtype == "float64" and shape == (9,))
        view = np.lib.stride_tricks.sliding_window_view(x, window, axes)
        over = tuple(range(len(shape), view.ndim))
        for f in "sum mean min max any all var std".split():
            if f in ("any", "all") and dtype != "bool":
                continue
            ddof = int(rng.integers(0, 2)) if f in ("var", "std") else 0
            result = getattr(view, f)(axis=over, **(dict(ddof=ddof) if f in ("var", "std") else {}))
            case("windows", NONE, [f, window, axes, ddof], [x], result)
        case("windows", NONE, ["array", window, axes, 0], [x], view)

path = pathlib.Path(__file__).parent / "scipy.txt"
path.write_text("\n".join(LINES) + "\n")
print(len(LINES), path.stat().st_size)
