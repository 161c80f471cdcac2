"""Functions that expressions and tables start from."""

from __future__ import annotations

from narwhals._utils import Implementation

from ..._tilework import expressions
from .. import _dtypes as dt
from .. import selectors as cs
from .._create import concat
from .._scan import scan_csv, scan_parquet
from ._dataframe import TileworkLazyFrame
from ._expr import TileworkExpr
from ._native import native, natives, to_dtype, told


class TileworkNamespace:
    """Tilework's functions for narwhals. Calls that have no method here are those of ``tilework.frame``."""

    _implementation = Implementation.UNKNOWN

    def __init__(self, *, version):
        self._version = version

    @property
    def _expr(self):
        return TileworkExpr

    @property
    def _lazyframe(self):
        return TileworkLazyFrame

    @property
    def _backend_version(self):
        from ... import __version__

        return tuple(int(part) for part in __version__.split(".")[:3] if part.isdigit())

    def is_native(self, obj):
        return TileworkLazyFrame._is_native(obj)

    def from_native(self, data, /):
        return TileworkLazyFrame.from_native(data, context=self)

    def _made(self, expr):
        return TileworkExpr(expr, self._version)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args, **kwargs):
            args, kwargs = natives(args, kwargs)
            return self._made(getattr(expressions, name)(*args, **kwargs))

        return call

    def col(self, *names):
        return self._made(expressions.col(names[0]) if len(names) == 1 else expressions.col(list(names)))

    def exclude(self, *names):
        return self._made(cs.exclude(list(names)))

    def nth(self, indices):
        return self._made(expressions.nth(*indices))

    def lit(self, value, dtype):
        return self._made(expressions.lit(value, None if dtype is None else to_dtype(dtype, self._version)))

    def cov(self, a, b, *, ddof):
        n = (a.native.is_not_null() & b.native.is_not_null()).sum()
        return self._made(expressions.when(n > ddof).then(expressions.cov(a.native, b.native, ddof=ddof)))

    def all_horizontal(self, *exprs, ignore_nulls):
        parts = [e.native.fill_null(True) if ignore_nulls else e.native for e in exprs]
        return self._made(expressions.all_horizontal(*parts))

    def any_horizontal(self, *exprs, ignore_nulls):
        parts = [e.native.fill_null(False) if ignore_nulls else e.native for e in exprs]
        return self._made(expressions.any_horizontal(*parts))

    def list(self, *exprs):
        # A list of each value by itself, so that lists become parts and not more values.
        parts = [e.native.repeat_by(1) for e in exprs]
        return self._made(expressions.concat_list(*parts))

    def when_then(self, when, then, otherwise=None):
        branch = expressions.when(when.native).then(native(then))
        return self._made(branch if otherwise is None else branch.otherwise(native(otherwise)))

    def concat(self, items, *, how):
        with told():
            return TileworkLazyFrame.from_native(concat([item.native for item in items], how=how), context=self)

    def scan_csv(self, source, *, separator=",", **kwds):
        return self.from_native(scan_csv(source, separator=separator, **kwds))

    def scan_parquet(self, source, **kwds):
        return self.from_native(scan_parquet(source, **kwds))

    @property
    def selectors(self):
        return TileworkSelectors(self)


class TileworkSelectors:
    """Selectors of columns for narwhals."""

    _implementation = Implementation.UNKNOWN

    def __init__(self, context, /):
        self._version = context._version

    def _made(self, selector):
        return TileworkExpr(selector, self._version)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda: self._made(getattr(cs, name)())

    def by_dtype(self, dtypes):
        return self._made(cs.by_dtype(*(self._kind(t) for t in dtypes)))

    def _kind(self, dtype):
        """A type; of one without what belongs to it, its name."""
        known = self._version.dtypes
        if isinstance(dtype, type) and dtype.__name__ in ("Datetime", "Duration", "List", "Array", "Struct", "Enum"):
            return getattr(dt, dtype.__name__)
        if isinstance(dtype, known.Enum) and not hasattr(dtype, "categories"):
            return dt.Enum
        return to_dtype(dtype, self._version)

    def matches(self, pattern):
        return self._made(cs.matches(pattern))

    def datetime(self, time_unit, time_zone):
        zones = [time_zone] if time_zone is None or isinstance(time_zone, str) or hasattr(time_zone, "utcoffset") else time_zone
        return self._made(cs.datetime(time_unit, [z if z is None else str(z) for z in zones]))
