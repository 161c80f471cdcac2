"""Erosion, dilation and what is made of them, of binary and of grey images."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import _tilework
from ._core import Array, handle
from ._image_docs import documented


def generate_binary_structure(rank, connectivity):
    """Which neighbours of an element count: those at most `connectivity` steps along different axes away.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ndimage.generate_binary_structure(2, 1)
    array([[False,  True, False],
           [ True,  True,  True],
           [False,  True, False]])
    """
    if rank < 1:
        return np.array(True)
    return np.abs(np.indices((3,) * rank) - 1).sum(axis=0) <= max(connectivity, 1)


def iterate_structure(structure, iterations, origin=None):
    """The structure of so many dilations with a structure, one after the other.

    Parameters
    ----------
    origin : int or sequence of int, optional
        That of the structure; with it the result is a pair of the new structure and its origin.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ndimage.iterate_structure([1, 1, 1], 3).sum()
    np.int64(7)
    """
    structure = np.asarray(structure, bool)
    result = structure
    for _ in range(iterations - 1):
        wider = np.zeros([n + s - 1 for n, s in zip(result.shape, structure.shape)], bool)
        for at in zip(*np.nonzero(structure)):
            wider[tuple(slice(i, i + n) for i, n in zip(at, result.shape))] |= result
        result = wider
    if origin is None:
        return result
    origin = [origin] * structure.ndim if np.ndim(origin) == 0 else list(origin)
    return result, [max(iterations, 1) * o for o in origin]


def _list(value):
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]


def as_binary(input):
    """Whether elements are not 0."""
    x = Array(handle(input))
    if x.dtype.kind == "c":
        raise TypeError("Complex type not supported: compare the real or the imaginary part first")
    return x if x.dtype == bool else x != 0


def _binary(name, input, structure, iterations, mask, output, border_value, origin, axes):
    x = as_binary(input)
    if iterations < 1:
        raise NotImplementedError(f"{name}: repeating until nothing changes needs all chunks at once: give iterations")
    axes = range(x.ndim) if axes is None else sorted(normalize_axis_tuple(axes, x.ndim, "axes"))
    structure = generate_binary_structure(len(axes), 1) if structure is None else np.asarray(structure, bool)
    if structure.ndim != len(axes):
        raise RuntimeError(f"{name}: the structure has {structure.ndim} dimensions for {len(axes)} axes: give it one for each")
    origin = [int(o) for o in _list(origin)]
    if len(axes) < x.ndim:
        moved = dict(zip(axes, origin * len(axes) if len(origin) == 1 else origin))
        origin = [moved.get(a, 0) for a in range(x.ndim)]
        structure = np.expand_dims(structure, [a for a in range(x.ndim) if a not in axes])
    mask = None if mask is None else as_binary(mask)._x
    y = Array(_tilework.morphology(name, x._x, np.ascontiguousarray(structure), iterations, mask, bool(border_value), origin))
    return y if output is None else y.astype(output)


def _of_masks(name, sentence, result):
    if name.endswith(("opening", "closing")):

        def f(input, structure=None, iterations=1, output=None, origin=0, mask=None, border_value=0, brute_force=False, *, axes=None):
            return _binary(name, input, structure, iterations, mask, output, border_value, origin, axes)
    else:

        def f(input, structure=None, iterations=1, mask=None, output=None, border_value=0, origin=0, brute_force=False, *, axes=None):
            return _binary(name, input, structure, iterations, mask, output, border_value, origin, axes)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"""{sentence}

    Parameters
    ----------
    input : array_like
        What is not 0 counts.
    structure : array_like of bool, optional
        Which neighbours count; by default those along the axes.
    iterations : int
        How often it is done, at least once.
    mask : array_like of bool, optional
        Which elements may change.
    output : dtype, optional
        The result's; by default bool.
    border_value : bool
        What lies beyond the border.
    origin : int, or one for each axis
        How far the structure is moved.
    axes : int or sequence of int, optional
        Along which axes; by default all.

    Raises
    ------
    NotImplementedError
        Repetition until nothing changes (``iterations=0``)."""
    return documented(f"{name}(x > 0)", result)(f)


binary_erosion = _of_masks("binary_erosion", "Whether all neighbours of each element hold.", "array([False, False, False, False, False])")
binary_dilation = _of_masks("binary_dilation", "Whether any neighbour of each element holds.", "array([False,  True,  True,  True, False])")
binary_opening = _of_masks("binary_opening", "Erosion, then dilation.", "array([False, False, False, False, False])")
binary_closing = _of_masks("binary_closing", "Dilation, then erosion.", "array([False, False,  True, False, False])")


def _footprint(ndim, size, footprint, structure, axes):
    """The places of a flat structure, along the axes that count."""
    if structure is not None:
        if np.any(structure):
            raise NotImplementedError("structures that are not flat are not there: give size or footprint, or a structure of zeros")
        footprint = np.ones(np.shape(structure), bool) if footprint is None else footprint
    if footprint is not None:
        return np.asarray(footprint, bool)
    if size is None:
        raise ValueError("size, footprint, or structure must be specified")
    n = ndim if axes is None else len(_list(axes))
    sizes = [int(s) for s in _list(size)]
    return np.ones(sizes * n if len(sizes) == 1 else sizes, bool)


def _eroded(input, places, output, mode, cval, origin, axes):
    from .ndimage import minimum_filter

    return minimum_filter(input, footprint=places, output=output, mode=mode, cval=cval, origin=origin, axes=axes)


def _dilated(input, places, output, mode, cval, origin, axes):
    from .ndimage import maximum_filter

    # The structure is turned around, and of an even size moved back to its place.
    origins = _list(origin) * (places.ndim if np.ndim(origin) == 0 else 1)
    origins = [-o - (n % 2 == 0) for o, n in zip(origins, places.shape)]
    return maximum_filter(input, footprint=np.flip(places), output=output, mode=mode, cval=cval, origin=origins, axes=axes)


def _minus(a, b):
    return a ^ b if a.dtype == b.dtype == bool else a - b


def _grey(name, sentence, result, f):
    def operation(input, size=None, footprint=None, structure=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
        x = Array(handle(input))
        places = _footprint(x.ndim, size, footprint, structure, axes)
        options = (mode, cval, origin, axes)
        return f(x, lambda y: _eroded(y, places, output, *options), lambda y: _dilated(y, places, output, *options))

    operation.__name__ = operation.__qualname__ = name
    operation.__doc__ = f"{sentence}\n\n    The neighbours are those of a box (``size``) or of the places that hold of a ``footprint``; structures that are not flat are refused."
    return documented(f"{name}(x, 3)", result)(operation)


grey_erosion = _grey("grey_erosion", "The least of the neighbours of each element.", "array([0., 0., 0., 0., 0.])", lambda x, erode, dilate: erode(x))
grey_dilation = _grey("grey_dilation", "The greatest of the neighbours of each element.", "array([0., 9., 9., 9., 0.])", lambda x, erode, dilate: dilate(x))
grey_opening = _grey("grey_opening", "Erosion, then dilation.", "array([0., 0., 0., 0., 0.])", lambda x, erode, dilate: dilate(erode(x)))
grey_closing = _grey("grey_closing", "Dilation, then erosion.", "array([0., 0., 9., 0., 0.])", lambda x, erode, dilate: erode(dilate(x)))
morphological_gradient = _grey(
    "morphological_gradient", "The distance from erosion to dilation.", "array([0., 9., 9., 9., 0.])", lambda x, erode, dilate: dilate(x) - erode(x)
)
morphological_laplace = _grey(
    "morphological_laplace", "Dilation and erosion, less twice the array.", "array([  0.,   9.,  -9.,   9.,   0.])",
    lambda x, erode, dilate: dilate(x) + erode(x) - x - x,
)  # fmt: skip
white_tophat = _grey("white_tophat", "The array less its opening.", "array([0., 0., 9., 0., 0.])", lambda x, erode, dilate: _minus(x, dilate(erode(x))))
black_tophat = _grey("black_tophat", "The closing less the array.", "array([0., 0., 0., 0., 0.])", lambda x, erode, dilate: _minus(erode(dilate(x)), x))
