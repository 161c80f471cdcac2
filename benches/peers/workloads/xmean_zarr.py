"""x - x.mean() from Zarr to Zarr in a fraction of the memory: the job that makes chunked engines hold or re-read everything.

Tilework's side: `tilework-bench xmean_zarr --input IN --output OUT --memory BYTES --threads T`, printing {"seconds", "value" (the
mean), "peak_bytes", "bytes_read" (from the input)}. It runs in a control group that kills what outgrows it.
"""

from contest import Call, Contender, Input, MIB, TILEWORK, Workload

ME = "workloads.xmean_zarr"


def dask_xmean(source, out, threads):
    """The same with dask threads."""
    import time

    import dask
    import dask.array as da
    import zarr

    dask.config.set(scheduler="threads", num_workers=threads)
    start = time.perf_counter()
    x = da.from_zarr(source)
    target = zarr.create_array(store=out, shape=x.shape, chunks=x.chunksize, dtype=x.dtype,
                               compressors=zarr.codecs.ZstdCodec(level=1))
    da.store(x - x.mean(), target, lock=False)
    return {"seconds": time.perf_counter() - start}


def stored_bytes(folder):
    """Bytes of all files below a folder."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def build(context):
    size = context.pick(32_768, 8_192)
    budget, limit = context.pick(400, 150) * MIB, context.pick(512, 256) * MIB
    source = Input("zarr", size, context.data / f"x-{size}.zarr")

    def read_twice(results):
        run, stored = results[TILEWORK], stored_bytes(source.path)
        # mapped pages are missing in rchar, cached ones in read_bytes
        read = max(run.extra.get("bytes_read", 0), run.extra.get("rchar", 0), run.extra.get("read_bytes", 0))
        return read <= 2.1 * stored, f"read {read / stored:.2f} times the input's {stored / MIB:.0f} MiB, limit 2.1"

    def finished(results):
        peak = results[TILEWORK].extra.get("group_peak_bytes", 0)
        return True, f"finished under {limit // MIB} MiB (control group's peak {peak / MIB:.0f} MiB)"

    def dask(name, limit_bytes):
        out = context.out / "xmean-dask.zarr"
        call = Call(ME, "dask_xmean", dict(source=str(source.path), out=str(out), threads=context.threads))
        return Contender(name, [call], out, counts=False, limit_bytes=limit_bytes, may_fail=True)

    out = context.out / "xmean-tw.zarr"
    mine = [context.tilework_bench, "xmean_zarr", "--input", source.path, "--output", out, "--memory", str(budget),
            "--threads", str(context.threads)]
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
        limits=[("memory", finished), ("reads", read_twice)],
    )]
