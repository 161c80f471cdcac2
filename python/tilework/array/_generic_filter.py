"""Functions of Python's of the elements in a window around each."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .overlap import overlap

_BOUNDARIES = {"reflect": "reflect", "grid-mirror": "reflect", "nearest": "nearest", "wrap": "periodic", "grid-wrap": "periodic"}


def filtered(x, function, size, footprint, output, mode, cval, origin, arguments, keywords, axes):
    """The function of every window of ``x``."""
    axes = range(x.ndim) if axes is None else sorted(normalize_axis_tuple(axes, x.ndim, "axes"))
    n = len(axes)
    if footprint is None:
        size = [size] * n if np.ndim(size) == 0 else size
        footprint = np.ones([int(s) for s in size], bool)
    footprint = np.asarray(footprint, bool)
    if footprint.ndim != n:
        raise RuntimeError(f"generic_filter: a window of {footprint.ndim} dimensions for {n} axes: give it one for each")
    if mode in ("constant", "grid-constant"):
        boundary = x.dtype.type(cval)
    elif mode in _BOUNDARIES:
        boundary = _BOUNDARIES[mode]
    else:
        raise NotImplementedError(f"generic_filter: mode {mode!r} is not there: give one of 'constant', {', '.join(map(repr, _BOUNDARIES))}")
    origin = origin * n if len(origin) == 1 else origin
    before = [s // 2 + o for s, o in zip(footprint.shape, origin)]
    if any(not 0 <= b < s for b, s in zip(before, footprint.shape)):
        raise ValueError(f"generic_filter: the origin {origin} moves a window of shape {footprint.shape} off its place")
    depth = dict(zip(axes, [(b, s - 1 - b) for b, s in zip(before, footprint.shape)]))
    wide = overlap(x, depth, boundary)
    chunks = tuple(tuple(c - sum(depth.get(a, (0, 0))) for c in sizes) for a, sizes in enumerate(wide.chunks))
    dtype = x.dtype if output is None else np.dtype(output)
    call = _Windows(function, footprint, tuple(axes), arguments, keywords, dtype)
    return wide.map_blocks(call, dtype=dtype, chunks=chunks, token=getattr(function, "__name__", None))


class _Windows:
    """A function of the windows of a block."""

    def __init__(self, function, footprint, axes, arguments, keywords, dtype):
        self.function, self.footprint, self.axes, self.dtype = function, footprint, axes, dtype
        self.arguments, self.keywords = tuple(arguments), dict(keywords)

    def __call__(self, block):
        windows = np.lib.stride_tricks.sliding_window_view(block, self.footprint.shape, axis=self.axes)
        lanes = windows[..., self.footprint].astype(float)
        return np.apply_along_axis(self.function, -1, lanes, *self.arguments, **self.keywords).astype(self.dtype)
