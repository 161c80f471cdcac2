"""Makes the npy files that the tests read, with NumPy 2.4.

Usage: python make.py [folder]

Element number i (C order) of every array is (i * 2654435761 >> 7) mod 2**32, cast to the dtype (bool: its lowest bit).
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
DTYPES = ["?", "i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8", "<f4", "<f8", "<c8", "<c16", ">i2", ">u4", ">f4", ">f8", ">c8", ">c16"]


def values(shape, dtype):
    n = int(np.prod(shape, dtype=np.int64))
    v = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xFFFFFFFF)
    if np.dtype(dtype) == bool:
        v = v & np.uint64(1)
    return v.astype(dtype).reshape(shape)


def save(name, array, version=(1, 0)):
    with open(ROOT / f"{name}.npy", "wb") as f:
        np.lib.format.write_array(f, array, version=version)


for d in DTYPES:
    name = ("big-" if d[0] == ">" else "") + np.dtype(d).name
    save(name, values((4, 5), d))
    save(f"{name}-fortran", np.asfortranarray(values((4, 5, 2), d)))
save("scalar", values((), "f8"))
save("empty", values((3, 0, 2), "i4"))
save("vector", values((7,), "i2"))
save("version2", values((4, 5), "f4"), (2, 0))
save("version3", values((4, 5), "f4"), (3, 0))
save("no-float16", values((3,), "f2"))
save("no-fields", np.zeros(3, dtype=[("x", "f4"), ("y", "i2")]))
