"""Products and linear algebra give what NumPy's and SciPy's give, whatever the chunks."""

import numpy as np
import pytest
import scipy.linalg

import tilework.array as ta

L = ta.linalg
RNG = np.random.default_rng(7)
CHUNKS = (1, 3, -1)


def matrix(*shape, complex_=False):
    a = RNG.random(shape) - 0.3
    return a + 1j * RNG.random(shape) if complex_ else a


def lazy(a, chunks):
    return ta.from_array(a, chunks=chunks)


def same(got, want, atol=1e-10):
    got = got.compute() if hasattr(got, "compute") else got
    want = np.asarray(want)
    assert got.shape == want.shape and got.dtype == want.dtype, (got.shape, want.shape, got.dtype, want.dtype)
    np.testing.assert_allclose(got, want, atol=atol)


def adjoint(a):
    return a.conj().swapaxes(-1, -2)


def positive(*shape, **kw):
    a = matrix(*shape, **kw)
    return a @ adjoint(a) + shape[-1] * np.eye(shape[-1])


# Products.


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "complex128", "bool"])
@pytest.mark.parametrize("a, b", [((4, 3), (3, 5)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 1, 4, 3), (5, 3, 2)), ((3,), (3,))])
def test_matmul(a, b, dtype, chunks):
    x, y = (RNG.integers(-3, 4, s).astype(dtype) for s in (a, b))
    want = np.matmul(x, y)
    for got in (ta.matmul(lazy(x, chunks), y), lazy(x, chunks) @ lazy(y, 2), x.tolist() @ lazy(y, chunks), np.matmul(x, lazy(y, chunks)), x @ lazy(y, 2)):
        same(got, want if got.dtype == want.dtype else want.astype(got.dtype), 1e-5)


def test_other_products():
    a, b = matrix(2, 3, 4), matrix(4, 3, complex_=True)
    v, w = matrix(4), matrix(3)
    x, y = lazy(a, 2), lazy(b, 3)
    same(ta.dot(x, y), np.dot(a, b))
    same(x.dot(v), a.dot(v))
    same(ta.dot(3, x), 3 * a)
    same(ta.vdot(y, y), np.vdot(b, b))
    same(ta.inner(x, v), np.inner(a, v))
    same(ta.outer(v, lazy(w, 2)), np.outer(v, w))
    same(ta.kron(y, lazy(w, 2)), np.kron(b, w))
    same(ta.vecdot(y.T, v), np.vecdot(b.T, v))
    same(ta.vecdot(x, lazy(w, 2)[:, None], axis=-2), np.vecdot(a, w[:, None], axis=-2))
    same(ta.matvec(x, v), np.matvec(a, v))
    same(ta.vecmat(w, x), np.vecmat(w, a))
    same(ta.matrix_transpose(x), np.matrix_transpose(a))
    same(ta.cross(x[..., :3], w), np.cross(a[..., :3], w))
    same(ta.cross(x, [1, 2, 3], axisa=1, axisc=0), np.cross(a, [1, 2, 3], axisa=1, axisc=0))
    same(L.cross(x, w[:, None], axis=-2), np.linalg.cross(a, w[:, None], axis=-2))
    same(L.multi_dot([y, lazy(b.T, 1), y]), b @ b.T @ b)
    same(L.outer(v, w), np.outer(v, w))
    same(L.diagonal(x, offset=1), np.linalg.diagonal(a, offset=1))
    same(L.trace(x, offset=-1), np.linalg.trace(a, offset=-1))
    same(L.trace(x, dtype="float32"), np.linalg.trace(a, dtype="float32"), 1e-5)


@pytest.mark.parametrize("axes", [1, 2, 0, ((1, 2), (1, 0)), (1, 1), ((-1,), (0,)), ([], [])])
def test_tensordot(axes):
    a, b = matrix(2, 3, 4), matrix(4, 3)
    if axes == 2:
        b = matrix(3, 4)
    same(ta.tensordot(lazy(a, 2), lazy(b, 3), axes=axes), np.tensordot(a, b, axes=axes))


