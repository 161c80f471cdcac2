"""Writes `expected.json`: what rasterio and NumPy make of real Landsat 8 scenes, as digests. The scenes are not committed.

    python generate.py RED.tif NIR.tif [RED.tif NIR.tif ...]       (needs rasterio, numpy, xxhash)

NDVI is (nir - red) / (nir + red) in float32 where both are valid (a band's nodata value, or 0 where it has none, is not), -9999
elsewhere.
"""

import json
import sys
from pathlib import Path

import numpy as np
import rasterio
import xxhash


def scene(red_path, nir_path):
    with rasterio.open(red_path) as red, rasterio.open(nir_path) as nir:
        a, b = red.read(1), nir.read(1)
        valid = (a != (red.nodata or 0)) & (b != (nir.nodata or 0))
        affine, epsg = red.transform.to_gdal(), red.crs.to_epsg()
    a, b = a.astype(np.float32), b.astype(np.float32)
    with np.errstate(all="ignore"):
        ndvi = np.where(valid, (b - a) / (a + b), np.float32(-9999))
    return {
        "red": Path(red_path).name.split("__")[-1],
        "nir": Path(nir_path).name.split("__")[-1],
        "shape": list(ndvi.shape),
        "nodata_pixels": int((~valid).sum()),
        "red_xxh3": f"{xxhash.xxh3_64_intdigest(Path(red_path).read_bytes()):016x}",
        "ndvi_xxh3": f"{xxhash.xxh3_64_intdigest(np.ascontiguousarray(ndvi).astype('<f4').tobytes()):016x}",
        "epsg": epsg,
        "affine": affine,
    }



pairs = zip(sys.argv[1::2], sys.argv[2::2])
Path(__file__).with_name("expected.json").write_text(json.dumps([scene(*p) for p in pairs], indent=1) + "\n")
