"""Lazy arrays with NumPy's and dask's names."""

from numpy import bool_ as bool
from numpy import (
    complex64, complex128, e, euler_gamma, float32, float64, inf, int8, int16, int32, int64, nan, newaxis, pi, uint8, uint16, uint32, uint64,
)  # fmt: skip

from .._run import compute
from . import _dispatch
from ._api import __array_api_version__, __array_namespace_info__, astype, can_cast, finfo, iinfo, isdtype, result_type
from . import _indexing
from ._core import Array
from ._cutting import coarsen, rechunk, reshape_blockwise, shuffle, sliding_window_view, unify_chunks
from ._histograms import bincount, histogram, histogram2d, histogram_bin_edges, histogramdd
from ._blockwise import atop, blockwise
from ._functions import apply_along_axis, apply_over_axes, map_blocks, reduction
from ._groups import group_reduce
from ._gufunc import apply_gufunc, as_gufunc, gufunc
from ._io import from_array, from_dask, from_delayed, from_func, from_npy_stack, from_zarr, open_hdf5, open_netcdf, open_npy, to_dask
from ._stores import store, to_hdf5, to_npy, to_npy_stack
from ._zarr import to_zarr
from ._joining import (
    append, array_split, block, column_stack, concat, concatenate, delete, dsplit, dstack, hsplit, hstack, insert, repeat, split, stack,
    tile, unstack, vsplit, vstack,
)  # fmt: skip
from ._manipulation import (
    atleast_1d, atleast_2d, atleast_3d, broadcast_arrays, broadcast_shapes, broadcast_to, expand_dims, flip, fliplr, flipud, moveaxis,
    permute_dims, ravel, reshape, resize, roll, rollaxis, rot90, squeeze, swapaxes, transpose,
)  # fmt: skip
from ._numeric import (
    convolve, copy, correlate, diff, ediff1d, gradient, interp, iscomplexobj, isnull, isrealobj, isscalar, ndim, notnull, polyval, shape, size,
    trapezoid, unwrap, vander,
)  # fmt: skip
from . import _collection, _protocols, _running
from ._padding import pad
from ._placing import copyto, place, put, put_along_axis, putmask
from .core import PerformanceWarning
from .overlap import map_overlap, push
from ._selection import (
    argwhere, choose, compress, diag_indices, diag_indices_from, extract, flatnonzero, ix_, nonzero, piecewise, ravel_multi_index, select, take, take_along_axis,
    tril_indices, tril_indices_from, triu_indices, triu_indices_from, unravel_index, where,
)  # fmt: skip
from ._sets import intersect1d, setdiff1d, setxor1d, union1d, unique, unique_all, unique_counts, unique_inverse, unique_values
from ._sorting import argpartition, argsort, argtopk, digitize, in1d, isin, lexsort, partition, searchsorted, sort, topk
from ._statistics import (
    allclose, array_equal, array_equiv, average, corrcoef, cov, isclose, nanpercentile, nanquantile, percentile, quantile,
)  # fmt: skip
from ._creation import (
    arange, array, asanyarray, asarray, empty, empty_like, from_dlpack, fromfunction, full, full_like, geomspace, indices, linspace, logspace,
    meshgrid, ones, ones_like, zeros, zeros_like,
)  # fmt: skip
from ._diagonals import diag, diagflat, diagonal, eye, fill_diagonal, identity, tri, tril, triu
from ._elementwise import (
    angle, around, clip, fix, i0, imag, iscomplex, isneginf, isposinf, isreal, nan_to_num, real, round, sinc,
)  # fmt: skip
from ._products import (
    cross, dot, einsum, inner, kron, matmul, matrix_transpose, matvec, outer, tensordot, vdot, vecdot, vecmat,
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
    # what runs
    "compute",
    # _api
    "__array_api_version__", "__array_namespace_info__", "astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type",
    # _creation
    "arange", "array", "asanyarray", "asarray", "diag", "diagflat", "diagonal", "empty", "empty_like", "eye", "fill_diagonal",
    "from_dlpack", "fromfunction", "full", "full_like", "geomspace", "identity", "indices", "linspace", "logspace", "meshgrid", "ones",
    "ones_like", "tri", "tril", "triu", "zeros", "zeros_like",
    # _elementwise
    "angle", "around", "clip", "fix", "i0", "imag", "iscomplex", "isneginf", "isposinf", "isreal", "nan_to_num", "real", "round", "sinc",
    # _products
    "cross", "dot", "einsum", "inner", "kron", "matmul", "matrix_transpose", "matvec", "outer", "tensordot", "vdot", "vecdot", "vecmat",
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
    # _blockwise, _functions, _gufunc, overlap
    "apply_along_axis", "apply_gufunc", "apply_over_axes", "as_gufunc", "atop", "blockwise", "group_reduce", "gufunc", "map_blocks", "map_overlap",
    "push", "reduction", "PerformanceWarning",
    # _io, _stores
    "from_array", "from_dask", "from_delayed", "from_func", "from_npy_stack", "from_zarr", "open_hdf5", "open_netcdf", "open_npy", "store",
    "to_dask", "to_hdf5", "to_npy", "to_npy_stack", "to_zarr",
    # _cutting
    "coarsen", "rechunk", "reshape_blockwise", "shuffle", "sliding_window_view", "unify_chunks",
    # _histograms
    "bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd",
    # _joining
    "append", "array_split", "block", "column_stack", "concat", "concatenate", "delete", "dsplit", "dstack", "hsplit", "hstack", "insert",
    "repeat", "split", "stack", "tile", "unstack", "vsplit", "vstack",
    # _manipulation
    "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_shapes", "broadcast_to", "expand_dims", "flip", "fliplr",
    "flipud", "moveaxis", "permute_dims", "ravel", "reshape", "resize", "roll", "rollaxis", "rot90", "squeeze", "swapaxes", "transpose",
    # _numeric
    "convolve", "copy", "correlate", "diff", "ediff1d", "gradient", "interp", "iscomplexobj", "isnull", "isrealobj", "isscalar", "ndim", "notnull",
    "polyval", "shape", "size", "trapezoid", "unwrap", "vander",
    # _padding
    "pad",
    # _placing
    "copyto", "place", "put", "put_along_axis", "putmask",
    # _selection
    "argwhere", "choose", "compress", "diag_indices", "diag_indices_from", "extract", "flatnonzero", "ix_", "nonzero", "piecewise", "ravel_multi_index", "select",
    "take", "take_along_axis", "tril_indices", "tril_indices_from", "triu_indices", "triu_indices_from", "unravel_index", "where",
    # _sets
    "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values",
    # _sorting
    "argpartition", "argsort", "argtopk", "digitize", "in1d", "isin", "lexsort", "partition", "searchsorted", "sort", "topk",
    # _statistics
    "allclose", "array_equal", "array_equiv", "average", "corrcoef", "cov", "isclose", "nanpercentile", "nanquantile", "percentile",
    "quantile",
]  # fmt: skip

globals().update(_dispatch.dispatching(globals()))

_MODULES = ("core", "fft", "lib", "linalg", "ma", "ndimage", "overlap", "random", "reductions", "stats", "utils")


def __getattr__(name):
    if name in _MODULES:
        import importlib

        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*__all__, *_MODULES})
