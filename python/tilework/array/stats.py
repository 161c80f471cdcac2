"""Statistical tests and shapes of distributions: the names and meanings of :mod:`scipy.stats`, on lazy arrays.

Everything is made of reductions, in float64, so that samples may be of any length. Where a lane has NaN, so has its result
(``nan_policy="propagate"``, the only one there is).
"""

from __future__ import annotations

from collections import namedtuple

from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._core import Array, beside, handle

__all__ = [
    "chisquare", "f_oneway", "kurtosis", "kurtosistest", "moment", "normaltest", "power_divergence", "skew", "skewtest", "ttest_1samp",
    "ttest_ind", "ttest_rel",
]  # fmt: skip

_LAMBDA = {"pearson": 1, "log-likelihood": 0, "freeman-tukey": -0.5, "mod-log-likelihood": -1, "neyman": -2, "cressie-read": 2 / 3}


def _result(name):
    class Result(namedtuple(name, "statistic pvalue")):
        """A statistic, and the probability of it or one farther out where the hypothesis holds."""

        __slots__ = ()

        def compute(self, **settings):
            """Both as numbers, in one run."""
            from .._run import compute

            return compute(self, **settings)[0]

    Result.__name__ = Result.__qualname__ = name
    return Result


F_onewayResult = _result("F_onewayResult")
KurtosistestResult = _result("KurtosistestResult")
NormaltestResult = _result("NormaltestResult")
Power_divergenceResult = _result("Power_divergenceResult")
SkewtestResult = _result("SkewtestResult")
Ttest_1sampResult = _result("Ttest_1sampResult")
Ttest_indResult = _result("Ttest_indResult")
Ttest_relResult = _result("Ttest_relResult")


def _propagates(nan_policy):
    if nan_policy != "propagate":
        raise NotImplementedError(f"nan_policy {nan_policy!r} is not there: mask NaN with tilework.array.ma, or drop it, and leave nan_policy out")


def _long_enough(x, axis, least, name):
    n = x.shape[normalize_axis_index(axis, x.ndim)] if axis is not None else Array(x).size
    if n < least:
        raise ValueError(f"{name} takes {least} samples at least: {n} samples are given")
    return x


def ttest_1samp(a, popmean, axis=0, nan_policy="propagate", alternative="two-sided"):
    """Whether the mean of a sample is a number.

    Parameters
    ----------
    a : array_like
    popmean : number or array_like
        The mean that is expected.
    axis : int, optional
        Where samples lie; None is the flat array.
    nan_policy : str
        ``"propagate"``.
    alternative : {"two-sided", "less", "greater"}
        To which side the mean may differ.

    Returns
    -------
    tuple
        ``statistic`` and ``pvalue``, lazy; its ``compute`` gives both as numbers.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.ttest_1samp(ta.arange(5, chunks=2), 2).compute()
    Ttest_1sampResult(statistic=np.float64(0.0), pvalue=np.float64(1.0))
    """
    _propagates(nan_policy)
    mean = beside(popmean)
    mean = handle(popmean) if mean is NotImplemented else mean
    return Ttest_1sampResult(*map(Array, _tilework.ttest_1samp(handle(a), mean, axis, alternative)))


def ttest_ind(a, b, axis=0, equal_var=True, nan_policy="propagate", alternative="two-sided"):
    """Whether the means of two independent samples are the same; with ``equal_var=False`` also where their variances differ (Welch).

    Parameters are those of :func:`ttest_1samp`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.ttest_ind(ta.arange(5, chunks=2), ta.arange(5, chunks=3)).compute()
    Ttest_indResult(statistic=np.float64(0.0), pvalue=np.float64(1.0))
    """
    _propagates(nan_policy)
    return Ttest_indResult(*map(Array, _tilework.ttest_ind(handle(a), handle(b), axis, bool(equal_var), alternative)))


def ttest_rel(a, b, axis=0, nan_policy="propagate", alternative="two-sided"):
    """Whether the means of two samples whose elements are pairs are the same.

    Parameters are those of :func:`ttest_1samp`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.ttest_rel(ta.asarray([1.0, 2, 3]), ta.asarray([1.0, 3, 2])).compute()
    Ttest_relResult(statistic=np.float64(0.0), pvalue=np.float64(1.0))
    """
    _propagates(nan_policy)
    return Ttest_relResult(*map(Array, _tilework.ttest_rel(handle(a), handle(b), axis, alternative)))


