#!/usr/bin/env python3
"""Runs the comparison with other engines: every contender in its own process, in alternation, outputs verified.

    benches/peers/setup.sh
    benches/peers/.venv/bin/python benches/peers/run.py --quick
    benches/peers/.venv/bin/python benches/peers/run.py --only ndvi,ndvi_cog

Needs only the standard library itself, so that its own memory does not show in what it measures.
"""

import argparse
import dataclasses
import importlib
import json
import os
import pathlib
import shutil
import statistics
import sys

import measure
import report
from contest import HERE, TILEWORK, Call, Contender, Context, Run
from workloads.shared import slower_at_most

ROOT = HERE.parent.parent
MODULES = (
    "ndvi", "arrays", "chains", "matrices", "shuffled", "order", "climatology", "rsds", "tasks", "xmean_zarr", "means_uv", "cap_ndvi",
    "tables", "tables_dask", "groupby", "tables_cap", "files",
)
DEADLINE_SECONDS = 3600.0
FROM_PYTHON = "from Python"


def main():
    options = arguments()
    context = Context(
        data=options.data.resolve(), out=options.data.resolve() / f"out-{os.getpid()}", tilework=options.tilework,
        tilework_bench=options.bench, threads=options.threads, quick=options.quick,
    )
    workloads = [w for name in MODULES for w in importlib.import_module(f"workloads.{name}").build(context)]
    chosen = choose(workloads, options.only)
    if options.from_python:
        chosen = [both_ways(w, context, options.from_python) for w in chosen]
    if options.list:
        for workload in workloads:
            print(f"{workload.name:16} {workload.title}")
        return 0
    context.out.mkdir(parents=True)
    # The tables are made by the program's generator.
    os.environ["TILEWORK"] = str(options.tilework)
    failures = []
    try:
        for workload in chosen:
            result = contest(workload, options)
            print("\n" + report.section(workload, result) + "\n", flush=True)
            failures += [f"{workload.name}: {line}" for line in result["problems"]]
            if options.json:
                with open(options.json, "a") as out:
                    out.write(json.dumps({"workload": workload.name, "date": result["date"], "runs": report.plain(result)}) + "\n")
            if options.write:
                report.write(options.docs, workload, result, versions())
    finally:
        shutil.rmtree(context.out, ignore_errors=True)
    for line in failures:
        print(f"PROBLEM {line}", file=sys.stderr)
    return 1 if failures else 0


def both_ways(workload, context, python):
    """The workload with Tilework's array contenders a second time, through the Python package."""
    again = []
    # Some ms of work: what the first touch of memory costs a process differs by as much from run to run, so that both do it many times.
    more = ["--repeat", "31"] if workload.name.startswith("rsds_xarray") else []
    ours = [dataclasses.replace(c, steps=[[*s, *more] if isinstance(s, list) else s for s in c.steps]) for c in workload.contenders
            if c.name.startswith(TILEWORK)]
    for c in ours:
        if c.steps and isinstance(c.steps[0], list) and c.steps[0][0] == context.tilework_bench and c.steps[0][1] != "tasks_remote":
            steps = [[python, str(HERE / "from_python.py"), *s[1:]] for s in c.steps]
            again.append(dataclasses.replace(c, name=c.name.replace(TILEWORK, FROM_PYTHON), steps=steps, counts=False))
    contenders = ours + again
    limits = [("Python's share", slower_at_most(1.03, FROM_PYTHON, TILEWORK))] if again else []
    return dataclasses.replace(workload, contenders=contenders, reference=TILEWORK, bar=None, bars={}, limits=limits)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: proves that everything runs, says nothing of speed")
    parser.add_argument("--only", default="", help="workloads by name (or its beginning), divided by commas")
    parser.add_argument("--list", action="store_true", help="list the workloads")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all contenders (3)")
    parser.add_argument("--threads", type=int, default=2, help="threads for everyone (2)")
    parser.add_argument("--without-peers", action="store_true", help="run Tilework and the references only")
    parser.add_argument("--tilework", default=str(ROOT / "target/release/tilework"), help="the program")
    parser.add_argument("--bench", default=str(ROOT / "target/release/examples/tilework-bench"), help="the program with the array workloads")
    parser.add_argument("--from-python", metavar="PYTHON",
                        help="compare the array workloads, from Rust and through the package installed in this Python, instead of peers")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("PEERS_DATA", HERE / ".data")),
                        help="folder of inputs and outputs (PEERS_DATA)")
    parser.add_argument("--docs", type=pathlib.Path, default=ROOT / "docs/benchmarks.md", help="the page to update")
    parser.add_argument("--write", action=argparse.BooleanOptionalAction, default=None,
                        help="update the page (default: unless --quick)")
    parser.add_argument("--json", help="append every workload's measurements to this file, one JSON line each")
    options = parser.parse_args()
    if options.write is None:
        options.write = not options.quick
    return options


