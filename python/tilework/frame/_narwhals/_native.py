"""From narwhals' objects to Tilework's and back: arguments, types, exceptions."""

from __future__ import annotations

import re
from contextlib import contextmanager

from narwhals import exceptions as nw_exceptions
from narwhals._utils import Version, isinstance_or_issubclass

from .. import _dtypes as dt
from ..exceptions import ColumnNotFoundError

_PLAIN = (
    "Int8", "Int16", "Int32", "Int64", "Int128", "UInt8", "UInt16", "UInt32", "UInt64", "UInt128", "Float16", "Float32", "Float64",
    "Boolean", "String", "Binary", "Date", "Time", "Categorical",
)  # fmt: skip


def native(obj):
    """What a wrapper holds; anything else as it is."""
    return obj.native if hasattr(obj, "native") else obj


def natives(args, kwargs):
    """Arguments of a call, unwrapped."""
    return [native(a) for a in args], {name: native(a) for name, a in kwargs.items()}


@contextmanager
def told(columns=()):
    """Exceptions as narwhals has them, where a table has these columns."""
    try:
        yield
    except ColumnNotFoundError as e:
        missing = re.findall(r"no column '(.*?)'", str(e))
        raise nw_exceptions.ColumnNotFoundError.from_missing_and_available_column_names(missing, list(columns)) from e
    except ValueError as e:
        text = str(e).lower()
        for mark, kind in _KINDS:
            if mark in text:
                raise kind(str(e)) from e
        raise


_KINDS = (
    ("duplicate", nw_exceptions.DuplicateError),
    ("more than one occurrence", nw_exceptions.DuplicateError),
    ("lengths don't match", nw_exceptions.ShapeError),
    ("invalid operation", nw_exceptions.InvalidOperationError),
    ("conversion from", nw_exceptions.InvalidOperationError),
    ("not supported", nw_exceptions.InvalidOperationError),
)


def of_dtype(dtype, version):
    """A type of a column as narwhals has it."""
    dtypes = version.dtypes
    name = type(dtype).__name__ if isinstance(dtype, dt.DataType) else dtype.__name__
    if name in _PLAIN:
        return getattr(dtypes, name)()
    if name == "Datetime":
        return dtypes.Datetime(dtype.time_unit, dtype.time_zone)
    if name == "Duration":
        return dtypes.Duration(dtype.time_unit)
    if name == "Decimal":
        return dtypes.Decimal(dtype.precision, dtype.scale)
    if name == "Enum":
        return dtypes.Enum() if version is Version.V1 else dtypes.Enum(dtype.categories)
    if name == "List":
        return dtypes.List(of_dtype(dtype.inner, version))
    if name == "Array":
        return dtypes.Array(of_dtype(dtype.inner, version), dtype.size)
    if name == "Struct":
        return dtypes.Struct([dtypes.Field(f.name, of_dtype(f.dtype, version)) for f in dtype.fields])
    return dtypes.Unknown()


def to_dtype(dtype, version):
    """A type of narwhals' as one of a column."""
    dtypes = version.dtypes
    name = dtype.base_type().__name__
    if name in _PLAIN:
        return getattr(dt, name)()
    if isinstance_or_issubclass(dtype, dtypes.Enum):
        if version is Version.V1:
            raise NotImplementedError("Converting to Enum is not supported in narwhals.stable.v1")
        if isinstance(dtype, dtypes.Enum):
            return dt.Enum(dtype.categories)
        raise ValueError("Can not cast / initialize Enum without categories present")
    if isinstance_or_issubclass(dtype, dtypes.Datetime):
        return dt.Datetime(dtype.time_unit, dtype.time_zone)
    if isinstance_or_issubclass(dtype, dtypes.Duration):
        return dt.Duration(dtype.time_unit)
    if isinstance_or_issubclass(dtype, dtypes.Decimal):
        return dt.Decimal(dtype.precision, dtype.scale)
    if isinstance_or_issubclass(dtype, dtypes.List):
        return dt.List(to_dtype(dtype.inner, version))
    if isinstance_or_issubclass(dtype, dtypes.Array):
        return dt.Array(to_dtype(dtype.inner, version), dtype.size)
    if isinstance_or_issubclass(dtype, dtypes.Struct):
        return dt.Struct([dt.Field(f.name, to_dtype(f.dtype, version)) for f in dtype.fields])
    raise NotImplementedError(f"tables have no columns of {dtype} here")
