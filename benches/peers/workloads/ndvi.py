"""NDVI of a two-band uint16 scene into float32: plain tiled GeoTIFF (`ndvi`) and COG with AVERAGE overviews (`ndvi_cog`).

Nodata (0) in either band gives -9999. All write 512 x 512 tiles, ZSTD level 1, predictor 3.
"""

from contest import Call, Contender, Input, TILEWORK, Workload

ME = "workloads.ndvi"
NODATA = -9999.0
CHUNK = 2048
EXPRESSION = "where(A+B>0, (B-A)/(A+B), nodata)"
# gdal_calc multiplies results by its mask, so 0/0 = NaN would survive; 0/1 does not.
GDAL_CALC = "(A.astype(numpy.float32)-B)/numpy.maximum(A.astype(numpy.float32)+B,1)"
PLAIN = ["TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "BIGTIFF=IF_SAFER"]
PACKED = ["COMPRESS=ZSTD", "ZSTD_LEVEL=1", "PREDICTOR=3", "NUM_THREADS=2"]


def tilework(context, scene, out, *more):
    """Tilework's command line for the job."""
    return [
        context.tilework, "calc", EXPRESSION, "-A", f"{scene}:1", "-B", f"{scene}:2", "-o", out, "--compress", "zstd",
        "--level", "1", "--predictor", "3", "--nodata", "-9999", "--dtype", "float32", "--threads", str(context.threads),
        "--overwrite", *more,
    ]


def gdal_calc(scene, out, options):
    """gdal_calc's command line; A is near infrared."""
    argv = ["gdal_calc.py", "-A", scene, "--A_band=2", "-B", scene, "--B_band=1", f"--calc={GDAL_CALC}", f"--outfile={out}",
            "--type=Float32", "--NoDataValue=-9999", "--overwrite", "--quiet"]
    return argv + [f"--co={option}" for option in options]


def gdal_cog(plain, out):
    """gdal_translate's command line from a plain GeoTIFF to a COG."""
    options = ["COMPRESS=ZSTD", "LEVEL=1", "PREDICTOR=YES", "BLOCKSIZE=512", "OVERVIEW_RESAMPLING=AVERAGE", "NUM_THREADS=2",
               "BIGTIFF=IF_SAFER"]
    return ["gdal_translate", "-q", "-of", "COG", plain, out, *(a for o in options for a in ("-co", o))]


def rasterio_windows(scene, out, threads, num_threads, packed=True):
    """Windows of 2048 x 2048 on a thread pool: a read handle per thread, one writer behind a lock."""
    import threading
    import time
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    import rasterio
    from rasterio.windows import Window

    start = time.perf_counter()
    local, lock = threading.local(), threading.Lock()
    with rasterio.open(scene) as source:
        profile = source.profile
    profile.update(count=1, dtype="float32", nodata=NODATA, tiled=True, blockxsize=512, blockysize=512, bigtiff="if_safer")
    for option in ("compress", "zstd_level", "predictor", "interleave"):
        profile.pop(option, None)
    if packed:
        profile.update(compress="zstd", zstd_level=1, predictor=3, num_threads=num_threads)

    def work(window):
        if not hasattr(local, "source"):
            local.source = rasterio.open(scene)
        red, nir = local.source.read(window=window)
        valid = (red != 0) & (nir != 0)
        a, b = red.astype(np.float32), nir.astype(np.float32)
        with np.errstate(invalid="ignore"):
            ndvi = (b - a) / (a + b)
        ndvi[~valid] = NODATA
        with lock:
            target.write(ndvi, 1, window=window)

    height, width = profile["height"], profile["width"]
    windows = [Window(x, y, min(CHUNK, width - x), min(CHUNK, height - y))
               for y in range(0, height, CHUNK) for x in range(0, width, CHUNK)]
    with rasterio.open(out, "w", **profile) as target, ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, windows))
    return {"seconds": time.perf_counter() - start}


