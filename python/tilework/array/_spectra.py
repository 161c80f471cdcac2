"""Singular values and eigenvalues, and what follows from them."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from .. import _tilework
from ._core import Array, handle
from ._factors import factored, qr
from ._matrix import adjoint, expanded, floats, matrices, op, part, real

EigResult = namedtuple("EigResult", "eigenvalues eigenvectors")
EighResult = namedtuple("EighResult", "eigenvalues eigenvectors")
SVDResult = namedtuple("SVDResult", "U S Vh")


def svd(a, coerce_signs=True, full_matrices=False, compute_uv=True, hermitian=False):
    """Singular values, which fall, and vectors: a tuple with ``U``, ``S`` and ``Vh``, where ``(U * S[..., None, :]) @ Vh = a``.

    Signs are chosen so that the largest element of every row of ``Vh`` is above 0 (of every column of ``U``, where there are more columns
    than rows).

    Parameters
    ----------
    a : array_like
        Matrices of shape ``(..., m, n)``.
    coerce_signs : bool
        dask's; it changes nothing: signs never are by chance.
    full_matrices : bool
        Whether ``U`` has ``m`` columns and ``Vh`` ``n`` rows, not ``min(m, n)``. As that is as large as the square of the longer side, the
        default is dask's; NumPy's and the standard's is True.
    compute_uv : bool
        Whether vectors are wanted; otherwise the result is ``S``.
    hermitian : bool
        NumPy's; it changes nothing.

    Raises
    ------
    ValueError
        When it is computed, a matrix that is not finite.
    MemoryError
        When it is computed: a matrix is decomposed by one task, unless one side is at least 4 times as long as the other.

    Examples
    --------
    >>> import tilework.array as ta
    >>> u, s, vh = ta.linalg.svd(ta.ones((100, 4), chunks=10))
    >>> u.shape, s.shape, vh.shape
    ((100, 4), (4,), (4, 4))
    """
    if not compute_uv:
        return svdvals(a)
    x = matrices(a, "svd")
    u, s, vh = _tilework.svd(x)
    m, n = x.shape[-2:]
    if full_matrices and m > n:
        u = _completed(u)
    elif full_matrices and n > m:
        vh = adjoint(_completed(adjoint(vh)))
    return SVDResult(Array(u), Array(s), Array(vh))


def _completed(q):
    """Orthonormal columns with others that fill the space."""
    rest = part(factored(q, "complete")[0], slice(None), slice(q.shape[-1], None))
    return _tilework.concatenate([q, rest], -1)


def tsqr(data, compute_svd=False, _max_vchunk_size=None):
    """:func:`qr` of a matrix whose columns lie in one chunk, or with ``compute_svd`` its singular values and vectors, ``Vh`` of all columns.

    Examples
    --------
    >>> import tilework.array as ta
    >>> q, r = ta.linalg.tsqr(ta.ones((100, 3), chunks=(20, 3)))
    >>> q.shape, r.shape
    ((100, 3), (3, 3))
    """
    x = handle(data)
    if x.ndim != 2 or x.numblocks[1] != 1:
        raise ValueError("tsqr takes a matrix whose columns lie in one chunk: rechunk it with {1: -1}, or call qr")
    if not compute_svd:
        return qr(data)
    u, s, vh = svd(data)
    return u, s, Array(adjoint(_completed(adjoint(vh._x)))) if x.shape[0] < x.shape[1] else vh


def svdvals(x, /):
    """The singular values of matrices, which fall.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.svdvals([[0.0, 3.0], [2.0, 0.0]]).compute()
    array([3., 2.])
    """
    return Array(_tilework.svdvals(matrices(x, "svdvals")))


def compression_level(n, q, n_oversamples=10, min_subspace_size=20):
    """How many directions are looked at for ``q`` singular values of a matrix whose shorter side is ``n``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.compression_level(100, 30)
    40
    """
    return min(max(min_subspace_size, q + n_oversamples), n)


def compression_matrix(data, q, iterator="power", n_power_iter=0, n_oversamples=10, seed=None, compute=False):
    """Orthonormal rows that span nearly what the ``q`` largest singular values of a matrix do: ``m`` columns, for ``m`` rows of ``data``.

    Parameters are those of :func:`svd_compressed`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.random.default_rng(1).normal(size=(100, 50), chunks=25)
    >>> ta.linalg.compression_matrix(x, 15, seed=2).shape
    (25, 100)
    """
    from .random import default_rng

    x = floats(matrices(data, "compression_matrix"))
    m, n = x.shape
    level = compression_level(min(m, n), q, n_oversamples)
    across = adjoint(x)
    q, _ = factored(_tilework.matmul(x, default_rng(_seed(seed)).standard_normal((n, level))._x.astype(x.dtype)))
    for _ in range(n_power_iter):
        q, _ = factored(_tilework.matmul(x, factored(_tilework.matmul(across, q))[0]))
    return Array(adjoint(q))


def svd_compressed(
    a, k, iterator="power", n_power_iter=0, n_oversamples=10, seed=None, compute=False, coerce_signs=True
):
    """About the ``k`` largest singular values of a matrix with their vectors, by random directions (Halko, Martinsson and Tropp, 2011).

    The matrix is read a few times and never decomposed whole.

    Parameters
    ----------
    k : int
        How many; as many as the shorter side has at most.
    n_power_iter : int
        Rounds of powers, each of which reads the matrix twice and sharpens small gaps between singular values.
    n_oversamples : int
        Directions that are looked at beyond ``k``.
    seed : int, Generator or RandomState, optional
        Of the random directions: the same seed gives the same bits.
    iterator, compute, coerce_signs
        dask's; they change nothing. The directions are orthogonal in each round, signs are those of :func:`svd`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.random.default_rng(1).normal(size=(100, 50), chunks=25)
    >>> u, s, vh = ta.linalg.svd_compressed(x, 3, seed=2)
    >>> u.shape, s.shape, vh.shape
    ((100, 3), (3,), (3, 50))
    """
    x = matrices(a, "svd_compressed")
    shorter = min(x.shape[-2:])
    k = min(k, shorter)
    more = compression_level(shorter, k, n_oversamples) - k
    return tuple(map(Array, _tilework.svd_compressed(x, k, more, n_power_iter, _seed(seed))))


def _seed(seed):
    """A seed as one number."""
    from ._draws import seed_number

    return seed_number(seed)


def svd_flip(u, v, u_based_decision=False):
    """Singular vectors with signs turned so that the elements of each row of ``v`` (or column of ``u``) add up to 0 or more.

    Lazy arrays stay lazy, and NumPy's stay NumPy's.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.linalg.svd_flip(np.array([[-1.0]]), np.array([[-2.0]]))
    (array([[1.]]), array([[2.]]))
    """
    total = u.sum(axis=0, keepdims=True) if u_based_decision else v.sum(axis=1, keepdims=True).T
    sign = ((total.real >= 0) * np.int8(2) - np.int8(1)).astype(u.dtype)
    return u * sign, v * sign.T.astype(v.dtype)


def eigh(a, UPLO="L"):
    """Eigenvalues, which rise, and vectors (columns) of Hermitian matrices: a tuple with ``eigenvalues`` and ``eigenvectors``.

    Signs are chosen so that the largest element of every vector is above 0. A matrix is decomposed by one task.

    Parameters
    ----------
    UPLO : {"L", "U"}
        Which triangle is looked at.

    Examples
    --------
    >>> import tilework.array as ta
    >>> values, vectors = ta.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])
    >>> values.compute()
    array([1., 2.])
    """
    return EighResult(*map(Array, _tilework.eigh(_triangle(a, UPLO, "eigh"))))


def eigvalsh(a, UPLO="L"):
    """The eigenvalues of Hermitian matrices, which rise. Parameters are those of :func:`eigh`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]]).compute()
    array([1., 2.])
    """
    return Array(_tilework.eigvalsh(_triangle(a, UPLO, "eigvalsh")))


def _triangle(a, which, name):
    a = matrices(a, name, square=True)
    if which not in ("L", "U", "l", "u"):
        raise ValueError(f"UPLO is {which!r}: give 'L' or 'U'")
    return a if which in "Ll" else adjoint(a)


def eig(a):
    """Eigenvalues and vectors (columns) of square matrices: a tuple with ``eigenvalues`` and ``eigenvectors``, complex ones always.

    NumPy decomposes each matrix, which one task holds whole.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.eig([[0.0, -1.0], [1.0, 0.0]]).eigenvalues.compute()
    array([0.+1.j, 0.-1.j])
    """
    from ._gufunc import apply_gufunc

    a = floats(matrices(a, "eig", square=True))
    dtype = _complex(a.dtype)
    return EigResult(*apply_gufunc(_eig, "(i,i)->(i),(i,i)", Array(a), output_dtypes=(dtype, dtype), allow_rechunk=True))


def eigvals(a):
    """The eigenvalues of square matrices, complex ones always. NumPy decomposes each matrix, which one task holds whole.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.eigvals([[0.0, -1.0], [1.0, 0.0]]).compute()
    array([0.+1.j, 0.-1.j])
    """
    from ._gufunc import apply_gufunc

    a = floats(matrices(a, "eigvals", square=True))
    return apply_gufunc(_eigvals, "(i,i)->(i)", Array(a), output_dtypes=_complex(a.dtype), allow_rechunk=True)


def _complex(dtype):
    return np.dtype("complex64" if real(dtype) == "float32" else "complex128")


def _eig(a):
    return tuple(r.astype(_complex(a.dtype.name)) for r in np.linalg.eig(a))


def _eigvals(a):
    return np.linalg.eigvals(a).astype(_complex(a.dtype.name))


def pinv(a, rcond=None, hermitian=False, *, rtol=None):
    """The inverse of what matrices do where they have one (Moore and Penrose).

    Parameters
    ----------
    rcond, rtol : float or array_like, optional
        Singular values of at most this share of the largest count as 0, for all matrices or for each; by default the longer side times the
        spacing of numbers at 1.
    hermitian : bool
        NumPy's; it changes nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]).compute()
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    a = floats(matrices(a, "pinv"))
    if 0 in a.shape[-2:]:
        return Array(adjoint(a))
    u, s, vh = _tilework.svd(a)
    counts = _above(s, _share(a, rcond if rtol is None else rtol))
    inverse = op("where", counts, op("reciprocal", s), 0.0)
    return Array(_tilework.matmul(op("multiply", adjoint(vh), expanded(inverse, -2)), adjoint(u)).astype(a.dtype))


