"""The distributions of random numbers, one row each: methods and functions with NumPy's parameters are made of them."""

from __future__ import annotations

_COUNT = "as int64"
_FLOAT = "dtype : {float64, float32}, optional\n    Float32 numbers are the float64 ones, rounded."

# Name: parameters, an example's, what is drawn.
TABLE = {
    "beta": ("a, b", "2, 3", "Numbers in [0, 1] of the beta distribution."),
    "binomial": ("n, p", "10, 0.5", f"Numbers of successes in ``n`` trials of probability ``p``, {_COUNT}."),
    "chisquare": ("df", "3", "Sums of the squares of ``df`` normal numbers."),
    "exponential": ("scale=1.0", "2", "Waiting times of mean ``scale``."),
    "f": ("dfnum, dfden", "4, 10", "Ratios of two chi-square numbers over their degrees of freedom (Fisher's F)."),
    "gamma": ("shape, scale=1.0", "2, 3", "Numbers of the gamma distribution of mean ``shape * scale``."),
    "geometric": ("p", "0.25", f"Numbers of trials of probability ``p`` up to the first success, {_COUNT}."),
    "gumbel": ("loc=0.0, scale=1.0", "", "Numbers of the Gumbel (extreme value) distribution around its mode ``loc``."),
    "hypergeometric": ("ngood, nbad, nsample", "6, 4, 5", f"How many are good in a sample of ``nsample`` without replacement, {_COUNT}."),
    "laplace": ("loc=0.0, scale=1.0", "", "Numbers of the Laplace (double exponential) distribution around ``loc``."),
    "logistic": ("loc=0.0, scale=1.0", "", "Numbers of the logistic distribution around ``loc``."),
    "lognormal": ("mean=0.0, sigma=1.0", "", "Numbers whose logarithms are normal, of this mean and standard deviation."),
    "logseries": ("p", "0.6", f"Numbers of the logarithmic series distribution, {_COUNT}."),
    "negative_binomial": ("n, p", "4, 0.4", f"Numbers of failures before the ``n``-th success of probability ``p``, {_COUNT}."),
    "noncentral_chisquare": ("df, nonc", "3, 2", "Numbers of the noncentral chi-square distribution."),
    "noncentral_f": ("dfnum, dfden, nonc", "4, 10, 4", "Numbers of the noncentral F distribution."),
    "normal": ("loc=0.0, scale=1.0", "10, 2", "Normal numbers of mean ``loc`` and standard deviation ``scale``."),
    "pareto": ("a", "4", "Numbers of the Pareto II (Lomax) distribution of shape ``a``, from 0."),
    "poisson": ("lam=1.0", "30", f"Numbers of events of which ``lam`` are expected, {_COUNT}."),
    "power": ("a", "3", "Numbers in [0, 1] of density ``a * x ** (a - 1)``."),
    "rayleigh": ("scale=1.0", "2", "Numbers of the Rayleigh distribution with its mode at ``scale``."),
    "standard_cauchy": ("", "", "Numbers of the standard Cauchy distribution."),
    "standard_exponential": ("", "", "Waiting times of mean 1."),
    "standard_gamma": ("shape", "2", "Numbers of the gamma distribution of this shape and scale 1."),
    "standard_normal": ("", "", "Normal numbers of mean 0 and standard deviation 1."),
    "standard_t": ("df", "8", "Numbers of Student's t distribution of ``df`` degrees of freedom."),
    "triangular": ("left, mode, right", "0, 1, 5", "Numbers of the triangular distribution from ``left`` to ``right`` with its top at ``mode``."),
    "uniform": ("low=0.0, high=1.0", "2, 4", "Numbers of equal density from ``low`` to below ``high``."),
    "vonmises": ("mu, kappa", "1, 4", "Angles from -pi to pi around ``mu``, the closer the higher ``kappa``."),
    "wald": ("mean, scale", "2, 3", "Numbers of the inverse Gaussian distribution."),
    "weibull": ("a", "2", "Numbers of the Weibull distribution of shape ``a`` and scale 1."),
    "zipf": ("a", "4", f"Numbers of the zeta distribution, {_COUNT}."),
}  # fmt: skip

COUNTS = {"binomial", "geometric", "hypergeometric", "logseries", "negative_binomial", "poisson", "zipf"}
_OF_DTYPE = {"standard_exponential", "standard_gamma", "standard_normal"}


def documented(name, maker, parameters, example, what, more=""):
    """The docstring of a distribution that ``maker`` (``default_rng(1).``, say) draws."""
    names = ", ".join(p.split("=")[0] for p in parameters.split(", ")) if parameters else ""
    taken = f"{names} : float or array_like of float\n    Parameters of the distribution, which broadcast.\n" if names else ""
    arguments = ", ".join(filter(None, (example, "size=4, chunks=2")))
    return f"""{what}

Parameters
----------
{taken}size : int or tuple of int, optional
    The shape; by default that of the parameters.
chunks : int, tuple, dict or "auto"
    How the result is cut, which changes no number.
{more}
Raises
------
ValueError
    Parameters that the distribution does not take (of arrays, when it is computed), or that do not broadcast to ``size``.

Examples
--------
>>> import tilework.array as ta
>>> ta.random.{maker}{name}({arguments}).shape
(4,)
"""


def add_methods(cls, maker):
    """Gives a class of generators its distributions."""
    for name, (parameters, example, what) in TABLE.items():
        names = "".join(p.split("=")[0] + ", " for p in parameters.split(", ")) if parameters else ""
        own = ", dtype=float" if name in _OF_DTYPE else ""
        signature = ", ".join(filter(None, ("self", parameters, "size=None, chunks='auto'" + own)))
        scope: dict = {}
        # As text, so that the parameters have their own names and defaults.
        exec(f"def {name}({signature}):\n return self._distribution({name!r}, ({names}), size, chunks{', dtype' if own else ''})", scope)
        method = scope[name]
        method.__doc__ = documented(name, maker, parameters, example, what, _FLOAT + "\n" if own else "")
        method.__qualname__ = f"{cls.__name__}.{name}"
        method.__module__ = cls.__module__
        setattr(cls, name, method)
