"""Connected components of images, and what their elements add up to."""

from __future__ import annotations

import numpy as np

from .. import _tilework
from ._core import Array, handle
from ._morphology import as_binary

_DOC = """

    Parameters
    ----------
    input : array_like
    labels : array_like of int, optional
        The number of its component for each element, which broadcasts; by default all elements are one.
    index : int or sequence of int, optional
        Of which components, known at once (not lazy); by default of all whose number is not 0, taken as one.
"""


def label(input, structure=None, output=None):
    """Connected components: the number of its component for each element that is not zero, and how many there are.

    Numbers begin at 1, in the order of the components' first elements.

    Parameters
    ----------
    structure : array_like of bool, optional
        Which neighbours are connected, of 3 places along every axis; by default those along the axes.
    output : dtype, optional
        That of the numbers; by default int32.

    Examples
    --------
    >>> import tilework.array as ta
    >>> labels, n = ta.ndimage.label(ta.asarray([1, 0, 1, 1, 0, 1], chunks=2))
    >>> labels.compute(), n.compute()
    (array([1, 0, 2, 2, 0, 3], dtype=int32), np.int64(3))
    """
    structure = None if structure is None else np.ascontiguousarray(structure, dtype=bool)
    labels, n = map(Array, _tilework.label(as_binary(input)._x, structure))
    return labels if output is None else labels.astype(output), n


def _ends_with(call, result):
    def end(f):
        f.__doc__ = f"""{f.__doc__.rstrip()}{_DOC}
    Examples
    --------
    >>> import tilework.array as ta
    >>> x, labels = ta.asarray([1.0, 2, 3, 4], chunks=2), ta.asarray([1, 1, 0, 2])
    >>> ta.ndimage.{call}
    {result}
    """
        return f

    return end


class _Regions:
    """The elements of an image by the number of their component."""

    def __init__(self, input, labels, index):
        from ._manipulation import broadcast_to
        from ._selection import where

        self.x = Array(handle(input))
        if labels is None:
            labels = np.ones((), int)
        labels = broadcast_to(Array(handle(labels)), self.x.shape)
        if index is None:
            labels, index = labels != 0, 1
        self.index = np.asarray(index)
        numbers = labels.astype(np.int64)
        # Components that are not asked for go together behind the others.
        self.n = int(self.index.max(initial=0)) + 1
        self.places = where((numbers >= 0) & (numbers < self.n), numbers, self.n).ravel()

    def total(self, x):
        """The sums of components: of all numbers, those asked for only in :meth:`chosen`."""
        from ._histograms import bincount

        return bincount(self.places, x.astype(float).ravel(), minlength=self.n + 1)

    def count(self):
        from ._histograms import bincount

        return bincount(self.places, minlength=self.n + 1)

    def spread(self, by_number):
        """For each element the value of its component."""
        return by_number[self.places].reshape(self.x.shape)

    def chosen(self, by_number):
        from ._selection import where

        # There is no component of a number below 0.
        at = np.where(self.index < 0, self.n, self.index)
        found = by_number[at.ravel()].reshape(at.shape)
        return found if (self.index >= 0).all() else where(self.index < 0, 0, found)


@_ends_with("sum_labels(x, labels, [1, 2]).compute()", "array([3., 4.])")
def sum_labels(input, labels=None, index=None):
    """The sum of the elements of each component, as float64."""
    regions = _Regions(input, labels, index)
    return regions.chosen(regions.total(regions.x))


@_ends_with("mean(x, labels, [1, 2]).compute()", "array([1.5, 4. ])")
def mean(input, labels=None, index=None):
    """The mean of the elements of each component, as float64; NaN of one without elements."""
    regions = _Regions(input, labels, index)
    return regions.chosen(regions.total(regions.x) / regions.count())


@_ends_with("variance(x, labels, [1, 2]).compute()", "array([0.25, 0.  ])")
def variance(input, labels=None, index=None):
    """The variance of the elements of each component, as float64; NaN of one without elements."""
    regions = _Regions(input, labels, index)
    means = regions.total(regions.x) / regions.count()
    distance = regions.x - regions.spread(means)
    return regions.chosen(regions.total(distance * distance) / regions.count())


@_ends_with("standard_deviation(x, labels, [1, 2]).compute()", "array([0.5, 0. ])")
def standard_deviation(input, labels=None, index=None):
    """The standard deviation of the elements of each component, as float64; NaN of one without elements."""
    return np.sqrt(variance(input, labels, index))


@_ends_with("center_of_mass(x, labels, 1)[0].compute()", "np.float64(0.6666666666666666)")
def center_of_mass(input, labels=None, index=None):
    """The mean position of each component, each element weighing what it is: an array for each axis (SciPy gives a tuple for each component)."""
    from ._creation import arange

    regions = _Regions(input, labels, index)
    total = regions.total(regions.x)
    centers = []
    for axis, n in enumerate(regions.x.shape):
        at = arange(n)[(slice(None), *(None,) * (regions.x.ndim - 1 - axis))]
        centers.append(regions.chosen(regions.total(regions.x * at) / total))
    return tuple(centers)
