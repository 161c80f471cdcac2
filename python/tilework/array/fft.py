"""Discrete Fourier transforms of lazy arrays: NumPy's ``fft``, the standard's extension, and dask's names.

A transformed axis becomes one chunk and the others are cut finer, so that arrays need not be rechunked first, and chunks change no bit. Float32 and
complex64 give complex64, all other dtypes complex128.
"""

from __future__ import annotations

from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import _tilework
from ._chunks import cut
from ._core import Array, handle

__all__ = [
    "fft", "fft2", "fft_wrap", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft", "irfft2",
    "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

_ONE = {
    "fft": ("The transform along an axis.", "array([ 4.+0.j, -2.+0.j])"),
    "ifft": ("The inverse transform along an axis.", "array([ 2.+0.j, -1.+0.j])"),
    "rfft": ("The first ``n // 2 + 1`` elements of the transform of real numbers, which give the others.", "array([ 4.+0.j, -2.+0.j])"),
    "irfft": ("The real numbers whose :func:`rfft` this is: ``n`` of them, by default twice one less than there are.", "array([ 2., -1.])"),
    "hfft": ("The transform, which is real, of numbers with Hermitian symmetry, of which the first half is given.", "array([ 4., -2.])"),
    "ihfft": ("The inverse of :func:`hfft`: the first half of the inverse transform of real numbers.", "array([ 2.-0.j, -1.-0.j])"),
}  # fmt: skip
_SEVERAL = {
    "fftn": "The transform along several axes.",
    "ifftn": "The inverse transform along several axes.",
    "rfftn": "The transform of real numbers along several axes: :func:`rfft` along the last, :func:`fft` along the others.",
    "irfftn": "The inverse of :func:`rfftn`: :func:`ifft` along all axes but the last, then :func:`irfft`.",
}
_OF_REAL = {"rfft", "ihfft", "rfft2", "rfftn"}
_NORM = '''norm : {"backward", "ortho", "forward"}, optional
        Whether the inverse transform is divided by the number of elements ("backward", the default), both by its root, or the
        transform.'''


def _taken(name, a):
    """The handle of what a transform takes."""
    x = handle(a)
    if name in _OF_REAL and x.dtype[0] == "c":
        raise TypeError(f"{name} transforms real numbers, not {x.dtype}: take fft, or the real part")
    return x


def _along(name, doc, example):
    def transform(a, n=None, axis=None, norm=None):
        x = _taken(name, a)
        axis = normalize_axis_index(-1 if axis is None else axis, x.ndim)
        if n is not None and n < 1:
            raise ValueError(f"{name}: a transform of length {n}: give at least 1")
        return Array(_tilework.fft_along(name, x, n, axis, norm or "backward"))

    return _named(transform, name, f"""{doc}

    Parameters
    ----------
    a : array_like
    n : int, optional
        How many elements take part: those beyond are left out, missing ones are zeros; by default as many as there are.
    axis : int, optional
        By default the last.
    {_NORM}

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fft.{name}(ta.asarray([1, 3], chunks=1)).compute()
    {example}
    """)  # fmt: skip


def _over(name, doc, two=False):
    default = (-2, -1) if two else None
    engine = name[:-1] + "n"

    def transform(a, s=None, axes=default, norm=None):
        x = _taken(name, a)
        if axes is None and two:
            axes = default
        if axes is None and s is not None and not two:
            import warnings

            warnings.warn("`axes` should not be `None` if `s` is not `None`: name them", DeprecationWarning, stacklevel=2)
            axes = range(x.ndim - len(s), x.ndim)
        axes = list(range(x.ndim)) if axes is None else list(normalize_axis_tuple(axes, x.ndim, "axes"))
        return Array(_tilework.fft_over(engine, x, _lengths(name, x, s, axes), axes, norm or "backward"))

    shape = {"f": "(2, 6)", "i": "(2, 6)", "r": "(2, 4)"}["r" if name[0] == "r" else "f"]
    shape = "(2, 10)" if name.startswith("irf") else shape
    return _named(transform, name, f"""{doc}

    Parameters
    ----------
    a : array_like
    s : sequence of int, optional
        How many elements take part along each axis: those beyond are left out, missing ones are zeros; -1 is all.
    axes : sequence of int, optional
        By default {"the last two" if two else "all"}.
    {_NORM}

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fft.{name}(ta.ones((2, 6), chunks=2)).shape
    {shape}
    """)  # fmt: skip


def _lengths(name, x, s, axes):
    if s is None:
        return None
    if len(s) != len(axes):
        raise ValueError(f"{name}: {len(s)} lengths are given for {len(axes)} axes")
    last = len(axes) - 1
    lengths = []
    for i, (n, axis) in enumerate(zip(s, axes)):
        if n is None or n == -1:
            n = x.shape[axis]
            n = 2 * (n - 1) if name.startswith("irfft") and i == last else n
        if n < 1:
            raise ValueError(f"{name}: a transform of length {n}: give at least 1")
        lengths.append(n)
    return lengths


def _named(f, name, doc):
    f.__name__ = f.__qualname__ = name
    f.__doc__ = doc
    return f


for _name, (_doc, _example) in _ONE.items():
    globals()[_name] = _along(_name, _doc, _example)
for _name, _doc in _SEVERAL.items():
    globals()[_name] = _over(_name, _doc)
    _two = _name[:-1] + "2"
    globals()[_two] = _over(_two, f":func:`{_name}` along two axes.", two=True)


def fftfreq(n, d=1.0, chunks="auto", *, dtype=None, device=None):
    """The frequencies of a transform of ``n`` samples that lie ``d`` apart: 0 and up, then those below 0.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fft.fftfreq(5, 0.5, chunks=2).compute()
    array([ 0. ,  0.4,  0.8, -0.8, -0.4])
    """
    return _frequencies(n, n, d, False, chunks, dtype)


def rfftfreq(n, d=1.0, chunks="auto", *, dtype=None, device=None):
    """The frequencies of :func:`rfft` of ``n`` samples that lie ``d`` apart: those from 0 up.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fft.rfftfreq(4, 0.5, chunks=2).compute()
    array([0. , 0.5, 1. ])
    """
    return _frequencies(n, n // 2 + 1, d, True, chunks, dtype)


def _frequencies(n, length, d, real, chunks, dtype):
    if not hasattr(n, "__index__") or n < 1:
        raise ValueError(f"the number of samples is {n!r}: give an integer above 0")
    x = Array(_tilework.fft_frequencies(n.__index__(), float(d), real, cut(chunks, (length,), dtype or float)))
    return x if dtype is None else x.astype(dtype)


def fftshift(x, axes=None):
    """The frequency 0 moved to the middle of axes (None: all).

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fft.fftshift(ta.arange(5, chunks=2)).compute()
    array([3, 4, 0, 1, 2])
    """
    return _shifted(x, axes, False)


def ifftshift(x, axes=None):
    """The frequency 0 moved back to the start of axes (None: all): the inverse of :func:`fftshift`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.fft.ifftshift(ta.arange(5, chunks=2)).compute()
    array([2, 3, 4, 0, 1])
    """
    return _shifted(x, axes, True)


def _shifted(x, axes, back):
    x = handle(x)
    axes = None if axes is None else list(normalize_axis_tuple(axes, x.ndim, "axes"))
    return Array(_tilework.fft_shift(x, axes, back))


def fft_wrap(fft_func, kind=None, dtype=None, allow_fftpack=False):
    """A transform of another library as one of lazy arrays: it is called with blocks that are whole along the transformed axes.

    Parameters
    ----------
    fft_func : callable
        Of the signature of the function of :mod:`numpy.fft` that ``kind`` names.
    kind : str, optional
        By default the function's name.
    dtype : dtype, optional
        What the function gives; by default it is called once with ones to see.
    allow_fftpack : bool
        Whether functions of :mod:`scipy.fftpack`, whose signatures are not NumPy's, are taken without a warning.

    Raises
    ------
    ValueError
        A kind that :mod:`numpy.fft` does not have.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> rfft = ta.fft.fft_wrap(np.fft.rfft)
    >>> rfft(ta.ones(4, chunks=2)).compute()
    array([4.+0.j, 0.+0.j, 0.+0.j])
    """
    from ._wrapped_fft import wrapped

    kind = kind or fft_func.__name__
    if kind not in (*_ONE, *_SEVERAL, *(n[:-1] + "2" for n in _SEVERAL)):
        raise ValueError(f"{kind!r} is no kind of transform: give the name of a function of numpy.fft")
    if fft_func.__module__.startswith("scipy.fftpack") and not allow_fftpack:
        import warnings

        message = f"{fft_func.__name__} of scipy.fftpack does not match NumPy's API and is considered legacy: take that of scipy.fft, or give allow_fftpack=True"
        warnings.warn(message, FutureWarning, stacklevel=2)
    return _named(wrapped(fft_func, kind, dtype), fft_func.__name__, f"{fft_func.__module__}.{fft_func.__name__} of lazy arrays.")
