"""Matrices in the last two axes, as handles of the engine: what functions of linear algebra are written with."""

from __future__ import annotations

from numpy.linalg import LinAlgError

from .. import _config, _tilework
from ._core import OPS, handle


def op(name, *operands):
    """An elementwise operation on handles."""
    number, arity = OPS[name]
    return (_tilework.unary, _tilework.binary, _tilework.ternary)[arity - 1](number, *operands)


def matrices(x, name, square=False):
    """The handle of matrices; sizes that depend on elements are found out now, since how to go on depends on them."""
    x = x if type(x) is _tilework.Lazy else handle(x)
    if x.ndim < 2:
        raise LinAlgError(f"{name}: Array must be 2D, or a stack of such, not of {x.ndim} dimensions")
    if None in x.shape:
        x = _config.session().resolve(x)
    if square and x.shape[-1] != x.shape[-2]:
        raise LinAlgError(f"{name} takes square matrices, not those of shape {tuple(x.shape[-2:])}")
    return x


def floats(x):
    """Floats and complex numbers as they are, others as float64."""
    return x if x.dtype[0] in "fc" else x.astype("float64")


def swapped(x):
    """The last two axes exchanged."""
    axes = list(range(x.ndim))
    axes[-2:] = axes[:-3:-1]
    return _tilework.transpose(x, axes)


def adjoint(x):
    """Swapped and, of complex numbers, conjugated."""
    return swapped(op("conjugate", x) if x.dtype[0] == "c" else x)


def real(dtype):
    """The dtype of the parts of complex numbers."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def expanded(x, *axes):
    """With new axes of length 1."""
    return _tilework.expand_dims(x, list(axes))


def part(x, rows, columns):
    """A box of the last two axes."""
    return x.index((Ellipsis, rows, columns))


def eye_like(x, n):
    """Identity matrices beside those of a stack."""
    one = _tilework.eye(n, n, 0, x.dtype, None)
    return one if x.ndim == 2 else _tilework.broadcast_to(one, x.shape[:-2] + [n, n])
