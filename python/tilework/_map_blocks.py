"""xarray's ``map_blocks`` on Tilework: a function of the user's on what xarray objects have in one block, along all of their chunked dimensions.

All variables that the function gives of a block are packed into one array of bytes, so that it is called once for a block; each variable is
then taken from there.
"""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from .array._blockwise import apply, starts
from .array._core import Array, has_dtype

_OBJECTS = (xr.DataArray, xr.Dataset)
_ELEMENTS = "elements of the array"
_BYTES = "bytes of a block"


def map_blocks(func, obj, args=(), kwargs=None, template=None):
    """What :func:`xarray.map_blocks` gives of objects with arrays of Tilework's; it takes the same arguments."""
    kwargs = _checked(args, kwargs, template)
    given = [obj, *args]
    aligned = xr.align(*(a for a in given if isinstance(a, _OBJECTS)), join="exact")
    objects = iter(aligned)
    given = [_Part(next(objects)) if isinstance(a, _OBJECTS) else a for a in given]
    chunks = _chunks(aligned)
    merged = xr.merge([a.coords.to_dataset() for a in aligned], join="exact", compat="override")
    if template is None:
        template = _inferred(func, given, kwargs)
        coords = _coordinates(_dataset(template), merged)
        cut = {d: chunks[d] for d in template.dims if d in chunks}
    else:
        coords, cut = template.coords, dict(template.chunksizes)
        if not cut:
            raise ValueError("the template has no chunked variable: its chunks say where the blocks of the result lie")
    made = _Blocks(func, given, kwargs, chunks, _dataset(template), coords, cut).result()
    return made if isinstance(template, xr.Dataset) else made[_ELEMENTS].rename(template.name)


def _checked(args, kwargs, template):
    if template is not None and not isinstance(template, _OBJECTS):
        raise TypeError(f"template must be a DataArray or Dataset, not {type(template).__name__}")
    if not isinstance(args, (list, tuple)):
        raise TypeError(f"args must be a list or tuple, not {type(args).__name__}")
    if kwargs is not None and not isinstance(kwargs, dict):
        raise TypeError(f"kwargs must be a dict, not {type(kwargs).__name__}")
    for name, value in (kwargs or {}).items():
        if isinstance(value, Array) or (isinstance(value, _OBJECTS) and _lazy(_dataset(value))):
            raise TypeError(f"the keyword argument {name!r} is lazy: call compute() on it, or give it in args, which are cut into blocks")
    return kwargs or {}


def _dataset(obj):
    return obj if isinstance(obj, xr.Dataset) else obj.to_dataset(name=_ELEMENTS)


def _lazy(ds):
    """The variables of a dataset that are lazy arrays."""
    return {name: v for name, v in ds.variables.items() if isinstance(v._data, Array)}


def _chunks(objects):
    """The cut of every dimension; one chunk where no variable is cut."""
    chunks: dict = {}
    for a in objects:
        for d, sizes in a.chunksizes.items():
            if chunks.setdefault(d, sizes) != sizes:
                raise ValueError(f"Chunk sizes along dimension {d!r} differ between the arguments: {chunks[d]} and {sizes}: cut them alike with chunk()")
    for a in objects:
        for d, n in a.sizes.items():
            chunks.setdefault(d, (n,))
    return chunks


class _Part:
    """An argument of xarray's: what it has in a block."""

    def __init__(self, obj):
        ds = _dataset(obj)
        self.lazy = {name: (v.dims, v.dtype, v.attrs) for name, v in _lazy(ds).items()}
        self.blocks = [(v._data, v.dims) for v in _lazy(ds).values()]
        self.rest = ds.drop_vars(self.lazy)
        self.names, self.coords = list(ds.data_vars), [name for name in self.lazy if name in ds.coords]
        self.array_name = None if obj is ds else (obj.name,)

    def within(self, bounds, blocks):
        """The object with these elements for its lazy variables, and what lies within bounds of the others."""
        ds = self.rest.isel({d: slice(*at) for d, at in bounds.items() if d in self.rest.dims})
        new = {name: xr.Variable(dims, b, attrs) for (name, (dims, _, attrs)), b in zip(self.lazy.items(), blocks)}
        ds = ds.assign_coords({k: new.pop(k) for k in self.coords}).assign(new)[self.names]
        return ds if self.array_name is None else ds[_ELEMENTS].rename(self.array_name[0])

    def empty(self):
        """The object with no elements."""
        sizes = dict.fromkeys(self.rest.dims, (0, 0))
        return self.within(sizes, [np.empty((0,) * len(dims), dtype) for dims, dtype, _ in self.lazy.values()])

    def __getstate__(self):
        return {**self.__dict__, "blocks": None}


