"""Makes the inputs of the comparison with NumPy, rasterio, zarr and Polars (not with Tilework; its program only generates the tables' rows): seeded, window by window.

    python make_inputs.py scene 16384 scene.tif
    python make_inputs.py zarr 32768 x.zarr
    python make_inputs.py npy_uniform 200000000 uniform.npy

A scene has two bands of uint16 (red, near infrared), nodata 0: smooth octaves plus four noise bits, ragged discs of nodata
that cross tile borders on about 3 % of the pixels, 512 x 512 tiles, pixel interleave, ZSTD level 1, predictor 2.
"""

import os
import pathlib
import sys

import numpy as np

SEED = 20240607
TILE = 512
WINDOW = 2048
BLOCK = 1 << 20  # elements that are made at a time
# (lattice distance in pixels, amplitude in counts)
OCTAVES = ((2048, 1200.0), (512, 800.0), (128, 300.0), (32, 90.0), (16, 40.0))


def make(kind, size, path):
    """Makes one input unless it is there; a half-made one is never left under its name."""
    path = pathlib.Path(path)
    if path.exists():
        return {"made": False}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"partial-{os.getpid()}-{path.name}")
    KINDS[kind](int(size), partial)
    partial.rename(path)
    return {"made": True}


class _Octave:
    """Value noise over the whole raster: only its lattice is kept."""

    def __init__(self, rng, size, cell, amplitude):
        self.cell = cell
        self.lattice = rng.random((size // cell + 3, size // cell + 3), dtype=np.float32) * np.float32(amplitude)

    def _weights(self, start, n):
        at = np.arange(start, start + n)
        t = ((at % self.cell) / self.cell).astype(np.float32)
        return at // self.cell, t * t * (3 - 2 * t)

    def window(self, y, x, h, w):
        rows, wy = self._weights(y, h)
        columns, wx = self._weights(x, w)
        c0, c1 = columns[0], columns[-1] + 2
        upper, lower = self.lattice[rows, c0:c1], self.lattice[rows + 1, c0:c1]
        line = upper + (lower - upper) * wy[:, None]
        left = line[:, columns - c0]
        return left + (line[:, columns - c0 + 1] - left) * wx


class _Discs:
    """One disc of nodata somewhere in every tile-sized square."""

    REACH = 72

    def __init__(self, rng, size):
        n = size // TILE + 2
        corner = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij")) * TILE
        self.centres = corner + rng.integers(0, TILE, (2, n, n))
        self.radii = rng.integers(32, 64, (n, n))

    def stamp(self, block, y, x):
        """Sets the discs' pixels in a (2, h, w) block to 0; the second band's discs are two pixels wider."""
        _, h, w = block.shape
        for cy in range(max(y - self.REACH, 0) // TILE, (y + h + self.REACH) // TILE + 1):
            for cx in range(max(x - self.REACH, 0) // TILE, (x + w + self.REACH) // TILE + 1):
                if cy >= self.radii.shape[0] or cx >= self.radii.shape[1]:
                    continue
                (oy, ox), radius = self.centres[:, cy, cx], self.radii[cy, cx]
                y0, y1 = max(oy - self.REACH, y), min(oy + self.REACH, y + h)
                x0, x1 = max(ox - self.REACH, x), min(ox + self.REACH, x + w)
                if y0 >= y1 or x0 >= x1:
                    continue
                dy, dx = np.ogrid[y0 - oy : y1 - oy, x0 - ox : x1 - ox]
                squared = dy * dy + dx * dx + (dy * 7919 + dx * 104729) % 300
                for band in range(2):
                    part = block[band, y0 - y : y1 - y, x0 - x : x1 - x]
                    part[squared < (radius + 2 * band) ** 2] = 0


def _scene(size, path):
    import rasterio
    from rasterio.windows import Window

    rng = np.random.default_rng(SEED)
    cover = _Octave(rng, size, 512, 1.0)
    bands = [[_Octave(rng, size, cell, amp) for cell, amp in OCTAVES] for _ in range(2)]
    discs = _Discs(rng, size)
    profile = dict(
        driver="GTiff", width=size, height=size, count=2, dtype="uint16", nodata=0, crs="EPSG:32633",
        transform=rasterio.Affine(10, 0, 300000, 0, -10, 5300000), tiled=True, blockxsize=TILE, blockysize=TILE,
        interleave="pixel", compress="zstd", zstd_level=1, predictor=2, num_threads=2, bigtiff="if_safer",
    )
    with rasterio.open(path, "w", **profile) as out:
        for y in range(0, size, TILE):
            for x in range(0, size, WINDOW):
                h, w = min(TILE, size - y), min(WINDOW, size - x)
                green = cover.window(y, x, h, w)
                block = np.empty((2, h, w), np.uint16)
                noise = np.random.default_rng((SEED, y, x)).integers(0, 16, (2, h, w), dtype=np.uint8)
                for band, (base, slope) in enumerate(((1300, -900), (900, 2200))):
                    value = green * np.float32(slope) + np.float32(base)
                    for octave in bands[band]:
                        value += octave.window(y, x, h, w)
                    block[band] = value
                    block[band] += noise[band]
                discs.stamp(block, y, x)
                out.write(block, window=Window(x, y, w, h))


def _zarr_array(path, shape, chunks, dtype):
    import zarr

    codec = zarr.codecs.ZstdCodec(level=1)
    return zarr.create_array(store=str(path), shape=shape, chunks=chunks, dtype=dtype, compressors=codec)


def _zarr(size, path, seed=SEED):
    """A square float64 array in Zarr v3 with chunks of at most 8 MiB: a smooth field with 16 random bits."""
    chunk = min(1024, size)
    array = _zarr_array(path, (size, size), (chunk, chunk), "float64")
    smooth = _Octave(np.random.default_rng(seed), size, 256, 100.0)
    for y in range(0, size, chunk):
        for x in range(0, size, chunk):
            h, w = min(chunk, size - y), min(chunk, size - x)
            noise = np.random.default_rng((seed, y, x)).integers(0, 1 << 16, (h, w), dtype=np.uint16)
            # Sixteenths and 1/4096ths are exact, so the codec meets real entropy and not rounding dust.
            array[y : y + h, x : x + w] = np.round(smooth.window(y, x, h, w).astype(np.float64) * 16) / 16 + noise / 4096.0


def _uniform_blocks(size):
    """Uniform float64 below 1, as (first, block)."""
    for first in range(0, size, BLOCK):
        yield first, np.random.default_rng((SEED, first)).random(min(BLOCK, size - first))


def _npy(path, shape, dtype):
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


def _npy_uniform(size, path):
    """Uniform float64 below 1."""
    array = _npy(path, (size,), np.float64)
    for first, block in _uniform_blocks(size):
        array[first : first + len(block)] = block
    array.flush()


def _zarr_uniform(size, path):
    """The same numbers in Zarr v3."""
    array = _zarr_array(path, (size,), (min(BLOCK, size),), "float64")
    for first, block in _uniform_blocks(size):
        array[first : first + len(block)] = block


def _npy_integers(size, path):
    """int64 below a million (a hundredth of their number, if there are fewer than 10⁸), each equally likely."""
    array = _npy(path, (size,), np.int64)
    distinct = min(1_000_000, max(size // 100, 1))
    for first in range(0, size, BLOCK):
        n = min(BLOCK, size - first)
        array[first : first + n] = np.random.default_rng((SEED, first)).integers(0, distinct, n)
    array.flush()


def _npy_air(size, path):
    """`size` six-hourly temperatures on 25 x 53 points (float32): seasons, days and noise."""
    hours = np.arange(size)[:, None, None] * 6.0
    north, east = np.arange(25)[:, None] * 2.5 + 15, np.arange(53) * 2.5 + 200
    season = 15 * np.cos(2 * np.pi * (hours / 8766 - 0.55)) * north / 75
    day = 4 * np.cos(2 * np.pi * (hours / 24 + east / 360))
    noise = np.random.default_rng(SEED).normal(0, 2, (size, 25, 53))
    array = _npy(path, (size, 25, 53), np.float32)
    array[:] = 300 - 0.6 * north + season + day + noise
    array.flush()


def _climate(size, path):
    """Daily temperatures from 1990 to 2019 on `size` x 2 `size` points (float32), in chunks of 365 days and a sixth of each side."""
    days, chunk = 10_957, 365
    array = _zarr_array(path, (days, size, 2 * size), (chunk, size // 6, size // 3), "float32")
    north = np.linspace(90, -90, size)[:, None]
    base = (300 - 0.006 * north**2 + np.zeros(2 * size)).astype(np.float32)
    swing = (-15 * np.sin(np.radians(north)) + np.zeros(2 * size)).astype(np.float32)
    for first in range(0, days, chunk):
        n = min(chunk, days - first)
        season = np.cos(2 * np.pi * np.arange(first, first + n) / 365.25).astype(np.float32)[:, None, None]
        block = np.random.default_rng((SEED, first)).integers(0, 256, (n, size, 2 * size), dtype=np.uint8).astype(np.float32)
        block *= np.float32(1 / 16)
        # Sixteenths, as stored measurements are.
        block += np.round((base + season * swing) * 16) / np.float32(16)
        array[first : first + n] = block


def _pdsh(milliscale, folder):
    """The eight tables of the decision-support benchmark as Parquet, by the program's generator (`TILEWORK`) and Polars' reader of CSV."""
    import subprocess

    import polars as pl

    csv = folder / "csv"
    folder.mkdir()
    subprocess.run([os.environ["TILEWORK"], "datasets", "pdsh", "-o", csv, "--size", str(milliscale / 1000)], check=True)
    for file in sorted(csv.glob("*.csv")):
        pl.scan_csv(file, try_parse_dates=True).sink_parquet(folder / f"{file.stem}.parquet")
        file.unlink()
    csv.rmdir()


def _groupby(n, path):
    """The table of db-benchmark's groupby: two texts of 100 different ones, one of n / 100, the same as numbers, and three columns of values."""
    import polars as pl

    rng, few, many = np.random.default_rng(SEED), 100, max(n // 100, 1)
    texts = lambda form, k: pl.Series([form % i for i in range(1, k + 1)]).gather(pl.Series(rng.integers(0, k, n, dtype=np.uint32)))  # noqa: E731
    numbers = lambda k: rng.integers(1, k + 1, n, dtype=np.int64)  # noqa: E731
    columns = {
        "id1": texts("id%03d", few), "id2": texts("id%03d", few), "id3": texts("id%010d", many),
        "id4": numbers(few), "id5": numbers(few), "id6": numbers(many),
        "v1": numbers(5), "v2": numbers(15), "v3": np.round(rng.random(n) * 100, 6),
    }
    pl.DataFrame(columns).write_parquet(path)


def _parquet_files(n_files, folder):
    """A Parquet file of about 9 MB under so many names."""
    import polars as pl

    folder.mkdir()
    rng, n = np.random.default_rng(SEED), 330_000
    columns = {
        "l_orderkey": np.sort(rng.integers(1, 1_300_000, n)),
        "l_quantity": rng.integers(1, 51, n).astype(np.float64),
        "l_extendedprice": rng.integers(90_000, 10_500_000, n) / 100,
        "l_partkey": rng.integers(1, 200_000, n),
        "l_comment": rng.integers(0, 1 << 60, n).astype(str),
    }
    first = folder / "part-0000.parquet"
    pl.DataFrame(columns).write_parquet(first)
    for i in range(1, n_files):
        os.link(first, folder / f"part-{i:04}.parquet")


KINDS = {
    "scene": _scene,
    "zarr": _zarr,
    "zarr_v": lambda size, path: _zarr(size, path, SEED + 1),
    "npy_uniform": _npy_uniform,
    "zarr_uniform": _zarr_uniform,
    "npy_integers": _npy_integers,
    "npy_air": _npy_air,
    "climate": _climate,
    "pdsh": _pdsh,
    "groupby": _groupby,
    "parquet_files": _parquet_files,
}

if __name__ == "__main__":
    print(make(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
