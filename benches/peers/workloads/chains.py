"""`fused_chains`: ten expressions of 2 to 12 elementwise operations over arrays in memory, into memory.

The inputs of each expression are as large together as the file of numbers. Everyone writes the result into an array that is there and
was written before. Seconds are the geometric mean of the ten, so that the
ratio of two contenders is the geometric mean of their ten ratios; a note lists these. `bench/chains.rs` has the same expressions.
"""

import statistics

from contest import TILEWORK, Call, Contender, Workload, close

from workloads.shared import bench, geometric_mean, numbers_input, operand, use_dask, weighted

ME = "workloads.chains"

# name: (dtype, result's dtype, operands, numexpr's text)
CHAINS = {
    "polynomial": ("f8", "f8", 1, "(((((2*x - 3)*x + 5)*x - 7)*x + 11)*x - 13)*x + 17"),
    "multiply_add": ("f4", "f4", 3, "x*y + z"),
    "hypot": ("f8", "f8", 2, "sqrt(x*x + y*y)"),
    "select": ("f4", "f4", 2, "where(x > half, x*y, x - y)"),
    "waves": ("f8", "f8", 1, "exp(-x)*sin(x*4) + log(x + 1)"),
    "bells": ("f4", "f4", 2, "tanh(x*2 - 1)*exp(-(y*y))"),
    "between": ("f8", "f8", 2, "where((x > y) & (x < 0.75), x*2, y + 1)"),
    "widen": ("f4", "f8", 2, "(x - quarter)*y + x"),
    "clip": ("f8", "f8", 1, "maximum(minimum(x*4 - 2, 1), -1)"),
    "ndvi": ("f4", "f4", 2, "where(x + y > eighth, (y - x)/(y + x), -1)"),
}


def chain(xp, name, x, y=None, z=None):
    """The expression over arrays of a namespace: `dask.array`, `tilework.array`."""
    if name == "polynomial":
        return (((((2 * x - 3) * x + 5) * x - 7) * x + 11) * x - 13) * x + 17
    if name == "multiply_add":
        return x * y + z
    if name == "hypot":
        return xp.sqrt(x * x + y * y)
    if name == "select":
        return xp.where(x > 0.5, x * y, x - y)
    if name == "waves":
        return xp.exp(-x) * xp.sin(x * 4) + xp.log(x + 1)
    if name == "bells":
        return xp.tanh(x * 2 - 1) * xp.exp(-(y * y))
    if name == "between":
        return xp.where((x > y) & (x < 0.75), x * 2, y + 1)
    if name == "widen":
        x, y = x.astype("f8"), y.astype("f8")
        return (x - 0.25) * y + x
    if name == "clip":
        return xp.clip(x * 4 - 2, -1, 1)
    if name == "ndvi":
        both = y + x
        return xp.where(both > 0.125, (y - x) / both, -1)
    raise ValueError(name)


def timed_chains(source, evaluate):
    """Every expression by `evaluate(name, arrays by letter, out)`, timed: the answer of a contender."""
    import time

    import numpy as np

    file = np.load(source, mmap_mode="r")
    each, sums = {}, []
    for name, (dtype, result, n_operands, _text) in CHAINS.items():
        n = file.nbytes // (n_operands * np.dtype(dtype).itemsize)
        arrays = {letter: operand(file, k, n, dtype) for k, letter in enumerate("xyz"[:n_operands])}
        out = np.ones(n, result)
        start = time.perf_counter()
        evaluate(name, arrays, out)
        each[name] = time.perf_counter() - start
        sums.append(weighted(out))
    return {"seconds": geometric_mean(each.values()), "each": each, "value": sums}


def numexpr_chains(source, threads):
    """All by numexpr, whose threads share every block."""
    import numexpr
    import numpy as np

    numexpr.set_num_threads(threads)
    # Numbers with a fraction in the text are float64, so comparisons would be slower; the quarter is meant to widen.
    constants = {"half": np.float32(0.5), "eighth": np.float32(0.125), "quarter": np.float64(0.25)}

    def evaluate(name, arrays, out):
        numexpr.evaluate(CHAINS[name][3], {**arrays, **constants}, out=out, casting="safe")

    return timed_chains(source, evaluate)


def dask_chains(source, chunk, threads):
    """All by dask threads, stored into the array without a lock."""
    import dask.array as da

    use_dask(threads)

    def evaluate(name, arrays, out):
        # name=False: nothing is hashed
        operands = [da.from_array(a, chunks=chunk, name=False) for a in arrays.values()]
        da.store(chain(da, name, *operands), out, lock=False)

    return timed_chains(source, evaluate)


def _notes(runs):
    """A line for each expression: seconds of everyone, and Tilework's in relation to each peer's."""
    each = {name: [run.extra["each"] for run in ran if "each" in run.extra] for name, ran in runs.items()}
    times = {name: {c: statistics.median(r[c] for r in ran) for c in CHAINS} for name, ran in each.items() if ran}
    own = times.pop(TILEWORK, None)
    if not own:
        return []
    lines = []
    for chain in CHAINS:
        ratios = ", ".join(f"{own[chain] / peer[chain]:.2f} × {name}" for name, peer in times.items())
        lines.append(f"`{chain}`: {own[chain]:.3g} s" + (f" = {ratios}" if ratios else ""))
    return lines


def build(context):
    numbers = numbers_input(context)
    source = str(numbers.path)
    numexpr = f"numexpr, {context.threads} threads"

    def dask(chunk):
        call = Call(ME, "dask_chains", dict(source=source, chunk=chunk, threads=context.threads))
        return Contender(f"dask, threads, chunks {chunk}", [call])

    peers = [dask(chunk) for chunk in context.pick((1 << 18, 1 << 20), (1 << 18,))]
    return [Workload(
        name="fused_chains",
        title=f"ten expressions of 2 to 12 elementwise operations, {numbers.size * 8 / 1e9:.2g} GB in memory each (seconds: geometric mean)",
        inputs=[numbers],
        bars={numexpr: 0.6, **{peer.name: 0.2 for peer in peers}},
        reference=numexpr,
        check_value=close(1e-6, 1e-9),
        contenders=[
            Contender(numexpr, [Call(ME, "numexpr_chains", dict(source=source, threads=context.threads))]),
            *peers,
            Contender(TILEWORK, [bench(context, "chains", input=source, chunk=context.pick(1 << 20, 1 << 18))]),
        ],
        notes=_notes,
    )]
