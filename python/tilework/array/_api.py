"""What the Array API standard asks of a namespace besides its functions on elements: dtypes and what is known of them, capabilities."""

from __future__ import annotations

import numpy as np

from ._core import Array, handle
from ._creation import check_device, supported

__array_api_version__ = "2025.12"

_DTYPES = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_DTYPES["integral"] = _DTYPES["signed integer"] + _DTYPES["unsigned integer"]
_DTYPES["numeric"] = _DTYPES["integral"] + _DTYPES["real floating"] + _DTYPES["complex floating"]


class _Info:
    """What this namespace can do, as the Array API standard asks for it; :func:`__array_namespace_info__` gives it."""

    def capabilities(self):
        """What the namespace supports: masks as indices and sizes that depend on data (which are unknown before they are computed), any number of axes up to 64.

        Examples
        --------
        >>> import tilework.array as ta
        >>> ta.__array_namespace_info__().capabilities()
        {'boolean indexing': True, 'data-dependent shapes': True, 'max dimensions': 64}
        """
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self):
        """Where new arrays are: ``"cpu"``."""
        return "cpu"

    def default_dtypes(self, *, device=None):
        """The dtypes of arrays that are made without a dtype."""
        check_device(device)
        names = {"real floating": "float64", "complex floating": "complex128", "integral": "int64", "indexing": "int64"}
        return {kind: np.dtype(name) for kind, name in names.items()}

    def dtypes(self, *, device=None, kind=None):
        """The dtypes that arrays can have, by name; ``kind`` is one of those of :func:`isdtype`, or a tuple of them."""
        check_device(device)
        if kind is None:
            kind = ("bool", "numeric")
        names = [n for k in (kind if isinstance(kind, tuple) else (kind,)) for n in _names(k)]
        return {n: np.dtype(n) for n in names}

    def devices(self):
        """All devices: the memory of the computer."""
        return ("cpu",)


def _names(kind):
    if kind not in _DTYPES:
        raise ValueError(f"there is no kind of dtypes {kind!r}: take one of {', '.join(_DTYPES)}")
    return _DTYPES[kind]


def __array_namespace_info__():
    """What this namespace can do: capabilities, devices, dtypes.

    Examples
    --------
    >>> import tilework.array as ta
    >>> list(ta.__array_namespace_info__().dtypes(kind="real floating"))
    ['float32', 'float64']
    """
    return _Info()


def astype(x, dtype, /, *, copy=True, device=None):
    """The elements as another dtype.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.astype(ta.asarray([0.5, 1.9]), ta.int32).compute()
    array([0, 1], dtype=int32)
    """
    check_device(device)
    return Array(handle(x)).astype(dtype)


def _dtypes(things):
    return [t.dtype if isinstance(t, Array) else t for t in things]


def can_cast(from_, to, casting="safe"):
    """Whether a dtype (or that of an array) can be cast to another without loss, or by the rule ``casting`` of NumPy's.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.can_cast(ta.int32, ta.float64), ta.can_cast(ta.int64, ta.int8)
    (True, False)
    """
    return np.can_cast(*_dtypes([from_, to]), casting=casting)


def result_type(*arrays_and_dtypes):
    """The dtype that arrays, dtypes and Python's numbers have together.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.result_type(ta.ones(3, dtype=ta.float32), ta.int16, 2.5)
    dtype('float32')
    """
    return np.result_type(*_dtypes(arrays_and_dtypes))


def isdtype(dtype, kind):
    """Whether a dtype is of a kind: a dtype, ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``, ``"real floating"``,
    ``"complex floating"``, ``"numeric"``, or one of a tuple of these.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.isdtype(ta.int8, "integral"), ta.isdtype(ta.int8, (ta.float32, "bool"))
    (True, False)
    """
    return np.isdtype(np.dtype(dtype), kind)


class finfo:
    """What is known of a floating dtype, or of the parts of a complex one.

    Attributes
    ----------
    bits : int
        Bits of a number.
    eps : float
        The distance from 1 to the next number.
    max, min : float
        The largest and the lowest finite number.
    smallest_normal : float
        The smallest positive number of full precision.
    dtype : dtype
        The dtype.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.finfo(ta.float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type, /):
        (type,) = _dtypes([type])
        info = np.finfo(np.dtype(type))
        self._info = info
        self.bits = info.bits
        self.dtype = info.dtype
        self.eps, self.max, self.min = float(info.eps), float(info.max), float(info.min)
        self.smallest_normal = float(info.smallest_normal)

    def __getattr__(self, name):
        return getattr(object.__getattribute__(self, "_info"), name)

    def __repr__(self):
        return f"finfo({self.dtype})"


def iinfo(type, /):
    """What is known of an integer dtype: ``bits``, ``min``, ``max``, ``dtype``.

    Examples
    --------
    >>> import tilework.array as ta
    >>> ta.iinfo(ta.int8).max
    127
    """
    (type,) = _dtypes([type])
    return np.iinfo(supported(type))


def _namespace(self, /, *, api_version=None):
    """The module whose functions take this array.

    Raises
    ------
    ValueError
        For a version of the standard that is not known.
    """
    if api_version not in (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"):
        raise ValueError(f"version {api_version!r} of the Array API standard is not known here: take {__array_api_version__!r}")
    from tilework import array

    return array


Array.__array_namespace__ = _namespace
