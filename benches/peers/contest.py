"""The vocabulary of the comparison: what a workload, a contender and a run are. Standard library only.

A contender is a list of steps that are run one after the other, each as its own process: either a command line or a
function of a workload's module, which `child.py` calls in a fresh Python.
"""

import dataclasses
import pathlib
import sys
from collections.abc import Callable

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20
GIB = 1 << 30


@dataclasses.dataclass
class Context:
    """Where things are and how large the run is."""

    data: pathlib.Path  # inputs, kept between runs
    out: pathlib.Path  # outputs, removed after they were verified
    tilework: str
    tilework_bench: str
    threads: int = 2
    quick: bool = False

    def pick(self, full, quick):
        return quick if self.quick else full


@dataclasses.dataclass
class Call:
    """A function of `module` (below this folder) with keyword arguments that JSON can carry."""

    module: str
    function: str
    arguments: dict = dataclasses.field(default_factory=dict)

    def argv(self):
        import json

        return [sys.executable, str(HERE / "child.py"), self.module, self.function, json.dumps(self.arguments)]


@dataclasses.dataclass
class Contender:
    """One way of doing the work."""

    name: str
    steps: list  # of argv lists and Calls
    output: pathlib.Path | None = None  # what it writes, for the check
    scratch: list = dataclasses.field(default_factory=list)  # files between its steps
    counts: bool = True  # whether the bar is measured against it (information only otherwise)
    work: int | None = None  # units of work done, when a workload is measured per unit
    limit_bytes: int | None = None  # kernel-enforced memory limit
    rounds: int | None = None  # fewer rounds than the run's, for the slow ones
    wall_only: bool = False  # time its processes from outside, whatever they report
    may_fail: bool = False  # a failure is a result worth a row, not an error of the comparison


@dataclasses.dataclass
class Input:
    """Something `make_inputs.py` makes once: `kind` with `size`, at `path`."""

    kind: str
    size: int
    path: pathlib.Path


@dataclasses.dataclass
class Workload:
    """What is compared. Tilework's contender is called `tilework`; the reference is what others are verified against."""

    name: str
    title: str
    contenders: list
    inputs: list = dataclasses.field(default_factory=list)
    bar: float | None = None  # time(tilework) / time(best peer) must not be larger
    bars: dict = dataclasses.field(default_factory=dict)  # the same against single peers, by name
    reference: str | None = None
    verify: Call | None = None  # called with reference= and candidate= paths added
    check_value: Callable | None = None  # (value, reference value) -> None, or what is wrong
    limits: list = dataclasses.field(default_factory=list)  # (label, Callable[[dict of results], (bool, str)])
    notes: Callable | None = None  # (dict of lists of runs) -> lines about them, for information
    per_unit: bool = False  # compare time per unit of work
    rounds: int | None = None


@dataclasses.dataclass
class Run:
    """What one run of one contender cost."""

    seconds: float  # the work: as reported by the contender, else the wall time of its processes
    wall: float
    cpu: float
    peak_bytes: int  # largest resident set of any of its processes
    value: float | list | None = None
    error: str | None = None
    extra: dict = dataclasses.field(default_factory=dict)


TILEWORK = "tilework"


def close(relative, absolute=0.0):
    """A value check: within a tolerance of the reference's value, or every value of a list within that of its own."""

    def check(value, reference):
        if value is None or reference is None:
            return "no value was reported"
        if isinstance(value, list) or isinstance(reference, list):
            if not isinstance(value, list) or not isinstance(reference, list) or len(value) != len(reference):
                return "as many values as the reference's were not reported"
            wrong = ((i, check(v, r)) for i, (v, r) in enumerate(zip(value, reference)))
            return next((f"value {i}: {text}" for i, text in wrong if text), None)
        if abs(value - reference) <= absolute + relative * abs(reference):
            return None
        return f"{value!r} is not {reference!r} within {relative:g}"

    return check


def near(expected, tolerance):
    """A value check against a known number: random numbers differ between engines, their moments don't."""

    def check(value, _reference):
        if value is None:
            return "no value was reported"
        if abs(value - expected) <= tolerance:
            return None
        return f"{value!r} is not {expected!r} within {tolerance:g}"

    return check
