"""How arrays show in notebooks: what is known of them as a table, beside a picture of their chunks.

Lines and text have the colour of the text around them and the rest is translucent, so that pictures look right on light and dark pages.
"""

from __future__ import annotations

import math

from . import _config, _tilework

# Plans of more tasks are not made just to show what they would take.
_MOST_TASKS = 20_000
# The longest side of a picture of one to three axes, the shortest, and the least distance of the lines between chunks.
_LONG, _SHORT, _APART = 150, 26, 3.5
# How far a box is drawn to the right and up for each pixel that it is deep.
_DEEP = (0.55, 0.4)
_FILL = "#3b82c4"


def escape(text):
    """Text as it is written in HTML."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def rows(cells):
    """A table of names and values."""
    cell = "text-align:left;vertical-align:top;padding:2px 10px 2px 0"
    lines = (f'<tr><th style="{cell};font-weight:600">{escape(n)}</th><td style="{cell}">{escape(v)}</td></tr>' for n, v in cells)
    return f'<table style="border-collapse:collapse">{"".join(lines)}</table>'


def array(x):
    """An array's table and picture."""
    size, chunk = x.shape, x.chunksize
    width = x.dtype.itemsize
    table = [
        ("Array", _label(x)),
        ("Shape", _times(size)),
        ("Dtype", x.dtype),
        ("Bytes", _bytes(math.prod(size) * width)),
        ("Chunks", f"{x.npartitions:,} of {_times(chunk)}, {_bytes(math.prod(chunk) * width)}" if x.ndim else "1"),
        *_cost(x),
    ]
    picture = svg(x._x.chunks, size) if x.ndim and min(n for n in x._x.shape if n is not None or True) != 0 else ""
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:24px;align-items:center">'
        f"<div>{rows(table)}</div><div>{picture}</div></div>"
    )


def _label(x):
    return x._x.label


def _times(sizes):
    """Sizes for people: 3 × 4, with ? where they are not known."""
    return " × ".join("?" if n != n else f"{n:,}" for n in sizes) or "()"


def _bytes(n):
    return "not known before it is computed" if n != n else _tilework.format_bytes(int(n))


def _cost(x):
    """What computing an array takes, if that is found out at once."""
    if _tilework.plan_size(x._x) > _MOST_TASKS:
        return []
    try:
        e = _tilework.explain(_config.session(), [x._x])
    except (MemoryError, ValueError, RuntimeError, OSError):
        return []
    if e["refusal"]:
        return [("To compute", f"not possible: {e['refusal']}")]
    parts = [f"{e['n_tasks']:,} task{'s' * (e['n_tasks'] != 1)}"]
    parts += [f"{_tilework.format_bytes(e[k])} {word}" for k, word in (("read_bytes", "read"), ("spilled_bytes", "spilled")) if e[k]]
    parts.append(f"at most {_tilework.format_bytes(e['projected_bytes'])} of memory")
    return [("To compute", ", ".join(parts))]


def svg(chunks, shape=None):
    """A picture of the chunks: up to three axes as a line, a rectangle or a box; more as several, the first axes on the left.

    Parameters
    ----------
    chunks : sequence of sequences of int
        Sizes of the chunks along each axis.
    shape : sequence, optional
        Lengths of the axes as they are written beside them; nan where they are not known.
    """
    shape = [sum(c) for c in chunks] if shape is None else shape
    axes = list(zip(chunks, shape))
    first = len(axes) % 3 or 3
    groups = [axes[:first], *(axes[i : i + 3] for i in range(first, len(axes), 3))]
    parts, left, height = [], 0, 0
    for group in groups:
        drawn, w, h = _group(group)
        parts.append((drawn, left, h))
        left, height = left + w + 12, max(height, h)
    inner = "".join(f'<g transform="translate({x:.1f},{(height - h) / 2:.1f})">{drawn}</g>' for drawn, x, h in parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left:.0f}" height="{height:.0f}" viewBox="0 0 {left:.0f} {height:.0f}" '
        f'style="max-width:100%;height:auto" font-family="system-ui,sans-serif" font-size="12" stroke="currentColor" fill="currentColor">{inner}</svg>'
    )


