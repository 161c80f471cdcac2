"""Filters, morphology and connected components of images of any number of dimensions, with SciPy's names and results (``scipy.ndimage``).

What lies beyond the border is said by ``mode``: ``"reflect"``, ``"constant"`` (with ``cval``), ``"nearest"``, ``"mirror"`` or ``"wrap"``. Chunks get what they need of
their neighbours.
"""

from __future__ import annotations

import functools

import numpy as np

from .. import _tilework
from ._core import Array, handle
from ._image_docs import documented
from ._measures import center_of_mass, label, mean, standard_deviation, sum_labels, variance
from ._morphology import (
    binary_closing, binary_dilation, binary_erosion, binary_opening, black_tophat, generate_binary_structure, grey_closing, grey_dilation,
    grey_erosion, grey_opening, iterate_structure, morphological_gradient, morphological_laplace, white_tophat,
)  # fmt: skip

__all__ = [
    "binary_closing", "binary_dilation", "binary_erosion", "binary_opening", "black_tophat", "center_of_mass", "convolve", "convolve1d",
    "correlate", "correlate1d", "gaussian_filter", "gaussian_filter1d", "gaussian_gradient_magnitude", "gaussian_laplace",
    "generate_binary_structure", "generic_filter", "grey_closing", "grey_dilation", "grey_erosion", "grey_opening", "iterate_structure", "label",
    "laplace", "maximum_filter", "maximum_filter1d", "mean", "median_filter", "minimum_filter", "minimum_filter1d", "morphological_gradient",
    "morphological_laplace", "percentile_filter", "prewitt", "rank_filter", "sobel", "standard_deviation", "sum_labels", "uniform_filter",
    "uniform_filter1d", "variance", "white_tophat",
]  # fmt: skip


def _list(value):
    """One for all axes, or one for each."""
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]


def _options(mode="reflect", cval=0.0, origin=0, axes=None, output=None):
    modes = [(m, cval) for m in _list(mode)]
    axes = None if axes is None else [int(a) for a in _list(axes)]
    return modes, [int(o) for o in _list(origin)], axes, None if output is None else np.dtype(output).name


def _linear(f):
    """Of complex numbers the filter of their parts, as SciPy has it: what lies beyond the border too."""

    @functools.wraps(f)
    def filter(input, *args, **kwargs):
        x = Array(handle(input))
        if x.dtype.kind != "c":
            return f(x, *args, **kwargs)
        kwargs.update(zip(f.__code__.co_varnames[1:], args))
        cval = complex(kwargs.pop("cval", 0))
        return f(x.real, cval=cval.real, **kwargs) + 1j * f(x.imag, cval=cval.imag, **kwargs)

    return filter


