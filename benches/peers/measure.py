"""Runs processes and says what they cost: wall time, CPU time, largest resident set, bytes read. Standard library only.

The driver stays small on purpose: Linux hands the peak of the forking process down to the child, so nothing below the
driver's own ~20 MB could be seen.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from contest import Call, Run

CGROUP_V1 = pathlib.Path("/sys/fs/cgroup/memory")
CGROUP_V2 = pathlib.Path("/sys/fs/cgroup")
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


class NoLimit(Exception):
    """This machine does not let us enforce a memory limit."""


@contextlib.contextmanager
def memory_group(limit_bytes):
    """A control group with a kernel-enforced memory limit (no swap); yields its folder."""
    v1 = (CGROUP_V1 / "memory.limit_in_bytes").exists()
    root = CGROUP_V1 if v1 else CGROUP_V2
    if not v1 and "memory" not in _read(CGROUP_V2 / "cgroup.controllers"):
        raise NoLimit("neither cgroup v1 nor v2 offers a memory controller")
    group = root / f"tilework-peers-{os.getpid()}-{time.monotonic_ns()}"
    try:
        group.mkdir()
        if v1:
            (group / "memory.limit_in_bytes").write_text(str(limit_bytes))
            with contextlib.suppress(OSError):
                (group / "memory.memsw.limit_in_bytes").write_text(str(limit_bytes))
        else:
            (group / "memory.max").write_text(str(limit_bytes))
            with contextlib.suppress(OSError):
                (group / "memory.swap.max").write_text("0")
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise NoLimit(f"the memory limit can't be set: {error}") from error
    try:
        yield group
    finally:
        for _ in range(50):
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(0.1)


def _read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def _group_facts(group):
    peak = _read(group / "memory.max_usage_in_bytes") or _read(group / "memory.peak")
    kills = [line.split()[1] for f in ("memory.oom_control", "memory.events")
             for line in _read(group / f).splitlines() if line.startswith("oom_kill ")]
    return {"group_peak_bytes": int(peak or 0), "oom_kills": int(kills[0]) if kills else 0}


def run(contender, environment, deadline_seconds):
    """Runs the steps of a contender; a failing step ends it with `error` set."""
    total = Run(seconds=0.0, wall=0.0, cpu=0.0, peak_bytes=0)
    for path in [contender.output, *contender.scratch]:
        remove(path)
    for step in contender.steps:
        argv = step.argv() if isinstance(step, Call) else [str(a) for a in step]
        if shutil.which(argv[0]) is None:
            total.error = "missing"
            break
        if contender.limit_bytes is None:
            part = _spawn(argv, environment, deadline_seconds)
        else:
            with memory_group(contender.limit_bytes) as group:
                part = _spawn(["/bin/sh", "-c", ENTER, str(group), *argv], environment, deadline_seconds)
                part.extra |= _group_facts(group)
            if part.error and part.extra["oom_kills"]:
                part.error = f"killed at the limit of {contender.limit_bytes >> 20} MiB"
        total.wall += part.wall
        total.cpu += part.cpu
        total.peak_bytes = max(total.peak_bytes, part.peak_bytes)
        total.extra |= part.extra
        if part.error:
            total.error = part.error
            break
        if part.value is not None:
            total.value = part.value
        reported = None if contender.wall_only else part.extra.get("seconds")
        total.seconds += part.wall if reported is None else reported
    for path in contender.scratch:
        remove(path)
    return total


def _spawn(argv, environment, deadline_seconds):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen(argv, stdout=out, stderr=err, env=environment, stdin=subprocess.DEVNULL)
        status, usage, io = _reap(child, start + deadline_seconds)
        wall = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        text, complaint = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    part = Run(wall, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, extra=io)
    answer = _last_json(text)
    part.value = answer.pop("value", None)
    part.extra |= answer
    code = os.waitstatus_to_exitcode(status)
    if wall > deadline_seconds:
        part.error = f"stopped after {deadline_seconds:.0f} s"
    elif code != 0:
        last = (complaint.strip() or text.strip() or "no message").splitlines()[-1]
        part.error = f"exit {code}: {last[:300]}"
    return part


def _reap(child, deadline):
    """Waits for the child without losing its I/O counters, which vanish when it is reaped."""
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.perf_counter() > deadline:
            child.kill()
        time.sleep(0.002)
    io = {}
    for line in _read(pathlib.Path(f"/proc/{child.pid}/io")).splitlines():
        name, _, number = line.partition(": ")
        if name in ("rchar", "read_bytes"):
            io[name] = int(number)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return status, usage, io


def _last_json(text):
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            try:
                return json.loads(line)
            except ValueError:
                continue
    return {}


def remove(path):
    """Removes a file or a folder, if it is there."""
    if path is None:
        return
    path = pathlib.Path(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
        # GDAL's side files.
        pathlib.Path(f"{path}.aux.xml").unlink(missing_ok=True)
