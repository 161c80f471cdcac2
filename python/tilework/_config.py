"""Settings of runs: what ``tw.config`` sets, the environment and the defaults."""

from __future__ import annotations

import os

from . import _tilework

AUTO_BYTES = 4 << 20


def parse_bytes(size) -> int:
    """Bytes of ``"2GiB"``, ``"500MB"``, ``1e9`` or an int."""
    if isinstance(size, (int, float)):
        return int(size)
    return _tilework.parse_bytes(size)


_settings = {
    "memory": None,
    "threads": None,
    "spill_dir": None,
    "spill_limit": None,
    "chunk_bytes": AUTO_BYTES,
    "optimize": True,
    "progress": False,
}
_session = None


class config:
    """Sets settings at once, and back when the ``with`` block that it may open ends."""

    def __init__(self, **settings):
        global _session
        self._before = {k: _settings[k] for k in settings}
        _settings.update(settings)
        _session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        global _session
        _settings.update(self._before)
        _session = None


def get(name):
    """The value of a setting."""
    return _settings[name]


def session():
    """The engine's session for the settings as they are."""
    global _session
    s = _session
    if s is None:
        memory, limit = _settings["memory"], _settings["spill_limit"]
        s = _session = _tilework.Session(
            None if memory is None else parse_bytes(memory),
            _settings["threads"],
            _settings["spill_dir"],
            None if limit is None else parse_bytes(limit),
            _settings["optimize"],
        )
    return s


_chunk = os.environ.get("TILEWORK_CHUNK_BYTES")
if _chunk:
    _settings["chunk_bytes"] = parse_bytes(_chunk)
