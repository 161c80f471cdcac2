"""The functions of the namespace that take arrays with masks too, and what they do with them.

Masks are rare: nothing of them is imported before an array has one.
"""

from __future__ import annotations

import functools

from ._core import Array, has_mask

# Of data and mask alike.
EACH = {
    "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_to", "compress", "diagonal", "dsplit", "expand_dims", "flip", "fliplr",
    "flipud", "hsplit", "moveaxis", "permute_dims", "ravel", "rechunk", "repeat", "reshape", "reshape_blockwise", "roll", "rollaxis", "rot90",
    "split", "squeeze", "swapaxes", "take", "take_along_axis", "tile", "transpose", "tril", "triu", "unstack", "vsplit",
}  # fmt: skip
# Of the data; the mask stays.
DATA = {"angle", "around", "clip", "fix", "i0", "imag", "nan_to_num", "real", "round", "sinc"}
# Of the data and masks of the arrays in a list.
JOINS = {"append", "block", "column_stack", "concat", "concatenate", "dstack", "hstack", "stack", "vstack"}
# Sums of products: what is masked counts for nothing, and a sum of nothing is masked.
PRODUCTS = {"dot", "inner", "matmul", "outer", "tensordot", "vdot", "vecdot"}
# Methods of masked arrays.
METHODS = {
    "all", "any", "argmax", "argmin", "count_nonzero", "cumprod", "cumsum", "map_blocks", "max", "mean", "min", "nonzero", "prod", "ptp", "std",
    "sum", "trace", "var",
}  # fmt: skip
NAMES = EACH | DATA | JOINS | PRODUCTS | METHODS | {"amax", "amin", "astype", "average", "where"}


def dispatching(names):
    """These functions, which look for masks first."""
    return {name: _looking(name, f) for name, f in names.items() if name in NAMES}


def _looking(name, f):
    joins = name in JOINS

    @functools.wraps(f)
    def function(*args, **kwargs):
        for a in args:
            if type(a) is not Array and (_masked(a) or (joins and isinstance(a, (list, tuple)) and _among(a))):
                return call(name, *args, **kwargs)
        return f(*args, **kwargs)

    # Where it is found by its name.
    function.__module__ = __package__
    return function


def _masked(a):
    return (isinstance(a, Array) and hasattr(a, "mask")) or has_mask(a)


def _among(a):
    return any(type(x) is not Array and (_masked(x) or (isinstance(x, (list, tuple)) and _among(x))) for x in a)


def call(name, *args, **kwargs):
    """A function of the namespace where an argument has a mask."""
    from ._masked_functions import FUNCTIONS

    return FUNCTIONS[name](*args, **kwargs)
