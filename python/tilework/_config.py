"""Settings of runs: which there are, who sets them, and the engine's session for them.

What holds is what the nearest says: an argument of the call, :class:`config`, the environment, a file, the default. The environment and files
are read when a setting is first needed.
"""

from __future__ import annotations

import os

from . import _tilework

AUTO_BYTES = 4 << 20


def parse_bytes(size) -> int:
    """Bytes of ``"2GiB"``, ``"500MB"``, ``1e9`` or an int."""
    if isinstance(size, str):
        return _tilework.parse_bytes(size)
    if isinstance(size, bool) or not hasattr(size, "__int__"):
        raise TypeError(f"a size in bytes is a number or a text like '2GiB', not {type(size).__name__}")
    if not 0 <= size < 2**63:
        raise ValueError(f"{size} is not a size in bytes")
    return int(size)


# Each takes a value of a call, or its text from the environment, to the value that is kept.


def _size(least):
    def taken(value):
        n = parse_bytes(value)
        if n < least:
            raise ValueError(f"{value!r} is too little")
        return n

    return taken


def _count(least, most=None):
    def taken(value):
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise (ValueError if isinstance(value, str) else TypeError)(f"{value!r} is not a whole number")
        n = value.__index__()
        if n < least:
            raise ValueError(f"at least {least} must be given, not {n}")
        if most is not None and n > most:
            raise ValueError(f"at most {most} can be given, not {n}")
        return n

    return taken


def _folder(value):
    path = os.path.expanduser(os.fsdecode(value))
    if not os.path.isdir(path):
        raise FileNotFoundError(f"there is no folder {path!r}")
    return path


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _flag(value):
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if value not in (True, False):
        raise (ValueError if isinstance(value, str) else TypeError)(f"{value!r} is neither True nor False")
    return bool(value)


def _progress(value):
    return value if isinstance(value, str) and value == "auto" else _flag(value)


# Of each setting the default and what checks a value; None is what the engine does by itself.
_SETTINGS = {
    "memory": (None, _size(1)),
    "threads": (None, _count(1, 4096)),
    "spill_dir": (None, _folder),
    "spill_limit": (None, _size(0)),
    "chunk_bytes": (AUTO_BYTES, _size(1)),
    "optimize": (True, _flag),
    "progress": (False, _progress),
    "processes": (0, _count(0)),
    "infer": (True, _flag),
}
# What the engine does by itself, by the name that its session has for it.
_OWN = {"memory": "memory_bytes", "threads": "n_threads", "spill_dir": "spill_dir"}

_set = {}  # by `config`
_holding = None  # values that hold and where each comes from
_session = None
_recorders = ()


def names():
    """The settings there are."""
    return tuple(_SETTINGS)


def unknown(name):
    """What is said of a setting that there is not."""
    import difflib

    near = difflib.get_close_matches(name, _SETTINGS, 1)
    return f"there is no setting {name!r}: " + (f"did you mean {near[0]!r}?" if near else "there are " + ", ".join(_SETTINGS))


def checked(name, value):
    """The value of a setting as it is kept; None unsets it.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        For a setting that there is not, or a value that is none of it.
    """
    if name not in _SETTINGS:
        raise TypeError(unknown(name))
    if value is None:
        return None
    try:
        return _SETTINGS[name][1](value)
    except (TypeError, ValueError, OSError) as e:
        raise type(e)(f"{name}: {e}") from None


def _given(settings):
    return {name: checked(name, value) for name, value in settings.items()}


def _over(below, settings):
    return {**below, **{name: value for name, value in settings.items() if value is not None}}


def _hold():
    """The values that hold."""
    global _holding
    h = _holding
    if h is None:
        from ._sources import found

        origins = {name: (default, "default") for name, (default, _) in _SETTINGS.items()}
        origins.update(found(_SETTINGS))
        origins.update({name: (value, "config()") for name, value in _set.items()})
        h = _holding = {name: value for name, (value, _) in origins.items()}, {name: origin for name, (_, origin) in origins.items()}
    return h


def _change(settings):
    global _set, _holding, _session
    _set = {name: value for name, value in {**_set, **settings}.items() if value is not None}
    _holding = _session = None


