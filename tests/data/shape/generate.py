"""Writes numpy.json: what NumPy gives for calls that change the shape of arrays.

A case holds the call, the shapes of its arrays, its arguments, and shape and values of the result (a list of results where
the call gives several), or null where NumPy refuses the call. Element i of array k is (37 i) mod 101 - 50 + 1000 k, as the
dtype of the case. Run with NumPy 2 from this folder: python generate.py
"""

import json
import pathlib

import numpy as np

SHAPES = [(), (0,), (1,), (7,), (4, 6), (1, 5), (3, 0), (2, 3, 4), (5, 1, 3), (2, 0, 3), (3, 2, 1, 4)]
CALLS = {
    "reshape": lambda x, shape: x[0].reshape(shape),
    "ravel": lambda x: x[0].ravel(),
    "moveaxis": lambda x, a, b: np.moveaxis(x[0], a, b),
    "swapaxes": lambda x, a, b: np.swapaxes(x[0], a, b),
    "rollaxis": lambda x, a, b: np.rollaxis(x[0], a, b),
    "squeeze": lambda x, axes: np.squeeze(x[0], None if axes is None else tuple(axes)),
    "expand_dims": lambda x, axes: np.expand_dims(x[0], tuple(axes)),
    "flip": lambda x, axes: np.flip(x[0], None if axes is None else tuple(axes)),
    "fliplr": lambda x: np.fliplr(x[0]),
    "flipud": lambda x: np.flipud(x[0]),
    "rot90": lambda x, k, a, b: np.rot90(x[0], k, (a, b)),
    "roll": lambda x, shifts, axes: np.roll(x[0], shifts, None if axes is None else tuple(axes)),
    "atleast_1d": lambda x: np.atleast_1d(x[0]),
    "atleast_2d": lambda x: np.atleast_2d(x[0]),
    "atleast_3d": lambda x: np.atleast_3d(x[0]),
    "broadcast_arrays": lambda x: list(np.broadcast_arrays(*x)),
    "vstack": lambda x: np.vstack(x),
    "hstack": lambda x: np.hstack(x),
    "dstack": lambda x: np.dstack(x),
    "column_stack": lambda x: np.column_stack(x),
    "block_row": lambda x: np.block(x),
    "block_square": lambda x: np.block([[x[0], x[1]], [x[2], x[3]]]),
    "append": lambda x, axis: np.append(x[0], x[1], axis),
    "insert_one": lambda x, at, axis: np.insert(x[0], at, x[1], axis),
    "insert_at": lambda x, at, axis: np.insert(x[0], at, x[1], axis),
    "insert_slice": lambda x, a, b, c, axis: np.insert(x[0], slice(a, b, c), x[1], axis),
    "delete_one": lambda x, at, axis: np.delete(x[0], at, axis),
    "delete_at": lambda x, at, axis: np.delete(x[0], at, axis),
    "delete_slice": lambda x, a, b, c, axis: np.delete(x[0], slice(a, b, c), axis),
    "repeat": lambda x, n, axis: np.repeat(x[0], n, axis),
    "tile": lambda x, reps: np.tile(x[0], reps),
    "tri": lambda x, n, m, k: np.tri(n, m, k, dtype=np.int64),
    "tril": lambda x, k: np.tril(x[0], k),
    "triu": lambda x, k: np.triu(x[0], k),
    "diag": lambda x, k: np.diag(x[0], k),
    "diagonal": lambda x, k, a, b: np.diagonal(x[0], k, a, b),
    "meshgrid": lambda x, indexing: list(np.meshgrid(*x, indexing=indexing)),
    "indices": lambda x, shape: np.indices(shape),
    "pad": lambda x, widths, mode, value: np.pad(x[0], widths, mode, **pad_value(mode, value)),
}
cases = []


def pad_value(mode, value):
    return {"constant": {"constant_values": value}, "linear_ramp": {"end_values": value}}.get(mode, {})


def array(shape, k, dtype):
    return ((37 * np.arange(np.prod(shape, dtype=int)) % 101 - 50 + 1000 * k).reshape(shape)).astype(dtype)


def add(call, shapes, *args, dtype="int64"):
    try:
        got = CALLS[call]([array(s, k, dtype) for k, s in enumerate(shapes)], *args)
        got = [{"shape": g.shape, "values": g.ravel().tolist()} for g in (got if isinstance(got, list) else [got])]
    except (ValueError, IndexError, TypeError) as e:
        got = type(e).__name__
    cases.append({"call": call, "shapes": shapes, "args": args, "dtype": dtype, "got": got})


