"""Prints the versions of the peers that are installed, one per line, or returns them as a dictionary."""

import importlib.metadata
import platform
import subprocess

PACKAGES = (
    "dask", "distributed", "numpy", "numexpr", "rasterio", "rioxarray", "xarray", "polars", "duckdb", "zarr", "frisky",
    "rio-cogeo", "scipy", "flox",
)


def installed():
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "missing"
    try:
        import rasterio

        found["rasterio"] += f" (GDAL {rasterio.__gdal_version__})"
    except ImportError:
        pass
    try:
        line = subprocess.run(["gdalinfo", "--version"], capture_output=True, text=True, check=True).stdout
        found["gdal programs"] = line.split(",")[0].removeprefix("GDAL ")
    except (OSError, subprocess.CalledProcessError):
        found["gdal programs"] = "missing"
    return found


if __name__ == "__main__":
    for name, version in installed().items():
        print(f"{name} {version}")
