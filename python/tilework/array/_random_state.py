"""The generator of NumPy's old interface."""

from __future__ import annotations

import numpy as np

from ._distributions import add_methods
from ._draws import Draws


class RandomState(Draws):
    """NumPy's old generators, and dask's: as ``Generator``, but for the names of some methods.

    Parameters
    ----------
    seed
        As of ``default_rng``.
    RandomState
        dask's, NumPy's class; there is no other here.

    Examples
    --------
    >>> import tilework.array as ta
    >>> state = ta.random.RandomState(42)
    >>> state.normal(size=(3, 4), chunks=2).shape
    (3, 4)
    """

    def __init__(self, seed=None, RandomState=None):
        if RandomState is not None and RandomState is not np.random.RandomState:
            raise NotImplementedError("random arrays are drawn by the engine, not by another class: leave RandomState out")
        super().__init__(seed)

    def __repr__(self):
        return f"RandomState(seed={self._seed})"

    def seed(self, seed=None):
        """Begins again from a seed."""
        Draws.__init__(self, seed)

    def random_sample(self, size=None, chunks="auto"):
        """Floats from 0 to below 1.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.random_sample(4, chunks=2).shape
        (4,)
        """
        return self._uniform(size, float, chunks)

    def random(self, size=None, chunks="auto"):
        """Floats from 0 to below 1.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.random((1000, 1000), chunks=500).shape
        (1000, 1000)
        """
        return self._uniform(size, float, chunks)

    def randint(self, low, high=None, size=None, chunks="auto", dtype="l"):
        """Integers from ``low`` (0 where ``high`` is left out) to below ``high``.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.randint(1, 7, size=4, chunks=2).dtype
        dtype('int64')
        """
        return self._integers(low, high, size, dtype, False, chunks)

    def random_integers(self, low, high=None, size=None, chunks="auto"):
        """Integers from ``low`` (1 where ``high`` is left out) to ``high``; NumPy has given this name up: take :meth:`randint`.

        Examples
        --------
        >>> import warnings
        >>> import tilework.array as ta
        >>> with warnings.catch_warnings(action="ignore"):
        ...     ta.random.random_integers(6, size=4, chunks=2).shape
        (4,)
        """
        import warnings

        warnings.warn("random_integers is deprecated: take randint(low, high + 1)", DeprecationWarning, stacklevel=2)
        low, high = (1, low) if high is None else (low, high)
        return self._integers(low, high, size, np.int64, True, chunks)

    def tomaxint(self, size=None, chunks="auto"):
        """Integers from 0 to the largest of int64.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.RandomState(1).tomaxint(4, chunks=2).shape
        (4,)
        """
        return self._integers(0, np.iinfo(np.int64).max, size, np.int64, True, chunks)

    def choice(self, a, size=None, replace=True, p=None, chunks="auto"):
        """Elements of an array of one dimension, or integers below a number, by chance. Parameters are those of ``Generator.choice``.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.choice([1.5, 2.5], size=4, chunks=2).dtype
        dtype('float64')
        """
        return self._choice(a, size, replace, p, 0, chunks)


RandomState.__module__ = "tilework.array.random"
add_methods(RandomState, "RandomState(1).")