@documented("correlate(x, [1, 2, 3])", "array([ 0., 27., 18.,  9.,  0.])")
@_linear
def correlate(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """Sums of the elements around each, weighted by an array of as many dimensions."""
    return _weighted(False, input, weights, _options(mode, cval, origin, axes, output))


@documented("convolve(x, [1, 2, 3])", "array([ 0.,  9., 18., 27.,  0.])")
@_linear
def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """Sums of the elements around each, weighted by an array turned around along all axes."""
    return _weighted(True, input, weights, _options(mode, cval, origin, axes, output))


def _weighted(turned, x, weights, options):
    return Array(_tilework.filter_weights(handle(x), np.ascontiguousarray(weights, dtype=float), turned, options))


@documented("correlate1d(x, [1, 2, 3])", "array([ 0., 27., 18.,  9.,  0.])")
@_linear
def correlate1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Sums of the elements around each along an axis, weighted by a list."""
    return Array(_tilework.filter_weights1d(handle(input), list(map(float, weights)), axis, False, _options(mode, cval, origin, None, output)))


@documented("convolve1d(x, [1, 2, 3])", "array([ 0.,  9., 18., 27.,  0.])")
@_linear
def convolve1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """Sums of the elements around each along an axis, weighted by a list turned around."""
    return Array(_tilework.filter_weights1d(handle(input), list(map(float, weights)), axis, True, _options(mode, cval, origin, None, output)))


@documented("uniform_filter(x, 3)", "array([0., 3., 3., 3., 0.])")
@_linear
def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The mean of a box around each element."""
    return Array(_tilework.filter_uniform(handle(input), [int(s) for s in _list(size)], _options(mode, cval, origin, axes, output)))


@documented("uniform_filter1d(x, 3)", "array([0., 3., 3., 3., 0.])")
def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The mean of the elements around each along an axis."""
    return uniform_filter(input, size, output, mode, cval, origin, axes=axis)


def _gaussian(name, input, sigma, order, output, mode, cval, truncate, radius, axes):
    radius = None if radius is None else [int(r) for r in _list(radius)]
    sigma, order = [float(s) for s in _list(sigma)], [int(o) for o in _list(order)]
    return Array(_tilework.filter_gaussian(name, handle(input), sigma, order, float(truncate), radius, _options(mode, cval, 0, axes, output)))


@documented("gaussian_filter(x, 1.0).round(2)", "array([0.53, 2.18, 3.59, 2.18, 0.53])")
@_linear
def gaussian_filter(input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None):
    """Means weighted by a normal curve of deviation `sigma` (or its derivative of `order`), cut off at ``truncate * sigma`` or at `radius`."""
    return _gaussian("gaussian_filter", input, sigma, order, output, mode, cval, truncate, radius, axes)


@documented("gaussian_filter1d(x, 1.0).round(2)", "array([0.53, 2.18, 3.59, 2.18, 0.53])")
@_linear
def gaussian_filter1d(input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None):
    """As :func:`gaussian_filter`, along one axis."""
    return _gaussian("gaussian_filter", input, sigma, order, output, mode, cval, truncate, radius, axis)


@documented("gaussian_laplace(x, 1.0).round(2)", "array([ 1.78,  0.02, -3.59,  0.02,  1.78])")
@_linear
def gaussian_laplace(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, truncate=4.0):
    """The sum of second derivatives of the array smoothed by a normal curve."""
    return _gaussian("gaussian_laplace", input, sigma, 0, output, mode, cval, truncate, None, axes)


@documented("gaussian_gradient_magnitude(x, 1.0).round(2)", "array([0.85, 2.17, 0.  , 2.17, 0.85])")
def gaussian_gradient_magnitude(input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, truncate=4.0):
    """The length of the gradient of the array smoothed by a normal curve."""
    return _gaussian("gaussian_gradient_magnitude", input, sigma, 0, output, mode, cval, truncate, None, axes)


def _edges(name, input, axis, output, mode, cval, axes=None):
    return Array(_tilework.filter_edges(name, handle(input), axis, _options(mode, cval, 0, axes, output)))


@documented("sobel(x)", "array([ 0.,  9.,  0., -9.,  0.])")
@_linear
def sobel(input, axis=-1, output=None, mode="reflect", cval=0.0):
    """Differences of neighbours along an axis, weighted 1, 2, 1 across the others."""
    return _edges("sobel", input, axis, output, mode, cval)


@documented("prewitt(x)", "array([ 0.,  9.,  0., -9.,  0.])")
@_linear
def prewitt(input, axis=-1, output=None, mode="reflect", cval=0.0):
    """Differences of neighbours along an axis, summed across the others."""
    return _edges("prewitt", input, axis, output, mode, cval)


@documented("laplace(x)", "array([  0.,   9., -18.,   9.,   0.])")
@_linear
def laplace(input, output=None, mode="reflect", cval=0.0, *, axes=None):
    """The sum of second differences along all axes."""
    return _edges("laplace", input, 0, output, mode, cval, axes)


def _order(name, input, size, footprint, at, output, mode, cval, origin, axes):
    if (size is None) == (footprint is None):
        raise RuntimeError("no footprint or filter size provided" if size is None else "give either size or footprint")
    footprint = None if footprint is None else np.ascontiguousarray(footprint, dtype=bool)
    sizes = [] if size is None else [int(s) for s in _list(size)]
    return Array(_tilework.filter_order(name, handle(input), sizes, footprint, float(at), _options(mode, cval, origin, axes, output)))


@documented("minimum_filter(x, 3)", "array([0., 0., 0., 0., 0.])")
def minimum_filter(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The least element of a box (or a footprint) around each."""
    return _order("minimum_filter", input, size, footprint, 0, output, mode, cval, origin, axes)


@documented("maximum_filter(x, 3)", "array([0., 9., 9., 9., 0.])")
def maximum_filter(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The greatest element of a box (or a footprint) around each."""
    return _order("maximum_filter", input, size, footprint, 0, output, mode, cval, origin, axes)


@documented("minimum_filter1d(x, 3)", "array([0., 0., 0., 0., 0.])")
def minimum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The least of so many elements around each along an axis."""
    return minimum_filter(input, size, None, output, mode, cval, origin, axes=axis)


@documented("maximum_filter1d(x, 3)", "array([0., 9., 9., 9., 0.])")
def maximum_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The greatest of so many elements around each along an axis."""
    return maximum_filter(input, size, None, output, mode, cval, origin, axes=axis)


@documented("median_filter(x, 3)", "array([0., 0., 0., 0., 0.])")
def median_filter(input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The median of a box (or a footprint) around each element."""
    return _order("median_filter", input, size, footprint, 0, output, mode, cval, origin, axes)


@documented("rank_filter(x, -1, 3)", "array([0., 9., 9., 9., 0.])")
def rank_filter(input, rank, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The element of this rank (negative: from the end) in a box (or a footprint) around each."""
    return _order("rank_filter", input, size, footprint, rank, output, mode, cval, origin, axes)


@documented("percentile_filter(x, 100, 3)", "array([0., 9., 9., 9., 0.])")
def percentile_filter(input, percentile, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The element at a percentile of a box (or a footprint) around each."""
    return _order("percentile_filter", input, size, footprint, percentile, output, mode, cval, origin, axes)


def generic_filter(
    input, function, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, extra_arguments=(), extra_keywords=None, *, axes=None
):
    """A function of Python's of the elements in a box (or a footprint) around each, which it gets as an array of one dimension.

    Parameters
    ----------
    function : callable
        Gives a number; it is called for every element.
    extra_arguments : sequence
    extra_keywords : dict, optional
        Further arguments of the function.
    output : dtype, optional
        The result's; by default the input's.
    mode : {"reflect", "constant", "nearest", "wrap"}
        What lies beyond the border.
    axes : int or sequence of int, optional
        Along which axes; by default all.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.ndimage.generic_filter(ta.asarray([0.0, 0, 9, 0, 0], chunks=2), np.median, size=3).compute()
    array([0., 0., 0., 0., 0.])
    """
    from ._generic_filter import filtered

    if (size is None) == (footprint is None):
        raise RuntimeError("no footprint or filter size provided" if size is None else "give either size or footprint")
    return filtered(Array(handle(input)), function, size, footprint, output, mode, cval, _list(origin), extra_arguments, extra_keywords or {}, axes)
