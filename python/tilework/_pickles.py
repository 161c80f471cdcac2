"""Objects of the user's as bytes: by cloudpickle where it is installed, which takes functions from anywhere, else by pickle."""

from __future__ import annotations

import pickle


def _pickler():
    try:
        import cloudpickle
    except ImportError:
        return pickle
    return cloudpickle


def dumps(o, buffers=None):
    """The object as bytes; the memory of its arrays is put into the list ``buffers`` as it is, if that is given.

    Raises
    ------
    TypeError
        When it cannot be pickled; the message names the fix.
    """
    module = _pickler()
    try:
        return module.dumps(o, protocol=5, buffer_callback=None if buffers is None else buffers.append)
    except Exception as e:
        fix = "define functions at the top level of a module" if module is not pickle else "install cloudpickle, or define functions at the top level of a module"
        raise TypeError(f"{type(e).__name__}: {e}: what a lazy array needs cannot be pickled: {fix}, and open files where they are used") from e


def loads(data, buffers=None):
    """The object that :func:`dumps` made bytes of."""
    return pickle.loads(data, buffers=buffers)
