"""Arrays from what others hold: NumPy's arrays, files, objects that give elements by index, dask's collections."""

from __future__ import annotations

import os

import numpy as np

from .. import _tilework
from ._blockwise import apply
from ._chunks import cut
from ._core import Array, from_numpy, has_dtype, has_mask, methods, named
from ._inference import declared, key_of, name_of
from ._reading import Reader, local_path, stored_chunks

__all__ = [
    "from_array", "from_dask", "from_delayed", "from_func", "from_npy_stack", "from_zarr", "open_hdf5", "open_netcdf", "open_npy", "to_dask",
]  # fmt: skip


def from_array(x, chunks="auto", name=None, lock=False, asarray=None, fancy=True, getitem=None, meta=None, inline_array=False):
    """An array of what has elements: NumPy's arrays without a copy, and whatever has ``shape``, ``dtype`` and gives elements by slices.

    Parameters
    ----------
    x : array-like
        A NumPy array; an ``h5py`` dataset, a variable of ``netCDF4``, a Zarr array, …, of which each chunk is read when it is needed; a list.
        It must not change before the array is computed.
    chunks : int, tuple, "auto", …
        How it is cut: see :func:`normalize_chunks <tilework.array.core.normalize_chunks>`. Automatic chunks are whole numbers of those that it is stored in.
    name : str, optional
        The array's name, which tells it from others: equal names must mean equal elements.
    lock : bool or lock
        True reads one chunk at a time of all objects for which that is asked; a lock keeps others out too.
    getitem : callable, optional
        ``getitem(x, slices)`` in place of ``x[slices]``.
    asarray, fancy, meta, inline_array
        dask's; they change nothing.

    Raises
    ------
    ValueError
        A lazy array (see :func:`asarray`, or its ``rechunk``); chunks that do not fit.
    TypeError
        Something without elements, or elements of a dtype that arrays do not have.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.from_array(np.arange(6), chunks=4).chunks
    ((4, 2),)
    """
    return named(_read(x, chunks, name, lock, getitem), name)


def _read(x, chunks, name, lock, getitem):
    if isinstance(x, Array):
        raise ValueError("Array is already a lazy array. Use 'asarray' or 'rechunk' instead.")
    library = type(x).__module__.split(".")[0]
    if library == "dask" and hasattr(type(x), "__dask_graph__") and getitem is None:
        return _of_dask(x, chunks)
    if library == "xarray" and hasattr(x, "chunk"):
        import warnings

        warnings.warn("from_array takes the elements of an xarray object: its chunk() method keeps names and coordinates", UserWarning, stacklevel=2)
        x = x.data if not isinstance(x.data, Array) else np.asarray(x.data)
    if has_mask(x):
        from . import ma

        return ma.from_numpy(x, chunks)
    has_elements = hasattr(x, "shape") and hasattr(x, "dtype") and (getitem or hasattr(type(x), "__getitem__"))
    if getitem is None and (isinstance(x, (np.ndarray, np.generic)) or not has_elements):
        return from_numpy(np.asarray(x), chunks)
    dtype, shape = np.dtype(x.dtype).newbyteorder("="), tuple(int(n) for n in x.shape)
    if not has_dtype(dtype):
        raise TypeError(f"arrays of dtype {dtype} are not supported: convert it first, to bool, an integer, a float or a complex dtype")
    stored = stored_chunks(x, shape)
    previous = None if stored is None else tuple((n,) for n in stored)
    c = cut(chunks, shape, dtype, previous if _partly_automatic(chunks) else None)
    path = local_path(x) if library == "zarr" and not lock and getitem is None else None
    native = None if path is None else _natively(path, shape, dtype, c)
    if native is not None:
        return native
    key = key_of("named", name) if isinstance(name, str) else key_of("object", os.urandom(16))
    label = getattr(x, "name", None)
    label = label.rsplit("/", 1)[-1] if isinstance(label, str) and label.strip("/") else type(x).__name__
    return Array(_tilework.from_reader(Reader(x, lock, getitem, dtype), label, key, list(shape), dtype.name, stored, c))


def _natively(path, shape, dtype, c):
    """The Zarr array of a folder by the engine's reader; None where that cannot read it."""
    try:
        x = Array(_tilework.open_zarr(path, c))
    except (OSError, ValueError, TypeError, NotImplementedError):
        return None
    return x if x.shape == shape and x.dtype == dtype else None


