"""Filters, morphology and connected components of images of any number of dimensions, with SciPy's names and results (``scipy.ndimage``).

What lies beyond the border is said by ``mode``: ``"reflect"``, ``"constant"`` (with ``cval``), ``"nearest"``, ``"mirror"`` or ``"wrap"``. Chunks get what they need of
their neighbours.
"""

from __future__ import annotations

import numpy as np

from .. import _tilework
from ._core import Array, handle

__all__ = [
    "binary_closing", "binary_dilation", "binary_erosion", "binary_opening", "convolve", "convolve1d", "correlate", "correlate1d",
    "gaussian_filter", "gaussian_filter1d", "gaussian_gradient_magnitude", "gaussian_laplace", "generate_binary_structure", "label", "laplace",
    "maximum_filter", "median_filter", "minimum_filter", "percentile_filter", "prewitt", "rank_filter", "sobel", "uniform_filter",
    "uniform_filter1d",
]  # fmt: skip


def _list(value):
    """One for all axes, or one for each."""
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]


def _options(mode="reflect", cval=0.0, origin=0, axes=None, output=None):
    modes = [(m, cval) for m in _list(mode)]
    axes = None if axes is None else [int(a) for a in _list(axes)]
    return modes, [int(o) for o in _list(origin)], axes, None if output is None else np.dtype(output).name


def _example(call, result):
    return f"\n\n    Examples\n    --------\n    >>> import numpy as np\n    >>> import tilework.array as ta\n    >>> x = ta.asarray([0.0, 0, 9, 0, 0], chunks=2)\n    >>> ta.ndimage.{call}.compute()\n    {result}\n    "


def _documented(call, result):
    """Ends the docstring of a filter with an example of it."""

    def end(f):
        f.__doc__ = f.__doc__.rstrip() + _example(call, result)
        return f

    return end


