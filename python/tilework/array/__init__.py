"""Lazy arrays with NumPy's and dask's names."""

from numpy import bool_ as bool
from numpy import (
    complex64, complex128, e, euler_gamma, float32, float64, inf, int8, int16, int32, int64, nan, newaxis, pi, uint8, uint16, uint32, uint64,
)  # fmt: skip

from ._api import __array_api_version__, __array_namespace_info__, astype, can_cast, finfo, iinfo, isdtype, result_type
from ._core import Array
from ._creation import (
    arange, array, asanyarray, asarray, diag, diagflat, diagonal, empty, empty_like, eye, fill_diagonal, from_dlpack, fromfunction, full,
    full_like, geomspace, identity, indices, linspace, logspace, meshgrid, ones, ones_like, tri, tril, triu, zeros, zeros_like,
)  # fmt: skip
from ._elementwise import (
    angle, around, clip, fix, i0, imag, iscomplex, isneginf, isposinf, isreal, nan_to_num, real, round, sinc,
)  # fmt: skip
from ._reductions import (
    all, amax, amin, any, argmax, argmin, count_nonzero, cumprod, cumsum, cumulative_prod, cumulative_sum, max, mean, median, min, moment,
    nanargmax, nanargmin, nancumprod, nancumsum, nanmax, nanmean, nanmedian, nanmin, nanprod, nanstd, nansum, nanvar, prod, ptp, std, sum,
    trace, var,
)  # fmt: skip
from ._ufunc import (
    abs, absolute, acos, acosh, add, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, asin, asinh, atan, atan2, atanh,
    bitwise_and, bitwise_count, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, cbrt, ceil,
    conj, conjugate, copysign, cos, cosh, deg2rad, degrees, divide, divmod, equal, exp, exp2, expm1, fabs, float_power, floor, floor_divide,
    fmax, fmin, fmod, frexp, gcd, greater, greater_equal, heaviside, hypot, invert, isfinite, isinf, isnan, lcm, ldexp, left_shift, less,
    less_equal, log, log10, log1p, log2, logaddexp, logaddexp2, logical_and, logical_not, logical_or, logical_xor, maximum, minimum, mod,
    modf, multiply, negative, nextafter, not_equal, positive, pow, power, rad2deg, radians, reciprocal, remainder, right_shift, rint, sign,
    signbit, sin, sinh, spacing, sqrt, square, subtract, tan, tanh, true_divide, trunc, ufunc,
)  # fmt: skip

__all__ = [
    "Array",
    # dtypes and constants
    "bool", "complex64", "complex128", "e", "euler_gamma", "float32", "float64", "inf", "int8", "int16", "int32", "int64", "nan", "newaxis", "pi",
    "uint8", "uint16", "uint32", "uint64",
    # _api
    "__array_api_version__", "__array_namespace_info__", "astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type",
    # _creation
    "arange", "array", "asanyarray", "asarray", "diag", "diagflat", "diagonal", "empty", "empty_like", "eye", "fill_diagonal",
    "from_dlpack", "fromfunction", "full", "full_like", "geomspace", "identity", "indices", "linspace", "logspace", "meshgrid", "ones",
    "ones_like", "tri", "tril", "triu", "zeros", "zeros_like",
    # _elementwise
    "angle", "around", "clip", "fix", "i0", "imag", "iscomplex", "isneginf", "isposinf", "isreal", "nan_to_num", "real", "round", "sinc",
    # _reductions
    "all", "amax", "amin", "any", "argmax", "argmin", "count_nonzero", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "max",
    "mean", "median", "min", "moment", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin",
    "nanprod", "nanstd", "nansum", "nanvar", "prod", "ptp", "std", "sum", "trace", "var",
    # _ufunc
    "abs", "absolute", "acos", "acosh", "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh",
    "atan", "atan2", "atanh", "bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "cbrt", "ceil", "conj", "conjugate", "copysign", "cos", "cosh", "deg2rad", "degrees", "divide",
    "divmod", "equal", "exp", "exp2", "expm1", "fabs", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frexp", "gcd",
    "greater", "greater_equal", "heaviside", "hypot", "invert", "isfinite", "isinf", "isnan", "lcm", "ldexp", "left_shift", "less",
    "less_equal", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logical_and", "logical_not", "logical_or", "logical_xor",
    "maximum", "minimum", "mod", "modf", "multiply", "negative", "nextafter", "not_equal", "positive", "pow", "power", "rad2deg", "radians",
    "reciprocal", "remainder", "right_shift", "rint", "sign", "signbit", "sin", "sinh", "spacing", "sqrt", "square", "subtract", "tan",
    "tanh", "true_divide", "trunc", "ufunc",
]  # fmt: skip
