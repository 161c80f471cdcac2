"""Writes scipy.txt and tails.txt beside it: tests of hypotheses and tails of distributions as SciPy computes them (python make.py).

scipy.txt has one case per line: call|parameters|arrays|results, as in tests/data/functions. tails.txt has a distribution, its arguments
and the probability to be above per line.
"""

import pathlib
import warnings

import numpy as np
from scipy import special, stats

warnings.simplefilter("ignore")
rng = np.random.default_rng(31)
LINES = []


def array(a):
    a = np.asarray(a)
    v = " ".join(repr(float(x)) if a.dtype.kind == "f" else str(int(x)) for x in a.reshape(-1))
    return f"{a.dtype.name}:{','.join(map(str, a.shape))}:{v}"


def param(p):
    if p is None:
        return "-"
    return str(int(p)) if isinstance(p, bool) else repr(p) if isinstance(p, float) else str(p)


def case(call, params, arrays, compute):
    try:
        r = compute()
        r = (r.statistic, r.pvalue) if hasattr(r, "pvalue") else (r,)
        results = ";".join(array(np.asarray(x, "float64")) for x in r)
    except (ValueError, TypeError, np.exceptions.AxisError):
        results = "error"
    LINES.append("|".join([call, " ".join(param(p) for p in params), ";".join(array(a) for a in arrays), results]))


def elements(dtype, shape, nan=False):
    a = rng.normal(1.0, 3.0, shape)
    a = np.asarray(a).round(2) if dtype[0] == "f" else np.asarray(rng.integers(0, 40, shape))
    a = a.astype(dtype)
    if nan and a.size:
        a.reshape(-1)[rng.integers(0, a.size)] = np.nan
    return a


SIDES = ["two-sided", "less", "greater"]
for dtype in ("int8", "uint32", "float64"):
    for shape, axes in [((9,), [0, None]), ((30,), [0]), ((4,), [0]), ((2,), [0]), ((8, 3), [0, 1, None]), ((2, 12, 2), [1, -2]), ((2, 33), [1])]:
        for axis in axes:
            for nan in (False, True) if dtype[0] == "f" else (False,):
                x, y = elements(dtype, shape, nan), elements(dtype, shape)
                for side in SIDES:
                    case("ttest_1samp", [1.5, axis, side], [x], lambda: stats.ttest_1samp(x, 1.5, axis, alternative=side))
                    case("ttest_rel", [axis, side], [x, y], lambda: stats.ttest_rel(x.astype("f8"), y.astype("f8"), axis, alternative=side))
                    long = list(shape)
                    if axis is not None:
                        long[axis] += 3
                    z = elements("float64", tuple(long))
                    for equal in (True, False):
                        case("ttest_ind", [axis, equal, side], [x, z], lambda: stats.ttest_ind(x, z, axis=axis, equal_var=equal, alternative=side))
                    case("skewtest", [axis, side], [x], lambda: stats.skewtest(x, axis, alternative=side))
                    case("kurtosistest", [axis, side], [x], lambda: stats.kurtosistest(x, axis, alternative=side))
                case("normaltest", [axis], [x], lambda: stats.normaltest(x, axis))
                for bias in (True, False):
                    case("skew", [axis, bias], [x], lambda: stats.skew(x, axis, bias))
                    for fisher in (True, False):
                        case("kurtosis", [axis, fisher, bias], [x], lambda: stats.kurtosis(x, axis, fisher, bias))
                case("f_oneway", [axis], [x, y, z], lambda: stats.f_oneway(*([x, y, z] if axis is not None else [x.ravel(), y.ravel(), z.ravel()]), axis=axis or 0))
                case("f_oneway", [axis], [x, y], lambda: stats.f_oneway(*([x, y] if axis is not None else [x.ravel(), y.ravel()]), axis=axis or 0))
                o = np.abs(x)
                e = np.abs(y) + 1.0
                for ddof in (0, 1):
                    case("chisquare", [ddof, axis], [o], lambda: stats.chisquare(o, ddof=ddof, axis=axis))
                    # The sums of both must agree there.
                    scaled = e * (o.sum(axis=axis, keepdims=True, dtype="f8") / e.sum(axis=axis, keepdims=True))
                    for power in (1.0, 0.0, -1.0) if ddof else (-0.5, 2 / 3, -2.0):
                        case("power_divergence", [ddof, axis, power], [o, scaled], lambda: stats.power_divergence(o, scaled, ddof, axis, power))
                        if power > 0:
                            case("power_divergence", [ddof, axis, power], [o], lambda: stats.power_divergence(o, None, ddof, axis, power))
# Samples that do not vary.
for groups in [[[3.0, 3.0], [5.0, 5.0, 5.0]], [[3.0, 3.0], [3.0, 3.0]], [[1.0], [2.0]], [[1.0], [2.0, 4.0]]]:
    groups = [np.array(g) for g in groups]
    case("f_oneway", [0], groups, lambda: stats.f_oneway(*groups))
case("skew", [0, True], [np.full(9, 2.5)], lambda: stats.skew(np.full(9, 2.5)))
case("kurtosis", [0, True, False], [np.full(9, 2.5)], lambda: stats.kurtosis(np.full(9, 2.5), bias=False))
case("ttest_ind", [0, False, "less"], [np.full(4, 2.5), np.full(3, 1.5)], lambda: stats.ttest_ind(np.full(4, 2.5), np.full(3, 1.5), equal_var=False, alternative="less"))
case("ttest_ind", [0, True, "less"], [np.full(1, 2.5), np.array([1.0, 2.0])], lambda: stats.ttest_ind(np.full(1, 2.5), np.array([1.0, 2.0]), alternative="less"))
case("ttest_ind", [3, True, "less"], [np.ones(3), np.ones(3)], lambda: stats.ttest_ind(np.ones(3), np.ones(3), axis=3))

folder = pathlib.Path(__file__).parent
(folder / "scipy.txt").write_text("\n".join(LINES) + "\n")

tails = []
add = lambda name, *v: tails.append(" ".join([name, *(repr(float(x)) for x in v)]))
for z in (-40, -8.5, -2, -0.3, 0, 1e-9, 0.7, 1.96, 5, 12, 37.5):
    add("normal", z, special.ndtr(-z))
for df in (0.5, 1, 2, 3.7, 10, 99, 1e3, 12345, 1e6, 1e8):
    for t in (-30, -3, -0.5, 0, 1e-6, 0.8, 1.7, 2.5, 6, 20):
        # Of what lies close to 0 floats hold more than of what lies close to 1.
        half = 0.5 * special.betaincc(0.5, df / 2, t * t / (df + t * t))
        add("student", t, df, half if t >= 0 else 1 - half)
for df in (0.3, 1, 2, 5, 31, 1000, 1e5, 1e7):
    for p in (0, 1e-3, 0.3, 0.9, 0.99, 1, 1.01, 1.3, 2, 5, 50):
        add("chi_squared", df * p, df, special.gammaincc(df / 2, df * p / 2))
for dfn in (1, 2, 7.5, 60, 1e4):
    for dfd in (1, 3, 40, 1e3, 1e6):
        for f in (0, 1e-4, 0.5, 0.98, 1, 1.1, 3, 40):
            r = dfn * f / dfd
            add("fisher", f, dfn, dfd, special.betaincc(dfn / 2, dfd / 2, r / (1 + r)))
(folder / "tails.txt").write_text("\n".join(tails) + "\n")
