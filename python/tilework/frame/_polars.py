"""Expressions, queries and tables of the ``polars`` package."""

from __future__ import annotations


def expression_bytes(expr):
    """The serialised form of an expression of the polars package; None of anything else of it."""
    if not hasattr(expr, "meta"):
        return None
    return expr.meta.serialize(format="binary")


def query_bytes(lazy_frame):
    """The serialised form of a query of the polars package."""
    import io

    out = io.BytesIO()
    lazy_frame.serialize(out, format="binary")
    return out.getvalue()