@pytest.mark.parametrize("text", ["ij,jk", "ij,jk->ki", "ij->j", "ij->", "ii", "...j,jk->...k", "ij,ij->ij", "ij,kl->ijkl"])
def test_einsum(text):
    arrays = [matrix(3, 3) for _ in range(text.split("->")[0].count(",") + 1)]
    same(ta.einsum(text, *[lazy(a, 2) for a in arrays]), np.einsum(text, *arrays))


def test_einsum_of_numbered_axes_and_dtypes():
    a, b = matrix(2, 3), matrix(3, 4)
    same(ta.einsum(lazy(a, 2), [0, 1], b, [1, 2], [2, 0]), np.einsum(a, [0, 1], b, [1, 2], [2, 0]))
    same(ta.einsum(lazy(a, 2), [0, ...], [...]), np.einsum(a, [0, ...], [...]))
    n = np.arange(6, dtype="int8").reshape(2, 3)
    same(ta.einsum("ij->i", lazy(n, 1), dtype="int64"), np.einsum("ij->i", n, dtype="int64"))
    with pytest.raises(TypeError, match="casting"):
        ta.einsum("ij->i", lazy(a, 2), dtype="int64")


# Norms.


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_norms_of_matrices(order, keepdims, chunks):
    a = matrix(4, 3, 5)
    same(L.norm(lazy(a, chunks), order, axis=(2, 0), keepdims=keepdims), np.linalg.norm(a, order, axis=(2, 0), keepdims=keepdims))
    if order is not None:
        same(L.matrix_norm(lazy(a, chunks), ord=order, keepdims=keepdims), np.linalg.matrix_norm(a, ord=order, keepdims=keepdims))
        same(L.norm(lazy(a[0], chunks), order), np.linalg.norm(a[0], order))


@pytest.mark.parametrize("order", [None, 0, 1, -1, 2, 3, 0.5, np.inf, -np.inf])
def test_norms_of_vectors(order):
    for a in (matrix(4, 5), matrix(4, 5, complex_=True), RNG.integers(-5, 5, (4, 5))):
        same(L.norm(lazy(a, 2), order, axis=1), np.linalg.norm(a, order, axis=1))
        same(L.norm(lazy(a[0], 2), order, keepdims=True), np.linalg.norm(a[0], order, keepdims=True))
        if order is not None:
            same(L.vector_norm(lazy(a, 3), ord=order), np.linalg.vector_norm(a, ord=order))
            same(L.vector_norm(lazy(a, 3), ord=order, axis=(0, 1), keepdims=True), np.linalg.vector_norm(a, ord=order, axis=(0, 1), keepdims=True))


