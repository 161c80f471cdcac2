"""Compares arrays that Tilework wrote (Zarr version 3, and npy) with what zarr-python and NumPy read.

Usage:
    TILEWORK_ORACLE_DIR=/some/empty/folder cargo test --lib -- --ignored --exact format::zarr::tests::write_for_the_oracle
    python tests/oracle/check_zarr.py /some/empty/folder

Needs zarr 3.1 and numpy. Element number i (C order) of every array is (i * 2654435761 >> 7) mod 2**32, cast to the
dtype (bool: its lowest bit). Ends with an error if an array differs or fewer than 300 were compared.
"""

import sys
from pathlib import Path

import numpy as np
import zarr


def values(shape, dtype):
    n = int(np.prod(shape, dtype=np.int64))
    v = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xFFFFFFFF)
    if np.dtype(dtype) == bool:
        v = v & np.uint64(1)
    return v.astype(dtype).reshape(shape)


def main():
    n_checked = 0
    for path in sorted(Path(sys.argv[1]).iterdir()):
        if path.suffix == ".npy":
            got = np.load(path, allow_pickle=False)
        else:
            array = zarr.open_array(str(path), mode="r")
            got = array[...]
            if "shape" not in path.name:
                assert array.metadata.dimension_names == ("y", None), path
                assert (array.shards is not None) == ("-true-" in path.name), path
        dtype = path.name.split("-")[0]
        assert got.dtype == np.dtype(dtype), (path, got.dtype)
        expected = values(got.shape, dtype)
        assert got.tobytes() == expected.tobytes(), f"{path} differs"
        n_checked += 1
    assert n_checked >= 300, f"only {n_checked} arrays"
    print(f"{n_checked} arrays equal")


main()
