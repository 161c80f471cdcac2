"""Writes numpy.txt beside it: quantiles by every method as NumPy computes them (python make.py).

One case per line: method|skip_nan|q|axes|dtype|shape|elements|result; axes "-" for all.
"""

import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
METHODS = [
    "linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased",
]
lines = []
for method in METHODS:
    for dtype in ["float64", "float32", "int16", "uint8", "int64"]:
        for shape, axes in [((1,), None), ((2,), (0,)), ((7, 5), None), ((6, 5), (0,)), ((3, 4, 5), (1,)), ((4, 3, 5), (0, 2)), ((11,), (0,))]:
            for skip in [False, True]:
                x = (rng.normal(size=shape) * 20).round(1)
                if dtype.startswith("u"):
                    x = np.abs(x)
                x = x.astype(dtype)
                if dtype.startswith("f") and x.size > 2 and rng.random() < 0.4:
                    x.reshape(-1)[rng.integers(0, x.size, 2)] = np.nan
                q = [0.0, 0.25, 0.5, 0.9, 1.0] if rng.random() < 0.5 else [0.5, round(float(rng.random()), 3)]
                f = np.nanquantile if skip else np.quantile
                r = np.asarray(f(x, q, axis=axes, method=method), dtype="float64")
                num = lambda a: " ".join(repr(float(v)) for v in np.asarray(a).reshape(-1))
                ax = "-" if axes is None else " ".join(map(str, axes))
                lines.append("|".join([method, str(int(skip)), num(q), ax, dtype, " ".join(map(str, shape)), num(x), num(r)]))
pathlib.Path(__file__).with_name("numpy.txt").write_text("\n".join(lines) + "\n")
