"""Expressions give what Polars gives under the same names, row by row or in one task."""

import datetime
import decimal

import pytest

import tilework.frame as tf
from tilework.frame import selectors as cs

pl = pytest.importorskip("polars")

DATA = {
    "i": [3, 1, None, 4, 1, 5],
    "j": [2, 7, 1, 8, 2, 8],
    "x": [0.5, -1.25, None, 2.0, float("nan"), 8.0],
    "y": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
    "s": ["Ab-c", "b c", None, "äÖ", "", "ab-cd-e"],
    "k": ["a", "b", "a", "b", "a", "c"],
    "b": [True, False, None, True, True, False],
    "d": [datetime.date(2024, 2, 29), datetime.date(1999, 12, 31), None, datetime.date(2020, 1, 1), datetime.date(2024, 3, 3), datetime.date(1970, 1, 1)],
    "t": [datetime.datetime(2024, 2, 29, 12, 30, 15, 123456 + i) for i in range(6)],
    "l": [[1, 2], [], None, [3, None], [5, 4, 4], [1]],
    "w": [["a", "b"], ["c"], None, [], ["d", "e"], ["f"]],
    "u": [{"p": 1, "q": "x"}, {"p": None, "q": "y"}, {"p": 3, "q": None}, {"p": 4, "q": "z"}, {"p": 5, "q": "v"}, {"p": 6, "q": "w"}],
    "o": [datetime.timedelta(hours=30), datetime.timedelta(days=2), None, datetime.timedelta(seconds=1), datetime.timedelta(0), datetime.timedelta(1)],
}
TABLE = pl.DataFrame(DATA)

ROWS = """
p.col("i") + 1 | 1 - p.col("i") | p.col("i") * p.col("x") | p.col("i") / 2 | 7 / p.col("j") | p.col("i") // 2 | 9 // p.col("j") | p.col("i") % 3
p.col("i") ** 2 | 2 ** p.col("j") | -p.col("i") | ~p.col("b") | p.col("b") & (p.col("i") > 1) | p.col("b") | (p.col("i") > 1) | p.col("b") ^ True
p.col("i") == 1 | p.col("i") != 1 | p.col("s") == "b c" | p.col("i").eq_missing(None) | p.col("i").ne_missing(1) | p.col("x") >= 0.5 | 1 <= p.col("i")
p.col("x").abs() | p.col("y").sqrt() | p.col("y").exp() | p.col("y").log() | p.col("y").log(2) | p.col("y").log10() | p.col("y").log1p() | p.col("x").sign()
p.col("y").round() | p.col("y").round(1) | p.col("y").floor() | p.col("y").ceil() | p.col("y").cbrt() | p.col("y").sin() | p.col("y").arctan() | p.col("y").tanh()
p.col("i").clip(2, 4) | p.col("i").clip(upper_bound=3) | p.col("i").cast(p.Float32) | p.col("i").cast(p.String) | p.col("s").cast(p.Int8, strict=False)
p.col("i").is_null() | p.col("i").is_not_null() | p.col("x").is_nan() | p.col("x").is_finite() | p.col("x").is_infinite() | p.col("i").fill_null(0) | p.col("x").fill_nan(None)
p.col("i").is_in([1, 3]) | p.col("k").is_in(["a"]) | p.col("i").is_in([None, 1], nulls_equal=True) | p.col("i").is_between(1, 3) | p.col("i").is_between(1, 3, closed="none")
p.when(p.col("i") > 2).then(p.lit("hi")).when(p.col("i") > 0).then(p.col("k")).otherwise(p.lit("lo")) | p.when(p.col("b")).then(1) | p.when(k="a").then("i").otherwise("j")
p.coalesce("i", "j") | p.sum_horizontal("i", "j") | p.min_horizontal("i", "j") | p.max_horizontal("i", "j") | p.mean_horizontal("i", "j") | p.any_horizontal("b", p.col("i") > 3) | p.all_horizontal("b", p.col("i") > 3)
p.struct("i", "j").alias("z") | p.struct("i", z=p.col("j") + 1).alias("z") | p.concat_str("k", "s", separator="-") | p.concat_str(["k", "s"], ignore_nulls=True) | p.format("{}/{}", "k", "i").alias("z") | p.concat_list("i", "j").alias("z")
p.col("i").replace(1, 100) | p.col("i").replace({1: 10, 3: 30}) | p.col("k").replace_strict({"a": 1, "b": 2, "c": 3}) | p.col("k").replace_strict(["a"], [1], default=0) | p.col("i").hash(1).is_null()
p.col("y").cut([2.0, 4.0], labels=["l", "m", "h"]).cast(p.String) | p.lit(3).alias("i") + p.col("j") | p.lit(None).alias("n") | p.lit([1, 2]).alias("n").list.len()
p.lit(__import__("datetime").date(2024, 1, 1)).alias("n") < p.col("d") | p.lit("a").alias("n") == p.col("k") | p.lit(2.5, dtype=p.Float32).alias("n") | p.lit(__import__("decimal").Decimal("1.5")).alias("n").cast(p.Float64)
p.col("s").str.len_chars() | p.col("s").str.len_bytes() | p.col("s").str.to_uppercase() | p.col("s").str.to_lowercase() | p.col("s").str.reverse() | p.col("s").str.strip_chars("abA") | p.col("s").str.strip_chars() | p.col("s").str.strip_prefix("A")
p.col("s").str.contains("b.c") | p.col("s").str.contains("b c", literal=True) | p.col("s").str.contains(p.col("k")) | p.col("s").str.starts_with("A") | p.col("s").str.ends_with("e") | p.col("s").str.find("c") | p.col("s").str.count_matches("[a-c]")
p.col("s").str.replace("b", "X") | p.col("s").str.replace_all("[a-c]", "X") | p.col("s").str.replace_all("-", "+", literal=True) | p.col("s").str.extract("([a-z])-") | p.col("s").str.extract_all("[a-z]") | p.col("s").str.split("-")
p.col("s").str.slice(1, 2) | p.col("s").str.slice(-2) | p.col("s").str.head(2) | p.col("s").str.tail(2) | p.col("s").str.pad_start(5, "*") | p.col("s").str.pad_end(5) | p.col("k").str.zfill(6) | p.col("s").str.split_exact("-", 1) | p.col("s").str.splitn("-", 2)
p.lit("2024-02-29").str.to_date().alias("z") | p.lit("12:30:01").str.to_time().alias("z") | p.lit("2024-02-29 10:11").str.to_datetime("%Y-%m-%d %H:%M").alias("z") | p.lit("0b1").str.to_integer(base=16).alias("z") | p.lit("x").str.to_date("%Y", strict=False).alias("z")
p.lit("2024-02-29").str.strptime(p.Date, "%Y-%m-%d").alias("z") | p.col("k").str.normalize("NFC")
p.col("d").dt.year() | p.col("d").dt.month() | p.col("d").dt.day() | p.col("d").dt.weekday() | p.col("d").dt.week() | p.col("d").dt.ordinal_day() | p.col("d").dt.quarter() | p.col("d").dt.iso_year() | p.col("d").dt.is_leap_year() | p.col("d").dt.days_in_month()
p.col("t").dt.hour() | p.col("t").dt.minute() | p.col("t").dt.second() | p.col("t").dt.second(fractional=True) | p.col("t").dt.millisecond() | p.col("t").dt.microsecond() | p.col("t").dt.nanosecond() | p.col("t").dt.date() | p.col("t").dt.time()
p.col("d").dt.truncate("1mo") | p.col("t").dt.truncate("1h") | p.col("t").dt.round("1h") | p.col("d").dt.offset_by("1mo") | p.col("d").dt.offset_by("-1y") | p.col("d").dt.month_start() | p.col("d").dt.month_end() | p.col("d").dt.strftime("%Y/%m") | p.col("t").dt.to_string("%H")
p.col("t").dt.timestamp("ms") | p.col("t").dt.epoch("s") | p.col("t").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Kathmandu") | p.col("t").dt.replace(year=2000) | p.col("d").dt.combine(__import__("datetime").time(9)) | p.col("t").dt.cast_time_unit("ms")
p.col("d") - p.lit(__import__("datetime").date(2000, 1, 1)).alias("d") | p.col("d") + p.duration(days=1) | p.col("o").dt.total_hours() | p.col("o").dt.total_seconds() | p.col("o").dt.total_days() | p.datetime(p.col("j") + 2000, 1, 2).alias("z") | p.date(2024, "j", 1).alias("z")
p.col("d").dt.is_business_day() | p.col("d").dt.add_business_days(1, roll="forward") | p.from_epoch("j").alias("z") | p.duration(hours="j").alias("z")
p.col("l").list.len() | p.col("l").list.sum() | p.col("l").list.mean() | p.col("l").list.max() | p.col("l").list.min() | p.col("l").list.first() | p.col("l").list.last() | p.col("l").list.get(0, null_on_oob=True) | p.col("l").list.contains(4) | p.col("l").list.sort()
p.col("l").list.sort(descending=True) | p.col("l").list.reverse() | p.col("l").list.unique(maintain_order=True) | p.col("l").list.n_unique() | p.col("l").list.slice(1) | p.col("l").list.head(1) | p.col("l").list.tail(1) | p.col("l").list.drop_nulls() | p.col("l").list.std() | p.col("l").list.median()
p.col("w").list.join("+") | p.col("l").list.eval(p.element() * 2) | p.col("l").list.shift() | p.col("l").list.diff() | p.col("l").list.set_union([1, 9]).list.len() | p.col("l").list.arg_max() | p.col("l").list.count_matches(4) | p.col("l").list.gather([0], null_on_oob=True)
p.col("u").struct.field("p") | p.col("u").struct["q"] | p.col("u").struct.rename_fields(["m", "n"]) | p.col("u").struct.with_fields(r=p.lit(1)) | p.col("u").struct.json_encode()
p.col("k").cast(p.Categorical).cat.len_chars() | p.col("k").cast(p.Categorical).cast(p.String) | p.col("k").cast(p.Enum(["a", "b", "c"])).cast(p.String) | p.col("s").cast(p.Binary).bin.size() | p.col("s").cast(p.Binary).bin.starts_with(b"A")
p.col("i").alias("z") | p.col("i").name.suffix("_z") | p.col("i").name.prefix("z_") | p.col("i").name.to_uppercase() | (1 + p.col("i")).name.keep() | p.col("i").name.map(lambda n: n * 2) | p.col("i", "j") + 1 | p.col(p.Int64) * 2 | p.col("^[ij]$") | p.nth(0) | p.first() | p.all().exclude("i").is_null() | p.exclude("u", "l").is_null()
"""
WHOLE = """
p.col("i").sum() | p.col("i").mean() | p.col("i").median() | p.col("i").min() | p.col("x").max() | p.col("j").product() | p.col("i").count() | p.col("i").len() | p.col("i").null_count() | p.col("i").n_unique() | p.col("i").std() | p.col("i").var(ddof=0)
p.col("i").first() | p.col("i").last() | p.col("i").quantile(0.3) | p.col("y").quantile(0.3, "linear") | p.col("b").any() | p.col("b").all() | p.col("b").any(ignore_nulls=False) | p.col("y").skew() | p.col("y").kurtosis() | p.col("j").entropy() | p.col("i").arg_min() | p.col("i").arg_max()
p.len() | p.sum("i", "j") | p.mean("i") | p.median("i") | p.min("i") | p.max("i") | p.count("i") | p.n_unique("i") | p.std("i") | p.var("i") | p.quantile("i", 0.5) | p.corr("j", "y") | p.corr("j", "y", method="spearman") | p.cov("j", "y") | p.col("j").implode() | p.col("i").has_nulls()
p.col("i").sort() | p.col("i").sort(descending=True, nulls_last=True) | p.col("i").sort_by("j") | p.col("i").sort_by("k", "j", descending=[True, False]) | p.col("i").arg_sort() | p.col("i").rank() | p.col("i").rank("ordinal", descending=True) | p.col("j").reverse() | p.arg_sort_by("k", "j")
p.col("i").shift() | p.col("i").shift(-1, fill_value=0) | p.col("j").diff() | p.col("j").pct_change() | p.col("j").cum_sum() | p.col("j").cum_max() | p.col("j").cum_min() | p.col("j").cum_prod() | p.col("i").cum_count() | p.col("j").cum_sum(reverse=True)
p.col("i").forward_fill() | p.col("i").backward_fill() | p.col("i").fill_null(strategy="mean") | p.col("i").interpolate() | p.col("j").is_unique() | p.col("j").is_duplicated() | p.col("j").is_first_distinct() | p.col("j").is_last_distinct() | p.col("i").is_sorted()
p.col("j").rolling_sum(2) | p.col("j").rolling_mean(3, min_samples=1) | p.col("y").rolling_max(2, center=True) | p.col("y").rolling_min(2) | p.col("y").rolling_std(3) | p.col("y").rolling_var(3, ddof=0) | p.col("y").rolling_median(3) | p.col("y").rolling_quantile(0.5, window_size=3) | p.col("y").ewm_mean(alpha=0.5) | p.col("y").ewm_std(span=3) | p.col("y").rolling_sum_by("t", "2us")
p.col("j").sum().over("k") | p.col("j").rank("dense").over("k") | p.col("j").cum_sum().over("k", order_by="y") | p.len().over("k", "b") | p.col("j").shift().over(["k"]) | p.col("j").max().over(p.col("k") + "x") | p.int_range(p.len()).over("k").alias("z")
p.col("i").unique().sort() | p.col("k").unique(maintain_order=True) | p.col("j").mode().sort() | p.col("k").value_counts(sort=True).struct.field("k").first() | p.col("j").top_k(2).sort() | p.col("j").bottom_k(2).sort() | p.col("k").unique_counts() | p.col("k").arg_unique() | p.col("k").rle_id() | p.arg_where(p.col("j") > 5)
p.col("i").head(2) | p.col("i").tail(2) | p.col("i").slice(1, 2) | p.col("i").filter(p.col("j") > 2) | p.col("i").drop_nulls() | p.col("i").gather([0, 2]) | p.col("i").get(1) | p.col("i").gather_every(2) | p.col("l").explode() | p.col("j").search_sorted(4) | p.col("j").append(9) | p.col("j").extend_constant(0, 2)
p.col("j").min_by("y") | p.col("j").max_by("y") | p.col("y").peak_max() | p.col("j").qcut(2, labels=["l", "h"]).cast(p.String) | p.repeat("x", 3).alias("z") | p.col("j").dot("y") | p.int_range(3).alias("z") | p.col("s").str.join("|") | p.col("j").reshape((2, 3)).arr.to_list()
p.date_range(__import__("datetime").date(2024, 1, 1), __import__("datetime").date(2024, 1, 5), "2d").alias("z") | p.datetime_range(__import__("datetime").datetime(2024, 1, 1), __import__("datetime").datetime(2024, 1, 2), "6h").alias("z") | p.col("j").sum().rolling("t", period="2us")
"""


