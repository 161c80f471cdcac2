"""Diagonals and triangles: matrices made of them, and what they are of matrices."""

from __future__ import annotations

import operator

from .. import _tilework
from ._chunks import cut
from ._core import Array, beside, handle, methods
from ._creation import check_device, lengths, supported


def eye(N, M=None, k=0, dtype=float, chunks="auto", *, order="C", device=None, like=None):
    """Ones on a diagonal of an ``N`` by ``M`` array, zeros elsewhere; ``k`` moves the diagonal right.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.eye(2, 3, k=1, dtype=int, chunks=1).compute()
    array([[0, 1, 0],
           [0, 0, 1]])
    """
    check_device(device)
    if isinstance(M, (str, tuple, dict)):
        # dask has the chunks there.
        M, chunks = None, M
    return _matrix("eye", N, M, k, dtype, chunks)


def _matrix(name, n, m, k, dtype, chunks):
    dtype = supported(dtype)
    shape = lengths((n, n if m is None else m))
    return Array(getattr(_tilework, name)(*shape, operator.index(k), dtype.name, cut(chunks, shape, dtype)))


def identity(n, dtype=float, *, chunks="auto", like=None):
    """Ones on the diagonal of a square array, zeros elsewhere.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.identity(2, dtype=int).compute()
    array([[1, 0],
           [0, 1]])
    """
    return _matrix("eye", n, n, 0, dtype, chunks)


def tri(N, M=None, k=0, dtype=float, chunks="auto", *, like=None):
    """Ones at and below a diagonal of an ``N`` by ``M`` array, zeros above; ``k`` moves the diagonal right.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.tri(2, 3, k=1, dtype=int, chunks=1).compute()
    array([[1, 1, 0],
           [1, 1, 1]])
    """
    return _matrix("tri", N, M, k, dtype, chunks)


def tril(m, k=0):
    """The elements at and below a diagonal of the last two axes, zeros above; ``k`` moves the diagonal right.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.tril(ta.ones((2, 3), dtype=int, chunks=1)).compute()
    array([[1, 0, 0],
           [1, 1, 0]])
    """
    return Array(_tilework.tril(handle(m), operator.index(k)))


def triu(m, k=0):
    """The elements at and above a diagonal of the last two axes, zeros below; ``k`` moves the diagonal right.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.triu(ta.ones((2, 3), dtype=int, chunks=1)).compute()
    array([[1, 1, 1],
           [0, 1, 1]])
    """
    return Array(_tilework.triu(handle(m), operator.index(k)))


def diag(v, k=0):
    """Of one axis: a square array with these elements on a diagonal. Of two: the elements on a diagonal. ``k`` moves the diagonal right.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.diag(ta.asarray([1, 2])).compute()
    array([[1, 0],
           [0, 2]])
    >>> ta.diag(ta.arange(9, chunks=4).reshape(3, 3), 1).compute()
    array([1, 5])
    """
    x = handle(v)
    if x.ndim not in (1, 2):
        raise ValueError(f"diag takes an array of one or two dimensions, not {x.ndim}")
    return Array(_tilework.diag(x, operator.index(k)))


def diagflat(v, k=0):
    """A square array with all elements, in C order, on a diagonal; ``k`` moves the diagonal right.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.diagflat([[1, 2]]).compute()
    array([[1, 0],
           [0, 2]])
    """
    return Array(_tilework.diagflat(handle(v), operator.index(k)))


def diagonal(a, offset=0, axis1=0, axis2=1):
    """The elements on the diagonal of two axes, along a new last axis; ``offset`` moves the diagonal towards the end of ``axis2``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.diagonal(ta.arange(9, chunks=4).reshape(3, 3)).compute()
    array([0, 4, 8])
    """
    from numpy.lib.array_utils import normalize_axis_index

    x = handle(a)
    if x.ndim < 2:
        raise ValueError(f"diag requires an array of at least two dimensions, not {x.ndim}")
    axis1, axis2 = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    if axis1 == axis2:
        raise ValueError("axis1 and axis2 cannot be the same")
    return Array(_tilework.diagonal(x, operator.index(offset), axis1, axis2))


def fill_diagonal(a, val, wrap=False):
    """Puts a value, or the elements of an array one after the other, on the main diagonal of ``a``, which is another array from then on.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.zeros((2, 2), dtype=int, chunks=1)
    >>> ta.fill_diagonal(x, 5)
    >>> x.compute()
    array([[5, 0],
           [0, 5]])
    """
    if not isinstance(a, Array):
        raise TypeError(f"fill_diagonal changes a lazy array, not {type(a).__name__}")
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    val = beside(val)
    a._x = _tilework.fill_diagonal(a._x, handle(val) if val is NotImplemented else val, bool(wrap))


methods(diagonal=diagonal)
