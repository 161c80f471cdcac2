"""Writes cells.txt beside it: SciPy's probabilities of cells that random numbers are counted into (python make.py).

One case per line: distribution|parameters|mean variance kurtosis|bounds of cells|probability of each cell|largest chi-square. A cell
holds what is above one bound and at most the next; the first and the last are open. Moments that do not exist are "-".
"""

import pathlib

import numpy as np
from scipy import stats as st

CASES = {
    "uniform": (lambda a, b: st.uniform(a, b - a), [(0.0, 1.0), (-3.0, 1e6)]),
    "normal": (lambda m, s: st.norm(m, s), [(0.0, 1.0), (-5.0, 0.01)]),
    "lognormal": (lambda m, s: st.lognorm(s, scale=np.exp(m)), [(0.0, 1.0), (2.0, 0.1)]),
    "exponential": (lambda s: st.expon(scale=s), [(1.0,), (250.0,)]),
    "laplace": (lambda m, s: st.laplace(m, s), [(0.0, 1.0), (4.0, 0.5)]),
    "logistic": (lambda m, s: st.logistic(m, s), [(0.0, 1.0), (4.0, 0.5)]),
    "gumbel": (lambda m, s: st.gumbel_r(m, s), [(0.0, 1.0), (4.0, 0.5)]),
    "rayleigh": (lambda s: st.rayleigh(scale=s), [(1.0,), (30.0,)]),
    "weibull": (lambda a: st.weibull_min(a), [(1.0,), (0.4,), (7.0,)]),
    "pareto": (lambda a: st.lomax(a), [(1.0,), (0.4,), (7.0,)]),
    "power": (lambda a: st.powerlaw(a), [(1.0,), (0.2,), (7.0,)]),
    "triangular": (lambda l, m, r: st.triang((m - l) / (r - l), l, r - l), [(0.0, 1.0, 3.0), (-1.0, -1.0, 1.0), (2.0, 5.0, 5.0)]),
    "standard_cauchy": (lambda: st.cauchy(), [()]),
    "geometric": (lambda p: st.geom(p), [(0.5,), (0.9,), (0.01,), (1e-9,)]),
    "gamma": (lambda a, s: st.gamma(a, scale=s), [(0.05, 1.0), (0.7, 2.0), (1.0, 1.0), (3.5, 0.1), (1e4, 1.0)]),
    "beta": (lambda a, b: st.beta(a, b), [(0.5, 0.5), (1.0, 1.0), (0.1, 0.9), (2.0, 0.3), (7.0, 3.0), (1e3, 2e3)]),
    "chisquare": (lambda k: st.chi2(k), [(0.5,), (1.0,), (4.0,), (77.0,)]),
    "noncentral_chisquare": (lambda k, n: st.ncx2(k, n) if n else st.chi2(k), [(3.0, 0.0), (0.5, 2.0), (1.0, 5.0), (4.0, 30.0)]),
    "f": (lambda a, b: st.f(a, b), [(1.0, 1.0), (4.0, 10.0), (30.0, 7.0)]),
    "noncentral_f": (lambda a, b, n: st.ncf(a, b, n), [(4.0, 10.0, 2.0), (0.8, 7.0, 3.0)]),
    "standard_t": (lambda k: st.t(k), [(0.7,), (1.0,), (5.0,), (300.0,)]),
    "vonmises": (None, [(0.0, 0.0), (0.0, 1e-7), (1.0, 0.3), (-2.0, 4.0), (3.0, 700.0)]),
    "wald": (lambda m, s: st.invgauss(m / s, scale=s), [(1.0, 1.0), (3.0, 0.2), (0.1, 50.0)]),
    "poisson": (lambda l: st.poisson(l), [(0.01,), (1.0,), (9.9,), (10.1,), (55.5,), (1e3,), (1e6,), (1e8,)]),
    "binomial": (
        lambda n, p: st.binom(n, p),
        [(1, 0.5), (10, 0.3), (40, 0.9), (25, 0.5), (100, 0.2), (1000, 0.77), (10**6, 0.001), (10**9, 0.3), (10**12, 1e-11)],
    ),
    "negative_binomial": (lambda n, p: st.nbinom(n, p), [(1.0, 0.5), (0.3, 0.1), (12.5, 0.8), (100.0, 0.01)]),
    "hypergeometric": (
        lambda g, b, n: st.hypergeom(g + b, g, n),
        [(5, 7, 4), (60, 40, 30), (40, 60, 75), (1000, 20, 500), (30, 2000, 1000), (10**5, 2 * 10**5, 10**4), (50, 50, 95)],
    ),
    "logseries": (lambda p: st.logser(p), [(0.01,), (0.5,), (0.95,), (0.9999,)]),
    "zipf": (lambda a: st.zipf(a), [(1.5,), (2.0,), (4.0,), (30.0,)]),
}


class VonMises:
    """The distribution on the circle from -pi to pi."""

    def __init__(self, mu, kappa):
        self.mu, self.f = mu, (lambda x: x / (2 * np.pi)) if kappa == 0 else st.vonmises(kappa).cdf

    def cdf(self, x):
        return self.f(np.asarray(x) - self.mu) - self.f(-np.pi - self.mu)

    def ppf(self, q):
        x = np.linspace(-np.pi, np.pi, 20001)
        return np.interp(q, self.cdf(x), x)

    def stats(self, moments):
        return [np.nan] * len(moments)


def number(v):
    return repr(float(v)) if np.isfinite(v) else "-"


lines = []
for name, (make, parameters) in CASES.items():
    for p in parameters:
        d = make(*p) if make else VonMises(*p)
        bounds = np.unique(d.ppf(np.linspace(0, 1, 26)[1:-1]))
        cdf = np.asarray(d.cdf(bounds), dtype=float)
        cells = np.diff(np.concatenate([[0.0], cdf, [1.0]]))
        while len(bounds) and cells[-1] < 1e-3:
            bounds, cells = bounds[:-1], np.append(cells[:-2], cells[-2] + cells[-1])
        while len(bounds) and cells[0] < 1e-3:
            bounds, cells = bounds[1:], np.append(cells[0] + cells[1], cells[2:])
        assert (cells > 1e-3).all() and abs(cells.sum() - 1) < 1e-9, (name, p, cells)
        moments = [float(m) for m in d.stats(moments="mvk")]
        if name == "zipf" or (name == "pareto" and p[0] < 5) or name in ("f", "noncentral_f"):
            moments[2] = np.nan
        limit = st.chi2.ppf(1 - 1e-4, max(len(cells) - 1, 1))
        fields = [name, " ".join(repr(x) for x in p), " ".join(map(number, moments)), " ".join(map(number, bounds)), " ".join(map(number, cells)), number(limit)]
        lines.append("|".join(fields))
pathlib.Path(__file__).with_name("cells.txt").write_text("\n".join(lines) + "\n")
