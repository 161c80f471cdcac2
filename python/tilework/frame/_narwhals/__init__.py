"""Tilework for narwhals: code written for narwhals runs on a :class:`Frame`, in partitions inside the memory budget.

narwhals finds this module by its entry point in the group ``narwhals.plugins``. Expressions here have Polars' names and arguments, which
are narwhals' too, so that most calls pass through as they are. What narwhals means otherwise is in the classes of this package.
"""

from __future__ import annotations

NATIVE_PACKAGE = "tilework"


def __narwhals_namespace__(version):  # noqa: N807
    """The namespace of expressions and tables, for a version of narwhals' interface."""
    from ._namespace import TileworkNamespace

    return TileworkNamespace(version=version)


def is_native(native_object) -> bool:
    """Whether an object is a query of Tilework's."""
    from .._frame import Frame

    return isinstance(native_object, Frame)
