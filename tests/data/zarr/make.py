"""Makes the Zarr arrays that the tests read, with zarr-python 3.1 (numcodecs 0.16).

Usage: python make.py [folder]

Element number i (C order) of every array is (i * 2654435761 >> 7) mod 2**32, cast to the dtype (bool: its lowest bit).
Arrays with "hole" in their name lack the rows before the first chunk boundary of the first axis: they hold the fill value 42 there.
"""

import shutil
import sys
from pathlib import Path

import numcodecs
import numpy as np
import zarr
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64", "complex128"]


def values(shape, dtype):
    n = int(np.prod(shape, dtype=np.int64))
    v = (np.arange(n, dtype=np.uint64) * np.uint64(2654435761) >> np.uint64(7)) & np.uint64(0xFFFFFFFF)
    if np.dtype(dtype) == bool:
        v = v & np.uint64(1)
    return v.astype(dtype).reshape(shape)


def make(name, shape, dtype, hole=False, **kwargs):
    path = ROOT / name
    shutil.rmtree(path, ignore_errors=True)
    kwargs.setdefault("fill_value", 42 if hole else 0)
    a = zarr.create_array(str(path), shape=shape, dtype=dtype, **kwargs)
    data = values(shape, dtype)
    if hole:
        step = (kwargs.get("shards") or kwargs["chunks"])[0]
        a[step:] = data[step:]
    elif shape == ():
        a[...] = data
    else:
        a[:] = data


def main():
    v2, v3 = {"zarr_format": 2}, {"zarr_format": 3}
    for d in DTYPES:
        make(f"v3-zstd-{d}", (5, 6), d, chunks=(3, 4), compressors=ZstdCodec(level=3), **v3)
        make(f"v2-blosc-{d}", (5, 6), d, chunks=(3, 4), compressors=numcodecs.Blosc("lz4", 5, 1), **v2)
    for d in [">i2", ">u4", ">f8", ">f4", ">c8", ">c16"]:
        make(f"v2-big-{d[1:]}", (5, 6), d, chunks=(3, 4), compressors=numcodecs.Zlib(5), **v2)
    make("v2-f-order", (5, 6, 4), "i4", chunks=(3, 4, 2), order="F", compressors=numcodecs.Zstd(1), **v2)
    make("v2-raw", (7,), "f8", chunks=(3,), compressors=None, attributes={"units": "m"}, **v2)
    make("v2-gzip-hole", (9, 5), "u2", hole=True, chunks=(4, 5), compressors=numcodecs.GZip(6), **v2)
    make("v2-slash", (5, 6), "i2", chunks=(3, 4), compressors=None, chunk_key_encoding={"name": "v2", "separator": "/"}, **v2)
    make("v2-complex-fill", (5, 6), "c16", chunks=(3, 4), fill_value=complex(1, -2), **v2)
    make("v3-complex-fill", (5, 6), "c8", chunks=(3, 4), fill_value=complex(float("nan"), float("inf")), **v3)
    make("v2-scalar", (), "f4", chunks=(), compressors=None, **v2)
    make("v2-blosc-zstd", (40, 30), "f4", chunks=(16, 16), compressors=numcodecs.Blosc("zstd", 3, 2), **v2)
    make("v3-scalar", (), "f4", chunks=(), **v3)
    make("v3-raw", (7,), "f8", chunks=(3,), compressors=None, **v3)
    make("v3-gzip-hole", (9, 5), "i4", hole=True, chunks=(4, 5), compressors=GzipCodec(level=6), **v3)
    make("v3-blosc", (20, 30), "f4", chunks=(8, 8), compressors=BloscCodec(cname="zstd", clevel=3), **v3)
    make("v3-crc32c", (5, 6), "u8", chunks=(3, 4), compressors=[ZstdCodec(level=1), Crc32cCodec()], **v3)
    make("v3-big", (5, 6), "i4", chunks=(3, 4), serializer=BytesCodec(endian="big"), **v3)
    make("v3-transpose", (5, 6, 4), "i2", chunks=(3, 4, 2), filters=[TransposeCodec(order=(2, 0, 1))], **v3)
    make("v3-empty", (0, 3), "i2", chunks=(2, 2), **v3)
    make("v3-dots", (5, 6), "i2", chunks=(3, 4), chunk_key_encoding={"name": "default", "separator": "."}, **v3)
    make("v3-shard", (20, 30), "f4", chunks=(4, 5), shards=(8, 10), compressors=ZstdCodec(level=3), **v3)
    make("v3-shard-gzip-hole", (20, 7), "u2", hole=True, chunks=(2, 7), shards=(6, 7), compressors=GzipCodec(level=1), **v3)
    start = ShardingCodec(chunk_shape=(4, 4), codecs=[BytesCodec(), BloscCodec(cname="lz4")], index_location="start")
    make("v3-shard-start", (9, 9), "i8", chunks=(8, 8), serializer=start, compressors=None, **v3)
    # Refused by name.
    make("no-float16", (4,), "f2", chunks=(2,), **v3)
    make("no-delta", (4,), "i4", chunks=(2,), filters=[numcodecs.Delta("i4")], compressors=None, **v2)
    make("no-lz4", (4,), "i4", chunks=(2,), compressors=numcodecs.LZ4(), **v2)
    group = ROOT / "group"
    shutil.rmtree(group, ignore_errors=True)
    zarr.create_group(str(group), zarr_format=3)
    make("group/inner/a", (5, 6), "i2", chunks=(3, 4), attributes={"units": "K"}, dimension_names=["y", "x"], **v3)


main()
