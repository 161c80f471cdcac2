"""Runs of one or several collections: compute, persist, and what a run would do."""

from __future__ import annotations

from . import _config, _tilework


def compute(*collections, traverse=True, **settings):
    """Arrays in memory, in one run: what they share is computed once.

    Parameters
    ----------
    *collections
        Arrays, and lists, tuples, dicts and dataclasses that hold some, at any depth. What holds none comes back as it is.
    traverse : bool
        Whether arrays are looked for inside of lists and their like.
    **settings
        Settings for this run, as of :class:`config`; dask's ``num_workers`` (threads), ``optimize_graph`` and ``scheduler`` (``"threads"`` or
        ``"synchronous"``) are understood.

    Returns
    -------
    tuple
        For each argument what it was given with NumPy arrays in place of lazy ones; numbers in place of those without axes.

    Raises
    ------
    MemoryError
        When the plan cannot run within the memory budget, before anything runs.

    Examples
    --------
    >>> import tilework as tw
    >>> x = tw.array.arange(10, chunks=4)
    >>> tw.compute(x.sum(), {"largest": x.max(), "n": 10})
    (np.int64(45), {'largest': np.int64(9), 'n': 10})
    """
    session = _config.session(translated(settings))
    held, found = _gathered(collections, traverse)
    handles, ends = [], []
    for x in found:
        parts, end = _parts(x)
        ends.append((len(handles), len(parts), end))
        handles += parts
    results = session.compute(handles) if handles else []
    outputs = [o for x in found for o in getattr(x, "_outputs", tuple)()]
    if outputs:
        _tilework.store(session, outputs)
    return _filled(held, [end(results[at : at + n]) for at, n, end in ends])


def persist(*collections, traverse=True, **settings):
    """Arrays computed now and kept in memory chunk by chunk, as arrays for further work; unknown sizes are known then.

    Takes what :func:`compute` takes.

    Examples
    --------
    >>> import tilework as tw
    >>> x, y = tw.persist(tw.array.arange(10, chunks=4), tw.array.ones(3))
    >>> x.chunks
    ((4, 4, 2),)
    """
    session = _config.session(translated(settings))
    held, found = _gathered(collections, traverse)
    return _filled(held, [_persisted(x, session) for x in found])


def explain(*collections, **settings):
    """What a run of these would do, before it does: the rewritten expression, tasks, bytes, memory, and what is wrong with the chunks.

    Nothing is read but metadata. Takes what :func:`compute` takes.

    Returns
    -------
    Explanation
        It prints as text, shows as a table in notebooks, and has the numbers as attributes.

    Examples
    --------
    >>> import tilework as tw
    >>> plan = tw.explain(tw.array.ones((1000, 1000), chunks=100).sum(), memory="1GiB")
    >>> plan.refusal is None, plan.budget_bytes
    (True, 1073741824)
    """
    from ._explain import Explanation

    return Explanation(_tilework.explain(*_planned(collections, settings)))


def chunk_report(*collections, **settings):
    """The chunks of a plan, node by node: where they grow, where bytes move, and what could be better.

    Takes what :func:`compute` takes.

    Returns
    -------
    ChunkReport
        It prints as a table, and has the numbers as attributes.

    Examples
    --------
    >>> import tilework as tw
    >>> x = tw.array.ones((1000, 1000), chunks=(1000, 100)).cumsum(axis=0)
    >>> tw.chunk_report(x.rechunk((100, 1000))).moved_bytes
    8000000
    """
    from ._explain import ChunkReport

    return ChunkReport(_tilework.chunk_report(*_planned(collections, settings)))


def visualize(*collections, filename=None, format=None, **settings):
    """The rewritten expression as a picture, a box for each operation.

    Parameters
    ----------
    filename : str or path, optional
        Where it is written: as SVG (``.svg``, or no ending) or in Graphviz' language (``.dot``).
    format : str, optional
        ``"svg"`` or ``"dot"``, where the file's name does not say.

    Returns
    -------
    Picture
        It shows in notebooks.

    Examples
    --------
    >>> import tilework as tw
    >>> picture = tw.visualize(tw.array.ones(10) + 1, filename="ones.svg")
    >>> picture.svg[:4], open("ones.svg").read() == picture.svg
    ('<svg', True)
    """
    from ._explain import Picture

    session, handles = _planned(collections, settings, ("optimize_graph", "color", "rankdir", "engine", "verbose"))
    return Picture(lambda dot: _tilework.picture(session, handles, dot)).save(filename, format)


def translated(settings):
    """Settings of a call, dask's names for some of them included."""
    if not settings:
        return None
    own = dict(settings)
    scheduler = own.pop("scheduler", None)
    if scheduler in ("sync", "synchronous", "single-threaded"):
        own["threads"] = 1
    elif scheduler not in (None, "threads", "threading"):
        raise TypeError(f"scheduler={scheduler!r} is none of Tilework's: leave it out, or give 'threads' or 'synchronous'")
    for theirs, ours in (("num_workers", "threads"), ("n_workers", "threads"), ("optimize_graph", "optimize")):
        if theirs in own:
            own.setdefault(ours, own.pop(theirs))
    return own


def _planned(collections, settings, also=()):
    """What the functions that plan take."""
    session = _config.session(translated({name: value for name, value in settings.items() if name not in also}))
    _, found = _gathered(collections, True)
    handles = [part for x in found for part in _parts(x)[0]]
    if not handles:
        raise TypeError("there is no lazy array among the arguments")
    return session, handles


def _array():
    from .array._core import Array

    return Array


def _parts(x):
    """The engine's handles of a collection, and what makes its result of theirs."""
    parts = getattr(x, "_parts", None)
    return ([x._x], _alone) if parts is None else parts()


def _alone(results):
    (a,) = results
    return a if a.ndim else a[()]


def _persisted(x, session):
    persisted = getattr(x, "_persisted", None)
    return type(x)(session.persist(x._x)) if persisted is None else persisted(session)


class _Place:
    """Stands for the collection of a number."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number


def _gathered(collections, traverse):
    """The arguments with places for the collections in them, and these."""
    kind, found = _array(), []

    def taken(x):
        if isinstance(x, kind) or hasattr(type(x), "_parts"):
            found.append(x)
            return _Place(len(found) - 1)
        return x

    return tuple(_mapped(x, taken) if traverse else taken(x) for x in collections), found


def _filled(held, results):
    def put(x):
        return results[x.number] if type(x) is _Place else x

    return tuple(_mapped(x, put) for x in held)


def _mapped(x, f):
    """What holds collections with `f` of each in its place; the same object where nothing changes."""
    if isinstance(x, (list, tuple)):
        new = [_mapped(i, f) for i in x]
        if all(a is b for a, b in zip(new, x)):
            return x
        return type(x)(*new) if hasattr(x, "_fields") else type(x)(new)
    if isinstance(x, dict):
        new = [(key, _mapped(value, f)) for key, value in x.items()]
        if all(a is b for (_, a), b in zip(new, x.values())):
            return x
        return type(x)(new)
    if hasattr(type(x), "__iter__") and hasattr(type(x), "__next__"):
        return _mapped(list(x), f)
    if hasattr(type(x), "__dataclass_fields__"):
        new = {name: _mapped(getattr(x, name), f) for name in x.__dataclass_fields__ if hasattr(x, name)}
        if all(value is getattr(x, name) for name, value in new.items()):
            return x
        import copy

        changed = copy.copy(x)
        for name, value in new.items():
            object.__setattr__(changed, name, value)
        return changed
    return f(x)
