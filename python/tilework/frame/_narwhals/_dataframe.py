"""Lazy tables."""

from __future__ import annotations

from narwhals._utils import Implementation, generate_temporary_column_name, parse_columns_to_drop

from ..._tilework import expressions
from .._frame import Frame
from ._native import native, of_dtype, told


class TileworkLazyFrame:
    """A query for narwhals."""

    _implementation = Implementation.UNKNOWN

    def __init__(self, frame, *, version):
        self._native_frame = frame
        self._version = version

    @staticmethod
    def _is_native(obj):
        return isinstance(obj, Frame)

    @classmethod
    def from_native(cls, data, /, *, context):
        return cls(data, version=context._version)

    def to_narwhals(self):
        return self._version.lazyframe(self, level="lazy")

    def __narwhals_lazyframe__(self):
        return self

    def __narwhals_namespace__(self):
        from ._namespace import TileworkNamespace

        return TileworkNamespace(version=self._version)

    def __native_namespace__(self):
        import tilework.frame

        return tilework.frame

    def __repr__(self):
        return f"TileworkLazyFrame({self.native!r})"

    @property
    def native(self):
        """The query itself."""
        return self._native_frame

    @property
    def columns(self):
        return self.native.columns

    @property
    def schema(self):
        return self.collect_schema()

    def collect_schema(self):
        with told():
            return {name: of_dtype(t, self._version) for name, t in self.native.schema.items()}

    def _with_native(self, frame):
        return type(self)(frame, version=self._version)

    def _with_version(self, version):
        return type(self)(self.native, version=version)

    def _step(self, name, *args, **kwargs):
        with told(self.columns):
            return self._with_native(getattr(self.native, name)(*args, **kwargs))

    def _iter_columns(self):
        yield from self.collect(Implementation.PYARROW).iter_columns()

    def simple_select(self, *column_names):
        return self._step("select", list(column_names))

    def select(self, *exprs):
        return self._step("select", [e.native for e in exprs])

    aggregate = select

    def with_columns(self, *exprs):
        return self._step("with_columns", [e.native for e in exprs])

    def filter(self, predicate):
        return self._step("filter", native(predicate))

    def drop(self, columns, *, strict):
        return self._step("drop", parse_columns_to_drop(self, columns, strict=strict))

    def drop_nulls(self, subset):
        return self._step("drop_nulls", subset)

    def explode(self, columns):
        return self._step("explode", list(columns), empty_as_null=True)

    def gather_every(self, n, offset):
        return self._step("gather_every", n, offset)

    def head(self, n):
        return self._step("head", n)

    def tail(self, n):
        return self._step("tail", n)

    def rename(self, mapping):
        return self._step("rename", mapping)

    def sort(self, *by, descending, nulls_last):
        return self._step("sort", *by, descending=descending, nulls_last=nulls_last)

    def top_k(self, k, *, by, reverse):
        return self._step("top_k", k, by=list(by) if not isinstance(by, str) else by, reverse=reverse)

    def unique(self, subset, *, keep, maintain_order=None, order_by=None):
        columns = subset or self.columns
        if not order_by:
            return self._step("unique", columns, keep=keep)
        row = generate_temporary_column_name(8, self.columns, prefix="row_index_")
        with told():
            ordered = self.native.with_row_index(row).sort(*order_by).unique(columns, keep=keep)
            return self._with_native((ordered.sort(row) if maintain_order else ordered).drop(row))

    def unpivot(self, on, index, variable_name, value_name):
        return self._step("unpivot", on, index=index, variable_name=variable_name, value_name=value_name)

    def with_row_index(self, name, order_by):
        if order_by is None:
            return self._step("with_row_index", name)
        number = expressions.int_range(expressions.len()).over(order_by=list(order_by)).alias(name)
        return self._step("select", number, expressions.col("*"))

    def join(self, other, *, how, left_on, right_on, suffix):
        keys = {} if how == "cross" else {"left_on": list(left_on or ()), "right_on": list(right_on or ())}
        return self._step("join", other.native, how=how, suffix=suffix, **keys)

    def join_asof(self, other, *, left_on, right_on, by_left, by_right, strategy, suffix):
        keys = {"left_on": left_on, "right_on": right_on, "by_left": by_left, "by_right": by_right}
        return self._step("join_asof", other.native, strategy=strategy, suffix=suffix, **keys)

    def group_by(self, keys, *, drop_null_keys):
        return TileworkGroupBy(self, keys, drop_null_keys=drop_null_keys)

    def collect(self, backend, **kwargs):
        with told():
            table = self.native.collect()
        if backend is None or backend is Implementation.PYARROW:
            from narwhals._arrow.dataframe import ArrowDataFrame

            return ArrowDataFrame(_plain(table), validate_backend_version=True, version=self._version, validate_column_names=True)
        if backend is Implementation.PANDAS:
            from narwhals._pandas_like.dataframe import PandasLikeDataFrame

            return PandasLikeDataFrame(
                table.to_pandas(),
                implementation=Implementation.PANDAS,
                validate_backend_version=True,
                version=self._version,
                validate_column_names=True,
            )
        if backend is Implementation.POLARS:
            from narwhals._polars.dataframe import PolarsDataFrame

            return PolarsDataFrame(table.to_polars(), validate_backend_version=True, version=self._version)
        raise ValueError(f"Unsupported `backend` value: {backend}")

    def sink_parquet(self, file):
        with told():
            self.native.sink_parquet(file, overwrite=True)


def _plain(table):
    """The table as pyarrow has it without views of strings, which its functions take."""
    import pyarrow as pa

    table = table.to_arrow()

    def plain(t):
        if pa.types.is_string_view(t):
            return pa.large_string()
        if pa.types.is_binary_view(t):
            return pa.large_binary()
        if pa.types.is_large_list(t) or pa.types.is_list(t):
            return pa.large_list(plain(t.value_type))
        if pa.types.is_fixed_size_list(t):
            return pa.list_(plain(t.value_type), t.list_size)
        if pa.types.is_struct(t):
            return pa.struct([pa.field(f.name, plain(f.type)) for f in t])
        if pa.types.is_dictionary(t):
            return pa.dictionary(t.index_type, plain(t.value_type), t.ordered)
        return t

    return table.cast(pa.schema([pa.field(f.name, plain(f.type), f.nullable, f.metadata) for f in table.schema]))


class TileworkGroupBy:
    """Groups of a query."""

    def __init__(self, frame, keys, /, *, drop_null_keys):
        keys = [native(k) for k in keys]
        self._frame = frame
        with told(frame.columns):
            rows = frame.native
            if drop_null_keys:
                rows = rows.drop_nulls(keys)
            self._groups = rows.group_by(*keys)

    @property
    def compliant(self):
        """The query that the groups are of."""
        return self._frame

    def agg(self, *aggs):
        with told(self._frame.columns):
            return self._frame._with_native(self._groups.agg([a.native for a in aggs]))
