"""Types of columns: classes with Polars' names. ``Int64`` and its like have nothing more to say and are used as they are; a ``Datetime``
or a ``List`` is made with what belongs to it."""

from __future__ import annotations

import datetime
import decimal


class _Kind(type):
    """Classes of types, which equal their instances."""

    def __repr__(cls):
        return cls.__name__

    def __eq__(cls, other):
        if isinstance(other, DataType):
            return other == cls
        if isinstance(other, _Kind):
            return cls is other
        return _foreign_equal(cls, other)

    def __ne__(cls, other):
        return not cls == other

    def __hash__(cls):
        return hash(cls.__name__)


class DataType(metaclass=_Kind):
    """The type of a column.

    Examples
    --------
    >>> import tilework.frame as tf
    >>> schema = tf.from_dict({"a": [1], "b": [["x"]]}).schema
    >>> schema["a"] == tf.Int64, schema["b"] == tf.List(tf.String), schema["b"] == tf.List
    (True, True, True)
    """

    __slots__ = ()
    _selector = None

    def _parts(self):
        """What belongs to the type."""
        return ()

    def __repr__(self):
        return type(self).__name__

    def __eq__(self, other):
        if isinstance(other, _Kind):
            return type(self) is other
        if isinstance(other, DataType):
            return type(self) is type(other) and self._parts() == other._parts()
        return _foreign_equal(self, other)

    def __hash__(self):
        return hash((type(self).__name__, *map(str, self._parts())))

    def __reduce__(self):
        return of_engine, (engine(self),)

    @classmethod
    def is_numeric(cls):
        """Whether values are numbers."""
        return issubclass(cls, NumericType)

    @classmethod
    def is_integer(cls):
        """Whether values are whole numbers."""
        return issubclass(cls, IntegerType)

    @classmethod
    def is_float(cls):
        """Whether values are floating-point numbers."""
        return issubclass(cls, FloatType)

    @classmethod
    def is_temporal(cls):
        """Whether values are dates, times or lengths of time."""
        return issubclass(cls, TemporalType)

    @classmethod
    def is_nested(cls):
        """Whether values consist of others."""
        return issubclass(cls, NestedType)


class NumericType(DataType):
    """Numbers."""

    __slots__ = ()


class IntegerType(NumericType):
    """Whole numbers."""

    __slots__ = ()


class FloatType(NumericType):
    """Floating-point numbers."""

    __slots__ = ()


class TemporalType(DataType):
    """Dates, times and lengths of time."""

    __slots__ = ()


class NestedType(DataType):
    """Values that consist of others."""

    __slots__ = ()


def _plain(name, base, doc):
    return _Kind(name, (base,), {"__doc__": doc, "__slots__": (), "__module__": "tilework.frame"})


Boolean = _plain("Boolean", DataType, "True and false.")
String = _plain("String", DataType, "Text.")
Binary = _plain("Binary", DataType, "Bytes.")
Null = _plain("Null", DataType, "Nulls alone.")
Unknown = _plain("Unknown", DataType, "A type that is not known before the query runs.")
Categorical = _plain("Categorical", DataType, "Text of few different values, kept as numbers.")
Date = _plain("Date", TemporalType, "Dates.")
Time = _plain("Time", TemporalType, "Times of day.")
Int8 = _plain("Int8", IntegerType, "Whole numbers of 8 bits.")
Int16 = _plain("Int16", IntegerType, "Whole numbers of 16 bits.")
Int32 = _plain("Int32", IntegerType, "Whole numbers of 32 bits.")
Int64 = _plain("Int64", IntegerType, "Whole numbers of 64 bits.")
Int128 = _plain("Int128", IntegerType, "Whole numbers of 128 bits.")
UInt8 = _plain("UInt8", IntegerType, "Whole numbers from 0 of 8 bits.")
UInt16 = _plain("UInt16", IntegerType, "Whole numbers from 0 of 16 bits.")
UInt32 = _plain("UInt32", IntegerType, "Whole numbers from 0 of 32 bits.")
UInt64 = _plain("UInt64", IntegerType, "Whole numbers from 0 of 64 bits.")
UInt128 = _plain("UInt128", IntegerType, "Whole numbers from 0 of 128 bits.")
Float16 = _plain("Float16", FloatType, "Floating-point numbers of 16 bits.")
Float32 = _plain("Float32", FloatType, "Floating-point numbers of 32 bits.")
Float64 = _plain("Float64", FloatType, "Floating-point numbers of 64 bits.")


