"""Arrays into files and into whatever has elements that can be set, chunk by chunk within the memory budget."""

from __future__ import annotations

import contextlib
import os

import numpy as np

from .. import _config, _run, _tilework
from ._core import Array, handle, methods

__all__ = ["store", "to_hdf5", "to_npy_stack", "to_zarr"]


class Writing:
    """Outputs that are written when :meth:`compute` is called: what functions give that were told ``compute=False``.

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

    def __init__(self, outputs):
        self._outputs = outputs

    def compute(self, **settings):
        """Writes, in one run."""
        _tilework.store(_config.session(_run.translated(settings)), self._outputs())


class Put:
    """Puts blocks into their places in a target."""

    def __init__(self, target, region, lock):
        self.target, self.region, self.lock = target, region, lock

    def __call__(self, at, block):
        if self.region is not None:
            at = tuple(_within(r, s) for r, s in zip(self.region, at))
        with self.lock:
            self.target[at] = block


def _within(region, part):
    """The slice of the target that is a part of its region."""
    start, step = region.start or 0, region.step or 1
    return slice(start + part.start * step, start + part.stop * step, step)


def _lock(lock):
    if lock is True:
        import threading

        return threading.Lock()
    return lock or contextlib.nullcontext()


def _regions(regions, n):
    """A region for each target, None for all of it."""
    if regions is None:
        return [None] * n
    if isinstance(regions, tuple) and all(isinstance(r, slice) for r in regions):
        regions = [regions]
    regions = list(regions)
    if len(regions) == 1 and n > 1:
        regions *= n
    if len(regions) != n:
        raise ValueError(f"Different number of sources [{n}] and targets [{n}] than regions [{len(regions)}]")
    return [None if r is None else tuple(r) for r in regions]


def _checked(x, target, region):
    shape = getattr(target, "shape", None)
    if shape is None:
        return
    if region is not None:
        shape = tuple(len(range(*r.indices(n))) for r, n in zip(region, shape))
    if any(n != n for n in x.shape):
        raise ValueError("an array of unknown size cannot be stored: call compute_chunk_sizes() first")
    if tuple(shape) != x.shape:
        raise ValueError(f"an array of shape {x.shape} cannot be stored into a target (or region of one) of shape {tuple(shape)}")


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
        Whether it is done now. If not, what comes back has a method ``compute``.
    return_stored : bool
        Whether arrays that read from the targets are given.
    load_stored : bool
        Whether these are in memory already.
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
    regions = _regions(regions, len(sources))
    for x, t, r in zip(sources, targets, regions):
        _checked(x, t, r)
    lock = _lock(lock)
    if not compute:
        if return_stored:
            raise NotImplementedError("arrays that read what is not written yet cannot be given: store with compute=True")
        return Writing(lambda: [_output(x, t, r, lock) for x, t, r in zip(sources, targets, regions)])
    session = _config.session(_run.translated(settings))
    if all(r is None and _takes(t, x) for x, t, r in zip(sources, targets, regions)):
        session.compute_into([x._x for x in sources], targets)
    else:
        _tilework.store(session, [_output(x, t, r, lock) for x, t, r in zip(sources, targets, regions)])
    if not return_stored:
        return None
    stored = tuple(_read_again(x, t, r, load_stored) for x, t, r in zip(sources, targets, regions))
    return stored if len(stored) > 1 else stored[0]


def _takes(target, x):
    """Whether results can be computed where this array's elements lie."""
    return type(target) is np.ndarray and target.dtype == x.dtype and target.flags.c_contiguous and target.flags.writeable and target.flags.aligned


def _output(x, target, region, lock):
    if isinstance(target, np.ndarray):
        lock = contextlib.nullcontext()
    return _tilework.python_sink(x._x, Put(target, region, lock), f"store to {type(target).__name__}")


def _read_again(x, target, region, load):
    from ._io import from_array

    y = from_array(target, chunks=x.chunks if region is None else "auto")
    y = y if region is None else y[region]
    return y.persist() if load else y


_NATIVE = {"overwrite", "shards", "fill_value", "attributes", "dimension_names", "zarr_format", "chunks"}


def to_zarr(
    arr, url, component=None, storage_options=None, region=None, compute=True, return_stored=False, mode="a", overwrite=False,
    zarr_array_kwargs=None, zarr_read_kwargs=None, **options,
):  # fmt: skip
    """Writes an array to a new Zarr array, or into one that exists.

    Parameters
    ----------
    url : str, path or zarr.Array
        Where: a folder, a URL, or an array that exists (then `region` may say where in it).
    component : str, optional
        The array's name within the store.
    storage_options : dict, optional
        What `fsspec` needs for the store.
    region : tuple of slices, optional
        Where in an array that exists.
    compute : bool
        Whether it is done now. If not, what comes back has a method ``compute``.
    return_stored : bool
        Whether an array that reads the store is given.
    mode : {"a", "w", "w-"}
        ``"w"`` replaces what is there, as `overwrite` does.
    overwrite : bool
        Whether an array that is there is replaced. It stays until the new one is complete.
    zarr_array_kwargs, **options
        Options of the new array: ``shards``, ``fill_value``, ``attributes``, ``dimension_names``, ``zarr_format``; others (``compressors``, …) go to
        :func:`zarr.create_array`, and then `zarr` writes.

    Raises
    ------
    FileExistsError
        When an array is there and shall not be replaced.
    ValueError
        Arrays of unknown size; a region of another shape.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.arange(6, chunks=3).to_zarr("x.zarr")
    >>> ta.from_zarr("x.zarr").chunks
    ((3, 3),)
    """
    x = arr if isinstance(arr, Array) else Array(handle(arr))
    if any(n != n for n in x.shape):
        raise ValueError("Saving an array of unknown size to Zarr is not possible: call compute_chunk_sizes() first")
    options = {**(zarr_array_kwargs or {}), **options}
    overwrite = overwrite or options.pop("overwrite", False) or mode == "w"
    read = zarr_read_kwargs or {}
    if isinstance(url, (str, os.PathLike)) and storage_options is None and set(options) <= _NATIVE:
        return _natively(x, _joined(url, component), region, compute, return_stored, overwrite, options)
    target = _target(x, url, component, storage_options, overwrite, options, region)
    cut = _aligned(x, target, region)
    lock = cut is None
    done = store(x if lock else cut, target, lock=lock, regions=region, compute=compute)
    if return_stored:
        from ._io import from_zarr

        return from_zarr(target, **read)
    return done


