"""Python's values as the engine takes them: what is neither a number nor text comes with a word for what it is."""

from __future__ import annotations

import datetime
import decimal

_EPOCH = datetime.datetime(1970, 1, 1)
_DAY = datetime.date(1970, 1, 1)
_MICRO = datetime.timedelta(microseconds=1)


def engine(value):
    """A kind of values and what it says of this one."""
    if isinstance(value, datetime.datetime):
        if value != value:
            return "item", None
        if value.tzinfo is None:
            return "datetime", _microseconds(value - _EPOCH), "us", None
        zone = getattr(value.tzinfo, "key", None) or getattr(value.tzinfo, "zone", None)
        utc = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return "datetime", _microseconds(utc - _EPOCH), "us", zone or "UTC"
    if isinstance(value, datetime.date):
        return "date", (value - _DAY).days
    if isinstance(value, datetime.time):
        if value.tzinfo is not None:
            raise TypeError("times of day with a time zone are no values of tables")
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return "time", seconds * 1_000_000_000 + value.microsecond * 1000
    if isinstance(value, datetime.timedelta):
        return "duration", _microseconds(value), "us"
    if isinstance(value, decimal.Decimal):
        return _decimal(value)
    if hasattr(value, "__arrow_c_stream__"):
        return "series", value
    module = type(value).__module__.split(".")[0]
    if module == "numpy" and getattr(value, "ndim", None) == 0:
        return _numpy(value)
    if module == "pandas" and type(value).__name__ in ("NAType", "NaTType"):
        return "item", None
    if module in ("numpy", "pandas", "pyarrow") and hasattr(value, "tolist"):
        return "item", value.tolist()
    if module == "pyarrow" and hasattr(value, "as_py"):
        return "item", value.as_py()
    import enum

    if isinstance(value, enum.Enum):
        return "item", value.value
    if isinstance(value, (set, frozenset, range)) or hasattr(value, "__next__"):
        return "item", list(value)
    raise TypeError(f"{type(value).__name__} is no value of a table: {value!r}")


def _microseconds(delta):
    return delta // _MICRO


def _decimal(value):
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return "item", float(value)
    number = int("".join(map(str, digits)) or "0") * 10 ** max(exponent, 0)
    return "decimal", -number if sign else number, max(-exponent, 0)


def _numpy(value):
    if value.dtype.kind in "mM":
        import numpy as np

        if np.isnat(value):
            return "item", None
        unit = np.datetime_data(value.dtype)[0]
        if unit == "D" and value.dtype.kind == "M":
            return "date", int(value.astype("int64"))
        unit = unit if unit in ("ms", "us", "ns") else "us"
        if value.dtype.kind == "M":
            return "datetime", int(value.astype(f"M8[{unit}]").astype("int64")), unit, None
        return "duration", int(value.astype(f"m8[{unit}]").astype("int64")), unit
    return "item", value.item()


def of_engine(kind, n, zone):
    """The value of a kind and a number: days of a date, nanoseconds of a time of day, else microseconds."""
    if kind == "date":
        return _DAY + datetime.timedelta(days=n)
    if kind == "time":
        return (_EPOCH + datetime.timedelta(microseconds=n // 1000)).time()
    if kind == "duration":
        return datetime.timedelta(microseconds=n)
    value = _EPOCH + datetime.timedelta(microseconds=n)
    if zone is None:
        return value
    import zoneinfo

    return value.replace(tzinfo=datetime.timezone.utc).astimezone(zoneinfo.ZoneInfo(zone))


def duration_text(value):
    """A length of time as text; None where it is none."""
    if not isinstance(value, datetime.timedelta):
        return None
    return f"{_microseconds(value)}us"
