"""Docstrings of filters: what they have in common, and an example of each."""

from __future__ import annotations

_COMMON = """
    Parameters
    ----------
    input : array_like
    output : dtype, optional
        The result's; by default the input's.
    mode : str, or one for each axis
        What lies beyond the border: ``"reflect"``, ``"constant"`` (``cval``), ``"nearest"``, ``"mirror"`` or ``"wrap"``.
    cval : number
        What lies there with ``"constant"``.
    origin : int, or one for each axis
        How far the window is moved to the start.
    axes : int or sequence of int, optional
        Along which axes; by default all.
"""


def documented(call, result):
    """Ends the docstring of a filter with an example of it."""

    def end(f):
        common = _COMMON if "Parameters" not in f.__doc__ and "mode" in f.__code__.co_varnames else ""
        f.__doc__ = f"""{f.__doc__.rstrip()}
{common}
    Examples
    --------
    >>> import numpy as np
    >>> import tilework.array as ta
    >>> x = ta.asarray([0.0, 0, 9, 0, 0], chunks=2)
    >>> ta.ndimage.{call}.compute()
    {result}
    """
        return f

    return end