def test_norms_that_are_none():
    x = lazy(matrix(3, 3, 3), 2)
    for call, words in [
        (lambda: L.norm(x, 1), "axis"), (lambda: L.norm(x, 3, axis=(0, 1)), "order"), (lambda: L.norm(x, "nuc", axis=0), "nuc"),
        (lambda: L.norm(x, axis=(0, 1, 2)), "two axes"), (lambda: L.norm(x, axis=3), "axis 3"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=words):
            call()
    same(L.norm(x), np.linalg.norm(x.compute()))


@pytest.mark.parametrize("p", [None, 2, -2, 1, np.inf, "fro"])
def test_cond(p):
    a = matrix(2, 4, 4)
    same(L.cond(lazy(a, 3), p), np.linalg.cond(a, p), 1e-6)


# Systems.


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("complex_", [False, True])
def test_systems(complex_, chunks):
    a = positive(3, 5, 5, complex_=complex_)
    b, v = matrix(5, 2), matrix(5)
    x = lazy(a, chunks)
    same(L.solve(x, lazy(b, 2)), np.linalg.solve(a, b))
    same(L.solve(x, v), np.linalg.solve(a, v))
    same(L.solve(x[0], v, assume_a="pos"), np.linalg.solve(a[0], v))
    same(L.solve(x, b, assume_a="pos"), np.linalg.solve(a, b))
    same(L.inv(x), np.linalg.inv(a))
    same(L.det(x), np.linalg.det(a), 1e-6)
    sign, log = L.slogdet(x)
    want = np.linalg.slogdet(a)
    same(sign, want.sign)
    same(log, want.logabsdet)
    for n in (0, 1, 3, -2):
        same(L.matrix_power(x, n), np.linalg.matrix_power(a, n), 1e-6)
    same(np.linalg.inv(x), np.linalg.inv(a))


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("trans", [0, 1, 2])
@pytest.mark.parametrize("unit", [True, False])
def test_solve_triangular(lower, trans, unit):
    a, b = positive(5, 5, complex_=True), matrix(5, 2)
    want = scipy.linalg.solve_triangular(a, b, lower=lower, trans=trans, unit_diagonal=unit)
    same(L.solve_triangular(lazy(a, 2), lazy(b, 2), lower=lower, trans=trans, unit_diagonal=unit), want)


def test_lstsq():
    a, b = matrix(9, 4), matrix(9, 2)
    for right in (b, b[:, 0]):
        for got, want in zip(L.lstsq(lazy(a, 3), lazy(right, 2)), np.linalg.lstsq(a, right)):
            same(got, want) if np.ndim(want) else np.testing.assert_equal(got.compute(), want)
    _, left, rank, _ = L.lstsq(lazy(a.T, 3), b[:4])
    assert left.shape == (0,) and rank.compute() == 4
    a[:, 1] = a[:, 0]
    assert L.lstsq(lazy(a, 3), b)[2].compute() == 3


def test_tensor_systems():
    a = matrix(2, 3, 6) + np.eye(6).reshape(2, 3, 6)
    b = matrix(2, 3)
    same(L.tensorsolve(lazy(a, 2), b), np.linalg.tensorsolve(a, b))
    same(L.tensorinv(lazy(a, 2), 2), np.linalg.tensorinv(a, 2))
    c = np.moveaxis(a, 0, 2)
    same(L.tensorsolve(lazy(c, 2), b.T, axes=(1,)), np.linalg.tensorsolve(c, b.T, axes=(1,)))


# Factors.


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (2, 6, 3), (0, 3), (3, 0)])
@pytest.mark.parametrize("complex_", [False, True])
def test_qr_and_svd(shape, chunks, complex_):
    a = matrix(*shape, complex_=complex_)
    x = lazy(a, chunks)
    for mode in ("reduced", "complete"):
        got = L.qr(x, mode)
        assert got._fields == ("Q", "R")
        q, r = (t.compute() for t in got)
        want = np.linalg.qr(a, mode)
        assert (q.shape, r.shape, q.dtype) == (want.Q.shape, want.R.shape, want.Q.dtype)
        np.testing.assert_allclose(q @ r, a, atol=1e-12)
        np.testing.assert_allclose(adjoint(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), adjoint(q).shape[:-1] + q.shape[-1:]), atol=1e-12)
        np.testing.assert_array_equal(r, np.triu(r))
    assert L.qr(x, "r").shape == np.linalg.qr(a, "r").shape
    if 0 in shape:
        return
    for full in (False, True):
        got = L.svd(x, full_matrices=full)
        assert got._fields == ("U", "S", "Vh")
        u, s, vh = (t.compute() for t in got)
        want = np.linalg.svd(a, full_matrices=full)
        assert (u.shape, vh.shape) == (want.U.shape, want.Vh.shape)
        np.testing.assert_allclose(s, want.S)
        k = s.shape[-1]
        np.testing.assert_allclose((u[..., :k] * s[..., None, :]) @ vh[..., :k, :], a, atol=1e-12)
        np.testing.assert_allclose(adjoint(u) @ u, np.broadcast_to(np.eye(u.shape[-1]), u.shape[:-2] + (u.shape[-1],) * 2), atol=1e-12)
    same(L.svdvals(x), np.linalg.svdvals(a))
    same(L.svd(x, compute_uv=False), np.linalg.svdvals(a))
    same(L.pinv(x), np.linalg.pinv(a))
    same(L.matrix_rank(x), np.linalg.matrix_rank(a))


@pytest.mark.parametrize("complex_", [False, True])
def test_cholesky(complex_):
    a = positive(2, 5, 5, complex_=complex_)
    x = lazy(a, 2)
    same(L.cholesky(x), np.linalg.cholesky(a))
    same(L.cholesky(x, upper=True), np.linalg.cholesky(a, upper=True))
    same(L.cholesky(x[0], lower=False), scipy.linalg.cholesky(a[0]))
    same(L.cholesky(x[0], lower=True), scipy.linalg.cholesky(a[0], lower=True))


