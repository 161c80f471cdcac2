"""Padding: elements put around an array."""

from __future__ import annotations

import operator

import numpy as np

from .. import _tilework
from ._core import Array, handle
from ._joining import concatenate
from ._manipulation import broadcast_to, flip

_STATISTICS = ("maximum", "minimum", "mean", "median")
_OPTIONS = {
    "constant": {"constant_values": 0},
    "linear_ramp": {"end_values": 0},
    **dict.fromkeys(_STATISTICS, {"stat_length": None}),
    "reflect": {"reflect_type": "even"},
    "symmetric": {"reflect_type": "even"},
    "edge": {}, "wrap": {}, "empty": {},
}  # fmt: skip


def _pairs(value, ndim, name):
    """A value for each side of each axis, of one for all, one for each side, or one of each axis and side."""
    if value is None:
        return [(None, None)] * ndim
    a = np.asarray(value)
    try:
        return [tuple(p) for p in np.broadcast_to(a, (ndim, 2)).tolist()]
    except ValueError:
        raise ValueError(f"{name} of shape {a.shape} does not broadcast to {(ndim, 2)}: give one pair (before, after) for each axis") from None


def _widths(pad_width, ndim):
    if isinstance(pad_width, dict):
        given = {a % ndim: (w, w) if np.ndim(w) == 0 else tuple(w) for a, w in pad_width.items()}
        pad_width = [given.get(a, (0, 0)) for a in range(ndim)]
    a = np.asarray(pad_width)
    if a.dtype.kind not in "iu":
        raise TypeError("`pad_width` must be of integral type.")
    if (a < 0).any():
        raise ValueError("index can't contain negative values")
    return _pairs(a, ndim, "pad_width")


def pad(array, pad_width, mode="constant", **kwargs):
    """The array with elements put around it.

    Parameters
    ----------
    pad_width : int, pair, pairs or dict
        How many before and after along each axis.
    mode : str or function
        ``constant``, ``edge``, ``linear_ramp``, ``maximum``, ``mean``, ``median``, ``minimum``, ``reflect``, ``symmetric``, ``wrap``, ``empty``,
        or a function as NumPy's ``pad`` takes it.
    constant_values, end_values, stat_length : optional
        Of the modes ``constant``, ``linear_ramp`` and the statistics, for each side of each axis.
    reflect_type : {"even", "odd"}
        Whether what is mirrored is also turned around the value at the edge.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.pad(ta.arange(1, 4), (2, 1), mode="reflect").compute()
    array([3, 2, 1, 2, 3, 2])
    """
    h = handle(array)
    widths = _widths(pad_width, h.ndim)
    if isinstance(array, Array) and not np.any(widths):
        return array
    if callable(mode):
        return _pad_by(mode, h, widths, kwargs)
    if mode not in _OPTIONS:
        raise ValueError(f"mode '{mode}' is not supported")
    unknown = set(kwargs) - set(_OPTIONS[mode])
    if unknown:
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {unknown}")
    options = _OPTIONS[mode] | kwargs
    if mode in _STATISTICS and (mode == "median" or options["stat_length"] is not None):
        return _pad_statistics(h, widths, mode, _pairs(options["stat_length"], h.ndim, "stat_length"))
    if options.get("reflect_type") == "odd":
        return _pad_odd(h, widths, mode)
    if mode in ("constant", "linear_ramp"):
        return _pad_values(h, widths, mode, options)
    return Array(_tilework.pad(h, widths, mode, 0))


def _pad_values(h, widths, mode, options):
    """Values that may differ from side to side."""
    (name, value), = options.items()
    value = np.asarray(value)
    kind = np.dtype(h.dtype)
    if mode == "constant" or kind.kind in "iu":
        value = value.astype(kind)
    sides = _pairs(value, h.ndim, name)
    if len({v for pair in sides for v in pair}) <= 1:
        return Array(_tilework.pad(h, widths, mode, sides[0][0] if sides else 0))
    none = (0, 0)
    for a, ((before, after), (low, high)) in enumerate(zip(widths, sides)):
        one = [none] * h.ndim
        edge = Array(h)
        for width, v in (((before, 0), low), ((0, after), high)):
            one[a] = width
            # Both ramps begin at the array's own edges, which stay where they are.
            edge = Array(_tilework.pad(edge._x, one, mode, v))
        h = edge._x
    return Array(h)


def _ends(x, axis, before, after):
    """The array between what is put before and after it along an axis."""
    parts = [p for p in (before, x, after) if p is not None]
    return concatenate(parts, axis) if len(parts) > 1 else x


def _part(x, axis, start, stop):
    return x[(slice(None),) * axis + (slice(start, stop),)]


def _pad_statistics(h, widths, mode, lengths):
    from . import max as largest, mean, median, min as smallest

    reduce = {"maximum": largest, "minimum": smallest, "mean": mean, "median": median}[mode]
    x = Array(h)
    for axis, (width, length) in enumerate(zip(widths, lengths)):
        n = x.shape[axis]
        length = tuple(n if k is None else min(operator.index(k), n) for k in length)
        if any(k < 1 for k in length) and mode in ("maximum", "minimum"):
            raise ValueError("stat_length of 0 yields no value for padding")

        def layer(part, w):
            if not w:
                return None
            value = reduce(part, axis=axis, keepdims=True)
            if x.dtype.kind in "iu" and value.dtype.kind == "f":
                from . import rint

                value = rint(value)
            shape = list(x.shape)
            shape[axis] = w
            return broadcast_to(value.astype(x.dtype), shape)

        x = _ends(x, axis, layer(_part(x, axis, 0, length[0]), width[0]), layer(_part(x, axis, n - length[1], n), width[1]))
    return x


def _pad_odd(h, widths, mode):
    """Mirrored at the edges and turned around the values there, as often as it takes."""
    x = Array(h)
    for axis, (before, after) in enumerate(widths):
        n = x.shape[axis]
        if n == 0 and (before or after):
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")
        if n == 1 and mode == "reflect":
            x = Array(_tilework.pad(x._x, [(before, after) if a == axis else (0, 0) for a in range(x.ndim)], "edge", 0))
            continue
        skip = int(mode == "reflect")
        while before or after:
            have = x.shape[axis]
            # What has been put on already counts in whole periods only.
            have = (have - skip) // (n - skip) * (n - skip) + skip
            low, high = min(before, have - skip), min(after, have - skip)
            total = x.shape[axis]
            first, last = _part(x, axis, 0, 1), _part(x, axis, total - 1, total)
            head = 2 * first - flip(_part(x, axis, skip, skip + low), axis) if low else None
            tail = 2 * last - flip(_part(x, axis, total - skip - high, total - skip), axis) if high else None
            x = _ends(x, axis, head, tail)
            before, after = before - low, after - high
    return x


def _pad_by(function, h, widths, kwargs):
    """By a function that fills each lane in place."""
    from . import apply_along_axis

    x = Array(_tilework.pad(h, widths, "constant", 0))

    def fill(lane, axis, width):
        lane = lane.copy()
        function(lane, width, axis, kwargs)
        return lane

    for axis, width in enumerate(widths):
        x = apply_along_axis(fill, axis, x, axis, width, dtype=x.dtype, shape=(x.shape[axis],))
    return x
