"""The tree of a reduction by Python's functions: states of blocks, whatever they are, as rows of bytes of one length."""

from __future__ import annotations

import functools
import math
import pickle

import numpy as np

from ._blockwise import apply

_ALIGN = 64
_ROOM = 1 << 16
"""Bytes that a state may have without being as large as what is known of it says."""


class Functions:
    """The three functions, and the axes they reduce."""

    def __init__(self, chunk, combine, aggregate, axis, concatenate):
        self.chunk, self.combine, self.aggregate, self.axis, self.concatenate = chunk, combine, aggregate, axis, concatenate

    def state(self, room, *blocks):
        """The state of a block, as a row of bytes."""
        return _row(self.chunk(*blocks, axis=self.axis, keepdims=True), room, blocks[0].ndim)

    def combined(self, room, rows):
        """The state of several, as a row of bytes."""
        return _row(self.combine(self._states(rows), axis=self.axis, keepdims=True), room, rows.ndim - 1)

    def result(self, keepdims, rows):
        """The result of the last states."""
        return self.aggregate(self._states(rows), axis=self.axis, keepdims=keepdims)

    def _states(self, rows):
        return _nested(rows, np.concatenate if self.concatenate else None)


def _nested(rows, join, axis=0):
    """States joined along the axes on which there are several, or as lists, one in the other for each of these."""
    if rows.ndim == 1:
        return _state(rows)
    states = [_nested(r, join, axis + 1) for r in rows]
    if len(states) == 1:
        return states[0]
    return join(states, axis) if join else states


def _up(n):
    return -(-n // _ALIGN) * _ALIGN


def _parts(state):
    """A state as bytes: a pickle, and the memory of its arrays."""
    buffers: list = []
    data = pickle.dumps(state, protocol=5, buffer_callback=buffers.append)
    return [memoryview(data), *(b.raw() for b in buffers)]


def _length(parts):
    return _up(8 * (len(parts) + 1)) + sum(_up(p.nbytes) for p in parts)


def _row(state, room, ndim):
    parts = _parts(state)
    if _length(parts) > room:
        raise ValueError(
            f"the state of a block takes {_length(parts)} bytes, but at most {room} were expected of it: chunk and combine must reduce what they are given"
        )
    row = np.zeros(room, np.uint8)
    row[: 8 * (len(parts) + 1)].view(np.int64)[:] = [len(parts), *(p.nbytes for p in parts)]
    at = _up(8 * (len(parts) + 1))
    for p in parts:
        row[at : at + p.nbytes] = np.frombuffer(p, np.uint8)
        at += _up(p.nbytes)
    return row.reshape((1,) * ndim + (room,))


def _state(row):
    n = int(row[:8].view(np.int64)[0])
    sizes = row[8 : 8 * (n + 1)].view(np.int64)
    at, parts = _up(8 * (n + 1)), []
    for size in sizes:
        parts.append(row[at : at + size])
        at += _up(int(size))
    return pickle.loads(parts[0], buffers=parts[1:])


def _room(arrays, functions):
    """Bytes for the state of a block: as those of the state of one element, whose arrays grow with the axes that are not reduced."""
    x = arrays[0]
    block = math.prod(x.chunksize) * max(x.dtype.itemsize, 16)
    kept = math.prod(n for a, n in enumerate(x.chunksize) if a not in functions.axis)
    try:
        with np.errstate(all="ignore"):
            one = functions.chunk(*(np.zeros((1,) * a.ndim, a.dtype) for a in arrays), axis=functions.axis, keepdims=True)
        data, *memory = _parts(one)
    except Exception:
        return _up(2 * block + 4096)
    return _up(2 * data.nbytes + kept * sum(m.nbytes for m in memory) + min(2 * block, _ROOM) + 4096 + _ALIGN * len(memory))


def reduced(arrays, functions, keepdims, dtype, split_every, label, output_size):
    """The lazy result."""
    x = arrays[0]
    room, inds = _room(arrays, functions), tuple(range(x.ndim))
    rows = inds + ("state",)
    each = dict.fromkeys(inds, 1)
    states = apply(
        functools.partial(functions.state, room), rows, [(a, inds) for a in arrays], {}, [np.uint8], label=label, new_axes={"state": room}, adjust=each
    )[0]
    while any(states.numblocks[a] > n for a, n in split_every.items()):
        states = states.rechunk(tuple(split_every.get(a, 1) if a in inds else -1 for a in range(x.ndim + 1)))
        states = apply(functools.partial(functions.combined, room), rows, [(states, rows)], {}, [np.uint8], label=label, adjust=each)[0]
    states = states.rechunk(tuple(-1 if a in split_every else 1 for a in inds) + (-1,))
    sizes = {a: output_size if a in split_every else x.chunks[a] for a in inds}
    out = inds if keepdims else tuple(a for a in inds if a not in split_every)
    return apply(functools.partial(functions.result, keepdims), out, [(states, rows)], {}, [dtype], label=label, adjust=sizes)[0]