def _group(axes):
    """Up to three axes as a picture, its width and its height. The last axis goes to the right, the one before down, the one before into depth."""
    sizes = [sum(c) for c, _ in axes]
    most = max(sizes) or 1
    pixels = [max(_SHORT, _LONG * math.sqrt(n / most)) for n in sizes]
    cuts = [_cuts(c, p) for (c, _), p in zip(axes, pixels)]
    labels = ["?" if n != n else f"{n:,}" for _, n in axes]
    if len(axes) == 1:
        cuts, labels, pixels = [[0, _SHORT], *cuts], ["", *labels], [_SHORT, *pixels]
    deep = 0.75 * pixels[0] if len(axes) == 3 else 0
    (across, right), (down, below) = zip(cuts[-1:] + cuts[-2:-1], pixels[-1:] + pixels[-2:-1])
    dx, dy = deep * _DEEP[0], deep * _DEEP[1]
    left, top = 14 * bool(deep) + 4, dy + 6
    out = [_sheet((left, top), (1, 0), (0, 1), across, down, 0.28)]
    if deep:
        depth = [c * 0.75 for c in cuts[0]]
        # The faces above and on the right go away from who looks at them.
        away = (_DEEP[0], -_DEEP[1])
        out.append(_sheet((left, top), (1, 0), away, across, depth, 0.12))
        out.append(_sheet((left + right, top), away, (0, 1), depth, down, 0.42))
        out.append(_text(left + dx / 2 - 6, top - dy / 2 - 4, labels[0], "end"))
        left = _shifted(out, labels[0], left, dx)
    out.append(_text(left + right / 2, top + below + 16, labels[-1], "middle"))
    out.append(_text(left + right + dx + 6, top - dy + below / 2 + 4, labels[-2]))
    width = left + right + dx + 10 + 7 * len(labels[-2])
    return "".join(out), width, top + below + 24


def _shifted(out, label, left, dx):
    """Moves what is drawn to the right as far as the label on the left needs room."""
    more = max(0, 7 * len(label) - left - dx / 2 + 8)
    if more:
        out[:] = [f'<g transform="translate({more:.1f},0)">{"".join(out)}</g>']
    return left + more


def _sheet(origin, u, v, us, vs, opacity):
    """A face with the lines between its chunks, `us` along `u` and `vs` along `v`."""

    def at(a, b):
        return f"{origin[0] + a * u[0] + b * v[0]:.1f},{origin[1] + a * u[1] + b * v[1]:.1f}"

    a, b = us[-1], vs[-1]
    lines = "".join(f"M{at(i, 0)}L{at(i, b)}" for i in us[1:-1]) + "".join(f"M{at(0, j)}L{at(a, j)}" for j in vs[1:-1])
    inner = f'<path d="{lines}" fill="none" stroke-width="0.8" stroke-opacity="0.55"/>' if lines else ""
    outer = f"M{at(0, 0)}L{at(a, 0)}L{at(a, b)}L{at(0, b)}Z"
    return f'<path d="{outer}" fill="{_FILL}" fill-opacity="{opacity}" stroke="none"/>{inner}<path d="{outer}" fill="none" stroke-width="1.4"/>'


def _cuts(sizes, pixels):
    """Where chunks begin and end, in pixels; evenly fewer where they would be too dense to see."""
    whole, at, places = sum(sizes) or 1, 0, [0.0]
    for n in sizes:
        at += n
        places.append(at / whole * pixels)
    most = int(pixels / _APART)
    if len(places) - 1 <= most:
        return places
    return [places[round(i * (len(places) - 1) / most)] for i in range(most + 1)]


def _text(x, y, text, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" stroke="none">{escape(text)}</text>'


def frame(f):
    """A query's columns, and how many partitions its result has where that is known without reading rows."""
    columns = "".join(
        f'<tr><td style="{_CELL}">{escape(n)}</td><td style="{_CELL};opacity:0.7">{escape(t)}</td></tr>' for n, t in f.schema.items()
    )
    table = [("Frame", f"{f.width} column{'s' * (f.width != 1)}"), ("Partitions", _partitions(f))]
    table.append(("Partitions aim at", _tilework.format_bytes(f._x.partition_bytes)))
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start">'
        f'<div>{rows(table)}</div><table style="border-collapse:collapse">{columns}</table></div>'
    )


_CELL = "text-align:left;padding:1px 12px 1px 0"
# Rows of a table that are shown.
_MOST_ROWS = 10


def _partitions(f):
    text = f._x.polars_plan(False)
    if "Csv SCAN" in text or "NDJson SCAN" in text:
        return "found when the query runs"
    try:
        # To count them may mean to run stages of the query; the plan tells how many there can be.
        planned = [line.split()[-2] for line in f.explain().splitlines() if line.endswith(" partitions")]
        return f"{int(planned[-1]):,}, as planned" if planned and planned[-1].isdigit() else "found when the query runs"
    except (MemoryError, ValueError, NotImplementedError, RuntimeError, OSError) as e:
        return f"not run: {e}"


def table(t):
    """The first rows of a table in memory."""
    head = "".join(
        f'<th style="{_CELL}">{escape(n)}<br><span style="opacity:0.7;font-weight:400">{escape(d)}</span></th>' for n, d in t.schema.items()
    )
    shown = t._x.slice(0, _MOST_ROWS).to_dict()
    lines = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape("null" if v is None else v)}</td>' for v in row) + "</tr>"
        for row in zip(*shown.values())
    )
    more = "" if len(t) <= _MOST_ROWS else f"<div>… {len(t):,} rows</div>"
    return f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>{more}'
