#!/usr/bin/env python3
"""What Python costs: the call overhead, the time of imports, copies on the way in and out. Prints each beside its bar.

    PYTHON benches/python.py       with the Python that has the package installed

The array workloads from Python beside Rust: `benches/peers/run.py --from-python PYTHON`.
"""

import pathlib
import statistics
import subprocess
import sys
import time

GIB = 1 << 30


def resident(field):
    """Bytes of this process in memory: VmRSS now, VmHWM at most."""
    text = pathlib.Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(field)) * 1024


def seconds_of(code):
    """The median over processes of what `code` prints."""
    run = [sys.executable, "-c", code]
    return statistics.median(float(subprocess.run(run, capture_output=True, text=True, check=True).stdout) for _ in range(11))


def import_time():
    """Milliseconds of `import tilework.array` where NumPy is imported already, files cached by the system."""
    code = "import numpy, time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
    yield "import tilework.array", seconds_of(code.format("tilework.array")) * 1e3, 60, "ms"
    yield "import dask.array", seconds_of(code.format("dask.array")) * 1e3 if has("dask") else float("nan"), None, "ms"


def has(package):
    """Whether a package is installed."""
    import importlib.util

    return importlib.util.find_spec(package) is not None


def call_overhead():
    """Microseconds of `x + 1` for few and many chunks."""
    import tilework.array as ta

    for n_chunks in (1, 10**6):
        x = ta.arange(10**9, chunks=10**9 // n_chunks)
        best = []
        for _ in range(7):
            start = time.perf_counter()
            for _ in range(10_000):
                x + 1
            best.append((time.perf_counter() - start) / 10_000)
        yield f"x + 1, {n_chunks:,} chunk{'s' if n_chunks > 1 else ''}", statistics.median(best) * 1e6, 20, "µs"


def round_trip():
    """How much more memory a GiB takes on its way in, and out."""
    import numpy as np

    import tilework.array as ta

    ta.ones(10, chunks=5).sum().compute()
    a = np.ones(GIB // 8)
    before = resident("VmRSS")
    x = ta.from_array(a)
    yield "numpy to lazy, memory", (resident("VmRSS") - before) / GIB, 0.01, "GiB"
    out = x.compute()
    yield "lazy to numpy, memory", (resident("VmHWM") - before) / GIB, 1.05, "GiB"
    assert out is not a and (out == a).all()


def main():
    missed = False
    for measure in (import_time, call_overhead, round_trip):
        for name, value, bar, unit in measure():
            verdict = "" if bar is None else "held" if value <= bar else "MISSED"
            missed |= verdict == "MISSED"
            print(f"{name:28} {value:9.2f} {unit:4} {'' if bar is None else f'bar {bar:g}':10} {verdict}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
