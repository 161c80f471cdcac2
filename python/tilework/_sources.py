"""Settings that nobody makes in the program: those of the environment and of files."""

from __future__ import annotations

import os

from ._config import checked, unknown


def found(names):
    """Of the settings that are made there the value and where it comes from: the environment goes before the file."""
    out = {}
    path = os.environ.get("TILEWORK_CONFIG")
    if path:
        out.update(_file(path))
    else:
        for path in ("tilework.toml", _users()):
            if os.path.isfile(path):
                out.update(_file(path))
                break
    for name in names:
        variable = "TILEWORK_" + name.upper()
        text = os.environ.get(variable)
        if text:
            try:
                out[name] = checked(name, text), variable
            except (ValueError, OSError) as e:
                raise ValueError(f"environment variable {variable}: {_without(name, e)}") from None
    return out


def _users():
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(folder, "tilework", "config.toml")


def _without(name, error):
    return str(error).removeprefix(f"{name}: ")


def _file(path):
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import tomli as tomllib

    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ValueError(f"{path}: {e}") from None
    out = {}
    for name, value in settings.items():
        try:
            if name == "spill_dir" and isinstance(value, str):
                # Seen from the file, not from where a program happens to run.
                value = os.path.join(os.path.dirname(os.path.abspath(path)), os.path.expanduser(value))
            out[name] = checked(name, value), path
        except (TypeError, ValueError, OSError) as e:
            said = _without(name, e)
            raise ValueError(f"{path}, line {_line(text, name)}: {said if said == unknown(name) else f'{name}: {said}'}") from None
    return out


def _line(text, name):
    """Number of the line that sets a name."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.replace('"', "").replace("'", "").lstrip(" [").startswith(name):
            return number
    return 1
