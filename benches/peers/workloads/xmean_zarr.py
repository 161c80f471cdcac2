"""x - x.mean() from Zarr to Zarr in a fraction of the memory: the job that makes chunked engines hold or re-read everything.

Tilework's side: `tilework-bench xmean_zarr --input IN --output OUT --memory BYTES --threads T`, printing {"seconds", "value" (the
mean), "peak_bytes", "bytes_read" (from the input)}. It runs in a control group that kills what outgrows it.
"""

from contest import Call, Contender, Input, MIB, TILEWORK, Workload

from workloads.shared import bench, finished, read_at_most, use_dask

ME = "workloads.xmean_zarr"


def dask_xmean(source, out, threads):
    """The same with dask threads."""
    import time

    import dask.array as da
    import zarr

    use_dask(threads)
    start = time.perf_counter()
    x = da.from_zarr(source)
    target = zarr.create_array(store=out, shape=x.shape, chunks=x.chunksize, dtype=x.dtype,
                               compressors=zarr.codecs.ZstdCodec(level=1))
    da.store(x - x.mean(), target, lock=False)
    return {"seconds": time.perf_counter() - start}


def build(context):
    size = context.pick(32_768, 8_192)
    budget, limit = context.pick(400, 150) * MIB, context.pick(512, 256) * MIB
    source = Input("zarr", size, context.data / f"x-{size}.zarr")

    def dask(name, limit_bytes):
        out = context.out / "xmean-dask.zarr"
        call = Call(ME, "dask_xmean", dict(source=str(source.path), out=str(out), threads=context.threads))
        return Contender(name, [call], out, counts=False, limit_bytes=limit_bytes, may_fail=True)

    out = context.out / "xmean-tw.zarr"
    mine = bench(context, "xmean_zarr", input=source.path, output=out, memory=budget)
    return [Workload(
        name="xmean_zarr",
        title=f"x - x.mean(), {size * size * 8 // MIB} MiB of float64 in Zarr, memory budget {budget // MIB} MiB",
        inputs=[source],
        rounds=1,
        verify=Call("verify", "minus_mean", {"reference": str(source.path)}),
        contenders=[
            dask("dask, threads, no limit", None),
            dask(f"dask, threads, in {limit // MIB} MiB", limit),
            Contender(TILEWORK, [mine], out, limit_bytes=limit),
        ],
        limits=[("memory", finished(limit)), ("reads", read_at_most(2.1, [source.path]))],
    )]
