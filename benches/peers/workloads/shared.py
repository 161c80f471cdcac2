"""What several workloads need: Tilework's command line, the peers' settings, inputs in memory, sums by place, limits.

Standard library only at the top; functions that peers call import their packages themselves.
"""

from contest import MIB, TILEWORK, Contender, Input

PERIOD = 1009  # weights of `weighted` repeat after so many elements (a prime)
SHIFT = 7919  # how much further each operand begins in the file


def bench(context, name, **options):
    """Tilework's command line for an array workload; options become --option value."""
    pairs = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    return [context.tilework_bench, name, *pairs, "--threads", str(context.threads)]


def use_dask(threads):
    """dask on so many threads."""
    import dask

    dask.config.set(scheduler="threads", num_workers=threads)


def numbers_input(context):
    """Uniform float64 below 1 in a .npy file, from which several workloads take their operands."""
    size = context.pick(200_000_000, 4_000_000)
    return Input("npy_uniform", size, context.data / f"uniform-{size}.npy")


def operand(file, k, n, dtype="float64"):
    """`n` numbers for the k-th operand: the file's, taken round and round from another place for each."""
    import numpy as np

    start, out, done = k * (n + SHIFT) % len(file), np.empty(n, dtype), 0
    while done < n:
        part = file[start : start + n - done]
        out[done : done + len(part)] = part
        done, start = done + len(part), 0
    return out


def weighted(a):
    """The mean of the elements, each weighted by its place: differs where elements differ or stand elsewhere."""
    import math

    import numpy as np

    a, weights, sums = a.reshape(-1), np.arange(1, PERIOD + 1, dtype=np.float64), []
    step = PERIOD << 10
    for first in range(0, a.size, step):
        part = a[first : first + step].astype(np.float64)
        lines = part.size // PERIOD * PERIOD
        sums.append(float((part[:lines].reshape(-1, PERIOD) @ weights).sum() + part[lines:] @ weights[: part.size - lines]))
    return math.fsum(sums) / PERIOD / a.size


def geometric_mean(numbers):
    """The geometric mean."""
    import math

    return math.exp(sum(map(math.log, numbers)) / len(numbers))


def stored_bytes(folder):
    """Bytes of all files below a folder."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def finished(limit, name=TILEWORK):
    """A limit check: the contender finished in its control group."""

    def check(results):
        run = results.get(name)
        if run is None or run.error:
            return False, run.error if run else "not run"
        peak = run.extra.get("group_peak_bytes", 0)
        return True, f"finished under {limit // MIB} MiB (control group's peak {peak / MIB:.0f} MiB)"

    return check


def read_at_most(times, paths, name=TILEWORK):
    """A limit check: the contender read its inputs so many times at most."""

    def check(results):
        run, stored = results.get(name), sum(stored_bytes(path) for path in paths)
        if run is None or run.error:
            return False, run.error if run else "not run"
        # mapped pages are missing in rchar, cached ones in read_bytes
        read = max(run.extra.get("bytes_read", 0), run.extra.get("rchar", 0), run.extra.get("read_bytes", 0))
        return read <= times * stored, f"read {read / stored:.2f} times the input's {stored / MIB:.0f} MiB, limit {times:g}"

    return check


def capped(context, title, name, limit, memory, output=None, **options):
    """Tilework in a control group, as a row beside the contender that is compared."""
    if output is not None:
        options["output"] = output
    argv = bench(context, name, memory=memory, **options)
    return Contender(f"{title}, in {limit // MIB} MiB", [argv], output, limit_bytes=limit, counts=False, rounds=1)


def slower_at_most(times, name, peer):
    """A limit check: the contender takes so many times as long as the peer at most."""

    def check(results):
        run, other = results.get(name), results.get(peer)
        if run is None or other is None or run.error or other.error:
            return None, (run and run.error) or (other and other.error) or "not measured"
        ratio = run.seconds / other.seconds
        return ratio <= times, f"{ratio:.2f} × {peer}, limit {times:g}"

    return check