def _of_dask(x, chunks):
    if hasattr(x, "to_dask_array"):
        x = x.to_dask_array(lengths=True)
    x = from_dask(x) if hasattr(x, "chunks") else from_array(x.compute(scheduler="synchronous"))
    return x if isinstance(chunks, str) and chunks == "auto" else x.rechunk(chunks)


def _partly_automatic(chunks):
    return isinstance(chunks, (tuple, list, dict)) or chunks not in ("auto", None)


def from_zarr(url, component=None, storage_options=None, chunks=None, name=None, inline_array=False, **kwargs):
    """The elements of a Zarr array, read by the engine where it has the codecs, else by `zarr`.

    Parameters
    ----------
    url : str, path or zarr.Array
        A folder, a URL, or an array that is open.
    component : str, optional
        The array's name within the store.
    storage_options : dict, optional
        What `fsspec` needs for the store.
    chunks : int, tuple, "auto", …
        By default those it is stored in (within shards, where there are any); ``"auto"`` takes whole numbers of them, or of shards.

    Raises
    ------
    FileNotFoundError
        When there is no such array.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.ones((4, 4), chunks=2).to_zarr("ones.zarr")
    >>> ta.from_zarr("ones.zarr").sum().compute()
    np.float64(16.0)
    """
    if isinstance(url, (str, os.PathLike)) and storage_options is None and not kwargs:
        path = os.fspath(url).rstrip("/")
        path = f"{path}/{component}" if component else path
        try:
            shape, dtype, stored = _tilework.zarr_array(path)
        except NotImplementedError:
            import zarr

            return from_zarr(zarr.open_array(path, mode="r"), chunks=chunks, name=name)
        return Array(_tilework.open_zarr(path, cut(tuple(stored) if chunks is None else chunks, tuple(shape), dtype)))
    import zarr

    z = url
    if not isinstance(url, zarr.Array):
        store = url
        if storage_options is not None:
            store = zarr.storage.FsspecStore.from_url(os.fspath(url), read_only=True, storage_options=storage_options)
        z = zarr.open_array(store, path=component or "", mode="r", **kwargs)
    return from_array(z, chunks=z.chunks if chunks is None else chunks, name=name)


def from_npy_stack(dirname, mmap_mode="r"):
    """A folder of ``.npy`` files that follow each other along an axis, as one array: what :func:`to_npy_stack` or dask wrote, or any files that fit.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.to_npy_stack("stack", ta.ones((4, 2), chunks=2))
    >>> ta.from_npy_stack("stack").shape
    (4, 2)
    """
    return Array(_tilework.open_npy_stack(dirname, None, cut("auto", ())))


def open_npy(path, chunks="auto"):
    """A ``.npy`` file (a path or a URL), whose elements are mapped where they lie.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> np.save("x.npy", np.arange(6))
    >>> ta.open_npy("x.npy", chunks=3).sum().compute()
    np.int64(15)
    """
    return _opened(lambda c: _tilework.open_npy(path, c), chunks)


def open_netcdf(path, variable, chunks="auto", decoded=True):
    """A variable of a NetCDF file, read by the engine; `decoded`: scale, offset and missing values as its attributes say.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.open_netcdf("no.nc", "t")
    Traceback (most recent call last):
    ...
    FileNotFoundError: ...
    """
    return _opened(lambda c: _tilework.open_netcdf(path, variable, c, decoded), chunks)


def open_hdf5(path, dataset, chunks="auto"):
    """A dataset of an HDF5 file, read by the engine: by several threads at once, which `h5py` cannot.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.to_hdf5("x.h5", "/x", ta.arange(6, chunks=3))
    >>> ta.open_hdf5("x.h5", "/x").max().compute()
    np.int64(5)
    """
    return _opened(lambda c: _tilework.open_hdf5(path, dataset, c), chunks)


def _opened(open_, chunks):
    if chunks == "auto":
        return Array(open_(cut("auto", ())))
    whole = open_(None)
    return Array(open_(cut(chunks, tuple(whole.shape), whole.dtype)))