def expressions(text):
    """The expressions of a text, which ` | ` keeps apart where brackets are closed."""
    for line in text.strip().splitlines():
        piece = ""
        for part in line.split(" | "):
            piece = f"{piece} | {part}" if piece else part
            # A condition of two columns has the same bar between.
            if piece.count("(") == piece.count(")") and not piece.endswith('p.col("b")'):
                yield piece
                piece = ""
        assert not piece, piece


def frame(n):
    return tf.from_polars(TABLE, n_partitions=n)


def same(got, want):
    """That two tables are equal, to rounding."""
    from polars.testing import assert_frame_equal

    assert_frame_equal(got.collect().to_polars(), want, check_exact=False, categorical_as_str=True)


@pytest.mark.parametrize("text", list(expressions(ROWS)))
def test_row_by_row(text):
    for n in (1, 3):
        same(frame(n).select(eval(text, {"p": tf})), TABLE.select(eval(text, {"p": pl})))


@pytest.mark.parametrize("text", list(expressions(WHOLE)))
def test_of_whole_columns(text):
    for n in (1, 3):
        same(frame(n).select(eval(text, {"p": tf})), TABLE.select(eval(text, {"p": pl})))


SELECTORS = """cs.numeric() | cs.integer() | cs.float() | cs.string() | cs.boolean() | cs.date() | cs.datetime() | cs.duration()
cs.temporal() | cs.list() | cs.struct() | cs.nested() | cs.by_name("i", "s") | cs.by_dtype(p.Int64, p.String) | cs.matches("^[a-k]$") | cs.starts_with("i", "j")
cs.ends_with("x") | cs.contains("s") | cs.first() | cs.last() | cs.by_index(0, -1) | cs.all() | ~cs.numeric() | cs.all() - cs.nested()
(cs.numeric() | cs.string()) | (cs.numeric() & cs.starts_with("i")) | cs.exclude("i") | cs.signed_integer() | cs.unsigned_integer() | cs.binary() | (cs.numeric() ^ cs.integer())""".replace("\n", " | ")


