"""`means_uv`: the means of u, v and u · v in one run over two arrays in Zarr, in a fraction of the memory: each is read once."""

from contest import MIB, TILEWORK, Call, Contender, Input, Workload, close

from workloads.shared import bench, finished, read_at_most, use_dask

ME = "workloads.means_uv"


def dask_means(u, v, threads):
    """The same with dask threads."""
    import time

    import dask
    import dask.array as da

    use_dask(threads)
    start = time.perf_counter()
    u, v = da.from_zarr(u), da.from_zarr(v)
    means = dask.compute(u.mean(), v.mean(), (u * v).mean())
    return {"seconds": time.perf_counter() - start, "value": [float(m) for m in means]}


def build(context):
    size = context.pick(32_768, 8_192)
    budget, limit = context.pick(400, 150) * MIB, context.pick(512, 256) * MIB
    u = Input("zarr", size, context.data / f"x-{size}.zarr")
    v = Input("zarr_v", size, context.data / f"v-{size}.zarr")
    paths = dict(u=str(u.path), v=str(v.path))
    free = "dask, threads, no limit"
    return [Workload(
        name="means_uv",
        title=f"means of u, v and u·v, twice {size * size * 8 // MIB} MiB of float64 in Zarr, in {limit // MIB} MiB",
        inputs=[u, v],
        rounds=1,
        reference=free,
        check_value=close(1e-10),
        contenders=[
            Contender(free, [Call(ME, "dask_means", {**paths, "threads": context.threads})], counts=False),
            Contender(TILEWORK, [bench(context, "means_uv", memory=budget, **paths)], limit_bytes=limit),
        ],
        limits=[("memory", finished(limit)), ("reads", read_at_most(1.05, [u.path, v.path]))],
    )]