def from_delayed(value, shape, dtype=None, meta=None, name=None):
    """The array that a delayed object of dask's computes, as one chunk.

    Parameters
    ----------
    value : dask.delayed.Delayed
        What is computed, or anything that has a method ``compute``.
    shape : tuple
        Its shape; nan for lengths that are not known.
    dtype : dtype
        Its dtype; or `meta`, an array that has it.
    name : str, optional
        What tells it from other arrays: equal names must mean equal elements.

    Examples
    --------
    >>> import dask, numpy as np
    >>> import tilework.array as ta
    >>> ta.from_delayed(dask.delayed(np.ones)(3), (3,), dtype=float).sum().compute()
    np.float64(3.0)
    """
    dtype = declared(dtype, meta)
    if dtype is None:
        raise TypeError("from_delayed needs the dtype: give dtype= (or meta=, an array that has it)")
    if not hasattr(value, "compute"):
        import dask

        value = dask.delayed(value)
    key = name or f"delayed {getattr(value, 'key', id(value))}"
    return apply(_Computed(value), range(len(shape)), [], {}, [dtype], label=name or "delayed", new_axes=dict(enumerate(shape)), key=key)[0]


class _Computed:
    """Computes something of dask's."""

    def __init__(self, value):
        self.value = value

    def __call__(self):
        return self.value.compute(scheduler="synchronous")


def from_func(func, shape, dtype=None, name=None, args=(), kwargs=None):
    """The array that a function makes when it is called, as one chunk.

    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> ta.from_func(np.arange, (3,), dtype="int64", args=(3,)).compute()
    array([0, 1, 2])
    """
    if dtype is None:
        raise TypeError("from_func needs the dtype: give dtype=")
    pairs = [(a, None) for a in args]
    return apply(func, range(len(shape)), pairs, kwargs or {}, [dtype], label=name or name_of(func), new_axes=dict(enumerate(shape)), key=name)[0]


class _Dask:
    """The elements of an array of dask's, computed where they are asked for."""

    def __init__(self, x):
        self.x, self.shape, self.dtype = x, x.shape, x.dtype

    def __getitem__(self, at):
        return np.asarray(self.x[at].compute(scheduler="synchronous"))


def from_dask(x):
    """An array of dask's, whose chunks dask computes when they are needed, each by itself. Its memory is dask's: no budget holds it.

    Examples
    --------
    >>> import dask.array as da
    >>> import tilework.array as ta
    >>> ta.from_dask(da.ones((4, 4), chunks=2)).sum().compute()
    np.float64(16.0)
    """
    if any(n != n for n in x.shape):
        raise ValueError("arrays of unknown size cannot be taken: call compute_chunk_sizes() on it first")
    return _read(_Dask(x), x.chunks, f"dask {x.name}", False, None)


def to_dask(x):
    """An array of dask's, whose blocks Tilework computes when they are needed, each in a run of its own.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.arange(6, chunks=3).to_dask().sum().compute()
    np.int64(15)
    """
    import dask.array

    meta = np.empty((0,) * x.ndim, x.dtype)
    return dask.array.from_array(_Elements(x), chunks=x.chunks, name=x.name, asarray=True, fancy=False, meta=meta)


class _Elements:
    """The elements of a lazy array, computed where they are asked for."""

    def __init__(self, x):
        self.x, self.shape, self.dtype, self.ndim = x, x.shape, x.dtype, x.ndim

    def __getitem__(self, at):
        return np.asarray(self.x[at])


def _to_delayed(x, optimize_graph=True):
    """dask's delayed objects of the blocks, as an array of NumPy's: those of :meth:`to_dask`.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.arange(6, chunks=3).to_delayed()[1].compute()
    array([3, 4, 5])
    """
    return to_dask(x).to_delayed(optimize_graph=optimize_graph)


def _meta(x):
    """An empty array of NumPy's with this array's dtype and number of dimensions, by which dask's programs ask for these."""
    make = np.ma.empty if hasattr(x, "mask") else np.empty
    return make((0,) * x.ndim, x.dtype)


def _set_meta(x, meta):
    if meta.dtype != x.dtype:
        x._x = x._x.astype(np.dtype(meta.dtype).name)


methods(to_dask=to_dask, to_delayed=_to_delayed, _meta=property(_meta, _set_meta))