@pytest.mark.parametrize("text", list(expressions(SELECTORS)))
def test_selectors(text):
    assert frame(1).select(eval(text, {"cs": cs, "p": tf})).columns == TABLE.select(eval(text, {"cs": pl.selectors, "p": pl})).columns


def test_expressions_of_the_polars_package():
    got = frame(3).filter(pl.col("i") > 1).select(pl.col("i") * 2, z=pl.col("s").str.to_uppercase())
    same(got, TABLE.filter(pl.col("i") > 1).select(pl.col("i") * 2, z=pl.col("s").str.to_uppercase()))
    same(frame(3).group_by("k").agg(pl.col("j").sum()), TABLE.group_by("k", maintain_order=True).agg(pl.col("j").sum()))
    same(frame(3).select(pl.selectors.numeric()), TABLE.select(pl.selectors.numeric()))


@pytest.mark.parametrize(
    "value",
    [1, 2**63, -(2**100), 1.5, True, None, "a", b"a", datetime.date(2024, 2, 29), datetime.time(1, 2, 3), datetime.timedelta(days=-1, microseconds=3),
     datetime.datetime(1600, 1, 1), decimal.Decimal("-12.50"), [1, 2], ["a", None], {"a": 1, "b": [1.5]}, []],
)  # fmt: skip
def test_values_in_and_out(value):
    assert tf.from_dict({"a": [0]}).select(tf.lit(value).alias("v")).to_dict() == {"v": [value]}


