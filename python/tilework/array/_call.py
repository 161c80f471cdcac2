"""What is run for each block: a function of the user's with its arguments, and where blocks lie."""

from __future__ import annotations

import numpy as np

from .. import _config


class Slot:
    """Stands for block ``i`` among the arguments of a function."""

    __slots__ = ("i",)

    def __init__(self, i):
        self.i = i


class Call:
    """What is run for each block: the function with its arguments, and how they are made of the blocks."""

    nested = False
    splits = place = finish = ndim = others = None
    keywords = ()

    def __init__(self, func, args, kwargs, dtypes, several, processes):
        self.func, self.args, self.kwargs, self.dtypes, self.several, self.processes = func, args, kwargs, dtypes, several, processes

    def __call__(self, coords, blocks):
        n = self.processes or _config.get("processes")
        if n:
            from .. import _processes

            return _processes.run(n, self, coords, blocks)
        return self.run(coords, blocks)

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k != "_written"}

    def run(self, coords, blocks):
        """The result for the block at ``coords``."""
        if self.others:
            blocks = [self.others[i][b] if i in self.others else b for i, b in enumerate(blocks)]
        if self.splits:
            blocks = [_split(b, s) if s else b for b, s in zip(blocks, self.splits)]
        if self.nested:
            args, kwargs = _filled(self.args, blocks), _filled(self.kwargs, blocks)
        else:
            args, kwargs = [blocks[a.i] if type(a) is Slot else a for a in self.args], self.kwargs
        if self.keywords:
            kwargs = kwargs | {k: coords if k == "block_id" else self.place.info(coords) for k in self.keywords}
        try:
            out = self.func(*args, **kwargs)
        except ValueError as e:
            if "read-only" in str(e) and hasattr(e, "add_note"):
                e.add_note("blocks are read-only views: change a copy (block = block.copy())")
            raise
        if self.finish:
            out = self.finish(out, coords)
        if not self.several:
            r = _result(out, self.dtypes[0])
            # One element is one element, whatever its dimensions.
            return r if r.ndim == self.ndim or r.size != 1 else r.reshape((1,) * self.ndim)
        if not isinstance(out, (tuple, list)) or len(out) != len(self.dtypes):
            have = f"{len(out)} results" if isinstance(out, (tuple, list)) else f"a {type(out).__name__}"
            raise ValueError(f"the function gave {have}, but {len(self.dtypes)} results were declared: it must return a tuple of them")
        return tuple(_result(o, d) for o, d in zip(out, self.dtypes))


def _result(r, dtype):
    """What a function gave as an array of the declared dtype that keeps no more memory than its own."""
    if type(r) is not np.ndarray:
        if type(r).__module__.startswith("numpy.ma"):
            raise TypeError("the function gave a masked array, which chunks cannot hold: return its data (filled(...)) and its mask as arrays of their own")
        if r is None:
            raise TypeError("the function gave None: it must return an array for each block")
        r = np.asarray(r)
    if r.dtype != dtype:
        if not np.can_cast(r.dtype, dtype, "same_kind"):
            raise TypeError(f"the function gave {r.dtype}, but {dtype} was declared: declare the result's dtype with dtype=")
        return r.astype(dtype)
    root = r
    while type(root.base) is np.ndarray:
        root = root.base
    return r if root is r or root.nbytes <= r.nbytes else r.copy()


def _split(block, sizes):
    """The block as nested lists of pieces along the axes that have sizes."""
    for axis, own in enumerate(sizes):
        if own is not None:
            rest = (None,) * (axis + 1) + tuple(sizes[axis + 1 :])
            cuts = np.cumsum(own)[:-1]
            return [_split(b, rest) for b in np.split(block, cuts, axis)]
    return block


def _filled(o, blocks):
    """The arguments with blocks in place of their slots."""
    t = type(o)
    if t is Slot:
        return blocks[o.i]
    if t in (list, tuple):
        return t(_filled(v, blocks) for v in o)
    if t is dict:
        return {k: _filled(v, blocks) for k, v in o.items()}
    return o.value() if t is Delayed else o


class Delayed:
    """Stands for something of dask's among the arguments, which is computed once, when it is first needed."""

    def __init__(self, o):
        self.o, self.found = o, None

    def value(self):
        """What dask makes of it."""
        if self.found is None:
            self.found = (self.o.compute(scheduler="synchronous"),)
        return self.found[0]


class Place:
    """Where blocks lie, as ``block_info`` tells it."""

    def __init__(self, inputs, shape, chunks, dtype):
        self.inputs, self.shape, self.starts, self.dtype = inputs, shape, [starts(c) for c in chunks], dtype

    def info(self, coords):
        """Of each array argument by its number, and of the result by None: shapes, and where the block lies."""
        out = {}
        for number, shape, own, axes in self.inputs:
            at = tuple(0 if a is None else coords[a] for a in axes)
            out[number] = _location(shape, own, at)
        info = out[None] = _location(self.shape, self.starts, coords)
        info["chunk-shape"] = tuple(b - a for a, b in info["array-location"])
        info["dtype"] = self.dtype
        return out


def _location(shape, all_starts, at):
    return {
        "shape": shape,
        "num-chunks": tuple(len(s) - 1 for s in all_starts),
        "array-location": [(s[i], s[i + 1]) for s, i in zip(all_starts, at)],
        "chunk-location": at,
    }


def starts(sizes):
    """Where chunks of these sizes begin, and the last one ends."""
    out = [0]
    for n in sizes:
        out.append(out[-1] + n)
    return out