def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):
    """How many singular values of matrices count, as int64.

    Parameters
    ----------
    tol : float or array_like, optional
        Those above this count, for all matrices or for each.
    rtol : float or array_like, optional
        Those above this share of the largest count; by default the longer side times the spacing of numbers at 1.
    hermitian : bool
        NumPy's; it changes nothing.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.linalg.matrix_rank(ta.ones((3, 4), chunks=2)).compute()
    np.int64(1)
    """
    a = handle(A)
    if a.ndim < 2:
        return Array(_tilework.reduce("any", op("not_equal", a, 0), None).astype("int64"))
    if tol is not None and rtol is not None:
        raise ValueError("matrix_rank takes tol or rtol, not both")
    a = floats(matrices(a, "matrix_rank"))
    s = _tilework.svdvals(a)
    if 0 in a.shape[-2:]:
        counts = op("greater", s, 0)
    elif tol is not None:
        counts = op("greater", s, expanded(handle(tol), -1))
    else:
        counts = _above(s, _share(a, rtol))
    return Array(_tilework.reduce("sum", counts, [-1]))


def _share(a, given):
    """Below which share of the largest singular value others count as 0."""
    return float(max(a.shape[-2:]) * np.finfo(a.dtype).eps) if given is None else expanded(handle(given), -1)


def _above(s, share):
    return op("greater", s, op("multiply", _tilework.reduce("max", s, [-1], True), share))
