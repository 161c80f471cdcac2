"""Functions of Python's in processes of their own, where they do not take turns with each other.

Blocks go there and come back as copies. Processes begin when the first function needs them and end with the interpreter.
"""

from __future__ import annotations

import atexit
import functools

from . import _pickles

_pools: dict = {}
# Before what processes are made of is gone.
atexit.register(_pools.clear)


def run(n, call, coords, blocks):
    """What a call gives of blocks, in one of `n` processes; other threads go on meanwhile.

    Raises
    ------
    TypeError
        When the function cannot be pickled.
    RuntimeError
        When the process ended before it answered.
    """
    from concurrent.futures.process import BrokenProcessPool

    try:
        return _pool(n).submit(_work, _bytes(call), coords, blocks).result()
    except BrokenProcessPool:
        _pools.pop(n, None)
        raise RuntimeError(
            "a process that called a function ended before it answered: it ran out of memory or crashed, or the main module starts work when it is "
            "imported (put that under `if __name__ == '__main__':`)"
        ) from None


def _pool(n):
    pool = _pools.get(n)
    if pool is None:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        # Forking a process that has threads is not safe.
        pool = _pools[n] = ProcessPoolExecutor(n, mp_context=multiprocessing.get_context("forkserver"))
    return pool


def _bytes(call):
    data = call.__dict__.get("_bytes")
    if data is None:
        data = _pickles.dumps(call)
        call._bytes = data
    return data


@functools.lru_cache(maxsize=64)
def _loaded(data):
    return _pickles.loads(data)


def _work(data, coords, blocks):
    return _loaded(data).run(coords, blocks)
