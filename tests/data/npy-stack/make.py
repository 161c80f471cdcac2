"""Makes the stacks that the tests read, with dask; and reads one that the library wrote.

Usage: python make.py [folder]          python make.py --check STACK AXIS

Element number i (C order) of every array is (i * 2654435761 >> 7) mod 2**32, cast to the dtype.
"""

import sys
from pathlib import Path

import dask.array as da
import numpy as np


def values(shape, dtype):
    n = int(np.prod(shape, dtype=np.int64))
    v = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xFFFFFFFF)
    return v.astype(dtype).reshape(shape)


if len(sys.argv) > 1 and sys.argv[1] == "--check":
    x = da.from_npy_stack(sys.argv[2])
    assert np.array_equal(x.compute(), values(x.shape, x.dtype)), "elements differ"
    print(x)
else:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    da.to_npy_stack(str(root / "f4"), da.from_array(values((7, 4), "<f4"), chunks=(3, 2)), axis=0)
    da.to_npy_stack(str(root / "i2"), da.from_array(values((4, 9, 2), ">i2"), chunks=(2, (4, 1, 4), 2)), axis=1)
