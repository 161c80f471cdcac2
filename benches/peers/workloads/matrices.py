"""`matmul` against NumPy's BLAS on two threads, `svd_tall` against dask with BLAS on one."""

from contest import TILEWORK, Call, Contender, Workload, close

from workloads.shared import bench, numbers_input, operand, use_dask, weighted

ME = "workloads.matrices"


def numpy_matmul(source, size, threads):
    """The product by NumPy into an array that is there."""
    import os
    import time

    for library in ("OMP", "OPENBLAS", "MKL"):  # before NumPy is imported; the driver sets 1
        os.environ[f"{library}_NUM_THREADS"] = str(threads)
    import numpy as np

    file = np.load(source, mmap_mode="r")
    a, b = (operand(file, k, size * size).reshape(size, size) for k in range(2))
    c = np.ones((size, size))
    start = time.perf_counter()
    np.matmul(a, b, out=c)
    return {"seconds": time.perf_counter() - start, "value": weighted(c)}


def dask_svd(source, rows, chunk, threads):
    """U, S and V by dask: the sums of |U| and |V|, then S."""
    import time

    import dask
    import dask.array as da
    import numpy as np

    use_dask(threads)
    a = operand(np.load(source, mmap_mode="r"), 0, rows * 100).reshape(rows, 100)
    start = time.perf_counter()
    u, s, v = da.linalg.svd(da.from_array(a, chunks=(chunk, 100), name=False))
    sums = dask.compute(abs(u).sum(), abs(v).sum(), s)
    return {"seconds": time.perf_counter() - start, "value": [float(sums[0]), float(sums[1]), *map(float, sums[2])]}


def build(context):
    numbers = numbers_input(context)
    source, n = str(numbers.path), context.pick(6000, 1000)
    blas = f"NumPy (OpenBLAS), {context.threads} threads"
    matmul = Workload(
        name="matmul",
        title=f"a @ b, {n}² float64 in memory",
        inputs=[numbers],
        bar=1.0,
        reference=blas,
        check_value=close(1e-12),
        contenders=[
            Contender(blas, [Call(ME, "numpy_matmul", dict(source=source, size=n, threads=context.threads))]),
            Contender(TILEWORK, [bench(context, "matmul", input=source, size=n)]),
        ],
    )
    rows = context.pick(1_000_000, 30_000)

    def dask(chunk):
        call = Call(ME, "dask_svd", dict(source=source, rows=rows, chunk=chunk, threads=context.threads))
        return Contender(f"dask, threads, chunks of {chunk} rows", [call])

    peers = [dask(chunk) for chunk in context.pick((10_000, 50_000, 250_000), (10_000,))]
    svd = Workload(
        name="svd_tall",
        title=f"thin SVD of {rows} × 100 float64 in memory; U and V summed, S kept",
        inputs=[numbers],
        bar=0.5,
        reference=peers[0].name,
        check_value=close(1e-8),
        contenders=[*peers, Contender(TILEWORK, [bench(context, "svd_tall", input=source, size=rows)])],
    )
    return [matmul, svd]