class config:
    """Sets settings: at once, and back when the ``with`` block that it may open ends.

    An argument of a call (``x.compute(memory="2GiB")``) goes before these, and these go before the environment (``TILEWORK_MEMORY``, ...), which
    goes before the file that ``TILEWORK_CONFIG`` names, else ``tilework.toml`` in the working folder, else ``~/.config/tilework/config.toml``
    (``memory = "2GiB"``, ...), which goes before the default. None leaves a setting to those that come after.

    Parameters
    ----------
    memory : int or str
        What a run may hold in memory, in bytes or as ``"2GiB"``. Default: half of what the process may use.
    threads : int
        Threads that compute. Default: as many as there are cores.
    spill_dir : str or path
        Folder for what does not fit in memory. Default: the system's folder for temporary files.
    spill_limit : int or str
        Most bytes that may lie there. Default: no limit.
    chunk_bytes : int or str
        What chunks aim at whose size is left to Tilework. Default: 4 MiB.
    optimize : bool
        Whether expressions are rewritten before they run; results are the same either way. Default: True.
    progress : bool or "auto"
        Whether a bar shows how far a run is: ``"auto"`` in terminals and notebooks, True also elsewhere, as lines of text. Default: False.
    processes : int
        Processes that call functions written in Python (see ``map_blocks``); 0 calls them in the threads that compute. Default: 0.
    infer : bool
        Whether functions written in Python whose result's dtype is not declared are called once with arrays of one zero to find it out;
        if not, such calls are refused. Default: True.

    Raises
    ------
    TypeError
        For a setting that there is not.
    ValueError
        For a value that a setting cannot have.

    Examples
    --------
    >>> import tilework as tw
    >>> with tw.config(memory="2GiB", threads=2):
    ...     tw.config.get("memory")
    2147483648
    >>> tw.config(memory="12 parsecs")
    Traceback (most recent call last):
    ...
    ValueError: memory: '12 parsecs' is not a size in bytes: write it like 512MiB or 2GB
    """

    __slots__ = ("_before",)

    def __init__(self, **settings):
        given = _given(settings)
        self._before = {name: _set.get(name) for name in settings}
        _change(given)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _change(self._before)

    @staticmethod
    def get(name=None):
        """The value of a setting, or of all as a dict. Sizes are in bytes.

        Examples
        --------
        >>> import tilework as tw
        >>> with tw.config(chunk_bytes="1MiB"):
        ...     tw.config.get("chunk_bytes")
        1048576
        >>> sorted(tw.config.get())
        ['chunk_bytes', 'infer', 'memory', 'optimize', 'processes', 'progress', 'spill_dir', 'spill_limit', 'threads']
        """
        if name is None:
            return {n: get(n) for n in _SETTINGS}
        return get(name)

    @staticmethod
    def show():
        """Prints all settings, their values and where each comes from.

        Examples
        --------
        >>> import tilework as tw
        >>> with tw.config(threads=2):
        ...     tw.config.show()
        memory       ...
        threads      2...config()
        ...
        """
        rows = [(name, _shown(name, get(name)), origin) for name, origin in _hold()[1].items()]
        width = max(len(value) for _, value, _ in rows)
        for name, value, origin in rows:
            print(f"{name:<11}  {value:<{width}}  {origin}")

    @staticmethod
    def refresh():
        """Reads the environment and the files again, which else happens once.

        Examples
        --------
        >>> import os
        >>> import tilework as tw
        >>> os.environ["TILEWORK_PROCESSES"] = "3"
        >>> tw.config.refresh()
        >>> tw.config.get("processes")
        3
        >>> del os.environ["TILEWORK_PROCESSES"]
        >>> tw.config.refresh()
        """
        _change({})
        _hold()


def _shown(name, value):
    if value is None:
        return "no limit"
    return _tilework.format_bytes(value) if name in ("memory", "spill_limit", "chunk_bytes") else str(value)


def get(name):
    """The value of a setting."""
    try:
        value = _hold()[0][name]
    except KeyError:
        raise TypeError(unknown(name)) from None
    if value is None and name in _OWN:
        return getattr(session(), _OWN[name])
    return value


def session(settings=None):
    """The engine's session: of the settings as they are, or with some that a call gives."""
    global _session
    if settings:
        return _made(_over(_hold()[0], _given(settings)))
    s = _session
    if s is None:
        s = _session = _made(_hold()[0])
    return s


def _made(values):
    bars = {False: None, True: _any_bar, "auto": _seen_bar}
    return _tilework.Session(
        values["memory"],
        values["threads"],
        values["spill_dir"],
        values["spill_limit"],
        values["optimize"],
        list(_recorders),
        bars[values["progress"]],
    )


def _any_bar():
    from ._progress import bar

    return bar(True)


def _seen_bar():
    from ._progress import bar

    return bar(False)


def record(recorder, on):
    """Has a recorder told of the runs from now on, or no more."""
    global _recorders, _session
    _recorders = (*_recorders, recorder) if on else tuple(r for r in _recorders if r is not recorder)
    _session = None
