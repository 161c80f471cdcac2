"""Compares arrays that Tilework wrote (Zarr, alone and in groups, npy, and stacks of npy) with what zarr-python, NumPy and dask read.

Usage:
    TILEWORK_ORACLE_DIR=/some/empty/folder cargo test --lib -- --ignored for_the_oracle
    python tests/oracle/check_zarr.py /some/empty/folder

Needs zarr 3.1, dask and numpy. Element number i (C order) of every array is (i * 2654435761 >> 7) mod 2**32, cast to the
dtype (bool: its lowest bit). Ends with an error if an array differs or fewer than 300 were compared.
"""

import sys
from pathlib import Path

import dask.array as da
import numpy as np
import zarr


def values(shape, dtype):
    n = int(np.prod(shape, dtype=np.int64))
    v = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xFFFFFFFF)
    if np.dtype(dtype) == bool:
        v = v & np.uint64(1)
    return v.astype(dtype).reshape(shape)


def check_groups(path):
    """A hierarchy whose arrays were written in parts and made longer: what its consolidated metadata tells is what is there."""
    told = zarr.open_group(str(path), mode="r", use_consolidated=True)
    found = zarr.open_group(str(path), mode="r", use_consolidated=False)
    assert told.attrs["title"] == "numbers", path
    members = dict(told.members(max_depth=None))
    assert sorted(members) == sorted(dict(found.members(max_depth=None))), path
    n_checked = 0
    for name, array in members.items():
        if not isinstance(array, zarr.Array):
            continue
        dtype = name.split("/")[-1]
        assert array.shape == (10, 13) and array.attrs["units"] == "m", (path, name)
        names = array.attrs.get("_ARRAY_DIMENSIONS") or list(array.metadata.dimension_names)
        assert names == ["y", "x"], (path, name)
        assert array[...].tobytes() == values((10, 13), dtype).tobytes(), f"{path} {name} differs"
        n_checked += 1
    assert n_checked == 13, path
    return n_checked


def main():
    n_checked = 0
    for path in sorted(Path(sys.argv[1]).iterdir()):
        if path.name.startswith("stack-"):
            _, dtype, axis = path.name.split("-")
            stack = da.from_npy_stack(str(path))
            assert stack.dtype == np.dtype(dtype) and len(stack.chunks[int(axis)]) == (stack.shape[int(axis)] + 1) // 2, path
            expected = (values((7, 5, 3), "<u4") & np.uint32(0x7F)).astype(dtype)
            assert stack.compute().tobytes() == expected.tobytes(), f"{path} differs"
            n_checked += 1
            continue
        if path.name.startswith("groups-"):
            n_checked += check_groups(path)
            continue
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
