"""What generators of random arrays share: seeds, sizes, and the engine's draws."""

from __future__ import annotations

import os

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _tilework
from ._chunks import cut
from ._core import Array, handle
from ._distributions import COUNTS


def seed_number(seed):
    """A seed of any kind as the engine's, a number of 64 bits."""
    if seed is None:
        return int.from_bytes(os.urandom(8), "little")
    if isinstance(seed, Draws):
        return seed._number()
    if hasattr(seed, "__index__") and not isinstance(seed, np.ndarray):
        seed = seed.__index__()
        if seed < 0:
            raise ValueError(f"the seed is {seed}: give a number that is not negative")
        if seed < 1 << 64:
            return seed
    if isinstance(seed, type) and issubclass(seed, np.random.BitGenerator):
        seed = seed()
    if isinstance(seed, np.random.Generator):
        seed = seed.bit_generator
    if isinstance(seed, np.random.RandomState):
        return int(seed.randint(0, 1 << 63, dtype=np.int64))
    if isinstance(seed, np.random.BitGenerator):
        return int(seed.random_raw())
    if not isinstance(seed, np.random.SeedSequence):
        seed = np.random.SeedSequence(seed)
    return int(seed.generate_state(1, np.uint64)[0])


def _generator(seed, path, n_draws, n_children):
    """The engine's generator as it is after some draws."""
    g = _tilework.Generator(seed)
    for i in path:
        g = g.spawn(i + 1)[i]
    g.skip(n_draws)
    if n_children:
        g.spawn(n_children)
    return g


class Draws:
    """What generators share: the engine's generator, and how it got there."""

    def __init__(self, seed=None):
        self._begin((seed_number(seed), (), 0, 0))

    def _begin(self, state):
        self._seed, self._path, self._n_draws, self._n_children = state
        self._engine = _generator(*state)

    def __getstate__(self):
        return self._seed, self._path, self._n_draws, self._n_children

    def __setstate__(self, state):
        self._begin(state)

    def _number(self):
        """A number that depends on the seed and what was drawn before, for another generator."""
        words = np.random.SeedSequence([self._seed, self._n_draws, *self._path], spawn_key=(1,))
        self._engine.skip(1)
        self._n_draws += 1
        return seed_number(words)

    def _drawn(self, x):
        self._n_draws += 1
        return Array(x)

    def _distribution(self, name, parameters, size, chunks, dtype=None):
        parameters = [number(p) for p in parameters]
        size = size_of(size, parameters)
        made = "int64" if name in COUNTS else "float64"
        x = self._drawn(self._engine.draw(name, parameters, size, _cut(chunks, size, made)))
        if dtype is None or np.dtype(dtype) == np.float64:
            return x
        if np.dtype(dtype) != np.float32:
            raise TypeError(f"{name} gives float64 or float32, not {np.dtype(dtype)}: cast the result with astype")
        return x.astype(np.float32)

    def _integers(self, low, high, size, dtype, endpoint, chunks):
        if high is None:
            low, high = 0, low
        bounds = [number(low), number(high)]
        size, dtype = size_of(size, bounds), np.dtype(dtype).name
        return self._drawn(self._engine.integers(dtype, *bounds, endpoint, size, _cut(chunks, size, dtype)))

    def _uniform(self, size, dtype, chunks):
        size, dtype = size_of(size, ()), np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise TypeError(f"random gives float64 or float32, not {dtype}: cast the result with astype")
        return self._drawn(self._engine.random(dtype.name, size, _cut(chunks, size, dtype)))

    def _choice(self, a, size, replace, p, axis, chunks):
        n, x = (a.__index__(), None) if isinstance(a, (int, np.integer)) else (None, handle(a))
        if x is not None:
            if x.ndim != 1:
                raise ValueError(f"choice takes a number or an array of one dimension, not of {x.ndim}: choose positions, and take them")
            normalize_axis_index(axis, 1)
            (n,) = x.shape
        if n is None or n < 0 or (n == 0 and size != 0):
            raise ValueError("choice: there is nothing to choose from: give a number above 0, or an array of known size with elements")
        if p is not None:
            p = _weights(p, n)
        size = size_of(size, ())
        at = self._engine.choice(n, bool(replace), p, size, _cut(chunks, size, np.int64))
        return self._drawn(at if x is None else x.index((at,)))

    def multinomial(self, n, pvals, size=None, chunks="auto"):
        """Counts of ``n`` independent events of several kinds, as int64, along a new last axis.

        Parameters
        ----------
        n : int or array_like of int
        pvals : sequence of float
            The probability of each kind; what they lack to 1 falls to the last.
        size : int or tuple of int, optional
            The shape but for the last axis; by default that of ``n``.
        chunks : int, tuple, dict or "auto"
            How that shape is cut.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.random.default_rng(1).multinomial(20, [0.25, 0.5, 0.25], size=100, chunks=30).shape
        (100, 3)
        """
        pvals = np.asarray(pvals, float)
        if pvals.ndim != 1:
            raise NotImplementedError("multinomial takes the same probabilities everywhere: draw for each row of pvals, and stack")
        n = number(n)
        size = size_of(size, (n,))
        return self._drawn(self._engine.multinomial(n, pvals.tolist(), size, _cut(chunks, size, np.int64)))

    def permutation(self, x, axis=0, *, chunks="auto"):
        """An array in a random order along an axis, or the integers below a number.

        Up to 4096 integers are shuffled; more are never held: their order is one of 2¹²⁸, not any.

        Examples
        --------
        >>> import tilework.array as ta
        >>> y = ta.random.default_rng(1).permutation(ta.arange(6, chunks=2))
        >>> y.sum().compute()
        np.int64(15)
        """
        if isinstance(x, (int, np.integer)):
            return self._drawn(self._engine.permutation(int(x), cut(chunks, (int(x),), np.int64)))
        x = handle(x)
        return self._drawn(self._engine.shuffle(x, normalize_axis_index(axis, x.ndim)))


def number(p):
    """A parameter: a number of Python's, or a handle."""
    if isinstance(p, (int, float)):
        return p
    x = p if isinstance(p, Array) else np.asarray(p)
    return handle(x) if isinstance(x, Array) or x.ndim else x.item()


def _cut(chunks, size, dtype):
    """How a draw is cut; of one number any chunks will do."""
    return cut(chunks if size else "auto", size, dtype)


def size_of(size, parameters):
    """The shape of a draw."""
    shapes = [tuple(p.shape) for p in parameters if type(p) is _tilework.Lazy]
    if any(None in s for s in shapes):
        raise ValueError("parameters of unknown size: call compute_chunk_sizes() first")
    if size is None:
        return np.broadcast_shapes(*shapes)
    size = (size.__index__(),) if hasattr(size, "__index__") else tuple(int(n) for n in size)
    if any(n < 0 for n in size):
        raise ValueError(f"negative dimensions are not allowed: the size is {size}")
    if shapes and np.broadcast_shapes(size, *shapes) != size:
        raise ValueError(f"parameters of shapes {shapes} do not broadcast to the size {size}")
    return size


def _weights(p, n):
    """Probabilities, which are read at once."""
    p = np.asarray(p, float)
    if p.shape != (n,):
        raise ValueError(f"choice: p has the shape {p.shape}, but there are {n} to choose from: give a probability for each")
    if not abs(p.sum() - 1) < 1e-8:
        raise ValueError(f"choice: the probabilities add up to {p.sum()}, not to 1")
    return p.tolist()
