"""Writes small GeoTIFFs of every variant that is read, and `expected.json`: what rasterio (GDAL) sees in them.

Run in this folder with rasterio, numpy and xxhash installed:  python generate.py [folder of sample rasters]
The samples are not committed; only what rasterio sees in them is.
"""

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
import xxhash
from rasterio.enums import MaskFlags
from rasterio.transform import Affine

HERE = Path(__file__).parent
ROWS, COLS = 37, 45


def pixels(dtype, bands, seed, limit=None):
    """Smooth pixels with noise; floats hold NaN and negative zero."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:ROWS, 0:COLS]
    base = 60 + 50 * np.sin(x / 9.0)[None] * np.cos(y / 7.0)[None] + 10 * np.arange(bands)[:, None, None]
    out = base + rng.normal(0, 3, (bands, ROWS, COLS))
    if np.dtype(dtype).kind == "f":
        out = out.astype(dtype)
        out[:, 3, 4] = np.nan
        out[:, 3, 5] = -0.0
        return out
    info = np.iinfo(dtype)
    out = (out * (1 << max(0, info.bits - 9))).astype(np.float64)
    if info.min < 0:
        out -= out.mean()
    out = out.clip(info.min, float(info.max) * 0.999).astype(dtype)
    out[:, 0, 0] = info.max
    out[:, 0, 1] = info.min
    return out % (limit + 1) if limit else out


def write(name, dtype="uint16", bands=2, nbits=None, seed=1, sparse=False, georef=True, **options):
    data = pixels(dtype, bands, seed, limit=(1 << int(nbits)) - 1 if nbits else None)
    if nbits:
        options["nbits"] = nbits
    if georef:
        options.setdefault("crs", "EPSG:32633")
        options.setdefault("transform", Affine(10, 0, 500000, 0, -10, 5400000))
    profile = dict(driver="GTiff", width=COLS, height=ROWS, count=bands, dtype=dtype, **options)
    with rasterio.open(HERE / name, "w", **profile) as dst:
        if sparse:
            dst.write(data[:, :16, :16], window=((0, 16), (0, 16)))
        else:
            dst.write(data)


def variants():
    tile = dict(tiled=True, blockxsize=16, blockysize=16)
    write("strips.tif", compress="lzw", blockysize=5)
    write("one_strip.tif", blockysize=ROWS)
    write("no_georef.tif", georef=False)
    for codec in ["none", "lzw", "deflate", "zstd", "packbits"]:
        write(f"{codec}.tif", compress=codec, interleave="pixel", **tile)
        write(f"{codec}_be.tif", compress=codec, endianness="BIG", interleave="band", **tile)
    for dtype in ["uint8", "int8", "int16", "uint32", "int32", "uint64", "int64"]:
        write(f"{dtype}_pred2.tif", dtype, compress="zstd", predictor=2, interleave="pixel", **tile)
        write(f"{dtype}_pred2_be.tif", dtype, compress="lzw", predictor=2, interleave="band", endianness="BIG", **tile)
    for dtype in ["float32", "float64"]:
        for predictor in [1, 2, 3]:
            write(f"{dtype}_pred{predictor}.tif", dtype, 3, compress="deflate", predictor=predictor, interleave="pixel", **tile)
            write(f"{dtype}_pred{predictor}_be.tif", dtype, 1, compress="zstd", predictor=predictor, endianness="BIG", blockysize=7)
    write("float16.tif", "float32", 1, nbits=None, compress="deflate", NBITS=16, **tile)
    for bits in [1, 2, 4, 7]:
        write(f"bits{bits}.tif", "uint8", 2, nbits=bits, compress="deflate", interleave="pixel", **tile)
    write("bits12.tif", "uint16", 1, nbits=12, compress="lzw", **tile)
    write("bits24.tif", "uint32", 1, nbits=24, **tile)
    write("bits24_be.tif", "uint32", 1, nbits=24, endianness="BIG", **tile)
    write("bits20.tif", "uint32", 2, nbits=20, interleave="pixel", **tile)
    write("bits1_strips.tif", "uint8", 1, nbits=1, compress="packbits", blockysize=4)
    write("big.tif", bigtiff="YES", compress="deflate", **tile)
    write("big_be.tif", bigtiff="YES", endianness="BIG", predictor=2, compress="deflate", **tile)
    write("sparse.tif", sparse=True, SPARSE_OK=True, nodata=7, compress="zstd", interleave="pixel", **tile)
    write("sparse_planar.tif", sparse=True, SPARSE_OK=True, compress="none", interleave="band", **tile)
    write("wide.tif", "uint8", 7, compress="zstd", predictor=2, interleave="pixel", **tile)
    write("rotated.tif", transform=Affine(8, 3, 1000, 2, -9, 2000), nodata=0, **tile)
    write("south_up.tif", transform=Affine(0.5, 0, 10, 0, 0.5, 40), crs="EPSG:4326", **tile)
    write("laea.tif", "float32", 1, crs="EPSG:3035", nodata=-9999, **tile)
    write("nan.tif", "float32", 1, nodata=float("nan"), **tile)
    write("lsb.tif", "uint8", 1, compress="none", FILLORDER="LSB2MSB", **tile)
    write("named.tif", compress="deflate", **tile)
    with rasterio.open(HERE / "named.tif", "r+") as dst:
        dst.descriptions = ["red & <near>", "nir"]
        dst.scales, dst.offsets = [0.0001, 0.5], [0, -3.25]
        dst.update_tags(AREA_OR_POINT="Point", SENSOR="A & B")
    write("point.tif", "float32", 1, **tile)
    with rasterio.open(HERE / "point.tif", "r+") as dst:
        dst.update_tags(AREA_OR_POINT="Point")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write("mask.tif", "uint8", 3, compress="deflate", interleave="pixel", **tile)
        with rasterio.open(HERE / "mask.tif", "r+") as dst:
            mask = np.full((ROWS, COLS), 255, np.uint8)
            mask[5:20, 7:30] = 0
            dst.write_mask(mask)
            dst.build_overviews([2, 4], rasterio.enums.Resampling.average)
    write("alpha.tif", "uint8", 4, photometric="RGB", ALPHA="YES", **tile)


def digest(array):
    array = np.ascontiguousarray(array)
    return xxhash.xxh3_64_hexdigest(array.astype(array.dtype.newbyteorder("<")).tobytes())


def number(value):
    return None if value is None else repr(value)


def expected(path):
    with rasterio.open(path) as src:
        if src.dtypes[0].startswith("complex") or src.colorinterp is None:
            return None
        georeferenced = src.transform != Affine.identity()
        out = dict(
            shape=[src.count, src.height, src.width],
            dtype=src.dtypes[0],
            bands=[digest(src.read(i)) for i in src.indexes],
            affine=list(src.transform.to_gdal()) if georeferenced else None,
            epsg=src.crs.to_epsg(confidence_threshold=100) if src.crs else None,
            nodata=number(src.nodata),
            descriptions=list(src.descriptions),
            scales=list(src.scales),
            offsets=list(src.offsets),
            overviews=[],
            mask=None,
        )
        if all(flags == [MaskFlags.per_dataset] for flags in src.mask_flag_enums):
            out["mask"] = digest(src.read_masks(1) > 0)
        levels = len(src.overviews(1))
    for level in range(levels):
        with rasterio.open(path, overview_level=level) as src:
            out["overviews"].append(dict(shape=[src.count, src.height, src.width], bands=[digest(src.read(i)) for i in src.indexes]))
    return out


def main():
    for old in HERE.glob("*.tif"):
        old.unlink()
    variants()
    samples = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    table = {"made": {p.name: expected(p) for p in sorted(HERE.glob("*.tif"))}, "samples": {}}
    if samples:
        files = sorted(p for p in samples.iterdir() if p.suffix.lower() in (".tif", ".tiff"))
        for path in files:
            try:
                table["samples"][path.name] = expected(path)
            except rasterio.errors.RasterioError as error:
                print(path.name, error)
    (HERE / "expected.json").write_text(json.dumps(table, indent=1) + "\n")


main()
