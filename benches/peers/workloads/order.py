"""`histogram`, `sort`, `unique_counts` and `median`: sorting and counting, in memory and in control groups."""

import math

from contest import MIB, TILEWORK, Call, Contender, Input, Workload, close

from workloads.shared import bench, capped, finished, numbers_input, read_at_most, slower_at_most, use_dask, weighted

ME = "workloads.order"


def dask_histogram(size, chunk, threads):
    """How many standard normals fall into each of 100 bins from -5 to 5."""
    import time

    import dask.array as da

    use_dask(threads)
    start = time.perf_counter()
    x = da.random.default_rng(1).standard_normal(size, chunks=chunk)
    counts = da.histogram(x, bins=100, range=(-5, 5))[0].compute()
    return {"seconds": time.perf_counter() - start, "value": counts.tolist()}


def _timed(source, work):
    """The seconds of `work` on the array in a file, and what it gave."""
    import time

    import numpy as np

    x = np.load(source)
    start = time.perf_counter()
    result = work(np, x)
    return time.perf_counter() - start, result


def numpy_sort(source):
    """np.sort."""
    seconds, result = _timed(source, lambda np, x: np.sort(x))
    return {"seconds": seconds, "value": weighted(result)}


def numpy_unique_counts(source):
    """np.unique with counts: how many there are, values and counts weighted by place."""
    seconds, (values, counts) = _timed(source, lambda np, x: np.unique(x, return_counts=True))
    return {"seconds": seconds, "value": [values.size, weighted(values), weighted(counts)]}


def numpy_median(source):
    """np.median."""
    seconds, value = _timed(source, lambda np, x: np.median(x))
    return {"seconds": seconds, "value": float(value)}


def _normal_counts(n):
    """A value check: the counts of n standard normals in 100 bins, each within six standard errors."""

    def below(x):
        return (1 + math.erf(x / math.sqrt(2))) / 2

    shares = [below((i - 49) / 10) - below((i - 50) / 10) for i in range(100)]

    def check(value, _reference):
        if not isinstance(value, list) or len(value) != 100:
            return f"{value!r} is not 100 counts"
        for i, (count, share) in enumerate(zip(value, shares)):
            if abs(count - n * share) > 6 * math.sqrt(n * share) + 6:
                return f"bin {i} counts {count}, not about {n * share:.0f}"
        return None

    return check


def build(context):
    return [_histogram(context), _sort(context), _unique_counts(context), _median(context)]


def _histogram(context):
    n = context.pick(200_000_000, 2_000_000)

    def dask(chunk):
        call = Call(ME, "dask_histogram", dict(size=n, chunk=chunk, threads=context.threads))
        return Contender(f"dask, threads, chunks {chunk}", [call])

    return Workload(
        name="histogram",
        title=f"100 bins from -5 to 5 of {n:.0e} standard normals made on the fly",
        bar=0.5,
        check_value=_normal_counts(n),
        contenders=[
            *map(dask, context.pick((1 << 18, 1 << 20, 1 << 22), (1 << 18,))),
            Contender(TILEWORK, [bench(context, "histogram", size=n, chunk=context.pick(1 << 20, 1 << 18))]),
        ],
    )


def _numpy(name, source):
    """NumPy's contender: these functions of its use one thread."""
    return Contender("NumPy", [Call(ME, f"numpy_{name}", dict(source=source))])


def _sort(context):
    numbers = numbers_input(context)
    limit, budget = context.pick(512, 256) * MIB, context.pick(400, 150) * MIB
    source, out = str(numbers.path), context.out / "sorted.npy"
    files = capped(context, "tilework, file to file", "sort_file", limit, budget, input=source, output=out)
    return Workload(
        name="sort",
        title=f"{numbers.size:.0e} uniform float64, memory to memory",
        inputs=[numbers],
        bars={"NumPy": 1.5},
        reference="NumPy",
        check_value=close(1e-12),
        contenders=[_numpy("sort", source), Contender(TILEWORK, [bench(context, "sort", input=source)]), files],
        limits=[("memory", finished(limit, files.name)), ("file to file", slower_at_most(5, files.name, "NumPy"))],
    )


def _unique_counts(context):
    n = context.pick(100_000_000, 2_000_000)
    numbers = Input("npy_integers", n, context.data / f"integers-{n}.npy")
    return Workload(
        name="unique_counts",
        title=f"distinct values and their counts of {n:.0e} int64 below 10⁶ in memory",
        inputs=[numbers],
        bars={"NumPy": 0.1},
        reference="NumPy",
        check_value=close(1e-12),
        contenders=[
            _numpy("unique_counts", str(numbers.path)),
            Contender(TILEWORK, [bench(context, "unique_counts", input=numbers.path)]),
        ],
    )


def _median(context):
    numbers = numbers_input(context)
    source = str(numbers.path)
    stored = Input("zarr_uniform", numbers.size, context.data / f"uniform-{numbers.size}.zarr")
    limit, budget = 256 * MIB, 150 * MIB
    zarr = capped(context, "tilework, from Zarr", "median_zarr", limit, budget, input=stored.path)
    return Workload(
        name="median",
        title=f"exact median of {numbers.size:.0e} float64 in memory",
        inputs=[numbers, stored],
        bars={"NumPy": 0.3},
        reference="NumPy",
        check_value=close(0),
        contenders=[_numpy("median", source), Contender(TILEWORK, [bench(context, "median", input=source)]), zarr],
        limits=[("memory", finished(limit, zarr.name)), ("reads", read_at_most(2.1, [stored.path], zarr.name))],
    )
