"""Runs of one or several collections: compute, persist, explain, visualize."""

from __future__ import annotations

from . import _config


def _handles(collections):
    from .array._core import Array

    for c in collections:
        if not isinstance(c, Array):
            raise TypeError(f"{type(c).__name__} is no lazy array")
    return [c._x for c in collections]


def compute(*collections):
    """Several arrays in memory, in one run: what they share is computed once."""
    results = _config.session().compute(_handles(collections))
    return tuple(r if r.ndim else r[()] for r in results)


def persist(*collections):
    """Arrays computed now and kept in memory chunk by chunk."""
    from .array._core import Array

    session = _config.session()
    return tuple(Array(session.persist(x)) for x in _handles(collections))


def explain(*collections):
    """What a run would do."""
    return _config.session().explain(_handles(collections))


def visualize(*collections, filename="tilework.svg"):
    """The optimized expression as a picture."""
    return _config.session().visualize(_handles(collections), filename)
