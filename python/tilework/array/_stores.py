"""Arrays into files and into whatever has elements that can be set, chunk by chunk within the memory budget."""

from __future__ import annotations

import _thread
import os

import numpy as np

from .. import _config, _run, _tilework
from ._core import Array, handle, methods
from ._functions import map_blocks
from ._io import from_array
from ._reading import held, local_path

__all__ = ["store", "to_hdf5", "to_npy", "to_npy_stack"]


class Stored(Array):
    """An array that goes into an output when it is computed: what functions give that were told ``compute=False``.

    Computing it (alone, or with others in one run by :func:`tilework.compute`) gives None.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> out = np.zeros(3)
    >>> later = ta.store(ta.arange(3.0, chunks=2), out, compute=False)
    >>> later.compute()
    >>> out
    array([0., 1., 2.])
    """

    __slots__ = ("_output",)

    def __init__(self, x, output):
        super().__init__(x._x)
        self._output = output

    def _parts(self):
        return [], lambda results: None

    def _outputs(self):
        return [self._output()]

    def _persisted(self, session):
        _tilework.store(session, self._outputs())
        return Array(self._x)

    def compute(self, **settings):
        """Writes the array."""
        write([self], **settings)

    def persist(self, **settings):
        """Writes the array."""
        return self._persisted(_config.session(_run.translated(settings)))


def write(stored, **settings):
    """Writes arrays to their outputs, in one run."""
    _tilework.store(_config.session(_run.translated(settings)), [o for s in stored for o in s._outputs()])


class Put:
    """Puts blocks into their places in a target."""

    def __init__(self, target, region, lock):
        self.target, self.region, self.lock = target, region, lock

    def __call__(self, at, block):
        at = at if self.region is None else _within(self.region, at)
        with held(self.lock):
            self.target[at] = block


class PutAndGive(Put):
    """The same as a function of blocks, which gives what it has put."""

    def __call__(self, block, block_info=None):
        super().__call__(tuple(slice(*r) for r in block_info[None]["array-location"]), block)
        return block


def _within(region, at):
    """The place in the target of a part of its region."""
    parts, rest = [], iter(at)
    for r in region:
        if isinstance(r, slice):
            start, step, part = r.start or 0, 1 if r.step is None else r.step, next(rest)
            parts.append(slice(start + part.start * step, start + part.stop * step, step))
        elif np.ndim(r):
            parts.append(r[next(rest)])
        else:
            parts.append(r)
    return (*parts, *rest)


def _regions(regions, n):
    """A region for each target, None for all of it."""
    if regions is None or isinstance(regions, tuple):
        return [regions] * n
    regions = list(regions)
    if len(regions) != n:
        raise ValueError(f"Different number of sources [{n}] and targets [{n}] than regions [{len(regions)}]")
    return regions


def checked(x, target, region):
    """The region with all bounds as numbers from 0 on, where the target's shape is known."""
    if any(n != n for n in x.shape):
        raise ValueError("an array of unknown size cannot be stored: call compute_chunk_sizes() first")
    shape = getattr(target, "shape", None)
    if shape is None:
        return region
    shape = tuple(shape)
    if region is not None:
        region = tuple(slice(*r.indices(n)) if isinstance(r, slice) else np.asarray(r) if np.ndim(r) else r for r, n in zip(region, shape))
        if any(isinstance(r, slice) and r.step < 0 for r in region):
            raise ValueError(f"region {region} goes backwards: flip the array instead")
        own = [len(range(r.start, r.stop, r.step)) if isinstance(r, slice) else r.size for r in region if isinstance(r, slice) or np.ndim(r)]
        shape = (*own, *shape[len(region) :])
    if shape != x.shape:
        raise ValueError(f"an array of shape {x.shape} cannot be stored into a target (or region of one) of shape {shape}")
    return region


def store(sources, targets, lock=True, regions=None, compute=True, return_stored=False, load_stored=None, **settings):
    """Computes arrays into targets that exist, chunk by chunk, in one run: what the arrays share is computed once.

    Parameters
    ----------
    sources : Array or list of them
    targets : array-like or list of them
        Anything that takes ``target[slices] = block``: NumPy arrays (computed in place, without a copy, where dtypes agree), ``h5py`` datasets,
        Zarr arrays, variables of ``netCDF4``.
    lock : bool or lock
        Whether blocks are put one after the other; a lock of the user's keeps others out too. NumPy arrays need none.
    regions : tuple of slices, or list of them
        Where in the targets.
    compute : bool
        Whether it is done now. If not, what comes back (for several sources a tuple) does it when its method ``compute`` is called.
    return_stored : bool
        Whether arrays that read from the targets are given; those of what is not stored yet store it and keep what they have stored.
    load_stored : bool
        Whether they are in memory already.
    **settings
        Settings of the run, as of :func:`tilework.compute`.

    Raises
    ------
    ValueError
        When shapes or numbers of sources, targets and regions differ.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> out = np.zeros((2, 3))
    >>> ta.store(ta.ones((2, 2), chunks=1), out, regions=(slice(0, 2), slice(1, 3)))
    >>> out
    array([[0., 1., 1.],
           [0., 1., 1.]])
    """
    if isinstance(sources, Array):
        sources, targets = [sources], [targets]
    sources, targets = list(sources), list(targets)
    if any(not isinstance(x, Array) for x in sources):
        raise ValueError("All sources must be lazy arrays")
    if len(sources) != len(targets):
        raise ValueError(f"Different number of sources [{len(sources)}] and targets [{len(targets)}]")
    targets = [t.compute(scheduler="synchronous") if hasattr(type(t), "__dask_graph__") else t for t in targets]
    regions = [checked(x, t, r) for x, t, r in zip(sources, targets, _regions(regions, len(sources)))]
    own = not isinstance(lock, bool)
    lock = _thread.allocate_lock() if lock is True else lock
    places = list(zip(sources, targets, regions))
    if not compute:
        done = tuple(later(x, t, r, lock, return_stored) for x, t, r in places)
    else:
        settings = _run.translated(settings)
        if not own and all(r is None and _takes(t, x) for x, t, r in places):
            _config.session(settings).compute_into([x._x for x in sources], targets)
        else:
            _tilework.store(_config.session(settings), [output(x, t, r, lock) for x, t, r in places])
        if not return_stored:
            return None
        done = tuple(_read_again(x, t, r, lock, load_stored) for x, t, r in places)
    return done if len(done) > 1 else done[0]


