"""`rsds_*`: seven array graphs by which the rsds study compared dask's schedulers, here on threads.

`numpy_c`: x + x.T of 20,000² random numbers in c × c chunks, then `[::2, 10000:].mean(1).sum()`. `xarray_c`: a cube of 2920 × 25 × 53 minus
its weekly means, in chunks of c × c points. `merge`: 25,000 independent products and their sum. `tree`: 2¹⁵ numbers added two by two.
"""

import math

from contest import TILEWORK, Call, Contender, Input, Workload, close, near

from workloads.shared import bench, use_dask

ME = "workloads.rsds"
BAR = 0.25


def dask_numpy(size, chunks, threads):
    """y = x + x.T of random x, then y[::2, size/2:].mean(1).sum()."""
    import time

    import dask.array as da

    use_dask(threads)
    start = time.perf_counter()
    x = da.random.random((size, size), chunks=size // chunks)
    value = (x + x.T)[::2, size // 2 :].mean(axis=1).sum().compute()
    return {"seconds": time.perf_counter() - start, "value": float(value)}


def xarray_weekly(source, side, threads):
    """(x - weekly means).sum() with flox; checked by the mean of the absolute differences, which is not timed."""
    import time

    import dask.array as da
    import numpy as np
    import xarray

    use_dask(threads)
    xarray.set_options(use_flox=True)

    def differences(cube):
        x = da.from_array(cube, chunks=(-1, side, side), name=False)
        times = xarray.date_range("2013-01-01", periods=cube.shape[0], freq="6h")
        x = xarray.DataArray(x, dims=("time", "lat", "lon"), coords={"time": times})
        x = x.assign_coords(week=("time", x.time.dt.isocalendar().week.data))
        return x.groupby("week") - x.groupby("week").mean()

    cube = np.load(source)
    differences(cube[:, :1, :1]).sum().compute()  # packages are imported on first use
    start = time.perf_counter()
    made = differences(cube)
    value = made.sum().compute()
    return {"seconds": time.perf_counter() - start, "value": [float(value), float(abs(made).mean().compute())]}


def _times_ten(x):
    return x * 10


def _pair(a, b):
    return a + b


def dask_merge(tasks, threads):
    """Independent products and one sum. Making the graph is not timed."""
    import time

    import dask.threaded
    from dask._task_spec import List, Task, TaskRef

    graph = {("t", i): Task(("t", i), _times_ten, i) for i in range(tasks)}
    graph["sum"] = Task("sum", sum, List(*(TaskRef(("t", i)) for i in range(tasks))))
    start = time.perf_counter()
    total = dask.threaded.get(graph, "sum", num_workers=threads)
    return {"seconds": time.perf_counter() - start, "value": total / tasks}


def dask_tree(tasks, threads):
    """Numbers added two by two. Making the graph is not timed."""
    import time

    import dask.threaded
    from dask._task_spec import Task, TaskRef

    level, width = 1, tasks // 2
    graph = {(1, i): Task((1, i), _pair, 2 * i, 2 * i + 1) for i in range(width)}
    while width > 1:
        level, width = level + 1, width // 2
        for i in range(width):
            graph[level, i] = Task((level, i), _pair, TaskRef((level - 1, 2 * i)), TaskRef((level - 1, 2 * i + 1)))
    start = time.perf_counter()
    total = dask.threaded.get(graph, (level, 0), num_workers=threads)
    return {"seconds": time.perf_counter() - start, "value": total / tasks}


def build(context):
    threads = dict(threads=context.threads)
    workloads = []
    n = context.pick(20_000, 2_000)
    for chunks in (10, 20, 40):
        call = Call(ME, "dask_numpy", dict(size=n, chunks=chunks, **threads))
        workloads.append(Workload(
            name=f"rsds_numpy_{chunks}",
            title=f"y = x + x.T; y[::2, {n // 2}:].mean(1).sum(), x = random({n}²) in {chunks}² chunks",
            bar=BAR,
            # n/2 rows whose mean is 1; the deviation of their sum is below 0.6 for any n.
            check_value=near(n / 2, 5),
            contenders=[
                Contender("dask, threads", [call]),
                Contender(TILEWORK, [bench(context, "rsds_numpy", size=n, chunk=chunks)]),
            ],
        ))
    air = Input("npy_air", 2920, context.data / "air-2920.npy")
    for side in (5, 25):
        call = Call(ME, "xarray_weekly", dict(source=str(air.path), side=side, **threads))
        workloads.append(Workload(
            name=f"rsds_xarray_{side}",
            title=f"(x - weekly means of x).sum(), 2920 × 25 × 53 float32 in memory, chunks of {side}² points",
            inputs=[air],
            bar=BAR,
            reference="xarray + dask + flox",
            # The sum itself is what rounding leaves of 0.
            check_value=_differences,
            contenders=[
                Contender("xarray + dask + flox", [call]),
                Contender(TILEWORK, [bench(context, "rsds_xarray", input=air.path, chunk=side)]),
            ],
        ))
    for name, title, tasks, expected in (
        ("merge", "{:,} independent products and their sum", context.pick(25_000, 2_500), lambda n: 5 * (n - 1)),
        ("tree", "{:,} numbers added two by two", context.pick(1 << 15, 1 << 10), lambda n: (n - 1) / 2),
    ):
        workloads.append(Workload(
            name=f"rsds_{name}",
            title=title.format(tasks),
            bar=BAR,
            check_value=near(expected(tasks), 1e-9),
            contenders=[
                Contender("dask, threads", [Call(ME, f"dask_{name}", dict(tasks=tasks, **threads))]),
                Contender(TILEWORK, [bench(context, f"rsds_{name}", tasks=tasks)]),
            ],
        ))
    return workloads


def _differences(value, reference):
    """Sums of 4 million float32 that cancel each other, and the mean of their sizes."""
    if not isinstance(value, list) or not isinstance(reference, list):
        return "no values were reported"
    if not math.isfinite(value[0]) or abs(value[0]) > 1000:
        return f"the differences add up to {value[0]!r}, not to about 0"
    return close(1e-4)(value[1], reference[1])
