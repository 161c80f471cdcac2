"""Linear systems and what follows from them: solutions, inverses, determinants."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.linalg import LinAlgError

from .. import _tilework
from ._core import Array, handle
from ._matrix import adjoint, floats, matrices, swapped

SlogdetResult = namedtuple("SlogdetResult", "sign logabsdet")


def solve(a, b, sym_pos=None, assume_a="gen"):
    """The ``x`` of ``a @ x = b``.

    Parameters
    ----------
    a : array_like
        Square matrices, of shape ``(..., n, n)``.
    b : array_like
        A vector of shape ``(n,)``, or columns of shape ``(..., n, k)``.
    sym_pos : bool, optional
        An old way to say ``assume_a="pos"``.
    assume_a : {"gen", "sym", "her", "pos"}
        What is known of the matrices: ``"pos"``, that they are positive definite, takes half of the work.

    Raises
    ------
    numpy.linalg.LinAlgError
        Matrices that are not square.
    ValueError
        Another number of rows in ``b``; when it is computed, a singular matrix.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.solve([[0.0, 2.0], [4.0, 0.0]], [2.0, 8.0]).compute()
    array([2., 1.])
    """
    if sym_pos is not None:
        import warnings

        warnings.warn("the sym_pos keyword is deprecated: give assume_a='pos'", FutureWarning, stacklevel=2)
        assume_a = "pos" if sym_pos else "gen"
    a, b = matrices(a, "solve", square=True), handle(b)
    if assume_a == "pos":
        lower = _tilework.cholesky(a, False)
        return Array(_tilework.solve_triangular(adjoint(lower), _tilework.solve_triangular(lower, b, True, False), False, False))
    if assume_a not in ("gen", "sym", "her"):
        raise ValueError(f"assume_a is {assume_a!r}: give 'gen', 'sym', 'her' or 'pos'")
    return Array(_tilework.solve(a, b))


def solve_triangular(a, b, lower=False, trans=0, unit_diagonal=False):
    """The ``x`` of ``a @ x = b`` for triangular matrices, of which the other triangle is not looked at.

    Parameters
    ----------
    a : array_like
        Triangular matrices, of shape ``(..., n, n)``.
    b : array_like
        A vector of shape ``(n,)``, or columns of shape ``(..., n, k)``.
    lower : bool
        Whether the lower triangle counts, not the upper.
    trans : {0, 1, 2, "N", "T", "C"}
        Solves with ``a`` as it is (0), transposed (1), transposed and conjugated (2).
    unit_diagonal : bool
        Whether the diagonal is taken for ones.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.solve_triangular([[2.0, 0.0], [1.0, 4.0]], [2.0, 9.0], lower=True).compute()
    array([1., 2.])
    """
    a = matrices(a, "solve_triangular", square=True)
    if trans in (1, "T", 2, "C"):
        a, lower = (swapped(a) if trans in (1, "T") else adjoint(a)), not lower
    elif trans not in (0, "N"):
        raise ValueError(f"trans is {trans!r}: give 0, 1 or 2")
    return Array(_tilework.solve_triangular(a, handle(b), bool(lower), bool(unit_diagonal)))


def inv(a):
    """The inverses of square matrices.

    Raises
    ------
    ValueError
        When it is computed, a singular matrix.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.inv([[0.0, 2.0], [4.0, 0.0]]).compute()
    array([[0.  , 0.25],
           [0.5 , 0.  ]])
    """
    return Array(_tilework.inv(matrices(a, "inv", square=True)))


def det(a):
    """The determinants of square matrices.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.det([[0.0, 2.0], [4.0, 1.0]]).compute()
    np.float64(-8.0)
    """
    return Array(_tilework.det(matrices(a, "det", square=True)))


def slogdet(a):
    """The signs of determinants, and the logarithms of their absolute values: a tuple with ``sign`` and ``logabsdet``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> sign, log = ta.linalg.slogdet([[0.0, 1.0], [1.0, 5.0]])
    >>> sign.compute(), log.compute()
    (np.float64(-1.0), np.float64(0.0))
    """
    return SlogdetResult(*map(Array, _tilework.slogdet(matrices(a, "slogdet", square=True))))


def lstsq(a, b, rcond=None):
    """The shortest ``x`` that brings ``a @ x`` closest to ``b``.

    Parameters
    ----------
    a : array_like
        A matrix of shape ``(m, n)``.
    b : array_like
        A vector of shape ``(m,)``, or columns of shape ``(m, k)``.
    rcond : float, optional
        Singular values of at most this share of the largest count as 0; by default the longer side times the spacing of numbers at 1; -1
        is that spacing.

    Returns
    -------
    tuple
        ``x``; the sums of squares of what is left, for each column of ``b`` (none where ``m <= n``; where the rank turns out to be below ``n``, NumPy
        gives none, but these are here); the rank; singular values.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x, left, rank, s = ta.linalg.lstsq(ta.ones((2, 1), chunks=1), [1.0, 3.0])
    >>> x.compute(), rank.compute()
    (array([2.]), np.int64(1))
    """
    a, b = matrices(a, "lstsq"), handle(b)
    if rcond is not None and rcond < 0:
        rcond = float(np.finfo(floats(a).dtype).eps)
    x, left, rank, s = _tilework.lstsq(a, b, rcond)
    if a.shape[0] <= a.shape[1]:
        left = left.index((slice(0, 0),))
    elif b.ndim > 1:
        left = left.rechunk((tuple(b.chunks[1]),))
    if b.ndim > 1:
        # Columns stay cut as they are, as what they came from may be put together again.
        x = x.rechunk((tuple(x.chunks[0]), tuple(b.chunks[1])))
    return Array(x), Array(left), Array(rank), Array(s)


def tensorsolve(a, b, axes=None):
    """The ``x`` of ``tensordot(a, x, x.ndim) = b``.

    Parameters
    ----------
    axes : sequence of int, optional
        Axes of ``a`` that go to its end first.

    Examples
    --------
    >>> import tilework.array as ta
    >>> a = 2 * ta.eye(6).reshape(2, 3, 2, 3)
    >>> ta.linalg.tensorsolve(a, ta.ones((2, 3))).shape
    (2, 3)
    """
    a, b = handle(a), handle(b)
    if axes is not None:
        moved = [normalize_axis_index(i, a.ndim) for i in axes]
        a = _tilework.transpose(a, [i for i in range(a.ndim) if i not in moved] + moved)
    shape, n = a.shape[b.ndim :], int(np.prod(b.shape))
    if int(np.prod(shape)) != n:
        raise LinAlgError(f"tensorsolve: {tuple(a.shape)} is not square for a right side of shape {tuple(b.shape)}")
    x = _tilework.solve(_tilework.reshape(a, [n, n]), _tilework.reshape(b, [n]))
    return Array(_tilework.reshape(x, shape))


def tensorinv(a, ind=2):
    """The inverse of ``a`` for :func:`tensordot` over its first ``ind`` axes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.tensorinv(ta.eye(24).reshape(4, 6, 8, 3)).shape
    (8, 3, 4, 6)
    """
    a = handle(a)
    if ind <= 0:
        raise ValueError(f"tensorinv: ind is {ind}: give a number of axes above 0")
    first, last = a.shape[:ind], a.shape[ind:]
    n = int(np.prod(first))
    if int(np.prod(last)) != n:
        raise LinAlgError(f"tensorinv: {tuple(first)} and {tuple(last)} hold different numbers of elements")
    return Array(_tilework.reshape(_tilework.inv(_tilework.reshape(a, [n, n])), last + first))
