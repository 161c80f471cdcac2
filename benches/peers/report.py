"""Writes results as Markdown, between markers, so that the prose around them stays. Standard library only."""

import datetime
import os
import pathlib
import platform
import statistics

from contest import MIB, TILEWORK

PAGE = """# Benchmarks

Written by `benches/peers/run.py`; see `benches/peers/README.md` for what is measured and how. Text outside the markers is kept.
"""


def today():
    return datetime.date.today().isoformat()


def machine():
    """CPU, cores and memory of this machine, in one line."""
    model, memory = platform.processor() or platform.machine(), ""
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            memory = f", {int(line.split()[1]) / (1 << 20):.0f} GiB memory"
            break
    return f"{model}, {os.cpu_count()} cores{memory}, {platform.system()} {platform.release().partition('-')[0]}"


def _lines(path):
    try:
        return pathlib.Path(path).read_text().splitlines()
    except OSError:
        return []


def section(workload, result):
    """The Markdown of one workload."""
    when = f"{result['date']}{', quick sizes' if result['quick'] else ''}, load average {result['load']:.1f} at the start."
    lines = [f"### `{workload.name}`: {workload.title}", "", when, ""]
    if "times" not in result:
        return "\n".join(lines + [*result["problems"]])
    unit = "µs per task" if workload.per_unit else "seconds"
    lines += [f"| | {unit}: median (range) | × best peer | CPU s | peak MiB | result |", "|---|---|---|---|---|---|"]
    lines += [_row(workload, result, contender) for contender in workload.contenders]
    if result["bars"]:
        lines.append("")
    for label, held, text in result["bars"]:
        lines.append(f"- {label}: {text} ({ {True: 'held', False: '**missed**', None: 'open'}[held] })")
    if result["notes"]:
        lines += ["", *(f"- {note}" for note in result["notes"])]
    return "\n".join(lines)


def _row(workload, result, contender):
    name = contender.name
    shown = f"**{name}**" if name == TILEWORK else name + ("" if contender.counts else " (not a bar)")
    runs = [r for r in result["runs"].get(name, []) if r.error is None]
    verdict = result["verdicts"].get(name, "not run").replace("|", "\\|")
    if not runs:
        return f"| {shown} | – | – | – | – | {verdict} |"
    times = [r.extra["per_unit"] * 1e6 if workload.per_unit else r.seconds for r in runs]
    middle, best = result["times"][name], result["times"].get(result["best"])
    ratio = f"{middle / best:.2f}" if best else "–"
    peak = max(max(r.peak_bytes, r.extra.get("peak_bytes", 0)) for r in runs)
    cpu = statistics.median(r.cpu for r in runs)
    spread = f" ({min(times):.3g}–{max(times):.3g})" if len(times) > 1 else ""
    return f"| {shown} | {statistics.median(times):.3g}{spread} | {ratio} | {cpu:.1f} | {peak / MIB:.0f} | {verdict} |"


def plain(result):
    """The measurements as JSON can carry them."""
    return {name: [vars(run) for run in runs] for name, runs in result["runs"].items()}


def write(page, workload, result, versions):
    """Replaces the machine's block and the workload's block of the page, or appends them."""
    page.parent.mkdir(parents=True, exist_ok=True)
    text = page.read_text() if page.exists() else PAGE
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    text = _replace(text, "machine", f"Last run {result['date']} on {machine()}. Peers: {listed}.")
    page.write_text(_replace(text, workload.name, section(workload, result)))


def _replace(text, name, block):
    begin, end = f"<!-- peers:{name}:begin -->", f"<!-- peers:{name}:end -->"
    fresh = f"{begin}\n{block}\n{end}"
    if begin in text and end in text.split(begin, 1)[1]:
        before, rest = text.split(begin, 1)
        return before + fresh + rest.split(end, 1)[1]
    return text.rstrip("\n") + f"\n\n{fresh}\n"