def test_lu():
    a = matrix(6, 6)
    p, l, u = (t.compute() for t in L.lu(lazy(a, 4)))
    np.testing.assert_allclose(p @ l @ u, a, atol=1e-12)
    np.testing.assert_array_equal((l, u), (np.tril(l), np.triu(u)))
    for shape in ((5, 4), (2, 4, 4)):
        with pytest.raises(ValueError, match="square"):
            L.lu(lazy(matrix(*shape), 2))


def test_eigenvalues():
    a = positive(2, 4, 4, complex_=True)
    x = lazy(a, 3)
    for uplo in "LU":
        got = L.eigh(x, uplo)
        same(got.eigenvalues, np.linalg.eigvalsh(a))
        same(L.eigvalsh(x, uplo), np.linalg.eigvalsh(a))
        v = got.eigenvectors.compute()
        np.testing.assert_allclose(a @ v, v * got.eigenvalues.compute()[:, None, :], atol=1e-10)
    b = matrix(2, 4, 4)
    got = L.eig(lazy(b, 3))
    v = got.eigenvectors.compute()
    np.testing.assert_allclose(b @ v, v * got.eigenvalues.compute()[:, None, :], atol=1e-10)
    np.testing.assert_allclose(np.sort(L.eigvals(lazy(b, 1)).compute()), np.sort(np.linalg.eigvals(b).astype(complex)))
    assert L.eigvals(lazy(b.astype("f4"), 2)).dtype == np.complex64


def test_ranks_and_inverses_with_tolerances():
    a = np.stack([np.diag([3.0, 2.0, 1e-3]), np.diag([3.0, 2.0, 1.0])])
    x = lazy(a, 2)
    for kw in ({"rtol": 0.1}, {"rtol": [1e-6, 0.9]}, {"tol": 2.5}, {"tol": [0.5, 2.5]}):
        np.testing.assert_array_equal(L.matrix_rank(x, **kw).compute(), np.linalg.matrix_rank(a, **kw))
    same(L.pinv(x, rtol=[0.1, 0.5]), np.linalg.pinv(a, rtol=[0.1, 0.5]))
    same(L.pinv(x, 0.5), np.linalg.pinv(a, 0.5))
    assert L.matrix_rank(lazy(np.zeros(3), 2)).compute() == 0 and L.matrix_rank(3.0).compute() == 1


def test_factors_by_blocks():
    a = matrix(300, 40)
    x = lazy(a, (50, 40))
    q, r = L.tsqr(x)
    np.testing.assert_allclose((q @ r).compute(), a, atol=1e-12)
    u, s, vh = L.tsqr(x, compute_svd=True)
    np.testing.assert_allclose(((u * s) @ vh).compute(), a, atol=1e-10)
    q, r = L.sfqr(lazy(a.T, (40, 50)))
    np.testing.assert_allclose((q @ r).compute(), a.T, atol=1e-12)
    with pytest.raises(ValueError, match="tsqr"):
        L.tsqr(lazy(a, 20))
    with pytest.raises(ValueError, match="sfqr"):
        L.sfqr(lazy(a, 20))


def test_compressed_svd():
    a = matrix(40, 5) @ matrix(5, 30)
    x = lazy(a, 8)
    u, s, vh = L.svd_compressed(x, 5, n_power_iter=1, seed=3)
    np.testing.assert_allclose(((u * s) @ vh).compute(), a, atol=1e-10)
    again = L.svd_compressed(x.rechunk(7), 5, n_power_iter=1, seed=ta.random.default_rng(3))
    assert again[1].shape == (5,)
    np.testing.assert_array_equal(s.compute(), L.svd_compressed(x.rechunk(7), 5, n_power_iter=1, seed=3)[1].compute())
    comp = L.compression_matrix(x, 5, seed=1, n_power_iter=1)
    np.testing.assert_allclose((comp.T @ (comp @ x)).compute(), a, atol=1e-10)
    assert L.svd_compressed(x.astype("f4"), 2, seed=1)[0].dtype == np.float32


