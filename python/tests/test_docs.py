"""Every public name has a docstring whose example runs, and what is generated from the names is as they are."""

import doctest
import importlib
import pathlib
import subprocess
import sys

import pytest

import tilework
import tilework.array

MODULES = [
    "tilework",
    "tilework.array",
    "tilework.array.linalg",
    "tilework.array.fft",
    "tilework.array.random",
    "tilework.array.ma",
    "tilework.array.stats",
    "tilework.array.ndimage",
    "tilework.array.overlap",
    "tilework.frame",
    "tilework.frame.exceptions",
    "tilework.frame.selectors",
]


def public():
    """The names of the modules, and the public methods of their classes."""
    # Held, so that no other object gets the number of one that is gone.
    seen = {}
    for module in MODULES:
        m = importlib.import_module(module)
        assert m.__doc__, module
        for name in m.__all__:
            thing = getattr(m, name)
            if id(thing) in seen or not callable(thing) or getattr(thing, "__module__", "").split(".")[0] != "tilework":
                continue
            seen[id(thing)] = thing
            yield f"{module}.{name}", thing
            if isinstance(thing, type) and not issubclass(thing, BaseException):
                parts = [c for c in reversed(thing.__mro__) if c.__module__.split(".")[0] == "tilework"]
                for member, value in [m for c in parts for m in vars(c).items()]:
                    inner = getattr(value, "fget", None) or value
                    if not member.startswith("_") and (callable(inner) or isinstance(value, property)) and id(inner) not in seen:
                        seen[id(inner)] = inner
                        yield f"{module}.{name}.{member}", inner


NAMES = dict(public())


@pytest.mark.parametrize("name", NAMES)
def test_has_a_docstring(name):
    assert (NAMES[name].__doc__ or "").strip(), f"{name} has no docstring"


@pytest.mark.parametrize("name", [n for n, t in NAMES.items() if ">>>" in (t.__doc__ or "")])
def test_example_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    test = doctest.DocTestParser().get_doctest(NAMES[name].__doc__, {}, name, None, 0)
    out = []
    failed, _ = doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=out.append)
    assert not failed, "".join(out)


def test_functions_have_examples():
    functions = {n: t for n, t in NAMES.items() if n.rpartition(".")[0] in MODULES and not isinstance(t, type)}
    without = [n for n, t in functions.items() if ">>>" not in (t.__doc__ or "")]
    assert not without, without


def test_generated_files_are_fresh():
    tool = pathlib.Path(__file__).parent.parent / "generate.py"
    r = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr
