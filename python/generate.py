#!/usr/bin/env python3
"""Writes what is generated from the names of the package: the stubs of `tilework.array` and `tilework.frame`, and `docs/python-api.md`.

    python/generate.py            writes them
    python/generate.py --check    says which of them is not as it would be written

The package must be importable. Signatures and sentences are those of the functions; what a function gives is in `GIVES` unless it is an array.
"""

import importlib
import inspect
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Python puts the script's folder in front, where the sources lie: what is installed, or in PYTHONPATH, is meant.
sys.path.remove(str(HERE))
MODULES = {
    "tilework": "Settings and runs",
    "tilework.array": "Arrays",
    "tilework.array.linalg": "Linear algebra",
    "tilework.array.fft": "Fourier transforms",
    "tilework.array.random": "Random numbers",
    "tilework.array.ma": "Masked arrays",
    "tilework.array.stats": "Statistical tests",
    "tilework.array.ndimage": "Filters and labels",
    "tilework.array.overlap": "Blocks with their neighbours",
    "tilework.frame": "Tables",
    "tilework.frame.selectors": "Selectors of columns",
}
ARRAYS, LIST, PAIR = "tuple[Array, ...]", "list[Array]", "tuple[Array, Array]"
GIVES = {
    **dict.fromkeys(("modf", "frexp", "divmod", "average_returned", "histogram"), PAIR),
    **dict.fromkeys(("nonzero", "unravel_index", "broadcast_arrays", "meshgrid", "unstack", "where1", "diag_indices", "tril_indices",
                     "triu_indices", "ix_", "unique_all", "unique_counts", "unique_inverse", "histogram2d", "histogramdd"), ARRAYS),
    **dict.fromkeys(("split", "array_split", "hsplit", "vsplit", "dsplit"), LIST),
    **dict.fromkeys(("shape", "broadcast_shapes"), "tuple[int, ...]"),
    **dict.fromkeys(("ndim", "size"), "int"),
    **dict.fromkeys(("can_cast", "isdtype", "isscalar", "iscomplexobj", "isrealobj"), "bool"),
    **dict.fromkeys(("result_type", "promote_types"), "np.dtype"),
    **dict.fromkeys(("compute", "__array__"), "np.ndarray"),
    **dict.fromkeys(("explain", "chunk_report", "visualize", "store", "to_zarr", "to_hdf5", "to_npy_stack", "finfo", "iinfo", "item", "tolist",
                     "piecewise_", "to_delayed", "to_dask", "apply_gufunc", "as_gufunc", "unique", "average", "unify_chunks", "asnumpy",
                     "__array_namespace_info__"), "Any"),
}  # fmt: skip


def signature(f):
    """The signature of a function as text; what it was given by default as `...` where that is no plain value."""
    try:
        s = inspect.signature(f)
    except (TypeError, ValueError):
        return "(*args, **kwargs)"
    plain = (int, float, str, bool, type(None))
    parameters = [
        p.replace(annotation=p.empty, default=p.default if p.default is p.empty or type(p.default) in plain else ...)
        for p in s.parameters.values()
    ]
    return str(s.replace(parameters=parameters, return_annotation=s.empty)).replace("Ellipsis", "...").replace("=nan", "=...")


