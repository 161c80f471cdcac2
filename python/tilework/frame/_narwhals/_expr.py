"""Expressions."""

from __future__ import annotations

from narwhals._utils import NO_DEFAULT, Implementation

from ..._tilework import expressions
from ._native import native, natives, to_dtype


class TileworkExpr:
    """An expression for narwhals. Calls that have no method here are those of :class:`tilework.frame.Expr`."""

    _implementation = Implementation.UNKNOWN
    _opt_metadata = None
    # narwhals works output names out for backends that cannot; here the expression has them.
    _evaluate_output_names = None
    _alias_output_names = None

    def __init__(self, expr, version):
        self._native_expr = expr
        self._version = version

    @property
    def native(self):
        """The expression itself."""
        return self._native_expr

    @property
    def _metadata(self):
        return self._opt_metadata

    @property
    def _backend_version(self):
        from ... import __version__

        return tuple(int(part) for part in __version__.split(".")[:3] if part.isdigit())

    def __narwhals_expr__(self):
        return self

    def __narwhals_namespace__(self):
        from ._namespace import TileworkNamespace

        return TileworkNamespace(version=self._version)

    def __repr__(self):
        return f"TileworkExpr({self.native!r})"

    def _with_native(self, expr):
        return type(self)(expr, self._version)

    def broadcast(self):
        """Single values go beside columns as they are."""
        return self

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args, **kwargs):
            args, kwargs = natives(args, kwargs)
            return self._with_native(getattr(self.native, name)(*args, **kwargs))

        return call

    def cast(self, dtype):
        return self._with_native(self.native.cast(to_dtype(dtype, self._version)))

    def clip_lower(self, lower_bound):
        return self._with_native(self.native.clip(native(lower_bound)))

    def clip_upper(self, upper_bound):
        return self._with_native(self.native.clip(None, native(upper_bound)))

    def _is_close_float_promote(self):
        return self._with_native(self.native + 0.0)

    def over(self, partition_by, order_by):
        if not partition_by:
            return self._with_native(self.native.over(order_by=list(order_by)))
        return self._with_native(self.native.over(list(partition_by), order_by=list(order_by) or None))

    def first(self, order_by=()):
        ordered = self.native.sort_by(*order_by) if order_by else self.native
        return self._with_native(ordered.first())

    def last(self, order_by=()):
        ordered = self.native.sort_by(*order_by) if order_by else self.native
        return self._with_native(ordered.last())

    def any_value(self, *, ignore_nulls):
        return self._with_native(self.native.first(ignore_nulls=ignore_nulls))

    def mode(self, *, keep):
        mode = self.native.mode()
        return self._with_native(mode.first() if keep == "any" else mode)

    def map_batches(self, function, return_dtype, *, returns_scalar):
        raise NotImplementedError("functions of whole columns are not run on partitions: see Frame.map_partitions")

    def replace_strict(self, default, old, new, *, return_dtype):
        more = {} if default is NO_DEFAULT else {"default": native(default)}
        if return_dtype is not None:
            more["return_dtype"] = to_dtype(return_dtype, self._version)
        return self._with_native(self.native.replace_strict(list(old), list(new), **more))

    def is_in(self, other):
        return self._with_native(self.native.is_in(native(other)))

    def fill_null(self, value, strategy, limit):
        return self._with_native(self.native.fill_null(native(value), strategy, limit))

    @property
    def dt(self):
        return DateTimes(self, "dt")

    @property
    def str(self):
        return Strings(self, "str")

    @property
    def cat(self):
        return Part(self, "cat")

    @property
    def name(self):
        return Part(self, "name")

    @property
    def list(self):
        return Part(self, "list")

    @property
    def struct(self):
        return Part(self, "struct")


def _operator(name):
    def operate(self, other):
        return self._with_native(getattr(self.native, name)(native(other)))

    operate.__name__ = name
    return operate


for _name in (
    "eq", "ne", "lt", "le", "gt", "ge", "and", "rand", "or", "ror", "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv",
    "floordiv", "rfloordiv", "mod", "rmod",
):  # fmt: skip
    setattr(TileworkExpr, f"__{_name}__", _operator(f"__{_name}__"))
TileworkExpr.__hash__ = None
TileworkExpr.__pow__ = lambda self, other: self._with_native(self.native ** native(other))
TileworkExpr.__rpow__ = lambda self, other: self._with_native((native(other) ** self.native).alias("literal"))
TileworkExpr.__invert__ = lambda self: self._with_native(~self.native)
TileworkExpr.__neg__ = lambda self: self._with_native(-self.native)


class Part:
    """A namespace of expressions."""

    def __init__(self, expr, space):
        self._expr = expr
        self._space = space

    @property
    def compliant(self):
        """The expression that the namespace is of."""
        return self._expr

    def _call(self, name, /, *args, **kwargs):
        args, kwargs = natives(args, kwargs)
        method = getattr(getattr(self._expr.native, self._space), name)
        return self._expr._with_native(method(*args, **kwargs))

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._call(name, *args, **kwargs)


class DateTimes(Part):
    """The namespace of dates and times."""

    def truncate(self, every):
        from narwhals._duration import Interval

        Interval.parse(every)
        return self._call("truncate", every)

    def offset_by(self, by):
        from narwhals._duration import Interval

        Interval.parse_no_constraints(by)
        return self._call("offset_by", by)


class Strings(Part):
    """The namespace of text."""

    def replace(self, value, pattern, *, literal, n):
        return self._call("replace", pattern, value, literal=literal, n=n)

    def replace_all(self, value, pattern, *, literal):
        return self._call("replace_all", pattern, value, literal=literal)

    def zfill(self, width):
        return self._call("zfill", width)

    def to_titlecase(self):
        # narwhals means that every character that is no letter starts a word.
        pieces = self._expr.native.str.to_lowercase().str.extract_all(r"[a-z]*[^a-z]*").list
        piece = expressions.element().str
        title = piece.slice(0, 1).str.to_uppercase() + piece.slice(1)
        return self._expr._with_native(pieces.eval(title).list.join(""))

    def to_datetime(self, format):
        return self._call("to_datetime", format, time_unit="us")