def shapes_alone(s):
    n, d = int(np.prod(s, dtype=int)), len(s)
    for target in {(-1,), (n,), (1, n), (n, 1), s[::-1], s[:1] + (-1,), (-1,) + s[-1:], (2, -1), (-1, 2), (1,) + s + (1,), (5,), (2, 2)}:
        add("reshape", [s], target)
    for call in ["ravel", "fliplr", "flipud", "atleast_1d", "atleast_2d", "atleast_3d"]:
        add(call, [s])
    for a in range(-d - 1, d + 1):
        add("flip", [s], [a])
        add("squeeze", [s], [a])
        add("expand_dims", [s], [a])
        for b in {0, d - 1, -1 if a % 2 else -d, d if a == 1 else 0}:
            add("moveaxis", [s], [a], [b])
            add("swapaxes", [s], a, b)
            add("rollaxis", [s], a, b)
            add("diagonal", [s], 0, a, b)
    for k in (-2, -1, 0, 1, 3):
        add("tril", [s], k)
        add("triu", [s], k)
        add("diag", [s], k)
        add("diagonal", [s], k, 0, 1)
        add("diagonal", [s], k, -1, 0)
        add("rot90", [s], k, 0, 1)
        add("rot90", [s], k, -1, 0)
        add("roll", [s], [k], None)
        add("roll", [s], [k], [0])
        add("roll", [s], [k, 2 * k + 1], [-1, 0])
        add("roll", [s], [k, 5], [0, 0])
    add("squeeze", [s], None)
    add("flip", [s], None)
    add("flip", [s], [0, -1])
    add("expand_dims", [s], [0, -1])
    add("expand_dims", [s], [1, 1])
    add("moveaxis", [s], [0, 1], [-1, 0])
    add("moveaxis", [s], [2, 0], [0, 1])
    for axis in [None, 0, -1, 1]:
        for n in [0, 1, 2, 5]:
            add("repeat", [s], n, axis)
        for at in [0, 2, -1, -2, 6, -9]:
            add("delete_one", [s], at, axis)
            add("insert_one", [s, ()], at, axis)
        for at in [[], [0], [1, 3], [2, 0, 2], [-1, 1], [0, 1, 2]]:
            add("delete_at", [s], at, axis)
            add("insert_at", [s, ()], at, axis)
        for a, b, c in [(None, None, None), (1, 3, None), (None, None, 2), (None, None, -1), (4, 1, -2), (2, 2, None)]:
            add("delete_slice", [s], a, b, c, axis)
            add("insert_slice", [s, ()], a, b, c, axis)
        add("append", [s, s], axis)
    for reps in [[], [1], [0], [3], [2, 1], [1, 2], [2, 3], [2, 1, 2], [1, 1, 1, 1, 2]]:
        add("tile", [s], reps)


def pads(s):
    modes = ["constant", "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean"]
    widths = [[(1, 2)] * len(s), [(0, 3), (2, 0), (1, 1), (0, 0)][: len(s)], [(9, 11)] + [(0, 0)] * (len(s) - 1), [(2, 2)]]
    for mode in modes:
        for w in widths:
            for dtype in ["int64", "float64", "float32", "int8"]:
                if dtype == "int64" or w == widths[0]:
                    add("pad", [s], w, mode, -3, dtype=dtype)
    add("pad", [s], [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1)], "edge", 0)


for s in SHAPES:
    shapes_alone(s)
    if 0 < len(s) < 4:
        pads(s)
for call in ["vstack", "hstack", "dstack", "column_stack", "broadcast_arrays", "block_row"]:
    for shapes in [[(3,)], [(3,), (3,)], [(2, 3), (2, 3)], [(2, 3), (4, 3)], [(2, 3), (2, 1)], [(), ()], [(3,), (2, 3)],
                   [(0, 3), (2, 3)], [(2, 3, 2), (2, 3, 5)], [(4, 1), (1, 5), (5,)], [(1,), ()], [(2, 1, 3), (2, 4, 3)]]:
        add(call, shapes)
add("block_square", [(2, 2), (2, 3), (1, 2), (1, 3)])
add("block_square", [(2,), (3,), (2,), (3,)])
add("block_square", [(), (), (), ()])
add("block_square", [(2, 2), (1, 3), (1, 2), (1, 3)])
add("block_square", [(4, 2, 2), (4, 2, 3), (4, 1, 2), (4, 1, 3)])
for s, v in [((4, 6), (6,)), ((4, 6), (1, 6)), ((4, 6), (3, 6)), ((4, 6), (3,)), ((2, 3, 4), (3, 4)), ((2, 3, 4), (2, 1, 4)), ((7,), (3,)),
             ((4, 6), (4,)), ((4, 6), (4, 1)), ((4, 6), (4, 3)), ((7,), (2, 2))]:
    for axis in [None, 0, 1, -1]:
        add("insert_one", [s, v], 2, axis)
        add("insert_at", [s, v], [2], axis)
        add("insert_at", [s, v], [3, 0, 3], axis)
for n, m, k in [(3, 3, 0), (3, 5, 1), (5, 3, -2), (0, 3, 0), (1, 1, 1), (4, 4, 9), (4, 4, -9)]:
    add("tri", [], n, m, k)
for shapes in [[], [(3,)], [(3,), (2,)], [(3,), (2,), (4,)], [(), (3,)], [(0,), (2,)], [(2, 2), (3,)]]:
    for indexing in ["xy", "ij"]:
        add("meshgrid", shapes, indexing)
for s in SHAPES:
    add("indices", [], s)
with open(pathlib.Path(__file__).parent / "numpy.json", "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
