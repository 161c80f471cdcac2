"""Factorisations of matrices."""

from __future__ import annotations

from collections import namedtuple

from .. import _tilework
from ._core import Array, handle
from ._matrix import eye_like, floats, matrices, part

QRResult = namedtuple("QRResult", "Q R")


def cholesky(a, lower=None, *, upper=False):
    """The triangular factors of positive definite matrices: ``L`` with ``L @ L.conj().mT = a``.

    Only one triangle of ``a`` is looked at, the lower one.

    Parameters
    ----------
    lower : bool, optional
        dask's way to say ``upper=not lower``. What is done where neither is given is NumPy's: the lower factor (dask gives the upper one).
    upper : bool
        Whether the factor is the upper triangular one, ``L.conj().mT``.

    Raises
    ------
    numpy.linalg.LinAlgError
        Matrices that are not square.
    ValueError
        When it is computed, a matrix that is not positive definite.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]).compute()
    array([[2., 0.],
           [1., 2.]])
    """
    return Array(_tilework.cholesky(matrices(a, "cholesky", square=True), bool(upper if lower is None else not lower)))


def lu(a):
    """``P``, ``L`` and ``U`` with ``P @ L @ U = a``: rows exchanged, and triangular factors, ``L`` with ones on its diagonal.

    Examples
    --------
    >>> import tilework.array as ta
    >>> p, l, u = ta.linalg.lu([[0.0, 2.0], [4.0, 1.0]])
    >>> u.compute()
    array([[4., 1.],
           [0., 2.]])
    """
    a = matrices(a, "lu")
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ValueError(f"lu takes a square matrix, not an array of shape {tuple(a.shape)}")
    return tuple(map(Array, _tilework.lu(a)))


def qr(a, mode="reduced"):
    """Orthogonal and upper triangular factors: a tuple with ``Q`` and ``R``, where ``Q @ R = a`` and the diagonal of ``R`` is not negative.

    Parameters
    ----------
    a : array_like
        Matrices of shape ``(..., m, n)``.
    mode : {"reduced", "complete", "r"}
        ``Q`` has ``min(m, n)`` columns, or ``m``; or only ``R`` is given. A complete ``Q`` is as large as the square of the rows.

    Examples
    --------
    >>> import tilework.array as ta
    >>> q, r = ta.linalg.qr(ta.arange(6.0, chunks=4).reshape(3, 2))
    >>> q.shape, r.shape
    ((3, 2), (2, 2))
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"mode {mode!r} is not there: give 'reduced', 'complete' or 'r'")
    q, r = factored(matrices(a, "qr"), mode)
    return Array(r) if mode == "r" else QRResult(Array(q), Array(r))


def factored(a, mode="reduced"):
    """Q and R of known sizes, as handles."""
    m, n = a.shape[-2:]
    if mode != "complete" or m <= n:
        return _tilework.qr(a)
    a = floats(a)
    # Beside the identity there are columns enough to fill Q.
    q, r = _tilework.qr(_tilework.concatenate([a, eye_like(a, m)], -1))
    return q, part(r, slice(None), slice(n))


def sfqr(data, name=None):
    """:func:`qr` of a matrix whose rows lie in one chunk.

    Examples
    --------
    >>> import tilework.array as ta
    >>> q, r = ta.linalg.sfqr(ta.ones((3, 100), chunks=(3, 20)))
    >>> q.shape, r.shape
    ((3, 3), (3, 100))
    """
    x = handle(data)
    if x.ndim != 2 or x.numblocks[0] != 1:
        raise ValueError("sfqr takes a matrix whose rows lie in one chunk: rechunk it with {0: -1}, or call qr")
    if x.numblocks[1] > 1 and x.chunks[1][0] < x.shape[0]:
        raise ValueError("sfqr takes a matrix whose first chunk is at least as wide as it is high: call qr")
    return qr(data)
