"""Checks that two outputs hold the same: decoded values and georeferencing, not bytes. Each function returns facts or raises."""

import numpy as np

WINDOW = 2048


class Different(Exception):
    """The outputs differ in a way that matters."""


def raster(reference, candidate, tolerance=1e-6, overviews=False, overview_tolerance=1e-5):
    """Same size, dtype, CRS, affine, nodata, nodata pixels, and values within `tolerance`; for a COG, its overviews too."""
    import rasterio

    facts = _raster_level(reference, candidate, tolerance, None)
    with rasterio.open(reference) as a, rasterio.open(candidate) as b:
        for what in ("crs", "transform", "nodata", "dtypes", "count"):
            if getattr(a, what) != getattr(b, what):
                raise Different(f"{what}: {getattr(b, what)!r} is not {getattr(a, what)!r}")
        levels = b.overviews(1)
        if overviews and a.overviews(1) != levels:
            raise Different(f"overview levels {levels} are not {a.overviews(1)}")
    if overviews:
        facts["overviews"] = levels
        facts["overviews_off"] = [_raster_level(reference, candidate, overview_tolerance, i)["largest"] for i in range(len(levels))]
        _validate_cog(candidate)
    return facts


def _validate_cog(path):
    from rio_cogeo.cogeo import cog_validate

    valid, errors, _warnings = cog_validate(path, quiet=True)
    if not valid:
        raise Different(f"not a valid COG: {'; '.join(errors)}")


def _raster_level(reference, candidate, tolerance, level):
    import rasterio
    from rasterio.windows import Window

    options = {} if level is None else {"overview_level": level}
    where = "" if level is None else f"overview {level}: "
    different, largest = 0, 0.0
    with rasterio.open(reference, **options) as a, rasterio.open(candidate, **options) as b:
        if a.shape != b.shape:
            raise Different(f"{where}size {b.shape} is not {a.shape}")
        for y in range(0, a.height, WINDOW):
            for x in range(0, a.width, WINDOW):
                window = Window(x, y, min(WINDOW, a.width - x), min(WINDOW, a.height - y))
                p, q = a.read(window=window), b.read(window=window)
                if np.array_equal(p, q):
                    continue
                holes = (p == a.nodata) != (q == b.nodata)
                if holes.any():
                    raise Different(f"{where}{int(holes.sum())} nodata pixels differ in the window at row {y}, column {x}")
                off = np.abs(p.astype(np.float64) - q)
                if not (off <= tolerance).all():
                    raise Different(f"{where}values differ by up to {off.max()} in the window at row {y}, column {x}")
                different += int((off > 0).sum())
                largest = max(largest, float(off.max()))
    return {"different": different, "largest": largest}


def minus_mean(reference, candidate, tolerance=1e-9):
    """`candidate` (Zarr) is `reference` (Zarr) minus its mean, which is computed here."""
    import math

    import zarr

    x, y = zarr.open_array(reference, mode="r"), zarr.open_array(candidate, mode="r")
    if x.shape != y.shape or x.dtype != y.dtype:
        raise Different(f"{y.shape} {y.dtype} is not {x.shape} {x.dtype}")
    step = x.chunks[0]
    mean = math.fsum(float(x[i : i + step].sum()) for i in range(0, x.shape[0], step)) / x.size
    for i in range(0, x.shape[0], step):
        off = np.abs(x[i : i + step] - mean - y[i : i + step]).max()
        if not off <= tolerance * max(1.0, abs(mean)):
            raise Different(f"rows from {i} differ by up to {off}")
    return {"value": mean}


def table(reference, candidate, order=()):
    """Parquet files with the same columns and rows, in any order but for the keys `order`, by which the candidate's rows rise."""
    import duckdb
    import polars as pl

    def columns(path):
        return [row[0] for row in duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]

    def checksums(path, names):
        sums = ", ".join(f'sum(hash("{name}"::VARCHAR)::HUGEINT)' for name in names)
        return duckdb.sql(f"SELECT count(*), {sums} FROM '{path}'").fetchall()[0]

    names = columns(reference)
    if columns(candidate) != names:
        raise Different(f"columns {columns(candidate)} are not {names}")
    want, have = checksums(reference, names), checksums(candidate, names)
    wrong = [what for what, a, b in zip(["the number of rows", *names], want, have) if a != b]
    if wrong:
        raise Different(f"different: {', '.join(wrong)}")
    if order:
        keys = [c.to_physical().to_numpy() for c in pl.scan_parquet(candidate).select(order).collect()]
        rises = np.ones(len(keys[0]) - 1, bool)
        for key in reversed(keys):
            rises = (key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & rises)
        if not rises.all():
            raise Different(f"row {int(np.argmin(rises)) + 1} comes before the row before it, by {', '.join(order)}")
    return {"rows": want[0]}
