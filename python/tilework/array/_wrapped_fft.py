"""Transforms of other libraries on lazy arrays."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ._core import Array, handle


def wrapped(fft_func, kind, dtype):
    """The function ``fft_func`` of a kind that NumPy has, of lazy arrays."""

    def over(a, s=None, axes=None, norm=None):
        a = Array(handle(a))
        if axes is None:
            axes = range(a.ndim - len(s), a.ndim) if s is not None else (-2, -1) if kind.endswith("2") else range(a.ndim)
        axes = normalize_axis_tuple(axes, a.ndim, "axes")
        return _called(a, fft_func, kind, axes, s, {"s": s, "axes": axes, "norm": norm}, dtype)

    def along(a, n=None, axis=None, norm=None):
        a = Array(handle(a))
        axes = normalize_axis_tuple(-1 if axis is None else axis, a.ndim)
        return _called(a, fft_func, kind, axes, None if n is None else (n,), {"n": n, "axis": axes[0], "norm": norm}, dtype)

    return over if kind[-1] in "2n" else along


def _called(a, f, kind, axes, lengths, options, dtype):
    """``f`` on blocks that are whole along ``axes``."""
    options = {k: v for k, v in options.items() if v is not None}
    a = a.rechunk({axis: -1 for axis in axes})
    chunks = list(a.chunks)
    for i, axis in enumerate(axes):
        n = a.shape[axis] if lengths is None else lengths[i]
        last = i == len(axes) - 1
        if last and kind.startswith(("rfft", "ihfft")):
            n = n // 2 + 1
        elif last and kind.startswith(("irfft", "hfft")) and lengths is None:
            n = 2 * (n - 1)
        chunks[axis] = (n,)
    if dtype is None:
        # Of a small array, with the default options: lengths change no dtype.
        dtype = f(np.ones((2,) * a.ndim, a.dtype)).dtype
    return a.map_blocks(f, chunks=tuple(chunks), dtype=dtype, **options)