def _inferred(func, given, kwargs):
    """What the function gives of objects without elements."""
    try:
        template = func(*(a.empty() if isinstance(a, _Part) else a for a in given), **kwargs)
    except Exception as e:
        raise ValueError(f"Cannot infer what the function gives, as it fails on objects of size 0 ({e}): give template=, an object like the result") from e
    if not isinstance(template, _OBJECTS):
        raise TypeError(f"Function must return an xarray DataArray or Dataset, not {type(template).__name__}")
    return template


def _coordinates(template, merged):
    """The coordinates of the result: those of the arguments that the function keeps, and its own."""
    own = template.coords
    kept = merged[[k for k in own if k in merged.coords]]
    kept = kept.drop_vars([k for k in kept.variables if k not in own])
    # Others of its own are computed.
    new = own.to_dataset()[[k for k in own.xindexes if k not in merged.coords]]
    return xr.merge((kept, new), join="outer", compat="override").coords


class _Blocks:
    """The function and its arguments, called for each block; and where its results lie."""

    def __init__(self, func, given, kwargs, chunks, template, coords, cut):
        self.func, self.given, self.kwargs, self.template, self.coords = func, given, kwargs, template, coords
        self.bounds = {d: starts(c) for d, c in chunks.items()}
        self.cut = {d: cut.get(d, (n,)) for d, n in template.sizes.items()}
        for d, sizes in self.cut.items():
            n = len(chunks.get(d, (0,)))
            if len(sizes) != n:
                words = "map_blocks requires that one block of the input makes one block of the result"
                raise ValueError(f"{words}: along {d!r} there are {n} and {len(sizes)}")
        self.out_bounds = {d: starts(c) for d, c in self.cut.items()}
        self.names = set(template.coords), set(template.data_vars)
        self.variables, self.kept = {}, {}
        for name, v in template.variables.items():
            if has_dtype(v.dtype) and name not in coords.xindexes:
                self.variables[name] = v.dims, v.dtype
            elif name not in coords:
                self.kept[name] = self._kept(name, v)

        self.n_bytes = max(self.starts({d: int(np.argmax(c)) for d, c in self.cut.items()})[-1], 1)

    def _kept(self, name, v):
        """A variable whose dtype chunks cannot have: that of an argument, which the function must give as it is."""
        own = (a.rest.variables[name] for a in self.given if isinstance(a, _Part) and name in a.rest.variables)
        own = next(own, None)
        if own is None or own.dims != v.dims or own.dtype != v.dtype:
            raise TypeError(f"the function gives {name!r} with dtype {v.dtype}, which chunks cannot have: drop it, or convert it")
        return own

    def result(self):
        """The lazy dataset."""
        pairs = [pair for a in self.given if isinstance(a, _Part) for pair in a.blocks]
        alone = {d: 1 for d in self.bounds if not any(d in dims for _, dims in pairs)}
        label = getattr(self.func, "__name__", type(self.func).__name__)
        (packed,) = apply(
            self, (*self.bounds, _BYTES), pairs, {}, ["u1"], label=label, adjust=dict.fromkeys(self.bounds, 1), new_axes={_BYTES: self.n_bytes, **alone},
            keywords=("block_id",),
        )  # fmt: skip
        made = xr.Dataset(self.kept, self.coords, self.template.attrs)
        for number, (name, (dims, dtype)) in enumerate(self.variables.items()):
            v = self.template.variables[name]
            made[name] = xr.Variable(dims, self._taken(packed, number, name, dims, dtype), v.attrs, v.encoding)
        made = made.set_coords([k for k in self.template.coords if k in made.variables])
        for name in made.xindexes:
            made[name].attrs, made[name].encoding = self.template[name].attrs, self.template[name].encoding
        return made[list(self.template.data_vars)]

    def _taken(self, packed, number, name, dims, dtype):
        # Of blocks that differ only along dimensions that the variable lacks, the last one counts.
        own = packed[tuple(slice(None) if d in dims else -1 for d in self.bounds)]
        pairs = [(own, (*(d for d in self.bounds if d in dims), _BYTES))]
        new = {d: self.cut[d][0] for d in dims if d not in self.bounds}
        cut = {d: self.cut[d] for d in dims if d in self.bounds}
        (x,) = apply(
            _Taken(self, number, dims, dtype), dims, pairs, {}, [dtype], label=str(name), adjust=cut, new_axes=new, keywords=("block_id",),
            key=f"{packed.name} {number}",
        )  # fmt: skip
        return x

    def starts(self, at):
        """Where variables begin in the bytes of a block, and the last one ends."""
        sizes = (math.prod(self.shape(dims, at)) * dtype.itemsize for dims, dtype in self.variables.values())
        return starts(sizes)

    def shape(self, dims, at):
        """The shape of a variable in a block."""
        return tuple(self.cut[d][at.get(d, -1)] for d in dims)

    def __call__(self, *blocks, block_id):
        at = dict(zip(self.bounds, block_id))
        bounds = {d: self.bounds[d][i : i + 2] for d, i in at.items()}
        blocks = iter(blocks)
        result = self.func(*(a.within(bounds, blocks) if isinstance(a, _Part) else a for a in self.given), **self.kwargs)
        ds = self._as_declared(result, at)
        packed = np.zeros(self.n_bytes, "u1")
        for (name, (_, dtype)), start in zip(self.variables.items(), self.starts(at)):
            elements = np.ascontiguousarray(ds.variables[name].values.astype(dtype, copy=False)).reshape(-1).view("u1")
            packed[start : start + elements.size] = elements
        return packed.reshape((1,) * len(at) + (-1,))

    def _as_declared(self, result, at):
        """What the function gave, if it is what the template says."""
        if not isinstance(result, _OBJECTS):
            raise TypeError(f"Function must return an xarray DataArray or Dataset, not {type(result).__name__}")
        ds = _dataset(result)
        for what, have, want in zip(("coordinate", "data"), (set(ds.coords), set(ds.data_vars)), self.names):
            if want - have:
                raise ValueError(f"Result from applying user function does not contain {what} variables {want - have}.")
            if have - want:
                raise ValueError(f"Result from applying user function has unexpected {what} variables {have - want}.")
        missing = set(self.cut) - set(ds.sizes)
        if missing:
            raise ValueError(f"Dimensions {missing} missing on returned object.")
        for d, sizes in self.cut.items():
            if ds.sizes[d] != sizes[at.get(d, 0)]:
                raise ValueError(f"Received dimension {d!r} of length {ds.sizes[d]}. Expected length {sizes[at.get(d, 0)]}.")
        for name, v in self.kept.items():
            if not v.isel({d: slice(*self.bounds[d][at[d] : at[d] + 2]) for d in v.dims}).equals(ds.variables[name]):
                raise ValueError(f"the function changes {name!r}, whose dtype {v.dtype} chunks cannot have: convert it")
        for name, index in ds.xindexes.items():
            want = self.coords.xindexes.get(name)
            within = {d: slice(*self.out_bounds[d][at[d] : at[d] + 2]) for d in ds[name].dims if d in at}
            want = want.isel(within) if want is not None and within else want
            if want is not None and not index.equals(want):
                raise ValueError(f"Expected index {name!r} to be {want!r}. Received {index!r} instead.")
        return ds


class _Taken:
    """A variable of the block of bytes."""

    def __init__(self, blocks, number, dims, dtype):
        self.blocks, self.number, self.dims, self.dtype = blocks, number, dims, dtype

    def __call__(self, packed, block_id):
        at = dict(zip(self.dims, block_id))
        shape, start = self.blocks.shape(self.dims, at), self.blocks.starts(at)[self.number]
        end = start + math.prod(shape) * self.dtype.itemsize
        return packed.reshape(-1)[start:end].copy().view(self.dtype).reshape(shape)