def test_values_of_numpy():
    np = pytest.importorskip("numpy")
    values = {"a": np.int8(3), "b": np.float32(0.5), "c": np.datetime64("2024-02-29"), "d": np.timedelta64(3, "ms"), "e": np.bool_(True)}
    row = tf.from_dict({"z": [0]}).select(**{n: tf.lit(v) for n, v in values.items()}).to_dicts()[0]
    assert row == {"a": 3, "b": 0.5, "c": datetime.date(2024, 2, 29), "d": datetime.timedelta(milliseconds=3), "e": True}
    assert tf.from_dict({"a": np.arange(3)}).select(tf.col("a").is_in(np.array([1]))).to_dict() == {"a": [False, True, False]}


def test_time_zones():
    import zoneinfo

    t = datetime.datetime(2024, 7, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    assert tf.from_dict({"t": [t]}).to_dict() == {"t": [t]}
    assert tf.from_dict({"t": [t]}).schema["t"] == tf.Datetime("us", "Europe/Berlin")


def test_an_expression_is_no_truth():
    with pytest.raises(TypeError, match="'&'"):
        bool(tf.col("a") == 1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(tf.col("a"))


def test_meta():
    assert (tf.col("a") + tf.col("b").sum()).meta.root_names() == ["a", "b"]
    assert tf.col("a").alias("c").meta.output_name() == "c"
    assert tf.col("a").alias("c").meta.undo_aliases().meta.eq(tf.col("a"))


@pytest.mark.parametrize("n", [1, 3])
def test_functions_on_values(n):
    f = frame(n)
    assert f.select(tf.col("j").map_batches(lambda s: s * 10, is_elementwise=True)).to_dict() == {"j": [20, 70, 10, 80, 20, 80]}
    assert f.select(tf.col("j").map_batches(lambda s: s.sort())).to_dict() == {"j": [1, 2, 2, 7, 8, 8]}
    assert f.select(tf.col("j").map_batches(lambda s: s.sum() / 2, tf.Float64, returns_scalar=True)).to_dict() == {"j": [14.0]}
    assert f.select(tf.col("k").map_elements(lambda v: ord(v), tf.Int16).alias("z")).to_dict() == {"z": [97, 98, 97, 98, 97, 99]}
    assert f.select(tf.col("i").map_elements(lambda v: v is None, tf.Boolean, skip_nulls=False)).to_dict()["i"][2] is True
    groups = f.group_by("k").agg(tf.col("j").map_batches(lambda s: s.max() - s.min(), returns_scalar=True))
    assert groups.to_dict() == {"k": ["a", "b", "c"], "j": [1, 1, 0]}
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        f.select(tf.col("j").map_elements(lambda v: v / 0, tf.Float64)).collect()
    with pytest.raises(TypeError, match="return_dtype"):
        tf.col("j").map_elements(lambda v: v)
    with pytest.raises(ValueError, match="conversion"):
        f.select(tf.col("j").map_elements(str, tf.String).cast(tf.Int64).alias("z"), tf.col("k").map_elements(str, tf.Int64)).collect()
