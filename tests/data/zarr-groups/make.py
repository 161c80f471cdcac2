"""Makes the hierarchies that the tests read, with zarr-python 3.1 and xarray.

Usage: python make.py [folder]

Element number i (C order) of every array is (i * 2654435761 >> 7) mod 2**32, cast to the dtype.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import xarray as xr
import zarr

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)


def values(shape, dtype):
    n = int(np.prod(shape, dtype=np.int64))
    v = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xFFFFFFFF)
    return v.astype(dtype).reshape(shape)


for version in [2, 3]:
    path = ROOT / f"v{version}.zarr"
    shutil.rmtree(path, ignore_errors=True)
    root = zarr.create_group(str(path), zarr_format=version, attributes={"title": "numbers"})
    for name, shape, dtype in [("a", (7, 5), "<f4"), ("deep/er/b", (4, 3, 2), "<i2"), ("deep/c", (9,), "<u8")]:
        array = root.create_array(name, shape=shape, chunks=tuple(min(3, n) for n in shape), dtype=dtype, attributes={"units": "m"})
        array[...] = values(shape, dtype)
    zarr.consolidate_metadata(str(path), zarr_format=version)

    path = ROOT / f"xarray-v{version}.zarr"
    shutil.rmtree(path, ignore_errors=True)
    data = xr.Dataset(
        {"depth": (("y", "x"), values((5, 6), "<f8")), "code": (("y",), values((5,), "<i4"))},
        coords={"x": values((6,), "<i8")},
        attrs={"title": "numbers"},
    )
    data.to_zarr(str(path), zarr_format=version, consolidated=True)
