"""Products of arrays: sums of products over axes, as NumPy names them."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._core import Array, handle, methods
from ._matrix import swapped

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def matmul(x1, x2, /):
    """The product of matrices, or of stacks of matrices, which broadcast.

    A vector stands in as a row on the left and as a column on the right, and that axis goes away. Integers wrap; of bool the sum is "or".
    Matrices are cut by their shapes alone, so that the chunks they come in change no bit.

    Parameters
    ----------
    x1, x2 : array_like
        Of shapes ``(..., m, k)`` or ``(k,)``, and ``(..., k, n)`` or ``(k,)``.

    Raises
    ------
    ValueError
        An array without axes, inner lengths that differ, stacks that do not broadcast.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=4).reshape(2, 3)
    >>> ta.matmul(x, x.T).compute()
    array([[ 5, 14],
           [14, 50]])
    """
    return Array(_tilework.matmul(handle(x1), handle(x2)))


def dot(a, b):
    """The sum of products over the last axis of ``a`` and the last but one of ``b`` (its only one, if it has one).

    Of two axes this is :func:`matmul`; of an array without axes the plain product.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.dot(ta.arange(4, chunks=2), ta.arange(4, chunks=3)).compute()
    np.int64(14)
    """
    return Array(_tilework.dot(handle(a), handle(b)))


def vdot(a, b):
    """The sum of products of all elements, in C order, those of ``a`` conjugated.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.vdot([1j, 2], [1, 3]).compute()
    np.complex128(6-1j)
    """
    return Array(_tilework.vdot(handle(a), handle(b)))


def inner(a, b):
    """The sum of products over the last axes of both.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(4, chunks=3).reshape(2, 2)
    >>> ta.inner(x, x).compute()
    array([[ 1,  3],
           [ 3, 13]])
    """
    return Array(_tilework.inner(handle(a), handle(b)))


def outer(a, b):
    """All products of an element of ``a`` and one of ``b``, both flat: of shape ``(a.size, b.size)``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.outer([1, 2], ta.arange(3, chunks=2)).compute()
    array([[0, 1, 2],
           [0, 2, 4]])
    """
    return Array(_tilework.outer(handle(a), handle(b)))


def kron(a, b):
    """The Kronecker product: every element of ``a`` times all of ``b``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.kron([1, 10], [1, 2]).compute()
    array([ 1,  2, 10, 20])
    """
    return Array(_tilework.kron(handle(a), handle(b)))


def vecdot(x1, x2, /, *, axis=-1):
    """The sum of products along one axis, where the others broadcast; complex numbers of ``x1`` are conjugated.

    Parameters
    ----------
    axis : int
        Of the shape that both broadcast to.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(4, chunks=3).reshape(2, 2)
    >>> ta.vecdot(x, [1, 2]).compute()
    array([2, 8])
    """
    a, b = handle(x1), handle(x2)
    ndim = max(a.ndim, b.ndim)
    axis = normalize_axis_index(axis, ndim) - ndim
    if a.ndim + axis < 0 or b.ndim + axis < 0:
        a, b = (x if x.ndim == ndim else _tilework.expand_dims(x, list(range(ndim - x.ndim))) for x in (a, b))
    return Array(_tilework.vecdot(a, b, axis))


def matvec(x1, x2, /):
    """The product of matrices and vectors, the last axis of ``x2``; stacks of them broadcast.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.matvec([[0, 1], [2, 3]], ta.arange(2, chunks=1)).compute()
    array([1, 3])
    """
    return Array(_tilework.matvec(handle(x1), handle(x2)))


def vecmat(x1, x2, /):
    """The product of vectors, the last axis of ``x1``, which are conjugated, and matrices; stacks of them broadcast.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.vecmat(ta.arange(2, chunks=1), [[0, 1], [2, 3]]).compute()
    array([2, 3])
    """
    return Array(_tilework.vecmat(handle(x1), handle(x2)))


def tensordot(a, b, axes=2):
    """The sum of products over axes of ``a`` and axes of ``b``, pair by pair; the result has the other axes of ``a``, then those of ``b``.

    Parameters
    ----------
    axes : int or pair
        So many of the last axes of ``a`` with the first of ``b``, or the axes of each (an int, or several).

    Raises
    ------
    ValueError
        Another number of axes on one side, one of them twice, or lengths that differ.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(24, chunks=7).reshape(2, 3, 4)
    >>> ta.tensordot(x, ta.ones((4, 3), dtype=int), axes=([1, 2], [1, 0])).compute()
    array([ 66, 210])
    """
    a, b = handle(a), handle(b)
    if hasattr(axes, "__index__"):
        n = axes.__index__()
        if not 0 <= n <= min(a.ndim, b.ndim):
            raise ValueError(f"axes is {n}: arrays of {a.ndim} and {b.ndim} dimensions have at most {min(a.ndim, b.ndim)} to sum over")
        axes = range(a.ndim - n, a.ndim), range(n)
    first, second = ([x] if hasattr(x, "__index__") else list(x) for x in axes)
    return Array(_tilework.tensordot(a, b, first, second))


def einsum(*operands, dtype=None, optimize=True, split_every=None, out=None, order="K", casting="safe"):
    """Sums of products in Einstein's notation.

    The order of the products is always chosen by the least work; ``optimize``, ``split_every`` and ``order`` change nothing.

    Parameters
    ----------
    *operands
        The notation and the arrays, ``"ij,jk->ik", a, b``; or each array followed by the list of its axes' numbers, and then that of the
        result.
    dtype : dtype, optional
        What the arrays are converted to first.

    Raises
    ------
    ValueError
        A notation that does not fit the arrays; lengths that differ under one letter.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=4).reshape(2, 3)
    >>> ta.einsum("ij,kj->ik", x, x).compute()
    array([[ 5, 14],
           [14, 50]])
    >>> ta.einsum(x, [0, 1], [1]).compute()
    array([3, 5, 7])
    """
    if out is not None:
        raise TypeError("einsum: out is not supported: assign the result")
    if not operands:
        raise ValueError("einsum needs a notation and at least one array")
    subscripts, arrays = (operands[0], operands[1:]) if isinstance(operands[0], str) else _notation(operands)
    arrays = [handle(a) for a in arrays]
    if dtype is not None:
        dtype = np.dtype(dtype)
        for a in arrays:
            if not np.can_cast(a.dtype, dtype, casting=casting):
                raise TypeError(f"einsum: cannot cast {a.dtype} to {dtype} according to the rule {casting!r}: give casting='unsafe'")
        arrays = [a.astype(dtype.name) for a in arrays]
    return Array(_tilework.einsum(subscripts, arrays))


def _notation(operands):
    """Notation and arrays of arrays that each are followed by the numbers of their axes."""
    def text(axes):
        return "".join("..." if i is Ellipsis else _LETTERS[i] for i in axes)

    pairs, result = operands[: len(operands) // 2 * 2], operands[len(operands) // 2 * 2 :]
    subscripts = ",".join(map(text, pairs[1::2]))
    return (f"{subscripts}->{text(result[0])}" if result else subscripts), pairs[::2]


def matrix_transpose(x, /):
    """The last two axes exchanged.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.matrix_transpose(ta.ones((2, 3, 4))).shape
    (2, 4, 3)
    """
    x = handle(x)
    if x.ndim < 2:
        raise ValueError(f"matrix_transpose takes at least 2 dimensions, not {x.ndim}")
    return Array(swapped(x))


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of 3 elements, where other axes broadcast.

    Parameters
    ----------
    axisa, axisb, axisc : int
        The axis of the vectors in ``a``, in ``b``, and in the result.
    axis : int, optional
        All three.

    Raises
    ------
    ValueError
        Vectors of another length.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.cross([1, 0, 0], [0, 1, 0]).compute()
    array([0, 0, 1])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = _axis_last(handle(a), axisa), _axis_last(handle(b), axisb)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError(f"cross takes vectors of 3 elements, not of {a.shape[-1]} and {b.shape[-1]}: put zeros behind those of 2")
    c = _tilework.cross(a, b)
    to = normalize_axis_index(axisc, c.ndim)
    axes = list(range(c.ndim - 1))
    axes.insert(to, c.ndim - 1)
    return Array(_tilework.transpose(c, axes))


def _axis_last(x, axis):
    axis = normalize_axis_index(axis, x.ndim)
    return x if axis == x.ndim - 1 else _tilework.transpose(x, [a for a in range(x.ndim) if a != axis] + [axis])


def _matmul(self, other):
    o = _factor(other)
    return o if o is NotImplemented else Array(_tilework.matmul(self._x, o))


def _rmatmul(self, other):
    o = _factor(other)
    return o if o is NotImplemented else Array(_tilework.matmul(o, self._x))


def _factor(other):
    """The handle of the other side; NotImplemented where that shall have its say."""
    known = isinstance(other, (Array, np.ndarray, np.generic, list, tuple, int, float, complex))
    return handle(other) if known else NotImplemented


methods(__matmul__=_matmul, __rmatmul__=_rmatmul, dot=dot)
