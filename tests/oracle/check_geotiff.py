"""Checks with rasterio and rio-cogeo the files that the test `files_for_the_oracle` writes.

TILEWORK_ORACLE_OUT=/tmp/out cargo test --features raster files_for_the_oracle
python tests/oracle/check_geotiff.py /tmp/out
"""

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
import xxhash
from rio_cogeo.cogeo import cog_validate


def check(path, want):
    with rasterio.open(path) as src:
        assert [src.count, src.height, src.width] == want["shape"], "shape"
        assert src.dtypes[0] == want["dtype"], "dtype"
        for i, digest in zip(src.indexes, want["bands"], strict=True):
            band = np.ascontiguousarray(src.read(i))
            assert xxhash.xxh3_64_hexdigest(band.tobytes()) == digest, f"pixels of band {i}"
        assert np.allclose(src.transform.to_gdal(), want["affine"], rtol=0, atol=1e-9), "affine"
        assert src.crs.to_epsg() == want["epsg"], f"crs {src.crs}"
        assert src.nodata == want["nodata"], f"nodata {src.nodata}"
        assert src.descriptions[0] == want["description"], "description"
        assert (src.scales[0], src.offsets[0]) == (want["scale"], want["offset"]), "scale and offset"
        if want["row_major"]:
            assert src.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG", "not seen as a COG"
    if want["cog"]:
        valid, errors, warnings = cog_validate(path, strict=True, quiet=True)
        assert valid and not errors and not warnings, f"COG: {errors} {warnings}"
        check_overviews(path)


def check_overviews(path):
    """Each overview is the mean of the valid pixels of the level before."""
    with rasterio.open(path) as src:
        levels, nodata, last = len(src.overviews(1)), src.nodata, src.read().astype(np.float64)
        integer = np.dtype(src.dtypes[0]).kind != "f"
    for level in range(levels):
        with rasterio.open(path, overview_level=level) as src:
            got = src.read().astype(np.float64)
        n, h, w = last.shape
        padded = np.full((n, h + h % 2, w + w % 2), np.nan)
        padded[:, :h, :w] = np.where(last == nodata, np.nan, last) if nodata is not None else last
        with np.errstate(all="ignore"):
            blocks = padded.reshape(n, (h + 1) // 2, 2, (w + 1) // 2, 2)
            count = (~np.isnan(blocks)).sum(axis=(2, 4))
            mean = np.nansum(blocks, axis=(2, 4)) / count
        mean = np.where(count == 0, nodata if nodata is not None else 0, mean)
        want = np.trunc(mean + np.copysign(0.5, mean)) if integer else mean
        if integer and nodata is not None:
            want = np.where(count == 0, nodata, want)
        assert got.shape == want.shape, "shape of an overview"
        assert np.allclose(got, want, rtol=1e-6, atol=0), f"pixels of overview {level}"
        last = got


def main():
    folder, failed = Path(sys.argv[1]), 0
    table = json.loads((folder / "expected.json").read_text())
    for name, want in table.items():
        try:
            check(folder / name, want)
        except AssertionError as error:
            failed += 1
            print(f"{name}: {error}")
    print(f"{len(table)} files, {failed} wrong")
    sys.exit(failed > 0)


main()
