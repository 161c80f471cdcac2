"""Text in place of expressions: names of columns, and SQL where it is more than a name."""

from __future__ import annotations

import re

from .._tilework import expressions

_NAME = re.compile(r"\w+|\*|\^.*\$", re.DOTALL)
_SQL = re.compile(r"[()+\-*/%<>=]|\b(and|or|not|is|in|like|between|case|over|as)\b", re.IGNORECASE)
_MEAN = re.compile(r"""('[^']*'|"[^"]*")|\bmean(?=\s*\()""", re.IGNORECASE)


def expression(arg, columns):
    """An argument with text that is SQL read as such."""
    if not isinstance(arg, str) or arg in columns() or _NAME.fullmatch(arg) or not _SQL.search(arg):
        return arg
    return expressions.sql_expr(_MEAN.sub(lambda m: m.group(1) or "avg", arg))


def each(args, columns):
    """Positional arguments, each an expression or a sequence of them."""
    return tuple([expression(a, columns) for a in arg] if isinstance(arg, (list, tuple)) else expression(arg, columns) for arg in args)


def named(exprs, columns):
    """Named arguments."""
    return {name: expression(e, columns) for name, e in exprs.items()}
