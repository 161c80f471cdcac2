"""Linear algebra on lazy arrays, out of core: NumPy's ``linalg``, the standard's extension, and dask's names.

Matrices are cut by their shapes alone: the chunks that they come in change no bit of a result, and need not fit anything. All functions take stacks
of matrices, in the last two axes, where nothing else is said.
"""

from __future__ import annotations

import numpy as np
from numpy.linalg import LinAlgError

from .. import _tilework
from . import _products
from ._core import Array, handle
from ._factors import cholesky, lu, qr, sfqr
from ._matrix import matrices
from ._norms import cond, matrix_norm, norm, vector_norm
from ._products import kron, matmul, matrix_transpose, tensordot, vecdot
from ._spectra import (
    compression_level, compression_matrix, eig, eigh, eigvals, eigvalsh, matrix_rank, pinv, svd, svd_compressed, svd_flip, svdvals, tsqr,
)  # fmt: skip
from ._systems import det, inv, lstsq, slogdet, solve, solve_triangular, tensorinv, tensorsolve

__all__ = [
    "LinAlgError", "cholesky", "compression_level", "compression_matrix", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "inv", "kron", "lstsq", "lu", "matmul", "matrix_norm", "matrix_power", "matrix_rank", "matrix_transpose", "multi_dot", "norm",
    "outer", "pinv", "qr", "sfqr", "slogdet", "solve", "solve_triangular", "svd", "svd_compressed", "svd_flip", "svdvals", "tensordot",
    "tensorinv", "tensorsolve", "trace", "tsqr", "vecdot", "vector_norm",
]  # fmt: skip


def outer(x1, x2, /):
    """All products of an element of each of two vectors.

    Raises
    ------
    ValueError
        An array that has not one dimension: ``tilework.array.outer`` takes others.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.outer(ta.arange(3, chunks=2), [1, 2]).compute()
    array([[0, 0],
           [1, 2],
           [2, 4]])
    """
    a, b = handle(x1), handle(x2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"outer takes vectors, not arrays of {a.ndim} and {b.ndim} dimensions: tilework.array.outer flattens them")
    return _products.outer(x1, x2)


def cross(x1, x2, /, *, axis=-1):
    """The cross product of vectors of 3 elements along an axis, where the others broadcast.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.cross([1, 0, 0], [0, 1, 0]).compute()
    array([0, 0, 1])
    """
    return _products.cross(x1, x2, axis=axis)


def multi_dot(arrays, *, out=None):
    """The product of several matrices, in the order of products that takes the fewest multiplications.

    Parameters
    ----------
    arrays : sequence
        Matrices; the first may be a row and the last a column of one dimension.

    Examples
    --------
    >>> import tilework.array as ta
    >>> tall = ta.ones((500, 2), chunks=100)
    >>> ta.linalg.multi_dot([tall, tall.T, tall]).shape
    (500, 2)
    """
    if out is not None:
        raise TypeError("multi_dot: out is not supported: assign the result")
    return Array(_tilework.multi_dot([handle(x) for x in arrays]))


def diagonal(x, /, *, offset=0):
    """The elements on a diagonal of the last two axes, along a new last axis.

    Parameters
    ----------
    offset : int
        How far the diagonal lies right of the main one; below 0, how far it lies below it.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.diagonal(ta.arange(6, chunks=4).reshape(2, 3), offset=1).compute()
    array([1, 5])
    """
    return Array(_tilework.diagonal(matrices(x, "diagonal"), offset, -2, -1))


def trace(x, /, *, offset=0, dtype=None):
    """The sums along a diagonal of the last two axes.

    Small integers are summed as int64 or uint64, where ``dtype`` says nothing else.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.trace(ta.arange(9, chunks=4).reshape(3, 3)).compute()
    np.int64(12)
    """
    x = matrices(x, "trace")
    x = x if dtype is None else x.astype(np.dtype(dtype).name)
    total = _tilework.trace(x, offset, -2, -1)
    return Array(total if dtype is None else total.astype(x.dtype))


def matrix_power(x, n, /):
    """Square matrices to an integer power, of negative powers their inverses.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.matrix_power([[1, 1], [1, 0]], 10).compute()
    array([[89, 55],
           [55, 34]])
    """
    x = matrices(x, "matrix_power", square=True)
    if not hasattr(n, "__index__"):
        raise TypeError(f"matrix_power takes an integer power, not {n!r}")
    return Array(_tilework.matrix_power(x, n.__index__()))