def choose(workloads, only):
    names = [name for name in only.split(",") if name]
    unknown = [name for name in names if not any(w.name.startswith(name) for w in workloads)]
    if unknown:
        sys.exit(f"no workload begins with {', '.join(unknown)}; there are {', '.join(w.name for w in workloads)}")
    full = {w.name for w in workloads}
    # A whole name means that workload alone: `ndvi` is not also `ndvi_cog`.
    asked = [lambda w, n=n: w.name == n if n in full else w.name.startswith(n) for n in names]
    return [w for w in workloads if not names or any(matches(w) for matches in asked)]


def environment(threads):
    """What every process gets: its own best settings, and no more threads than the others."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GDAL_", "DASK_", "PYTHON"))}
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    # The interpreter's folder is not put on the path: Debian's gdal_calc.py belongs to Debian's Python.
    return clean | one | {"GDAL_CACHEMAX": "256", "NUMEXPR_MAX_THREADS": str(threads), "PYTHONDONTWRITEBYTECODE": "1"}


def versions():
    answer = helper(Call("versions", "installed"))
    return {"error": answer.error} if answer.error else {k: v for k, v in answer.extra.items() if isinstance(v, str)}


def helper(call):
    """Runs a helper function in a process of its own."""
    return measure.run(Contender("helper", [call]), environment(os.cpu_count() or 1), DEADLINE_SECONDS)


def contest(workload, options):
    """All rounds of one workload: {"runs": {contender: [Run]}, "verdicts": {contender: text}, "problems": [...]}"""
    result = {"runs": {}, "verdicts": {}, "problems": [], "date": report.today(), "quick": options.quick,
              "load": os.getloadavg()[0]}
    for needed in workload.inputs:
        say(f"{workload.name}: input {needed.path.name}")
        made = helper(Call("make_inputs", "make", {"kind": needed.kind, "size": needed.size, "path": str(needed.path)}))
        if made.error:
            result["problems"].append(f"no input: {made.error}")
            return result
        warm(needed.path)
    field = sorted(workload.contenders, key=lambda c: c.name != workload.reference)
    if options.without_peers:
        field = [c for c in field if c.name in (TILEWORK, workload.reference)]
    rounds = min(options.rounds, workload.rounds or options.rounds)
    for number in range(rounds):
        turn = number % len(field)
        for contender in field[turn:] + field[:turn] if number else field:
            if number >= (contender.rounds or rounds) or any(r.error for r in result["runs"].get(contender.name, [])):
                continue
            run = one_run(workload, contender, options)
            say(f"{workload.name} round {number + 1}: {contender.name}: {run.error or f'{run.seconds:.3f} s'}")
            result["runs"].setdefault(contender.name, []).append(run)
            if number == 0:
                verify(workload, contender, run, result)
            if contender.name != workload.reference or number:
                measure.remove(contender.output)
    for contender in field:
        measure.remove(contender.output)
    judge(workload, result)
    return result


def one_run(workload, contender, options):
    try:
        run = measure.run(contender, environment(options.threads), DEADLINE_SECONDS)
    except measure.NoLimit as reason:
        return Run(0, 0, 0, 0, error=f"no memory limit: {reason}")
    if workload.per_unit and contender.work:
        run.extra["per_unit"] = run.seconds / contender.work
    return run


def verify(workload, contender, run, result):
    """Fills in the contender's verdict; an output that is wrong is a problem of the whole run."""
    if run.error:
        result["verdicts"][contender.name] = run.error
        if run.error != "missing" and not contender.may_fail:
            result["problems"].append(f"{contender.name}: {run.error}")
        return
    verdict, wrong = "ran", None
    reference = next((c for c in workload.contenders if c.name == workload.reference), None)
    if workload.check_value:
        runs = result["runs"].get(workload.reference or contender.name)
        wrong = workload.check_value(run.value, runs[0].value if runs else None)
        verdict = "value agrees"
    if workload.verify:
        call = Call(workload.verify.module, workload.verify.function, dict(workload.verify.arguments))
        if reference:
            call.arguments["reference"] = str(reference.output)
        call.arguments["candidate"] = str(contender.output)
        checked = helper(call)
        wrong = checked.error
        verdict = agreement(checked.extra)
        if contender is reference:
            verdict = "reference"
    if wrong:
        result["problems"].append(f"{contender.name}: {wrong}")
        verdict = f"WRONG: {wrong}"
    result["verdicts"][contender.name] = verdict