class Decimal(NumericType):
    """Decimal numbers of so many digits, ``scale`` of them after the point."""

    __slots__ = ("precision", "scale")

    def __init__(self, precision=None, scale=0):
        self.precision, self.scale = 38 if precision is None else precision, scale

    def _parts(self):
        return self.precision, self.scale

    def __repr__(self):
        return f"Decimal(precision={self.precision}, scale={self.scale})"


class Datetime(TemporalType):
    """Points in time, in a unit (``"us"``, ``"ns"``, ``"ms"``) and perhaps a time zone."""

    __slots__ = ("time_unit", "time_zone")
    _selector = "datetime"

    def __init__(self, time_unit="us", time_zone=None):
        if time_unit not in ("us", "ns", "ms"):
            raise ValueError(f"{time_unit!r} is no unit of time: they are 'us', 'ns', 'ms'")
        self.time_unit, self.time_zone = time_unit, None if time_zone is None else str(time_zone)

    def _parts(self):
        return self.time_unit, self.time_zone

    def __repr__(self):
        return f"Datetime(time_unit={self.time_unit!r}, time_zone={self.time_zone!r})"


class Duration(TemporalType):
    """Lengths of time, in a unit: ``"us"``, ``"ns"``, ``"ms"``."""

    __slots__ = ("time_unit",)
    _selector = "duration"

    def __init__(self, time_unit="us"):
        if time_unit not in ("us", "ns", "ms"):
            raise ValueError(f"{time_unit!r} is no unit of time: they are 'us', 'ns', 'ms'")
        self.time_unit = time_unit

    def _parts(self):
        return (self.time_unit,)

    def __repr__(self):
        return f"Duration(time_unit={self.time_unit!r})"


class Enum(DataType):
    """Text of a fixed set of values, in this order."""

    __slots__ = ("categories",)
    _selector = "enum"

    def __init__(self, categories):
        import enum

        if isinstance(categories, type) and issubclass(categories, enum.Enum):
            categories = [m.value for m in categories]
        self.categories = tuple(categories)

    def _parts(self):
        return self.categories

    def __repr__(self):
        return f"Enum(categories={list(self.categories)!r})"


class List(NestedType):
    """Lists of values of a type."""

    __slots__ = ("inner",)
    _selector = "list"

    def __init__(self, inner):
        self.inner = of_engine(engine(inner))

    def _parts(self):
        return (self.inner,)

    def __repr__(self):
        return f"List({self.inner!r})"


class Array(NestedType):
    """Arrays of so many values of a type; several widths are arrays of arrays."""

    __slots__ = ("inner", "size")
    _selector = "array"

    def __init__(self, inner, shape):
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self.inner = of_engine(engine(inner)) if len(shape) == 1 else Array(inner, shape[1:])
        self.size = shape[0]

    @property
    def shape(self):
        """Widths, from the outside."""
        return (self.size, *(self.inner.shape if isinstance(self.inner, Array) else ()))

    def _parts(self):
        return self.inner, self.size

    def __repr__(self):
        inner = self.inner
        while isinstance(inner, Array):
            inner = inner.inner
        return f"Array({inner!r}, shape={self.shape!r})"


class Field:
    """A field of a struct: its name and type."""

    __slots__ = ("name", "dtype")

    def __init__(self, name, dtype):
        self.name, self.dtype = name, of_engine(engine(dtype))

    def __eq__(self, other):
        return isinstance(other, Field) and (self.name, self.dtype) == (other.name, other.dtype)

    def __hash__(self):
        return hash((self.name, self.dtype))

    def __repr__(self):
        return f"Field({self.name!r}, {self.dtype!r})"


class Struct(NestedType):
    """Values of several fields: a dict of their types, or a sequence of :class:`Field`."""

    __slots__ = ("fields",)
    _selector = "struct"

    def __init__(self, fields):
        pairs = fields.items() if hasattr(fields, "items") else ((f.name, f.dtype) for f in fields)
        self.fields = [Field(n, t) for n, t in pairs]

    def _parts(self):
        return tuple(self.fields)

    def __repr__(self):
        return f"Struct({dict((f.name, f.dtype) for f in self.fields)!r})"


Utf8 = String