def later(x, target, region, lock, return_stored):
    if not return_stored:
        return Stored(x, lambda: output(x, target, region, lock))
    return map_blocks(PutAndGive(target, region, lock), x, dtype=x.dtype, token="store")


def _takes(target, x):
    """Whether results can be computed where this array's elements lie."""
    return type(target) is np.ndarray and target.dtype == x.dtype and target.flags.c_contiguous and target.flags.writeable and target.flags.aligned


def output(x, target, region, lock):
    native = _native_output(x, target, region)
    if native is not None:
        return native
    if isinstance(target, np.ndarray) and isinstance(lock, _thread.LockType):
        lock = None
    return _tilework.python_sink(x._x, Put(target, region, lock), f"store to {type(target).__name__}")


def _native_output(x, target, region):
    """The engine's own writer into an open Zarr array, if it lies in a folder and whole chunks of it are written; else None."""
    if not type(target).__module__.startswith("zarr.") or target.dtype != x.dtype:
        return None
    region = region or tuple(slice(0, n, 1) for n in x.shape)
    path = local_path(target)
    if path is None or len(region) != x.ndim or not all(isinstance(r, slice) and r.step == 1 for r in region):
        return None
    try:
        return _tilework.zarr_region_sink(x._x, path, [r.start for r in region])
    except (OSError, ValueError, TypeError, NotImplementedError):
        return None


def _read_again(x, target, region, lock, load):
    if region is None:
        y = from_array(target, chunks=x.chunks, lock=lock)
    else:
        y = from_array(target, lock=lock)[region].rechunk(x.chunks)
    return y.persist() if load else y


def to_npy_stack(dirname, x, axis=0):
    """Writes a folder of ``.npy`` files that follow each other along an axis, one for every chunk there; NumPy, dask and :func:`from_npy_stack` read it.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.to_npy_stack("stack", ta.arange(6, chunks=3))
    >>> ta.from_npy_stack("stack").compute()
    array([0, 1, 2, 3, 4, 5])
    """
    _tilework.store(_config.session(), [_tilework.npy_stack_sink(handle(x), dirname, axis, True)])


def to_npy(x, path, overwrite=False):
    """Writes a ``.npy`` file, which appears whole or not at all.

    Raises
    ------
    FileExistsError
        When there is one already and `overwrite` is not set.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.to_npy(ta.arange(3, chunks=2), "x.npy")
    >>> np.load("x.npy")
    array([0, 1, 2])
    """
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path}: there is a file already: give overwrite=True to replace it")
    _tilework.store(_config.session(), [_tilework.npy_sink(handle(x), path, overwrite)])


def to_hdf5(filename, *args, chunks=True, **kwargs):
    """Writes arrays as datasets of an HDF5 file, by `h5py`.

    Parameters
    ----------
    filename : str or path
    *args
        A dataset's name and an array, or a dict of them.
    chunks : tuple, True or None
        The datasets' chunks; True: as the arrays' first ones.
    **kwargs
        Options of the datasets, as of ``h5py.File.create_dataset``.

    Examples
    --------
    >>> import h5py
    >>> import tilework.array as ta
    >>> ta.to_hdf5("x.h5", "/x", ta.arange(6, chunks=3), compression="gzip")
    >>> h5py.File("x.h5")["x"][2:4]
    array([2, 3])
    """
    if len(args) == 1 and isinstance(args[0], dict):
        data = args[0]
    elif len(args) == 2 and isinstance(args[0], str) and isinstance(args[1], Array):
        data = {args[0]: args[1]}
    else:
        raise ValueError("Please provide {'/data/path': array} dictionary, or a data path and an array")
    import h5py

    with h5py.File(filename, mode="a") as f:
        new = [name for name in data if name not in f]
        try:
            sets = [
                f.require_dataset(
                    name, shape=x.shape, dtype=x.dtype,
                    chunks=tuple(c[0] for c in x.chunks) if chunks is True and x.ndim else None if chunks is True else chunks, **kwargs,
                )
                for name, x in data.items()
            ]  # fmt: skip
            store(list(data.values()), sets)
        except BaseException:
            # What is there is whole.
            for name in new:
                if name in f:
                    del f[name]
            raise


def _store_method(x, target, **kwargs):
    """Computes this array into a target that exists: see :func:`store`.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> out = np.zeros(5)
    >>> ta.arange(3.0).store(out, regions=(slice(1, 4),))
    >>> out
    array([0., 0., 1., 2., 0.])
    """
    return store([x], [target], **kwargs)


def _to_hdf5_method(x, filename, datapath, **kwargs):
    """Writes this array as a dataset of an HDF5 file: see :func:`to_hdf5`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.arange(6, chunks=3).to_hdf5("x.h5", "/x")
    >>> ta.open_hdf5("x.h5", "/x").sum().compute()
    np.int64(15)
    """
    return to_hdf5(filename, datapath, x, **kwargs)


methods(store=_store_method, to_hdf5=_to_hdf5_method, to_npy=to_npy)