def _joined(url, component):
    url = os.fspath(url)
    return f"{url.rstrip('/')}/{component}" if component else url


def _natively(x, path, region, compute, return_stored, overwrite, options):
    """The engine's own writer: the array appears whole, under its name, or not at all."""
    import json

    def output():
        if region is not None:
            starts = [r.indices(n)[0] for r, n in zip(region, _tilework.open_zarr(path, None).shape)]
            return [_tilework.zarr_region_sink(x._x, path, starts)]
        cut = x
        if len({len(set(c[:-1])) > 1 or (len(c) > 1 and c[-1] > c[0]) for c in x.chunks} & {True}):
            cut = x.rechunk(tuple(max(c) for c in x.chunks))
        attributes = options.get("attributes")
        return [
            _tilework.zarr_sink(
                cut._x, path, overwrite, chunks=options.get("chunks"), shards=options.get("shards"), fill=options.get("fill_value"),
                attributes=None if attributes is None else json.dumps(attributes), dimension_names=options.get("dimension_names"),
                zarr_format=options.get("zarr_format"),
            )
        ]  # fmt: skip

    if region is None and not overwrite and any(os.path.exists(os.path.join(path, name)) for name in ("zarr.json", ".zarray")):
        raise FileExistsError(f"{path}: there is an array already: give overwrite=True to replace it")
    writing = Writing(output)
    if not compute:
        return writing
    writing.compute()
    if return_stored:
        from ._io import from_zarr

        return from_zarr(path)
    return None


def _target(x, url, component, storage_options, overwrite, options, region):
    """The Zarr array to write to, made if there is none."""
    import zarr

    if isinstance(url, zarr.Array):
        return url
    store = url
    if storage_options is not None:
        store = zarr.storage.FsspecStore.from_url(os.fspath(url), storage_options=storage_options)
    if region is not None:
        return zarr.open_array(store, path=component or "", mode="r+")
    options.setdefault("chunks", tuple(max(c) for c in x.chunks))
    return zarr.create_array(store, name=component, shape=x.shape, dtype=x.dtype, overwrite=overwrite, **options)


def _aligned(x, target, region):
    """The array cut so that no two chunks lie in one piece of the target's; None where that is not known or cannot be."""
    pieces = getattr(target, "shards", None) or getattr(target, "chunks", None)
    if pieces is None or len(pieces) != x.ndim:
        return None
    if region is not None and any((r.start or 0) % p or r.step not in (None, 1) for r, p in zip(region, pieces)):
        return None
    if all(size % p == 0 for c, p in zip(x.chunks, pieces) for size in c[:-1]):
        return x
    return x.rechunk(tuple(min(-(-max(c) // p) * p, sum(c)) or 1 for c, p in zip(x.chunks, pieces)))


def to_npy_stack(dirname, x, axis=0):
    """Writes a folder of ``.npy`` files that follow each other along an axis, one for every chunk there; NumPy, dask and :func:`from_npy_stack` read it.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.to_npy_stack("stack", ta.arange(6, chunks=3))
    >>> ta.from_npy_stack("stack").compute()
    array([0, 1, 2, 3, 4, 5])
    """
    Writing(lambda: [_tilework.npy_stack_sink(handle(x), dirname, axis, True)]).compute()


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
    Writing(lambda: [_tilework.npy_sink(handle(x), path, overwrite)]).compute()


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
        sets = [
            f.require_dataset(
                name, shape=x.shape, dtype=x.dtype,
                chunks=tuple(c[0] for c in x.chunks) if chunks is True and x.ndim else None if chunks is True else chunks, **kwargs,
            )
            for name, x in data.items()
        ]  # fmt: skip
        store(list(data.values()), sets)


def _store_method(x, target, **kwargs):
    """Computes this array into a target that exists: see :func:`store`."""
    return store([x], [target], **kwargs)


def _to_hdf5_method(x, filename, datapath, **kwargs):
    """Writes this array as a dataset of an HDF5 file: see :func:`to_hdf5`."""
    return to_hdf5(filename, datapath, x, **kwargs)


methods(store=_store_method, to_hdf5=_to_hdf5_method, to_zarr=to_zarr)