_NAMED = {
    cls.__name__: cls
    for cls in (
        Boolean, String, Binary, Null, Unknown, Categorical, Date, Time, Int8, Int16, Int32, Int64, Int128, UInt8, UInt16, UInt32,
        UInt64, UInt128, Float16, Float32, Float64, Decimal, Datetime, Duration, Enum, List, Array, Struct,
    )
}  # fmt: skip
_PYTHON = {
    bool: "Boolean", int: "Int64", float: "Float64", str: "String", bytes: "Binary", datetime.date: "Date", datetime.time: "Time",
    datetime.datetime: "Datetime", datetime.timedelta: "Duration", decimal.Decimal: "Decimal", type(None): "Null", list: None,
}  # fmt: skip
_NUMPY = {"str": "String", "bool": "Boolean", "object": "String", "string": "String", "date": "Date", "time": "Time"}


def engine(dtype):
    """A type as the tuple that the engine reads: of a class here or of the polars package, a type of Python's, a name of NumPy's."""
    if isinstance(dtype, DataType):
        return _made(type(dtype).__name__, dtype)
    if isinstance(dtype, _Kind):
        return _bare(dtype.__name__)
    module = getattr(dtype, "__module__", "") or ""
    if module.split(".")[0] == "polars" or type(dtype).__module__.split(".")[0] == "polars":
        return _bare(dtype.__name__) if isinstance(dtype, type) else _made(type(dtype).__name__, dtype)
    if isinstance(dtype, type) and _PYTHON.get(dtype):
        return _bare(_PYTHON[dtype])
    return _numpy(dtype)


def _bare(name):
    """A type of which only the name was given."""
    if name in ("Datetime", "Duration"):
        return (name, "us", None) if name == "Datetime" else (name, "us")
    if name == "Decimal":
        return name, 38, 0
    if name in ("Utf8", "Object"):
        return ("String",)
    if name in ("List", "Array", "Struct", "Enum"):
        raise TypeError(f"{name} needs what belongs to it, for example List(Int64)")
    if name not in _NAMED:
        raise TypeError(f"{name} is no type of a column")
    return (name,)


def _made(name, dtype):
    """A type with what belongs to it."""
    if name == "Datetime":
        return name, dtype.time_unit or "us", dtype.time_zone
    if name == "Duration":
        return name, dtype.time_unit or "us"
    if name == "Decimal":
        return name, 38 if dtype.precision is None else dtype.precision, dtype.scale
    if name == "List":
        return name, engine(dtype.inner)
    if name == "Array":
        return name, engine(dtype.inner), dtype.shape[0]
    if name == "Enum":
        return name, list(dtype.categories)
    if name == "Struct":
        return name, [(f.name, engine(f.dtype)) for f in dtype.fields]
    return _bare(name)


def _numpy(dtype):
    """A type by NumPy's name, or its dtype."""
    if isinstance(dtype, str) and dtype in _NUMPY:
        return _bare(_NUMPY[dtype])
    if isinstance(dtype, str) and dtype in _NAMED:
        return _bare(dtype)
    import numpy as np

    try:
        dtype = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{dtype!r} is no type of a column: name one of tilework.frame, like Int64") from None
    if dtype.kind in "mM":
        unit = np.datetime_data(dtype)[0]
        if dtype.kind == "M" and unit == "D":
            return ("Date",)
        if unit not in ("ms", "us", "ns"):
            raise TypeError(f"times are of ms, us or ns here, not {unit}")
        return ("Datetime", unit, None) if dtype.kind == "M" else ("Duration", unit)
    if dtype.kind in "US":
        return ("String",)
    return _bare({"bool": "Boolean"}.get(dtype.name) or dtype.name.capitalize().replace("Uint", "UInt"))


def of_engine(parts):
    """The class of a tuple of the engine's."""
    name, *rest = parts
    if name == "List":
        return List(of_engine(rest[0]))
    if name == "Array":
        return Array(of_engine(rest[0]), rest[1])
    if name == "Struct":
        return Struct([Field(n, of_engine(t)) for n, t in rest[0]])
    return _NAMED[name](*rest)


def _foreign_equal(mine, other):
    """Whether a type equals one of the polars package, or one of Python's."""
    module = (getattr(other, "__module__", "") if isinstance(other, type) else type(other).__module__) or ""
    if module.split(".")[0] == "polars" and isinstance(other, type):
        name = mine.__name__ if isinstance(mine, type) else type(mine).__name__
        return name == other.__name__
    if module.split(".")[0] != "polars" and not isinstance(other, str):
        return NotImplemented
    try:
        return engine(mine) == engine(other)
    except TypeError:
        return False
