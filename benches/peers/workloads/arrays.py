"""Array work without files: `random_mean`, `sincos`, `transpose`.

Tilework's side is `tilework-bench NAME --size N --chunk C --threads T`, which prints {"seconds", "value", "peak_bytes"}.
"""

import math

from contest import Call, Contender, MIB, TILEWORK, Workload, close, near

from workloads.shared import bench, use_dask

ME = "workloads.arrays"


def dask_random_mean(size, chunk, threads):
    """The mean of size x size uniform random numbers."""
    import time

    import dask.array as da

    use_dask(threads)
    start = time.perf_counter()
    value = da.random.random((size, size), chunks=(chunk, chunk)).mean().compute()
    return {"seconds": time.perf_counter() - start, "value": float(value)}


def dask_sincos(size, chunk, threads):
    """The mean of sin(x)^2 + cos(x+1)^2 exp(-x) for x = i * 20 / size, i = 0.. (never whole in memory)."""
    import time

    import dask.array as da

    use_dask(threads)
    start = time.perf_counter()
    x = da.arange(size, chunks=chunk, dtype="float64") * (20.0 / size)
    value = (da.sin(x) ** 2 + da.cos(x + 1) ** 2 * da.exp(-x)).mean().compute()
    return {"seconds": time.perf_counter() - start, "value": float(value)}


def numexpr_sincos(size, chunk, threads):
    """The same in blocks by numexpr, whose threads share every block; its reductions are serial, so NumPy adds up."""
    import math
    import time

    import numexpr
    import numpy as np

    numexpr.set_num_threads(threads)
    start = time.perf_counter()
    step, sums = 20.0 / size, []
    base, x, y = np.arange(chunk, dtype=np.float64), np.empty(chunk), np.empty(chunk)
    for first in range(0, size, chunk):
        n = min(chunk, size - first)
        numexpr.evaluate("(i + first) * step", {"i": base[:n], "first": float(first), "step": step}, out=x[:n])
        numexpr.evaluate("sin(x)**2 + cos(x + 1)**2 * exp(-x)", {"x": x[:n]}, out=y[:n])
        sums.append(float(y[:n].sum()))
    return {"seconds": time.perf_counter() - start, "value": math.fsum(sums) / size}


def dask_transpose(size, chunk, threads):
    """(x + x.T - x.mean(0)).std() of random x."""
    import time

    import dask.array as da

    use_dask(threads)
    start = time.perf_counter()
    x = da.random.random((size, size), chunks=(chunk, chunk))
    value = (x + x.T - x.mean(axis=0)).std().compute()
    return {"seconds": time.perf_counter() - start, "value": float(value)}


def _small_peak(results):
    peak = results[TILEWORK].peak_bytes
    return peak < 64 * MIB, f"{peak / MIB:.0f} MiB resident at most, limit 64 MiB"


def build(context):
    def dask(function, size, chunk, name="dask, threads"):
        return Contender(name, [Call(ME, function, dict(size=size, chunk=chunk, threads=context.threads))])

    def tilework(name, size, chunk):
        return Contender(TILEWORK, [bench(context, name, size=size, chunk=chunk)])

    n, chunk = context.pick(10_000, 2_000), context.pick(1_000, 500)
    # Five standard errors.
    random_mean = Workload(
        name="random_mean",
        title=f"random(({n}, {n}), chunks {chunk}²).mean()",
        bar=0.15,
        check_value=near(0.5, 5 * math.sqrt(1 / 12) / n),
        contenders=[dask("dask_random_mean", n, chunk), tilework("random_mean", n, chunk)],
    )
    n, chunk = context.pick(200_000_000, 4_000_000), context.pick(1_000_000, 250_000)
    # A quarter of a million elements was the fastest of four block sizes for both peers; Tilework takes `chunk`.
    cached = 1 << 18
    numexpr = Call(ME, "numexpr_sincos", dict(size=n, chunk=cached, threads=context.threads))
    sincos = Workload(
        name="sincos",
        title=f"mean of sin(x)² + cos(x+1)² exp(-x), {n:.0e} float64 made on the fly",
        bars={"dask, threads": 0.15, "numexpr, 2 threads": 0.2},
        reference="numexpr, 2 threads",
        check_value=close(1e-10),
        contenders=[Contender("numexpr, 2 threads", [numexpr]), dask("dask_sincos", n, cached), tilework("sincos", n, chunk)],
        limits=[("memory", _small_peak)],
    )
    n, chunk = context.pick(16_000, 2_000), context.pick(2_000, 500)
    # x_ij + x_ji has variance 1/6 off the diagonal; the rest is of order 1/n.
    transpose = Workload(
        name="transpose",
        title=f"(x + x.T - x.mean(0)).std(), x = random(({n}, {n})), chunks {chunk}²",
        bar=0.4,
        check_value=near(math.sqrt(1 / 6), 2 / n),
        contenders=[
            dask("dask_transpose", n, chunk),
            # Half the chunk fits the caches better, and dask may choose too.
            dask("dask_transpose", n, chunk // 2, f"dask, threads, chunks {chunk // 2}²"),
            tilework("transpose", n, chunk),
        ],
    )
    return [random_mean, sincos, transpose]