def power_divergence(f_obs, f_exp=None, ddof=0, axis=0, lambda_=None):
    """Whether frequencies are those that are expected: Pearson's statistic, and others.

    Parameters
    ----------
    f_obs : array_like
        Frequencies that were observed.
    f_exp : array_like, optional
        Those expected; by default all alike.
    ddof : int
        What is taken off the degrees of freedom, one less than there are frequencies.
    axis : int, optional
        Where frequencies lie; None is the flat array.
    lambda_ : number or str, optional
        Which of the family of Cressie and Read: ``"pearson"`` (1, the default), ``"log-likelihood"`` (0), ``"freeman-tukey"`` (-1/2),
        ``"mod-log-likelihood"`` (-1), ``"neyman"`` (-2), ``"cressie-read"`` (2/3).

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.power_divergence(ta.asarray([10, 10, 10]), lambda_="neyman").compute()
    Power_divergenceResult(statistic=np.float64(0.0), pvalue=np.float64(1.0))
    """
    if isinstance(lambda_, str):
        if lambda_ not in _LAMBDA:
            raise ValueError(f"lambda_ is {lambda_!r}: give a number, or one of {', '.join(map(repr, _LAMBDA))}")
        lambda_ = _LAMBDA[lambda_]
    expected = None if f_exp is None else handle(f_exp)
    found = _tilework.power_divergence(handle(f_obs), expected, ddof, axis, 1.0 if lambda_ is None else float(lambda_))
    return Power_divergenceResult(*map(Array, found))


def chisquare(f_obs, f_exp=None, ddof=0, axis=0):
    """Whether frequencies are those that are expected: Pearson's statistic. Parameters are those of :func:`power_divergence`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.chisquare(ta.asarray([10, 10, 10])).compute()
    Power_divergenceResult(statistic=np.float64(0.0), pvalue=np.float64(1.0))
    """
    return power_divergence(f_obs, f_exp, ddof, axis)


def f_oneway(*args, axis=0):
    """Whether the means of several independent samples are the same (one-way analysis of variance).

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.f_oneway(ta.arange(5, chunks=2), ta.arange(5, chunks=3)).compute()
    F_onewayResult(statistic=np.float64(0.0), pvalue=np.float64(1.0))
    """
    return F_onewayResult(*map(Array, _tilework.f_oneway([handle(a) for a in args], axis)))


def skew(a, axis=0, bias=True, nan_policy="propagate"):
    """How far samples lean to the right of their mean: the third central moment over the 3/2th power of the second.

    Parameters
    ----------
    bias : bool
        Whether the moments are those of the sample, not estimates of those of what it was drawn from.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.skew(ta.arange(5, chunks=2)).compute()
    np.float64(0.0)
    """
    _propagates(nan_policy)
    return Array(_tilework.skew(handle(a), axis, bool(bias)))


def kurtosis(a, axis=0, fisher=True, bias=True, nan_policy="propagate"):
    """How heavy the tails of samples are: the fourth central moment over the square of the second.

    Parameters
    ----------
    fisher : bool
        Whether 3 is taken off, so that normal numbers have 0.
    bias : bool
        Whether the moments are those of the sample, not estimates of those of what it was drawn from.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.kurtosis(ta.asarray([-1.0, 1.0])).compute()
    np.float64(-2.0)
    """
    _propagates(nan_policy)
    return Array(_tilework.kurtosis(handle(a), axis, bool(fisher), bool(bias)))


def skewtest(a, axis=0, nan_policy="propagate", alternative="two-sided"):
    """Whether the skewness of a sample of 8 or more is that of normal numbers. Parameters are those of :func:`ttest_1samp`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> 0.3 < float(ta.stats.skewtest(ta.arange(8.0, chunks=3)).pvalue) < 0.4
    True
    """
    _propagates(nan_policy)
    x = _long_enough(handle(a), axis, 8, "skewtest")
    return SkewtestResult(*map(Array, _tilework.skewtest(x, axis, alternative)))


def kurtosistest(a, axis=0, nan_policy="propagate", alternative="two-sided"):
    """Whether the kurtosis of a sample of 5 or more is that of normal numbers. Parameters are those of :func:`ttest_1samp`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> 0 < float(ta.stats.kurtosistest(ta.arange(20.0, chunks=7)).pvalue) < 0.2
    True
    """
    _propagates(nan_policy)
    x = _long_enough(handle(a), axis, 5, "kurtosistest")
    return KurtosistestResult(*map(Array, _tilework.kurtosistest(x, axis, alternative)))


def normaltest(a, axis=0, nan_policy="propagate"):
    """Whether a sample of 8 or more is of normal numbers, by its skewness and its kurtosis (D'Agostino and Pearson).

    Examples
    --------
    >>> import tilework.array as ta
    >>> 0 < float(ta.stats.normaltest(ta.arange(20.0, chunks=7)).pvalue) < 0.5
    True
    """
    _propagates(nan_policy)
    return NormaltestResult(*map(Array, _tilework.normaltest(_long_enough(handle(a), axis, 8, "normaltest"), axis)))


def moment(a, moment=1, axis=0, nan_policy="propagate"):
    """The mean of a power of the distance from the mean.

    Parameters
    ----------
    moment : int
        Which power, up to 64.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.stats.moment(ta.arange(5, chunks=2), 2).compute()
    np.float64(2.0)
    """
    _propagates(nan_policy)
    x = handle(a)
    axes = None if axis is None else [normalize_axis_index(axis, x.ndim)]
    return Array(_tilework.moment(x, moment, axes))