def sentence(thing):
    """The first sentence of a docstring."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".") + "." if text else ""


# What functions and methods of `tilework.frame` give, which are expressions and queries otherwise.
FRAME_GIVES = {
    **dict.fromkeys(("collect", "partition", "describe"), "Table"),
    **dict.fromkeys(("group_by", "group_by_dynamic", "rolling", "having"), "GroupBy"),
    **dict.fromkeys(("from_arrow", "from_dict", "from_dicts", "from_pandas", "from_polars", "concat", "sql", "scan_csv", "scan_ipc", "scan_ndjson",
                     "scan_parquet", "lazy"), "Frame"),
    **dict.fromkeys(("to_arrow", "to_pyarrow", "to_pandas", "to_polars", "to_dict", "to_dicts", "rows", "item", "partitions", "explain",
                     "explain_polars", "pipe", "clone"), "Any"),
    **dict.fromkeys(("sink_parquet", "sink_csv", "sink_ipc", "sink_ndjson"), "None"),
    **dict.fromkeys(("collect_schema", "__bool__", "__hash__"), "Any"),
    "when": "When", "then": "Then",
}  # fmt: skip
# What the properties of `Expr` are.
SPACES = {"str": "ExprStr", "dt": "ExprDt", "list": "ExprList", "arr": "ExprArray", "struct": "ExprStruct", "cat": "ExprCat", "bin": "ExprBin",
          "name": "ExprName", "meta": "ExprMeta"}  # fmt: skip
# What every object has, and classes of tables may have in another way.
REDEFINED = ("__init__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__")


def frame_gives(name, member):
    """What a function (`name` is None) or a method of a class of `tilework.frame` gives."""
    if name is None or name.startswith("Expr") or name in ("When", "Then", "Column"):
        if (name, member) in (("Expr", "pipe"), ("ExprMeta", "eq")) or (name == "ExprMeta" and member != "undo_aliases"):
            return "Any"
        if (name, member) in (("Expr", "rolling"), ("Expr", "item")):
            return "Expr"
        return FRAME_GIVES.get(member, "Expr")
    if member.startswith("_") or name not in ("Frame", "GroupBy", "Table"):
        return "Any"
    return FRAME_GIVES.get(member, "Frame" if name != "Table" else "Any")


def stub(module):
    """The stub of a module."""
    frame = module.__name__ == "tilework.frame"
    lines = [
        f'"""Generated by python/generate.py from the names of {module.__name__}: do not edit."""',
        "",
        "from typing import Any",
        "",
        "import numpy as np",
        "",
    ]
    functions = []
    gives_of = frame_gives if frame else array_gives
    for name in sorted(module.__all__):
        thing = getattr(module, name)
        if inspect.ismodule(thing):
            lines.append(f"from . import {name} as {name}")
        elif isinstance(thing, type) and thing.__module__.startswith("tilework"):
            functions += ["", *class_stub(name, thing, gives_of)]
        elif type(thing).__name__ == "ufunc":
            functions.append(f"{name}: ufunc")
        elif frame and type(thing).__name__ == "Column":
            functions.append(f"{name}: Column")
        elif callable(thing) and not isinstance(thing, type):
            gives = frame_gives(None, name) if frame else GIVES.get(name, "Array")
            functions.append(f"def {name}{signature(thing)} -> {gives}: ...")
        else:
            functions.append(f"{name}: Any")
    return "\n".join(lines + [""] + functions).rstrip() + "\n"


def array_gives(name, member):
    """What a method of a class of `tilework.array` gives."""
    return GIVES.get(member, "Any" if name != "Array" or (member.startswith("__") and member[2:5] in PLAIN) else "Array")


def class_stub(name, cls, gives_of):
    """The stub of a class: its properties and methods."""
    lines = [f"class {name}:"]
    for member in sorted(dir(cls)):
        value = inspect.getattr_static(cls, member)
        if gives_of is frame_gives:
            redefined = member in REDEFINED and any(member in vars(c) for c in cls.__mro__ if c.__module__.startswith("tilework"))
            if inspect.isgetsetdescriptor(value) and member in SPACES:
                lines += ["    @property", f"    def {member}(self) -> {SPACES[member]}: ..."]
                continue
            if redefined and not isinstance(value, type(object.__init__)) or redefined and name == "Expr" and member != "__init__":
                call = signature(value) if member == "__init__" else "(self, other, /)"
                gives = {"__init__": "None", "__eq__": "bool", "__ne__": "bool"}.get(member, "Expr") if name != "Expr" else "Expr"
                ignored = "  # type: ignore[override]" if name == "Expr" and member in ("__eq__", "__ne__") else ""
                lines.append(f"    def {member}{call} -> {gives}: ...{ignored}")
                continue
            if member.startswith("_") and not member.startswith("__"):
                continue
        own = not member.startswith("_") or (callable(value) and member not in dir(object) and member not in ("__weakref__", "__slots__"))
        if isinstance(value, property):
            lines += ["    @property", f"    def {member}(self) -> Any: ..."]
        elif own and callable(value) and not isinstance(value, type):
            text = signature(value)
            if text.startswith("("):
                text = "(self" + ("" if text == "()" else ", ") + text.split(",", 1)[1].lstrip() if "," in text else "(self)"
            gives = gives_of(name, member)
            lines.append(f"    def {member}{text} -> {gives}: ...")
    if name == "Column" and gives_of is frame_gives:
        lines.append("    def __getattr__(self, name: str) -> Expr: ...")
    return lines if len(lines) > 1 else [lines[0] + " ..."]


PLAIN = ("boo", "int", "flo", "com", "ind", "len", "ite", "con", "red", "dlp", "arr", "has", "cop")


def page():
    """The page of all names."""
    lines = [
        "# The Python package",
        "",
        "Every public name, generated from the package by `python/generate.py`; `help(name)` has parameters, errors and examples.",
        "",
    ]
    for name, title in MODULES.items():
        module = importlib.import_module(name)
        lines += [f"## {title}: `{name}`", "", " ".join((module.__doc__ or "").strip().split("\n\n")[0].split()), ""]
        lines += ["| name | what |", "|---|---|"]
        for public in sorted(module.__all__):
            thing = getattr(module, public)
            if inspect.ismodule(thing) or not callable(thing) or not getattr(thing, "__module__", "tilework").startswith("tilework"):
                continue
            call = "" if isinstance(thing, type) or type(thing).__name__ == "ufunc" else signature(thing)
            lines.append(f"| `{public}{call}` | {sentence(thing)} |".replace("\n", " "))
            if isinstance(thing, type) and not issubclass(thing, BaseException):
                lines += members(public, thing)
        lines.append("")
    return "\n".join(lines)


def members(name, cls):
    """Rows of a class's own public methods and properties."""
    rows = []
    own = {n: v for c in reversed(cls.__mro__) if c.__module__.split(".")[0] == "tilework" for n, v in vars(c).items()}
    for member in sorted(own):
        value = own[member]
        if member.startswith("_") or not (callable(value) or isinstance(value, property)):
            continue
        rows.append(f"| `{name}.{member}` | {sentence(value)} |")
    return rows


def main():
    files = {
        HERE / "tilework/array/__init__.pyi": stub(importlib.import_module("tilework.array")),
        HERE / "tilework/frame/__init__.pyi": stub(importlib.import_module("tilework.frame")),
        HERE.parent / "docs/python-api.md": page(),
    }
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(HERE.parent)} is not as python/generate.py writes it")
        return bool(stale)
    for path in stale:
        path.write_text(files[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
