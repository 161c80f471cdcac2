"""Random arrays: NumPy's generators with dask's ``chunks``.

Element ``i`` of a draw is a function of the seed, the number of the draw and ``i``: the same seed gives the same bits, whatever the chunks, the
threads and what else is computed. They are not those of NumPy's generators, but for :meth:`Generator.random`, which gives those of
``numpy.random.Generator(numpy.random.Philox(key=[seed, number of the draw]))``.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._chunks import cut
from ._core import Array, handle
from ._distributions import TABLE, add_methods, documented
from ._draws import Draws, size_of
from ._random_state import RandomState

_LEGACY = (
    *TABLE, "choice", "multinomial", "permutation", "randint", "random", "random_integers", "random_sample",
)  # fmt: skip
__all__ = ["Generator", "RandomState", "default_rng", "seed", *_LEGACY]


def default_rng(seed=None):
    """A generator of random arrays.

    Parameters
    ----------
    seed : None, int, sequence of int, SeedSequence, BitGenerator, Generator or RandomState
        None takes a seed of the system's. A :class:`Generator` of this module is given back. Bit generators, generators and random states of
        NumPy's are asked for one number, which becomes the seed.

    Raises
    ------
    ValueError
        A negative number.

    Examples
    --------
    >>> import tilework.array as ta
    >>> a = ta.random.default_rng(42).random((100, 100), chunks=30)
    >>> b = ta.random.default_rng(42).random((100, 100), chunks=(7, 100))
    >>> (a == b).all().compute()
    np.True_
    """
    return seed if isinstance(seed, Generator) else Generator(seed)


class Generator(Draws):
    """Draws random arrays; each call is a stream of its own. Made by :func:`default_rng`.

    Methods are those of :class:`numpy.random.Generator`, with ``chunks``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> rng = ta.random.default_rng(42)
    >>> rng.normal(10, 1, size=(1000, 1000), chunks=500).mean().compute()
    np.float64(9.999...)
    """

    def __repr__(self):
        return f"Generator(seed={self._seed})"

    def spawn(self, n_children):
        """Generators whose numbers have nothing to do with each other's and this one's; each call gives others.

        Examples
        --------
        >>> import tilework.array as ta
        >>> a, b = ta.random.default_rng(1).spawn(2)
        >>> (a.random(5) == b.random(5)).any().compute()
        np.False_
        """
        children = []
        for i, engine in enumerate(self._engine.spawn(n_children), self._n_children):
            child = object.__new__(Generator)
            child._seed, child._path, child._n_draws, child._n_children = self._seed, (*self._path, i), 0, 0
            child._engine = engine
            children.append(child)
        self._n_children += n_children
        return children

    def random(self, size=None, dtype=float, out=None, chunks="auto"):
        """Floats from 0 to below 1.

        Parameters
        ----------
        size : int or tuple of int, optional
            The shape; by default one number.
        dtype : {float64, float32}
            Floats of 53 random bits, or of 24.
        out : Array, optional
            Becomes the result.
        chunks : int, tuple, dict or "auto"
            How the result is cut, which changes no number.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.default_rng(1).random((3, 2), chunks=1).shape
        (3, 2)
        """
        x = self._uniform(size if out is None or size is not None else out.shape, dtype, chunks)
        if out is None:
            return x
        from ._ufunc import put

        return put(x._x, out, "random")

    def integers(self, low, high=None, size=None, dtype=np.int64, endpoint=False, chunks="auto"):
        """Integers from ``low`` (0 where ``high`` is left out) to below ``high``, each with the same probability.

        Parameters
        ----------
        low, high : int or array_like of int
            Bounds, which broadcast.
        size : int or tuple of int, optional
            The shape; by default that of the bounds.
        dtype : dtype
            An integer dtype or bool.
        endpoint : bool
            Whether ``high`` is drawn too.

        Raises
        ------
        ValueError
            An empty range, or one beyond the dtype.

        Examples
        --------
        >>> import tilework.array as ta
        >>> dice = ta.random.default_rng(1).integers(1, 6, size=1000, endpoint=True, chunks=300)
        >>> dice.min().compute(), dice.max().compute()
        (np.int64(1), np.int64(6))
        """
        return self._integers(low, high, size, dtype, bool(endpoint), chunks)

    def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True, chunks="auto"):
        """Elements of an array of one dimension, or integers below a number, by chance.

        Parameters
        ----------
        a : int or array_like
        size : int or tuple of int, optional
            The shape; by default one element.
        replace : bool
            Whether an element may come again.
        p : sequence of float, optional
            The probability of each, which is read at once, also of a lazy array; by default all alike.
        axis : int
            0.
        shuffle : bool
            NumPy's; it changes nothing.

        Examples
        --------
        >>> import tilework.array as ta
        >>> hand = ta.random.default_rng(1).choice(52, size=5, replace=False)
        >>> hand.shape
        (5,)
        """
        return self._choice(a, size, replace, p, axis, chunks)

    def permuted(self, x, *, axis=None, out=None):
        """An array with the elements of every lane along an axis in a random order of its own (None: of the flat array).

        Examples
        --------
        >>> import tilework.array as ta
        >>> y = ta.random.default_rng(1).permuted(ta.arange(6, chunks=2).reshape(2, 3), axis=1)
        >>> y.sum(axis=1).compute()
        array([ 3, 12])
        """
        x = handle(x)
        if axis is None:
            flat = self._engine.permuted(_tilework.reshape(x, [-1]), 0)
            y = _tilework.reshape(flat, x.shape)
        else:
            y = self._engine.permuted(x, normalize_axis_index(axis, x.ndim))
        self._n_draws += 1
        if out is None:
            return Array(y)
        from ._ufunc import put

        return put(y, out, "permuted")

    def shuffle(self, x, axis=0):
        """Gives the name ``x`` its array in a random order along an axis: like ``x[...] = permutation(x)``.

        Raises
        ------
        TypeError
            An array of NumPy's, which is not changed in place: take :meth:`permutation`.

        Examples
        --------
        >>> import tilework.array as ta
        >>> x = ta.arange(6, chunks=2)
        >>> ta.random.default_rng(1).shuffle(x)
        >>> x.sum().compute()
        np.int64(15)
        """
        if not isinstance(x, Array):
            raise TypeError(f"shuffle takes a lazy array, not {type(x).__name__}: take permutation, which gives a new one")
        x._x = self.permutation(x, axis)._x

    def multivariate_hypergeometric(self, colors, nsample, size=None, method="marginals", chunks="auto"):
        """Counts of each colour in samples without replacement, as int64, along a new last axis.

        Parameters
        ----------
        colors : sequence of int
            How many there are of each colour.
        nsample : int
            How many are drawn.
        method : str
            NumPy's; it changes nothing.

        Examples
        --------
        >>> import tilework.array as ta
        >>> x = ta.random.default_rng(1).multivariate_hypergeometric([16, 8, 4], 12, size=100, chunks=30)
        >>> (x.sum(axis=1) == 12).all().compute()
        np.True_
        """
        colors = [int(n) for n in np.asarray(colors)]
        if nsample < 0 or min(colors, default=0) < 0:
            raise ValueError("multivariate_hypergeometric: colors and nsample must not be negative")
        size = size_of(size, ())
        return self._drawn(self._engine.multivariate_hypergeometric(colors, int(nsample), size, cut(chunks, size, np.int64)))

    def multivariate_normal(self, mean, cov, size=None, check_valid="warn", tol=1e-8, *, method="svd", chunks="auto"):
        """Normal vectors, along a new last axis.

        The mean and the covariance are read at once, also of lazy arrays. A covariance that is none is refused; ``check_valid``, ``tol`` and
        ``method`` change nothing.

        Parameters
        ----------
        mean : sequence of float
            Of length ``n``.
        cov : array_like
            The covariance, of shape ``(n, n)``.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.default_rng(1).multivariate_normal([1, -1], [[2, 0.5], [0.5, 1]], size=300, chunks=100).shape
        (300, 2)
        """
        mean, cov = np.asarray(mean, float), np.asarray(cov, float)
        if mean.ndim != 1 or cov.ndim != 2:
            raise ValueError(f"multivariate_normal takes a mean of one dimension and a covariance of two, not of {mean.ndim} and {cov.ndim}")
        size = size_of(size, ())
        return self._drawn(self._engine.multivariate_normal(mean.tolist(), cov.tolist(), size, cut(chunks, size, float)))

    def dirichlet(self, alpha, size=None, *, chunks="auto"):
        """Shares of a whole, along a new last axis: gamma numbers of shapes ``alpha`` over their sum.

        Examples
        --------
        >>> import tilework.array as ta
        >>> x = ta.random.default_rng(1).dirichlet([1, 2, 3], size=100, chunks=30)
        >>> x.shape
        (100, 3)
        """
        size = size_of(size, ())
        alpha = np.asarray(alpha, float)
        return self._drawn(self._engine.dirichlet(alpha.tolist(), size, cut(chunks, size, float)))

    def bytes(self, length):
        """Random bytes, at once.

        Examples
        --------
        >>> import tilework.array as ta
        >>> len(ta.random.default_rng(1).bytes(10))
        10
        """
        return self.integers(0, 256, size=length, dtype=np.uint8).compute().tobytes()


add_methods(Generator, "default_rng(1).")

_state = None


def _function(name):
    """The method of the random state that all of the module's functions share."""
    method = getattr(object.__new__(RandomState), name)

    def function(*args, **kwargs):
        global _state
        if _state is None:
            _state = RandomState()
        return getattr(_state, name)(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = documented(name, "", *TABLE[name]) if name in TABLE else method.__doc__
    function.__wrapped__ = method
    return function


for _name in _LEGACY:
    globals()[_name] = _function(_name)


def seed(seed=None):
    """Makes the module's functions begin again from a seed.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.random.seed(123)
    >>> a = ta.random.normal(size=10, chunks=5)
    >>> ta.random.seed(123)
    >>> (a == ta.random.normal(size=10, chunks=3)).all().compute()
    np.True_
    """
    global _state
    _state = RandomState(seed)
