"""Arrays into Zarr arrays: new ones by the engine's own writer, or by `zarr` where that has what the engine lacks, and ones that exist."""

from __future__ import annotations

import os

from .. import _config, _tilework
from ._core import Array, handle, methods
from ._io import from_zarr
from ._stores import Stored, checked, later, output

__all__ = ["to_zarr"]

# Options of new arrays that the engine's writer knows.
_NATIVE = {"attributes", "chunks", "dimension_names", "fill_value", "shards", "zarr_format"}


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
        :func:`zarr.create_array`, and then `zarr` writes. Settings of the run (``memory``, ``threads``, …) are understood, too.

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
        raise ValueError("an array with unknown chunk sizes cannot be saved to Zarr: call compute_chunk_sizes() first")
    settings = {name: options.pop(name) for name in _config.names() if name in options}
    options = {**(zarr_array_kwargs or {}), **options}
    if mode == "r":
        raise ValueError("Cannot use mode `r` (read-only) when writing to zarr.")
    overwrite = overwrite or options.pop("overwrite", False) or mode == "w"
    component = component or options.pop("name", None)
    is_path = isinstance(url, (str, os.PathLike))
    options = {k: v for k, v in options.items() if not (k in ("compressor", "compressors", "codecs") and isinstance(v, str) and v == "auto")}
    natively = is_path and storage_options is None and options.keys() <= _NATIVE and region is None
    if natively and (compute or not return_stored):
        path = _joined(url, component)
        done = Stored(x, lambda: _new(x, os.fspath(url), path, overwrite, options))
    else:
        target = _target(x, url, component, storage_options, overwrite, options, region)
        path = target
        region = checked(x, target, region)
        cut = _aligned(x, target, region)
        done = Stored(x if cut is None else cut, lambda: output(x if cut is None else cut, target, region, cut is None))
        if not compute and return_stored:
            return later(x if cut is None else cut, target, region, cut is None, True)
    if not compute:
        return done
    done.compute(**settings)
    return from_zarr(path, **(zarr_read_kwargs or {})) if return_stored else None


def _joined(url, component):
    url = os.fspath(url)
    return f"{url.rstrip('/')}/{component}" if component else url


def _new(x, url, path, overwrite, options):
    """The engine's own writer of a new array, which appears whole, under its name, or not at all."""
    if "://" not in path:
        if os.path.isdir(path) and not os.listdir(path):
            # A folder that was made for it is no array yet.
            os.rmdir(path)
        elif os.path.isdir(path) and not overwrite and any(os.path.exists(os.path.join(path, name)) for name in ("zarr.json", ".zarray")):
            raise FileExistsError(f"{path}: there is an array already: give overwrite=True to replace it")
        if path != url:
            _groups(url, path, options.get("zarr_format"))
    if any(len(set(c[:-1])) > 1 or (len(c) > 1 and c[-1] > c[0]) for c in x.chunks):
        x = x.rechunk(tuple(max(c) for c in x.chunks))
    options = dict(options)
    if options.get("attributes") is not None:
        import json

        options["attributes"] = json.dumps(options["attributes"])
    chunks = options.pop("chunks", None)
    options["fill"] = options.pop("fill_value", None)
    return _tilework.zarr_sink(x._x, path, overwrite, chunks=None if chunks in (None, "auto") else list(chunks), **options)


def _groups(url, path, zarr_format):
    """Makes the groups that an array of a store shall lie in, where they are missing."""
    outer = [url.rstrip("/")]
    for part in path[len(outer[0]) + 1 :].split("/")[:-1]:
        outer.append(f"{outer[-1]}/{part}")
    old = zarr_format == 2 or os.path.exists(os.path.join(outer[0], ".zgroup"))
    name, text = (".zgroup", '{"zarr_format": 2}') if old else ("zarr.json", '{"zarr_format": 3, "node_type": "group", "attributes": {}}')
    for folder in outer:
        os.makedirs(folder, exist_ok=True)
        if not any(os.path.exists(os.path.join(folder, n)) for n in ("zarr.json", ".zgroup", ".zarray")):
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)


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
    options.setdefault("chunks", tuple(max(*c, 1) if c else 1 for c in x.chunks))
    return zarr.create_array(store, name=component, shape=x.shape, dtype=x.dtype, overwrite=overwrite, **options)


def _aligned(x, target, region):
    """The array cut so that no two chunks lie in one piece of the target's; None where that is not known or cannot be."""
    pieces = getattr(target, "shards", None) or getattr(target, "chunks", None)
    if pieces is None or len(pieces) != x.ndim:
        return None
    if region is not None and any(not isinstance(r, slice) or r.start % p or r.step != 1 for r, p in zip(region, pieces)):
        return None
    if all(size % p == 0 for c, p in zip(x.chunks, pieces) for size in c[:-1]):
        return x
    return x.rechunk(tuple(min(-(-max(c) // p) * p, sum(c)) or 1 for c, p in zip(x.chunks, pieces)))


methods(to_zarr=to_zarr)
