"""Norms of vectors and matrices."""

from __future__ import annotations

import math

from numpy.lib.array_utils import normalize_axis_tuple

from .. import _tilework
from ._core import Array, handle
from ._matrix import floats, matrices, op, real


def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of an array, of its vectors along an axis, or of its matrices along two.

    Parameters
    ----------
    ord : number, "fro" or "nuc", optional
        Of vectors the order: the root of that order of the sum of powers of sizes; ``inf`` and ``-inf`` are the largest and smallest size, 0
        counts what is not 0. Of matrices 1 and -1 are the largest and smallest sum along a column, ``inf`` and ``-inf`` along a row, 2 and -2 the
        largest and smallest singular value, ``"nuc"`` the sum of those, ``"fro"`` the root of the sum of squares. None is that root, of the flat array
        where ``axis`` is None too.
    axis : int or pair of int, optional
        Where vectors or matrices lie; None is all axes, of which there are one or two then.
    keepdims : bool
        Whether these axes stay, with length 1.

    Raises
    ------
    ValueError
        An order that vectors or matrices do not have, more than two axes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.linalg.norm([[3.0, 4.0], [0.0, 12.0]])
    >>> x.compute()
    np.float64(13.0)
    >>> ta.linalg.norm([[3.0, 4.0], [0.0, 12.0]], 1, axis=1).compute()
    array([ 7., 12.])
    """
    x = floats(handle(x))
    axes = list(range(x.ndim)) if axis is None else list(normalize_axis_tuple(axis, x.ndim, "axis"))
    if axis is None and ord is None:
        return Array(_of_vectors(x, 2, axes, keepdims))
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(f"vectors have no norm {ord!r}: give a number")
        return Array(_of_vectors(x, 2 if ord is None else ord, axes, keepdims))
    if len(axes) != 2:
        raise ValueError(f"norms are of one or two axes, not of {len(axes)}: name them with axis=, or leave ord out")
    return Array(_of_matrices(x, ord, axes, keepdims))


def _of_matrices(x, ord, axes, keepdims):
    known = (None, "fro", "f", "nuc", 1, -1, 2, -2, math.inf, -math.inf)
    if ord not in known:
        raise ValueError(f"matrices have no norm of order {ord!r}: give 1, -1, 2, -2, inf, -inf, 'fro' or 'nuc'")
    return _tilework.norm(x, "fro" if ord in (None, "fro", "f") else ord, axes, bool(keepdims))


def _of_vectors(x, ord, axes, keepdims):
    """The norm along any number of axes taken as one."""
    ord, fold = float(ord), lambda name, x: _tilework.reduce(name, x, axes, bool(keepdims))
    if ord == 0:
        return fold("sum", op("not_equal", x, 0).astype(real(x.dtype)))
    if ord == 2:
        parts = [op("real", x), op("imag", x)] if x.dtype[0] == "c" else [x]
        squares = [op("multiply", p, p) for p in parts]
        return op("sqrt", fold("sum", op("add", *squares) if len(squares) == 2 else squares[0]))
    size = op("absolute", x)
    if abs(ord) == math.inf:
        return fold("max" if ord > 0 else "min", size)
    if ord == 1:
        return fold("sum", size)
    return op("power", fold("sum", op("power", size, ord)), 1 / ord)


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """The norm of vectors along axes that are taken as one (None: all).

    Parameters are those of :func:`norm`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.vector_norm([[3.0, 4.0]]).compute()
    np.float64(5.0)
    """
    x = floats(handle(x))
    axes = list(range(x.ndim)) if axis is None else list(normalize_axis_tuple(axis, x.ndim, "axis"))
    return Array(_of_vectors(x, ord, axes, keepdims))


def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """The norm of the matrices in the last two axes. Parameters are those of :func:`norm`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.matrix_norm([[3.0, 4.0]], ord=1).compute()
    np.float64(4.0)
    """
    x = floats(matrices(x, "matrix_norm"))
    return Array(_of_matrices(x, ord, [x.ndim - 2, x.ndim - 1], keepdims))


def cond(x, p=None):
    """How much solving with a matrix may enlarge errors: the norm of the matrix times that of its inverse.

    Parameters
    ----------
    p : number or "fro" or "nuc", optional
        The order of the norm, as of :func:`norm`; None is 2.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.cond([[2.0, 0.0], [0.0, 4.0]]).compute()
    np.float64(2.0)
    """
    if p in (None, 2, -2):
        s = _tilework.svdvals(matrices(x, "cond"))
        ends = s.index((Ellipsis, 0)), s.index((Ellipsis, -1))
        return Array(op("divide", *(ends if p != -2 else ends[::-1])))
    x = floats(matrices(x, "cond", square=True))
    return Array(op("multiply", matrix_norm(Array(x), ord=p)._x, matrix_norm(Array(_tilework.inv(x)), ord=p)._x))
