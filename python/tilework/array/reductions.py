"""The names that dask's users import from ``dask.array.reductions``."""

from ._functions import cumreduction, reduction
from ._reductions import (
    all, any, argmax, argmin, cumprod, cumsum, max, mean, median, min, moment, nanargmax, nanargmin, nancumprod, nancumsum, nanmax, nanmean,
    nanmedian, nanmin, nanprod, nanstd, nansum, nanvar, prod, std, sum, trace, var,
)  # fmt: skip
from ._sorting import argtopk, topk
from ._statistics import nanquantile, quantile

__all__ = [
    "all", "any", "argmax", "argmin", "argtopk", "cumprod", "cumreduction", "cumsum", "max", "mean", "median", "min", "moment", "nanargmax",
    "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar",
    "prod", "quantile", "reduction", "std", "sum", "topk", "trace", "var",
]  # fmt: skip
