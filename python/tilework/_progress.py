"""How far a run is: a bar in terminals and notebooks, else lines of text.

A bar is made when a run begins. Its `show` is called about every 50 ms while the run goes on, its `end` when it is over.
"""

from __future__ import annotations

import os
import sys

from . import _tilework

# Seconds between two pictures, and how long a run takes at least to be worth one that nobody has asked for.
_TERMINAL, _NOTEBOOK, _LINES = 0.1, 0.25, 5.0
_PATIENCE = 0.25
_drawn = None  # the bar that has the terminal's line: one at a time


def bar(always):
    """A bar for the run that begins; None where none is to be seen, unless one is wanted `always`."""
    display = _notebook()
    if display is not None:
        return _Notebook(display)
    stream = sys.stderr
    if stream is None:
        return None
    if _drawn is None and stream.isatty() and os.environ.get("TERM") != "dumb":
        return _Terminal(stream, always)
    return _Lines(stream) if always else None


def _notebook():
    """IPython's `display` in a kernel, for a page to show what is displayed."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display


class _Bar:
    """What bars have in common: when they draw, and what they say."""

    every = 0.0

    def __init__(self):
        self._last = 0.0
        self._share = 0.0

    def show(self, facts):
        """Draws how far the run is, if that was not done a moment ago."""
        if facts["seconds"] - self._last >= self.every and facts["n_tasks"]:
            self._last = facts["seconds"]
            self._share = max(self._share, facts["share"])  # a bar does not go back
            self.draw(self._share, _said(facts, self._share))


def _said(facts, share, over=False):
    """What is said beside the bar."""
    size = _tilework.format_bytes
    seconds = facts["seconds"]
    if over:
        parts = [f"{facts['n_done']:,} tasks", _clock(seconds)]
    else:
        parts = [f"{facts['n_done']:,}/{facts['n_tasks']:,} tasks", _clock(seconds)]
        if 0.01 < share < 1:
            parts.append(f"{_clock(seconds * (1 - share) / share)} left")
    parts += [f"{word} {size(facts[k])}" for k, word in (("read_bytes", "read"), ("written_bytes", "written")) if facts[k]]
    parts.append(f"memory {size(facts['peak_bytes' if over else 'used_bytes'])}/{size(facts['budget_bytes'])}")
    if facts["spilled_bytes"]:
        parts.append(f"spilled {size(facts['spilled_bytes'])}")
    return "  ".join(parts)


def _clock(seconds):
    """A time for people."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    seconds = int(seconds)
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds // 60 % 60} min"


class _Terminal(_Bar):
    """One line that is drawn again and again."""

    every = _TERMINAL

    def __init__(self, stream, always):
        global _drawn
        super().__init__()
        self._stream, self._always = stream, always
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        self._marks = "━╸─" if encoding.startswith("utf") else "#>-"
        self._colours = ("", "", "") if os.environ.get("NO_COLOR") else ("\x1b[36m", "\x1b[2m", "\x1b[0m")
        self._last = _PATIENCE - self.every
        _drawn = self

    def draw(self, share, text):
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            columns = 80
        room = max(min(40, columns - len(text) - 8), 8)
        full = int(share * room)
        done, tip, rest = self._marks
        hue, dim, plain = self._colours
        begun = done * full + tip * (full < room)
        text = text[: max(columns - room - 8, 0)]
        self._write(f"\r{share * 100:3.0f}% {hue}{begun}{plain}{dim}{rest * (room - len(begun))}{plain} {text}\x1b[K")

    def end(self, facts, ok):
        """Leaves a last line behind, or none after a failure or of a run that was over before it was looked at."""
        global _drawn
        _drawn = None
        if ok and (self._always or facts["seconds"] > _PATIENCE) and facts["n_tasks"]:
            self.draw(1.0, _said(facts, 1.0, over=True))
            self._write("\n")
        elif self._share:
            self._write("\r\x1b[K")

    def _write(self, text):
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            pass  # a terminal that is gone is no reason to stop a run


class _Lines(_Bar):
    """A line of text every few seconds, for files that keep what is written."""

    every = _LINES

    def __init__(self, stream):
        super().__init__()
        self._stream = stream

    def draw(self, share, text):
        try:
            self._stream.write(f"{share * 100:3.0f}%  {text}\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass

    def end(self, facts, ok):
        """Writes a last line."""
        if ok and facts["n_tasks"]:
            self.draw(1.0, _said(facts, 1.0, over=True))


class _Notebook(_Bar):
    """A bar on the page, which is changed in place."""

    every = _NOTEBOOK

    def __init__(self, display):
        super().__init__()
        self._display, self._handle = display, None
        self._last = _PATIENCE - self.every

    def draw(self, share, text, colour="#3b82c4"):
        html = _Html(
            '<div style="display:flex;align-items:center;gap:10px;font-variant-numeric:tabular-nums">'
            '<div style="flex:0 0 240px;height:8px;border-radius:4px;background:rgba(128,128,128,.25)">'
            f'<div style="width:{share * 100:.1f}%;height:8px;border-radius:4px;background:{colour}"></div></div>'
            f"<span>{share * 100:.0f}% {text}</span></div>",
            f"{share * 100:3.0f}%  {text}",
        )
        if self._handle is None:
            self._handle = self._display(html, display_id=True)
        else:
            self._handle.update(html)

    def end(self, facts, ok):
        """Shows what the run took, or where it stopped."""
        if facts["n_tasks"] and (self._handle is not None or facts["seconds"] > _PATIENCE):
            share = 1.0 if ok else self._share
            self.draw(share, _said(facts, share, over=ok), "#3a9d5d" if ok else "#c74b4b")


class _Html:
    def __init__(self, html, text):
        self._html, self._text = html, text

    def _repr_html_(self):
        return self._html

    def __repr__(self):
        return self._text
