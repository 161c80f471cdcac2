"""How objects that have elements are read: box by box, one thread at a time where they ask for it, and opened again in other processes."""

from __future__ import annotations

import _thread
import contextlib
import os

import numpy as np


class Reader:
    """Gives a box of an object's elements as NumPy's, in the dtype that was declared."""

    def __init__(self, x, lock, getitem, dtype):
        self.x, self.lock, self.getitem, self.dtype = x, lock, getitem, dtype

    def __call__(self, at):
        with held(self.lock):
            part = np.asarray(self.x[at] if self.getitem is None else self.getitem(self.x, at))
        return part if part.dtype == self.dtype else part.astype(self.dtype)

    def __reduce__(self):
        # Open files are opened again where they are needed; another process has a lock of its own.
        return _reader, (_reopening(self.x), bool(self.lock), self.getitem, self.dtype)


def _reader(x, lock, getitem, dtype):
    return Reader(x() if type(x) is Reopened else x, lock, getitem, dtype)


class Reopened:
    """Opens a file's variable once more."""

    def __init__(self, library, path, name):
        self.library, self.path, self.name = library, path, name

    def __call__(self):
        if self.library == "h5py":
            import h5py

            return h5py.File(self.path, "r")[self.name]
        import netCDF4

        return netCDF4.Dataset(self.path)[self.name]


def _reopening(x):
    library = type(x).__module__.split(".")[0]
    if library == "h5py":
        return Reopened(library, os.path.abspath(x.file.filename), x.name)
    if library == "netCDF4":
        group = x.group()
        return Reopened(library, os.path.abspath(group.filepath()), f"{group.path.rstrip('/')}/{x.name}")
    return x


def held(lock):
    """Keeps others out while an object is used that cannot be used by several threads: True is one lock for all such objects."""
    if not lock:
        return contextlib.nullcontext()
    if lock is True:
        return _SERIAL
    return lock if hasattr(lock, "__enter__") else _Held(lock)


class _Held:
    """A lock that can only be acquired and released."""

    def __init__(self, lock):
        self.lock = lock

    def __enter__(self):
        self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()


_SERIAL = _thread.RLock()


def local_path(z):
    """The folder of an open Zarr array, if that is one of this machine's."""
    root = getattr(getattr(z, "store", None), "root", None)
    return os.path.join(root, z.path) if isinstance(root, os.PathLike) and os.path.isdir(root) else None


def stored_chunks(x, shape):
    """The shape of the chunks that an object is stored in, if it says so."""
    for name in ("shards", "chunks"):
        c = getattr(x, name, None)
        if callable(c):
            c = None
        if isinstance(c, tuple) and len(c) == len(shape) and all(isinstance(n, (int, np.integer)) and n > 0 for n in c):
            return [int(n) for n in c]
    chunking = getattr(x, "chunking", None)
    if callable(chunking):
        c = chunking()
        if isinstance(c, (list, tuple)) and len(c) == len(shape):
            return [int(n) for n in c]
    return None
