"""`climatology`: means of each day of the year over 30 years, and what deviates from them, reduced to three numbers.

Tilework's side: `tilework-bench climatology --input IN.zarr --memory BYTES`, in a control group; peers have no limit.
"""

from contest import MIB, TILEWORK, Call, Contender, Input, Workload, close

from workloads.shared import bench, finished, read_at_most, use_dask

ME = "workloads.climatology"
DAYS = 10_957  # 1990 to 2019


def xarray_climatology(source, whole, threads):
    """xarray with dask and flox; in the chunks that are stored, or with all days in one."""
    import time

    import dask
    import dask.array as da
    import xarray

    use_dask(threads)
    xarray.set_options(use_flox=True)
    days = xarray.date_range("1990-01-01", periods=DAYS, freq="D")

    def values(x):
        x = xarray.DataArray(x, dims=("time", "y", "x"), coords={"time": days})
        means = x.groupby("time.dayofyear").mean()
        anomaly = x.groupby("time.dayofyear") - means
        return [float(v) for v in dask.compute(anomaly.std().data, means.mean().data, means.std().data)]

    values(da.zeros((DAYS, 1, 1)))  # packages are imported on first use
    start = time.perf_counter()
    x = da.from_zarr(source)
    if whole:
        x = da.from_zarr(source, chunks=(DAYS, *x.chunksize[1:]))
    return {"value": values(x), "seconds": time.perf_counter() - start}


def build(context):
    rows = context.pick(360, 36)
    limit, budget = context.pick(1024, 256) * MIB, context.pick(800, 150) * MIB
    source = Input("climate", rows, context.data / f"climate-{rows}.zarr")

    def peer(name, whole):
        call = Call(ME, "xarray_climatology", dict(source=str(source.path), whole=whole, threads=context.threads))
        return Contender(name, [call], may_fail=whole)

    peers = [peer("xarray + dask + flox", False), peer("xarray + dask + flox, all days in a chunk", True)]
    return [Workload(
        name="climatology",
        title=f"day-of-year means and anomalies, {DAYS} × {rows} × {2 * rows} float32 in Zarr, in {limit // MIB} MiB",
        inputs=[source],
        bar=0.5,
        reference=peers[0].name,
        check_value=close(1e-4),  # everyone adds float32 up in another order
        contenders=[
            *peers,
            Contender(TILEWORK, [bench(context, "climatology", memory=budget, input=source.path)], limit_bytes=limit),
        ],
        limits=[("memory", finished(limit)), ("reads", read_at_most(2.1, [source.path]))],
    )]