def rasterio_cog(plain, out):
    """A COG from a plain GeoTIFF by the GDAL that comes with rasterio."""
    import time

    import rasterio.shutil

    start = time.perf_counter()
    rasterio.shutil.copy(plain, out, driver="COG", compress="ZSTD", level=1, predictor="YES", blocksize=512,
                         overview_resampling="AVERAGE", num_threads=2, bigtiff="IF_SAFER")
    return {"seconds": time.perf_counter() - start}


def rioxarray_dask(scene, out, threads):
    """rioxarray on dask threads: block-aligned 2048 x 2048 chunks, a handle per thread, a lock around the writer."""
    import threading
    import time

    import dask
    import numpy as np
    import rioxarray

    start = time.perf_counter()
    dask.config.set(scheduler="threads", num_workers=threads)
    both = rioxarray.open_rasterio(scene, chunks={"band": -1, "y": CHUNK, "x": CHUNK}, lock=False)
    red, nir = both.isel(band=0, drop=True), both.isel(band=1, drop=True)
    a, b = red.astype(np.float32), nir.astype(np.float32)
    ndvi = ((b - a) / (a + b)).where((red != 0) & (nir != 0), np.float32(NODATA))
    ndvi = ndvi.rio.write_nodata(NODATA).rio.write_crs(both.rio.crs).rio.write_transform(both.rio.transform())
    ndvi.rio.to_raster(out, lock=threading.Lock(), tiled=True, blockxsize=512, blockysize=512, compress="zstd", zstd_level=1,
                       predictor=3, num_threads=2, bigtiff="if_safer")
    return {"seconds": time.perf_counter() - start}


def scene_input(context, size):
    """The scene of a size."""
    return Input("scene", size, context.data / f"scene-{size}.tif")


def build(context):
    size = context.pick(16384, 4096)
    scene, verify = scene_input(context, size), Call("verify", "raster")
    path = str(scene.path)

    def output(name):
        return context.out / f"ndvi-{name}.tif"

    def windows(name, num_threads):
        arguments = dict(scene=path, out=str(output(name)), threads=context.threads, num_threads=num_threads)
        return Call(ME, "rasterio_windows", arguments)

    dask = Call(ME, "rioxarray_dask", dict(scene=path, out=str(output("rioxarray")), threads=context.threads))
    plain = Workload(
        name="ndvi",
        title=f"NDVI {size}², two uint16 bands in, float32 tiled GeoTIFF out",
        inputs=[scene],
        bar=0.75,
        reference="rasterio, 2 threads",
        verify=verify,
        contenders=[
            Contender("rasterio, 2 threads", [windows("rio1", 1)], output("rio1")),
            Contender("rasterio, 2 threads + NUM_THREADS=2", [windows("rio2", 2)], output("rio2")),
            Contender("rioxarray + dask", [dask], output("rioxarray")),
            Contender("gdal_calc.py", [gdal_calc(path, output("gdal"), PLAIN + PACKED)], output("gdal")),
            Contender(TILEWORK, [tilework(context, path, output("tw"))], output("tw"), wall_only=True),
        ],
    )
    between, packed = context.out / "ndvi-between.tif", context.out / "ndvi-between-rio.tif"
    arguments = dict(scene=path, out=str(packed), threads=context.threads, num_threads=1, packed=False)
    cog = Workload(
        name="ndvi_cog",
        title=f"NDVI {size}², as a COG with AVERAGE overviews",
        inputs=[scene],
        bar=0.35,
        reference="gdal_calc.py + gdal_translate",
        verify=Call("verify", "raster", {"overviews": True}),
        contenders=[
            Contender(
                "gdal_calc.py + gdal_translate", [gdal_calc(path, between, PLAIN), gdal_cog(between, output("cog-gdal"))],
                output("cog-gdal"), [between],
            ),
            Contender(
                "rasterio, 2 threads + its COG copy",
                [Call(ME, "rasterio_windows", arguments), Call(ME, "rasterio_cog", dict(plain=str(packed), out=str(output("cog-rio"))))],
                output("cog-rio"), [packed], counts=False,
            ),
            Contender(TILEWORK, [tilework(context, path, output("cog-tw"), "--cog")], output("cog-tw"), wall_only=True),
        ],
    )
    return [plain, cog]
