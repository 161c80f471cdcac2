"""Methods of arrays that run something, or say what a run would do."""

from __future__ import annotations

from .. import _config, _run
from . import _core


def compute(x, **settings):
    """The elements in memory, as an array of NumPy's; of an array without axes a number.

    Parameters
    ----------
    **settings
        Settings for this run, as of :func:`tilework.compute`: ``memory``, ``threads``, ….

    Raises
    ------
    MemoryError
        When the plan cannot run within the memory budget, before anything runs.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ones((2, 2), chunks=1).sum(axis=0).compute()
    array([2., 2.])
    """
    (a,) = _config.session(_run.translated(settings)).compute([x._x])
    return a if a.ndim else a[()]


def persist(x, **settings):
    """The array computed now and kept in memory chunk by chunk, for further work; unknown sizes are known then.

    Examples
    --------
    >>> import tilework.array as ta
    >>> x = ta.arange(6, chunks=3)
    >>> x[x > 1].persist().chunks
    ((1, 3),)
    """
    return type(x)(_config.session(_run.translated(settings)).persist(x._x))


def explain(x, **settings):
    """What computing the array would do, before it does: see :func:`tilework.explain`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> print(ta.arange(10, chunks=5).explain(memory="1GiB"))
    expression
      ...
    tasks: 2
             2  arange
    ...
    """
    return _run.explain(x, **settings)


def chunk_report(x, **settings):
    """The chunks of the plan, node by node: see :func:`tilework.chunk_report`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> print(ta.arange(10, chunks=5).chunk_report())
    node ...
    """
    return _run.chunk_report(x, **settings)


def visualize(x, filename=None, format=None, **settings):
    """The rewritten expression as a picture: see :func:`tilework.visualize`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> (ta.arange(10) + 1).visualize().svg[:4]
    '<svg'
    """
    return _run.visualize(x, filename=filename, format=format, **settings)


def _repr_html_(x):
    from .._html import array

    return array(x)


_core.methods(
    compute=compute, persist=persist, explain=explain, chunk_report=chunk_report, visualize=visualize, _repr_html_=_repr_html_,
)  # fmt: skip