def test_svd_flip():
    u, v = matrix(4, 3), matrix(3, 5)
    for based in (True, False):
        got = L.svd_flip(u, v, based)
        assert type(got[0]) is np.ndarray
        for g, w in zip(L.svd_flip(lazy(u, 2), lazy(v, 2), based), got):
            same(g, w)
        np.testing.assert_allclose((got[0] @ got[1]), u @ v)
        assert (got[0].sum(axis=0) >= 0).all() if based else (got[1].sum(axis=1) >= 0).all()


def test_errors():
    x = lazy(matrix(3, 4), 2)
    for call, error, words in [
        (lambda: L.inv(x), np.linalg.LinAlgError, "square"), (lambda: L.det(x[0]), np.linalg.LinAlgError, "2D"), (lambda: ta.matmul(x, x), ValueError, "rows"),
        (lambda: ta.matmul(x, 2), ValueError, "0 dimensions"), (lambda: L.solve(x[:, :3], [1.0]), ValueError, "rows"), (lambda: L.qr(x, "raw"), ValueError, "raw"),
        (lambda: L.matrix_power(x[:, :3], 0.5), TypeError, "integer"),
        (lambda: ta.cross(x[:, :2], x[:, :2]), ValueError, "3 elements"), (lambda: L.outer(x, x), ValueError, "vectors"),
        (lambda: ta.tensordot(x, x, axes=3), ValueError, "axes"), (lambda: ta.einsum("ij,jk", x), ValueError, "names 2"),
        (lambda: L.solve_triangular(x[:, :3], x, trans=5), ValueError, "trans"), (lambda: L.solve(x[:, :3], x, assume_a="?"), ValueError, "assume_a"),
        (lambda: L.inv(lazy(np.ones((3, 3)), 2)).compute(), ValueError, "singular"), (lambda: x @ "a", TypeError, "matmul|operand|@"),
        (lambda: L.cholesky(-np.eye(3)).compute(), ValueError, "positive definite"), (lambda: L.svdvals([[np.nan]]).compute(), ValueError, "finite"),
    ]:  # fmt: skip
        with pytest.raises(error, match=words):
            call()


def test_matrices_without_a_result():
    zeros = ta.zeros((4, 4), chunks=2)
    for f in (lambda: ta.linalg.inv(zeros).compute(), lambda: ta.linalg.solve(zeros, ta.ones(4)).compute(), lambda: ta.linalg.cholesky(-ta.eye(4)).compute()):
        with pytest.raises(np.linalg.LinAlgError, match="pivot 0"):
            f()
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        ta.linalg.inv(ta.ones((2, 3)))
    with pytest.raises(np.linalg.LinAlgError, match="finite"):
        ta.linalg.svdvals(ta.full((3, 3), np.nan)).compute()


def test_sizes_that_are_not_known():
    a = np.random.default_rng(0).random((30, 4))
    x = ta.asarray(a, chunks=(7, 4))
    x, a = x[x[:, 0] > 0.5], a[a[:, 0] > 0.5]
    q, r = ta.linalg.qr(x)
    assert q.shape == a.shape
    np.testing.assert_allclose(ta.matmul(q, r), a)
    np.testing.assert_allclose(ta.linalg.svd(x)[1], np.linalg.svd(a)[1])


def test_singular_matrices_have_factors_and_determinants():
    stack = np.stack([np.ones((3, 3)), np.zeros((3, 3)), np.diag([1.0, 0, 0]), np.diag([0.0, 2, 3]), np.arange(9.0).reshape(3, 3)])
    for a in (*stack, np.ones((4, 4), np.complex64)):
        p, l, u = (np.asarray(f) for f in ta.linalg.lu(ta.asarray(a)))
        np.testing.assert_allclose(p @ l @ u, a, atol=1e-6)
    np.testing.assert_allclose(ta.linalg.det(ta.asarray(stack)), np.linalg.det(stack), atol=1e-12)
    sign, log = ta.linalg.slogdet(ta.asarray(stack[:4]))
    want = np.linalg.slogdet(stack[:4])
    np.testing.assert_array_equal(sign, want.sign)
    np.testing.assert_array_equal(log, want.logabsdet)
    large = np.ones((300, 300))
    p, l, u = (np.asarray(f) for f in ta.linalg.lu(ta.asarray(large, chunks=70)))
    np.testing.assert_allclose(p @ l @ u, large)