def agreement(facts):
    if facts.get("different"):
        return f"equal within {facts['largest']:.1g}"
    off = max(facts.get("overviews_off", [0.0]), default=0.0)
    return "equal" + (f", overviews within {off:.1g}" if off else "")


def warm(path):
    """Reads an input once, so that the first contender meets the same page cache as the others."""
    files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]
    for file in files:
        with open(file, "rb", buffering=0) as stream:
            while stream.read(1 << 20):
                pass


def time_of(workload, result, name):
    """Median time of a contender (per unit of work where that is compared), or None."""
    runs = [r for r in result["runs"].get(name, []) if r.error is None]
    if not runs:
        return None
    return statistics.median(r.extra["per_unit"] if workload.per_unit else r.seconds for r in runs)


def typical(runs):
    """The run of median time, or one that failed."""
    failed = [r for r in runs if r.error]
    return failed[0] if failed else sorted(runs, key=lambda r: r.seconds)[(len(runs) - 1) // 2]


def judge(workload, result):
    """Adds the best peer, everyone's time and what became of the bars and limits."""
    result["times"] = {c.name: time_of(workload, result, c.name) for c in workload.contenders}
    peers = {c.name: result["times"][c.name] for c in workload.contenders if c.counts and c.name != TILEWORK}
    measured = {name: t for name, t in peers.items() if t is not None}
    result["best"] = min(measured, key=measured.get) if measured else None
    result["bars"] = []
    own = result["times"].get(TILEWORK)
    bars = {**({result["best"]: workload.bar} if workload.bar and result["best"] else {}), **workload.bars}
    for peer, bar in bars.items():
        if own is None or measured.get(peer) is None:
            result["bars"].append((f"at most {bar:g} × {peer}", None, "not measured"))
        else:
            ratio = own / measured[peer]
            result["bars"].append((f"at most {bar:g} × {peer}", ratio <= bar, f"{ratio:.2f}"))
    shown = {name: typical(runs) for name, runs in result["runs"].items() if runs}
    ours = shown.get(TILEWORK)
    for label, check in workload.limits:
        if ours and ours.error:
            result["bars"].append((label, None if ours.error == "missing" else False, ours.error))
        elif ours:
            held, text = check(shown)
            result["bars"].append((label, held, text))
        else:
            result["bars"].append((label, None, "not measured"))
    measured = {name: [r for r in runs if r.error is None] for name, runs in result["runs"].items()}
    result["notes"] = workload.notes(measured) if workload.notes else []


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