@_documented("correlate(x, [1, 2, 3])", "array([ 0., 27., 18.,  9.,  0.])")
def correlate(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """Sums of the elements around each, weighted by an array of as many dimensions."""
    return _weighted(False, input, weights, _options(mode, cval, origin, axes, output))


@_documented("convolve(x, [1, 2, 3])", "array([ 0.,  9., 18., 27.,  0.])")
def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """Sums of the elements around each, weighted by an array turned around along all axes."""
    return _weighted(True, input, weights, _options(mode, cval, origin, axes, output))


def _weighted(turned, x, weights, options):
    return Array(_tilework.filter_weights(handle(x), np.ascontiguousarray(weights, dtype=float), turned, options))


@_documented("correlate1d(x, [1, 2, 3])", "array([ 0., 27., 18.,  9.,  0.])")
def correlate1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Sums of the elements around each along an axis, weighted by a list."""
    return Array(_tilework.filter_weights1d(handle(input), list(map(float, weights)), axis, False, _options(mode, cval, origin, None, output)))


@_documented("convolve1d(x, [1, 2, 3])", "array([ 0.,  9., 18., 27.,  0.])")
def convolve1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Sums of the elements around each along an axis, weighted by a list turned around."""
    return Array(_tilework.filter_weights1d(handle(input), list(map(float, weights)), axis, True, _options(mode, cval, origin, None, output)))


@_documented("uniform_filter(x, 3)", "array([0., 3., 3., 3., 0.])")
def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The mean of a box around each element."""
    return Array(_tilework.filter_uniform(handle(input), [int(s) for s in _list(size)], _options(mode, cval, origin, axes, output)))


@_documented("uniform_filter1d(x, 3)", "array([0., 3., 3., 3., 0.])")
def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The mean of the elements around each along an axis."""
    return uniform_filter(input, size, output, mode, cval, origin, axes=axis)


def _gaussian(name, input, sigma, order, output, mode, cval, truncate, radius, axes):
    radius = None if radius is None else [int(r) for r in _list(radius)]
    sigma, order = [float(s) for s in _list(sigma)], [int(o) for o in _list(order)]
    return Array(_tilework.filter_gaussian(name, handle(input), sigma, order, float(truncate), radius, _options(mode, cval, 0, axes, output)))


@_documented("gaussian_filter(x, 1.0).round(2)", "array([0.53, 2.18, 3.59, 2.18, 0.53])")
def gaussian_filter(input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None):
    """Means weighted by a normal curve of deviation `sigma` (or its derivative of `order`), cut off at ``truncate * sigma`` or at `radius`."""
    return _gaussian("gaussian_filter", input, sigma, order, output, mode, cval, truncate, radius, axes)


@_documented("gaussian_filter1d(x, 1.0).round(2)", "array([0.53, 2.18, 3.59, 2.18, 0.53])")
def gaussian_filter1d(input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None):
    """As :func:`gaussian_filter`, along one axis."""
    return _gaussian("gaussian_filter", input, sigma, order, output, mode, cval, truncate, radius, axis)


@_documented("gaussian_laplace(x, 1.0).round(2)", "array([ 1.78,  0.02, -3.59,  0.02,  1.78])")
def gaussian_laplace(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, truncate=4.0):
    """The sum of second derivatives of the array smoothed by a normal curve."""
    return _gaussian("gaussian_laplace", input, sigma, 0, output, mode, cval, truncate, None, axes)


@_documented("gaussian_gradient_magnitude(x, 1.0).round(2)", "array([0.85, 2.17, 0.  , 2.17, 0.85])")
def gaussian_gradient_magnitude(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, truncate=4.0):
    """The length of the gradient of the array smoothed by a normal curve."""
    return _gaussian("gaussian_gradient_magnitude", input, sigma, 0, output, mode, cval, truncate, None, axes)


def _edges(name, input, axis, output, mode, cval, axes=None):
    return Array(_tilework.filter_edges(name, handle(input), axis, _options(mode, cval, 0, axes, output)))


@_documented("sobel(x)", "array([ 0.,  9.,  0., -9.,  0.])")
def sobel(input, axis=-1, output=None, mode="reflect", cval=0.0):
    """Differences of neighbours along an axis, weighted 1, 2, 1 across the others."""
    return _edges("sobel", input, axis, output, mode, cval)


@_documented("prewitt(x)", "array([ 0.,  9.,  0., -9.,  0.])")
def prewitt(input, axis=-1, output=None, mode="reflect", cval=0.0):
    """Differences of neighbours along an axis, summed across the others."""
    return _edges("prewitt", input, axis, output, mode, cval)


@_documented("laplace(x)", "array([  0.,   9., -18.,   9.,   0.])")
def laplace(input, output=None, mode="reflect", cval=0.0, *, axes=None):
    """The sum of second differences along all axes."""
    return _edges("laplace", input, 0, output, mode, cval, axes)


def _order(name, input, size, footprint, at, output, mode, cval, origin, axes):
    if (size is None) == (footprint is None):
        raise RuntimeError("no footprint or filter size provided" if size is None else "give either size or footprint")
    footprint = None if footprint is None else np.ascontiguousarray(footprint, dtype=bool)
    sizes = [] if size is None else [int(s) for s in _list(size)]
    return Array(_tilework.filter_order(name, handle(input), sizes, footprint, float(at), _options(mode, cval, origin, axes, output)))


@_documented("minimum_filter(x, 3)", "array([0., 0., 0., 0., 0.])")
def minimum_filter(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The least element of a box (or a footprint) around each."""
    return _order("minimum_filter", input, size, footprint, 0, output, mode, cval, origin, axes)


@_documented("maximum_filter(x, 3)", "array([0., 9., 9., 9., 0.])")
def maximum_filter(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The greatest element of a box (or a footprint) around each."""
    return _order("maximum_filter", input, size, footprint, 0, output, mode, cval, origin, axes)


@_documented("median_filter(x, 3)", "array([0., 0., 0., 0., 0.])")
def median_filter(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The median of a box (or a footprint) around each element."""
    return _order("median_filter", input, size, footprint, 0, output, mode, cval, origin, axes)


@_documented("rank_filter(x, -1, 3)", "array([0., 9., 9., 9., 0.])")
def rank_filter(input, rank, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The element of this rank (negative: from the end) in a box (or a footprint) around each."""
    return _order("rank_filter", input, size, footprint, rank, output, mode, cval, origin, axes)


@_documented("percentile_filter(x, 100, 3)", "array([0., 9., 9., 9., 0.])")
def percentile_filter(input, percentile, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The element at a percentile of a box (or a footprint) around each."""
    return _order("percentile_filter", input, size, footprint, percentile, output, mode, cval, origin, axes)


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


def _morphology(name, input, structure, iterations, mask, border_value, origin):
    x = Array(handle(input))
    x = x if x.dtype == bool else x != 0
    if iterations < 1:
        raise NotImplementedError(f"{name}: repeating until nothing changes needs all chunks at once: give iterations")
    structure = None if structure is None else np.ascontiguousarray(structure, dtype=bool)
    mask = None if mask is None else Array(handle(mask)).astype(bool)._x
    return Array(_tilework.morphology(name, x._x, structure, iterations, mask, bool(border_value), [int(o) for o in _list(origin)]))


def _of_masks(name, sentence, result):
    if name.endswith(("opening", "closing")):

        def f(input, structure=None, iterations=1, output=None, origin=0, mask=None, border_value=0, brute_force=False, *, axes=None):
            return _morphology(name, input, structure, iterations, mask, border_value, origin)
    else:

        def f(input, structure=None, iterations=1, mask=None, output=None, border_value=0, origin=0, brute_force=False, *, axes=None):
            return _morphology(name, input, structure, iterations, mask, border_value, origin)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"""{sentence}

    ``structure`` says which neighbours count (by default those along the axes), ``iterations`` how often it is done, ``mask`` which elements may change.

    Raises
    ------
    NotImplementedError
        Repetition until nothing changes (``iterations=0``).
    """
    return _documented(f"{name}(x > 0)", result)(f)


binary_erosion = _of_masks("binary_erosion", "Whether all neighbours of each element hold.", "array([False, False, False, False, False])")
binary_dilation = _of_masks("binary_dilation", "Whether any neighbour of each element holds.", "array([False,  True,  True,  True, False])")
binary_opening = _of_masks("binary_opening", "Erosion, then dilation.", "array([False, False, False, False, False])")
binary_closing = _of_masks("binary_closing", "Dilation, then erosion.", "array([False, False,  True, False, False])")


def label(input, structure=None, output=None):
    """Connected components: the number of its component for each element that is not zero, and how many there are.

    Examples
    --------
    >>> import tilework.array as ta
    >>> labels, n = ta.ndimage.label(ta.asarray([1, 0, 1, 1, 0, 1], chunks=2))
    >>> labels.compute(), n.compute()
    (array([1, 0, 2, 2, 0, 3], dtype=int32), np.int64(3))
    """
    x = Array(handle(input))
    x = x if x.dtype == bool else x != 0
    structure = None if structure is None else np.ascontiguousarray(structure, dtype=bool)
    labels, n = map(Array, _tilework.label(x._x, structure))
    return labels.astype(np.int32 if output is None else output), n
