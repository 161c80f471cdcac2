"""What a run would do, as objects that print and show."""

from __future__ import annotations

import os

from . import _tilework
from ._html import escape, rows

_LAYERS_SHOWN = 30


class _Facts:
    """What the engine says, as attributes; it prints as the engine's text."""

    def __init__(self, facts):
        self.__dict__.update(facts)

    def __str__(self):
        return self.text.rstrip("\n")

    __repr__ = __str__


class Explanation(_Facts):
    """What a run would do: as text, as a table in notebooks, and in numbers.

    Attributes
    ----------
    expression : str
        The expression as it was written.
    passes : list of (str, str)
        Each rewrite that changed it, and the expression after it.
    layers : list of (str, int)
        The layers of tasks, and the number of tasks in each.
    n_tasks : int
        Tasks in all.
    n_reruns : int
        Tasks that run again, since making their results again is cheaper than keeping or spilling them.
    read_bytes, written_bytes, spilled_bytes : int
        About how much is read from storage, written to storage, and written to spill files.
    projected_bytes, budget_bytes : int
        The most memory that the run takes, and the most that it may take.
    refusal : str or None
        Why the run would be refused, if it would.
    warnings : list of dict
        Chunks of a bad size and rechunks that could be saved, each with its ``kind``, ``node``, ``label``, ``bytes``, ``chunks`` and ``message``.

    Examples
    --------
    >>> import tilework as tw
    >>> plan = tw.array.arange(10, chunks=5).explain()
    >>> plan.layers, plan.read_bytes
    ([('arange', 2)], 0)
    """

    def _repr_html_(self):
        size = _tilework.format_bytes
        table = [
            ("Tasks", f"{self.n_tasks:,}" + (f", {self.n_reruns:,} of them run again" if self.n_reruns else "")),
            ("Read", f"about {size(self.read_bytes)}"),
            ("Written", f"at most {size(self.written_bytes)}"),
            ("Spilled", f"about {size(self.spilled_bytes)}"),
            ("Memory", f"{size(self.projected_bytes)} of a budget of {size(self.budget_bytes)}"),
        ]
        if self.refusal:
            table.append(("Refused", self.refusal))
        table += [("Warning", w["message"]) for w in self.warnings]
        layers = [(name, f"{n:,}") for name, n in self.layers[:_LAYERS_SHOWN]]
        if len(self.layers) > _LAYERS_SHOWN:
            layers.append((f"and {len(self.layers) - _LAYERS_SHOWN} more", ""))
        texts = [("As it is written", self.expression), *((f"After: {name}", after) for name, after in self.passes)]
        folded = "".join(f"<details><summary>{escape(head)}</summary><pre>{escape(text)}</pre></details>" for head, text in texts)
        return f"<div>{rows(table)}<details><summary>Layers of tasks</summary>{rows(layers)}</details>{folded}</div>"


class ChunkReport(_Facts):
    """The chunks of a plan, node by node: as a table of text, and in numbers.

    Attributes
    ----------
    rows : list of dict
        The nodes of the rewritten expression, inputs first: ``kind``, ``label``, ``inputs`` (rows), ``dtype``, ``shape``, ``chunks``, ``n_chunks``,
        ``largest_bytes``, ``size_growth``, ``count_growth``, ``moved_bytes``, ``spilled_bytes``.
    moved_bytes : int
        Bytes that cross between chunks, in all.
    spilled_bytes : int
        About how many bytes are written to spill files.
    warnings : list of dict
        As of :class:`Explanation`.

    Examples
    --------
    >>> import tilework as tw
    >>> report = tw.array.arange(10, chunks=5).chunk_report()
    >>> report.rows[0]["n_chunks"], report.moved_bytes
    (2, 0)
    """

    def _repr_html_(self):
        return f"<pre>{escape(self.text)}</pre>"


class Picture:
    """A drawn expression, which shows in notebooks.

    Examples
    --------
    >>> import tilework as tw
    >>> tw.array.arange(10).visualize().dot.splitlines()[0]
    'digraph {'
    """

    def __init__(self, drawn):
        self._drawn = drawn

    @property
    def svg(self):
        """The picture as SVG."""
        return self._drawn(False)

    @property
    def dot(self):
        """The picture in Graphviz' language."""
        return self._drawn(True)

    def __repr__(self):
        return "tilework.Picture<drawn when it is shown or saved: save(filename)>"

    def _repr_svg_(self):
        return self.svg

    def save(self, filename, format=None):
        """This picture, after it is written to a file.

        Examples
        --------
        >>> import tilework as tw
        >>> picture = tw.array.arange(10).visualize().save("arange.dot")
        """
        if filename is None and format in (None, "svg", "dot"):
            return self
        if filename is not None:
            name = os.fspath(filename)
            ending = os.path.splitext(name)[1][1:].lower()
            name, ending = (name, ending) if ending else (f"{name}.{format or 'svg'}", format or "svg")
            if ending in ("svg", "dot"):
                with open(name, "w", encoding="utf-8") as f:
                    f.write(self._drawn(ending == "dot"))
                return self
            format = ending
        raise ValueError(f"pictures are written as 'svg' or 'dot', not as {format!r}: Graphviz makes others of dot files")
