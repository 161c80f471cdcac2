"""Lazy arrays as collections of dask's, so that ``dask.compute``, ``dask.persist`` and ``dask.delayed`` take them: each is one task, and those of one call run together.

Only dask's own functions see it so. Libraries that ask whether an array is a collection of dask's mean to work on its graph, of which there is none.
"""

from __future__ import annotations

import sys

import numpy as np

from .. import _run
from ._core import methods

_ASKERS = {"dask._expr", "dask.base", "dask.delayed", "distributed.client"}


class Run:
    """The task that computes arrays."""

    def __init__(self, arrays):
        self.arrays = arrays

    def __call__(self):
        return _run.compute(*self.arrays)


class Pick:
    """One of the results of a run."""

    def __init__(self, i):
        self.i = i

    def __call__(self, results):
        return results[self.i]


def _graph(x):
    asker = sys._getframe(1)
    if asker.f_code.co_name == "is_dask_collection":
        asker = asker.f_back
    if asker.f_globals.get("__name__") not in _ASKERS:
        return None
    run = f"run-{x.name}"
    return {run: (Run([x]),), x.name: (Pick(0), run)}


def _keys(x):
    return [x.name]


def _optimized(graph, keys, **_):
    """All arrays of a call as one run: what they share is computed once."""
    from dask._task_spec import convert_legacy_graph
    from dask.utils import ensure_dict

    tasks = convert_legacy_graph(ensure_dict(graph))
    runs = {key: task.func for key, task in tasks.items() if isinstance(getattr(task, "func", None), Run)}
    if len(runs) < 2:
        return graph
    joint = "runs-" + next(iter(runs))
    parts = {key.removeprefix("run-"): (Pick(i), joint) for i, key in enumerate(runs)}
    alone = {key: task for key, task in tasks.items() if key not in runs and key not in parts}
    return {**alone, **convert_legacy_graph({**parts, joint: (Run([r.arrays[0] for r in runs.values()]),)}, all_keys={*tasks, joint})}


def _scheduler(_):
    from dask.threaded import get

    return get


def _first(results):
    return results[0]


def _kept(results, x):
    from ._io import from_array

    found = results[x.name]
    # A graph's task, where dask did not compute it.
    return x if hasattr(found, "func") or isinstance(found, tuple) else from_array(np.asanyarray(found), chunks=x.chunks)


methods(
    __dask_graph__=_graph,
    __dask_keys__=_keys,
    __dask_optimize__=staticmethod(_optimized),
    __dask_scheduler__=property(_scheduler),
    __dask_postcompute__=lambda x: (_first, ()),
    __dask_postpersist__=lambda x: (_kept, (x,)),
)
