"""Reductions of groups along an axis."""

from __future__ import annotations

import numpy as np

from .. import _tilework
from ._core import Array, handle

__all__ = ["group_reduce"]


def group_reduce(op, x, labels, n_groups=None, axis=0):
    """The reduction of every group of elements along an axis.

    Parameters
    ----------
    op : str
        ``"sum"``, ``"mean"``, ``"min"``, ``"max"``, ``"var"``, … and those that skip NaN.
    x : array-like
    labels : array-like of ints
        The number of its group for each place along the axis.
    n_groups : int, optional
        How many groups there are; by default one more than the largest label.
    axis : int

    Returns
    -------
    Array
        Along the axis the groups' results, in order of their numbers.

    Raises
    ------
    ValueError
        Labels that are not as many as the axis is long, or below 0, or not below `n_groups`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.group_reduce("mean", ta.arange(6.0, chunks=4), [0, 1, 0, 1, 0, 1]).compute()
    array([2., 3.])
    """
    labels = np.ascontiguousarray(labels, dtype=np.int64)
    n = int(labels.max(initial=-1)) + 1 if n_groups is None else int(n_groups)
    return Array(_tilework.group_reduce(op, handle(x), axis, labels, n))
