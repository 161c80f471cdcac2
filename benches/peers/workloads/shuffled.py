"""`rechunk_cumsum` (also in a control group) and `overlap_mean`: work that needs elements of other chunks."""

import math

from contest import MIB, TILEWORK, Call, Contender, Workload, close, near

from workloads.shared import bench, capped, finished, numbers_input, operand, use_dask

ME = "workloads.shuffled"


def dask_rechunk_cumsum(size, threads):
    """Random rows cut into columns, cumulative sums down them, the sum of the last row."""
    import time

    import dask.array as da

    use_dask(threads)
    start = time.perf_counter()
    x = da.random.random((size, size), chunks=(size // 100, size)).rechunk((size, size // 100))
    value = x.cumsum(axis=0)[-1].sum().compute()
    return {"seconds": time.perf_counter() - start, "value": float(value)}


def dask_overlap_mean(source, size, chunk, threads):
    """SciPy's uniform filter over overlapping chunks; mean and standard deviation of the result."""
    import time

    import dask
    import dask.array as da
    import numpy as np
    from scipy.ndimage import uniform_filter

    use_dask(threads)
    x = operand(np.load(source, mmap_mode="r"), 0, size * size, "f4").reshape(size, size)
    start = time.perf_counter()
    x = da.from_array(x, chunks=(chunk, chunk), name=False)
    smooth = da.map_overlap(uniform_filter, x, depth=2, boundary="reflect", size=5, mode="reflect", dtype=x.dtype, meta=x._meta)
    # float64 sums: float32 ones would be compared with themselves
    values = dask.compute(smooth.mean(dtype="f8"), smooth.std(dtype="f8"))
    return {"seconds": time.perf_counter() - start, "value": [float(v) for v in values]}


def build(context):
    n = context.pick(20_000, 2_000)
    limit, budget = context.pick(1024, 256) * MIB, context.pick(800, 150) * MIB
    small = capped(context, TILEWORK, "rechunk_cumsum", limit, budget, size=n)
    rechunk_cumsum = Workload(
        name="rechunk_cumsum",
        title=f"random({n}²) in chunks of {n // 100} rows → of {n // 100} columns, cumsum(0), sum of the last row",
        bars={"dask, threads": 0.3},
        # Five standard errors.
        check_value=near(n * n / 2, 5 * n * math.sqrt(1 / 12)),
        contenders=[
            Contender("dask, threads", [Call(ME, "dask_rechunk_cumsum", dict(size=n, threads=context.threads))]),
            Contender(TILEWORK, [bench(context, "rechunk_cumsum", size=n)]),
            small,
        ],
        limits=[("memory", finished(limit, small.name))],
    )
    numbers, n = numbers_input(context), context.pick(12_000, 2_000)
    source = str(numbers.path)

    def dask(chunk):
        call = Call(ME, "dask_overlap_mean", dict(source=source, size=n, chunk=chunk, threads=context.threads))
        return Contender(f"dask, threads, chunks {chunk}²", [call])

    peers = [dask(chunk) for chunk in context.pick((1_000, 3_000), (500,))]
    overlap_mean = Workload(
        name="overlap_mean",
        title=f"5 × 5 means of {n}² random float32 in memory, mirrored at the border; mean and standard deviation",
        inputs=[numbers],
        bar=0.35,
        reference=peers[0].name,
        check_value=close(1e-6),
        contenders=[*peers, Contender(TILEWORK, [bench(context, "overlap_mean", input=source, size=n, chunk=context.pick(1_000, 500))])],
    )
    return [rechunk_cumsum, overlap_mean]
