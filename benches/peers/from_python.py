#!/usr/bin/env python3
"""The array workloads of the comparison through the Python package: `tilework-bench`'s command line, and its line of JSON.

    from_python.py NAME --size N --chunk C --threads T --memory BYTES ...

Beside the program it shows what Python costs; `run.py --from-python PYTHON` runs both in alternation.
"""

import datetime
import json
import resource
import sys
import time

import numpy as np

import tilework as tw
import tilework.array as ta
from workloads.chains import chain, timed_chains
from workloads.shared import operand, weighted

def timed(work):
    """The seconds of `work`, and what it gave."""
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value


def repeated(n, work):
    """The same of work that is done `n` times in a row: the median of the seconds, and what was given last."""
    runs = [timed(work) for _ in range(n)]
    return sorted(seconds for seconds, _ in runs)[n // 2], runs[-1][1]


def whole(work):
    """The answer when all of `work` is timed."""
    seconds, value = timed(work)
    return {"seconds": seconds, "value": value}


def rsds_numpy(size, chunk):
    """y = x + x.T of random x, then the sum of means of every second row's second half."""

    def work():
        x = ta.random.default_rng(5).random((size, size), chunks=size // chunk)
        return float((x + x.T)[::2, size // 2 :].mean(axis=1).sum().compute())

    return whole(work)


def rsds_merge(tasks):
    """Independent products and one sum."""
    return whole(lambda: float((ta.arange(tasks, chunks=1) * 10).sum(split_every=tasks).compute()) / tasks)


def rsds_tree(tasks):
    """Numbers added two by two."""
    return whole(lambda: float(ta.arange(tasks, chunks=2).sum(split_every=2).compute()) / tasks)


def tasks_wide(tasks):
    """Independent additions."""
    return whole(lambda: float((ta.arange(tasks, chunks=1) + 1).compute().sum()) / tasks)


def tasks_tree(tasks):
    """Additions two by two."""
    return whole(lambda: float((ta.arange(tasks // 2, chunks=1) + 1).sum(split_every=2).compute()) / (tasks // 2))


def random_mean(size, chunk):
    """The mean of random numbers."""
    return whole(lambda: float(ta.random.default_rng(1).random((size, size), chunks=chunk).mean().compute()))


def transpose(size, chunk):
    """(x + x.T - x.mean(0)).std() of random x."""

    def work():
        x = ta.random.default_rng(2).random((size, size), chunks=chunk)
        return float((x + x.T - x.mean(axis=0)).std().compute())

    return whole(work)


def xmean_zarr(input, output):
    """x - x.mean() from Zarr to Zarr."""

    def work():
        x = ta.from_zarr(input)
        ta.to_zarr(x - x.mean(), output, overwrite=True)
        return 0.0

    return whole(work)


def sincos(size, chunk):
    """The mean of sin(x)^2 + cos(x+1)^2 exp(-x)."""

    def work():
        x = ta.arange(0.0, float(size), 1.0, chunks=chunk) * (20.0 / size)
        return float((ta.square(ta.sin(x)) + ta.square(ta.cos(x + 1.0)) * ta.exp(-x)).mean().compute())

    return whole(work)


def chains(input, chunk=1 << 20):
    """Ten expressions over arrays in memory into arrays in memory."""

    def evaluate(name, arrays, out):
        operands = [ta.from_array(a, chunks=chunk) for a in arrays.values()]
        ta.store(chain(ta, name, *operands), out, lock=False)

    return timed_chains(input, evaluate)


def matmul(input, size):
    """The product of two square matrices in memory into one in memory."""
    file = np.load(input, mmap_mode="r")
    a, b = (ta.from_array(operand(file, k, size * size).reshape(size, size)) for k in (0, 1))
    c = np.ones((size, size))
    seconds, _ = timed(lambda: ta.store(ta.matmul(a, b), c, lock=False))
    return {"seconds": seconds, "value": weighted(c)}


def svd_tall(input, size):
    """The singular value decomposition of a tall matrix in memory."""
    file = np.load(input, mmap_mode="r")
    a = ta.from_array(operand(file, 0, size * 100).reshape(size, 100))

    def work():
        u, s, vt = ta.linalg.svd(a)
        sums = tw.compute(ta.abs(u).sum(), ta.abs(vt).sum(), s)
        return [float(sums[0]), float(sums[1]), *map(float, sums[2])]

    return whole(work)


def rechunk_cumsum(size):
    """Rows cut anew as columns, and their last cumulative sums."""

    def work():
        x = ta.random.default_rng(3).random((size, size), chunks=(size // 100, size))
        return float(x.rechunk((size, size // 100)).cumsum(axis=0)[-1].sum().compute())

    return whole(work)


def overlap_mean(input, size, chunk):
    """The mean of 5 x 5 neighbours."""
    file = np.load(input, mmap_mode="r")
    x = ta.from_array(operand(file, 0, size * size, "f4").reshape(size, size), chunks=chunk)

    def work():
        smooth = ta.ndimage.uniform_filter(x, 5)
        return [float(v) for v in tw.compute(smooth.mean(), smooth.std())]

    return whole(work)


def histogram(size, chunk):
    """How many standard normals fall into each of 100 bins."""

    def work():
        x = ta.random.default_rng(4).standard_normal(size, chunks=chunk)
        return ta.histogram(x, bins=100, range=(-5, 5))[0].compute().tolist()

    return whole(work)


def sort(input, chunk=1 << 20):
    """Numbers in memory, sorted."""
    x = ta.from_array(np.load(input), chunks=chunk)
    seconds, result = timed(lambda: ta.sort(x).compute())
    return {"seconds": seconds, "value": weighted(result)}


def sort_file(input, output):
    """Numbers sorted from file to file; the result is read piece by piece, so that no memory is taken for it."""

    def work():
        ta.to_npy(ta.sort(ta.open_npy(input)), output, overwrite=True)

    seconds, _ = timed(work)
    result, step, total, last = np.load(output, mmap_mode="r"), 1009 << 9, 0.0, -np.inf
    for first in range(0, result.size, step):
        part = np.array(result[first : first + step])
        if part[0] < last or (np.diff(part) < 0).any():
            raise RuntimeError("the result of sort does not rise")
        last = part[-1]
        total += weighted(part) * part.size
    return {"seconds": seconds, "value": total / result.size}


def unique_counts(input, chunk=1 << 20):
    """Distinct values and how often they occur."""
    x = ta.from_array(np.load(input), chunks=chunk)
    seconds, (values, counts) = timed(lambda: tw.compute(*ta.unique(x, return_counts=True)))
    return {"seconds": seconds, "value": [values.size, weighted(values), weighted(counts)]}


def median(input, chunk=1 << 20):
    """The median of numbers in memory."""
    x = ta.from_array(np.load(input), chunks=chunk)
    return whole(lambda: float(ta.median(x).compute()))


def median_zarr(input):
    """The median of numbers in a Zarr array."""
    return whole(lambda: float(ta.median(ta.from_zarr(input)).compute()))


def means_uv(u, v):
    """The means of u, v and u v in one run."""

    def work():
        a, b = ta.from_zarr(u), ta.from_zarr(v)
        return [float(m) for m in tw.compute(a.mean(), b.mean(), (a * b).mean())]

    return whole(work)


def spread(means, groups, x):
    """To every row the mean of its group."""
    return means[groups].rechunk(x.chunks)


def climatology(input):
    """Daily values of 30 years minus the means of their days of the year."""

    def work():
        x = ta.from_zarr(input)
        days = [datetime.date(1990, 1, 1) + datetime.timedelta(d) for d in range(x.shape[0])]
        groups = np.array([d.timetuple().tm_yday - 1 for d in days])
        means = ta.group_reduce("mean", x, groups, 366, axis=0)
        anomaly = x - spread(means, groups, x)
        return [float(v) for v in tw.compute(anomaly.std(), means.mean(), means.std())]

    return whole(work)


def rsds_xarray(input, chunk, repeat=1):
    """A cube minus its weekly means."""
    x = ta.from_array(np.load(input), chunks=(-1, chunk, chunk))
    first = datetime.date(2013, 1, 1)
    weeks = np.array([(first + datetime.timedelta(i // 4)).isocalendar().week - 1 for i in range(x.shape[0])])

    def work():
        differences = x - spread(ta.group_reduce("mean", x, weeks, weeks.max() + 1, axis=0), weeks, x)
        return float(differences.sum().compute()), differences

    seconds, (total, differences) = repeated(repeat, work)
    return {"seconds": seconds, "value": [total, float(abs(differences).mean().compute())]}


def main():
    name, *words = sys.argv[1:]
    options = {k.removeprefix("--"): int(v) if v.isdigit() else v for k, v in zip(words[::2], words[1::2])}
    threads, memory = options.pop("threads", None), options.pop("memory", None)
    with tw.config(threads=threads, memory=memory):
        # What is imported when it is first needed is imported before the clock starts, as for the peers.
        tw.compute(ta.random.default_rng(0).random(1), ta.asarray([1.0]) + 1)
        answer = globals()[name](**options)
    answer["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
