"""`groupby`: the ten groupings of db-benchmark on ten million rows in a Parquet file.

Everyone runs every question once before its clock starts, and once with it. `bench/tables.rs` is Tilework's side.
"""

from contest import TILEWORK, Call, Contender, Input, Workload, close

from workloads.shared import bench
from workloads.tables import notes, timed_queries

ME = "workloads.groupby"


def questions(x):
    """The questions by name, of a lazy frame of Polars."""
    import polars as pl

    group = lambda *keys: x.group_by(*keys).agg  # noqa: E731
    return {
        "q1": group("id1")(pl.sum("v1")),
        "q2": group("id1", "id2")(pl.sum("v1")),
        "q3": group("id3")(pl.sum("v1"), pl.mean("v3")),
        "q4": group("id4")(pl.mean("v1", "v2", "v3")),
        "q5": group("id6")(pl.sum("v1", "v2", "v3")),
        "q6": group("id4", "id5")(pl.median("v3").alias("median"), pl.std("v3").alias("std")),
        "q7": group("id3")((pl.max("v1") - pl.min("v2")).alias("range")),
        "q8": group("id6")(pl.col("v3").drop_nulls().top_k(2)).explode("v3"),
        "q9": group("id2", "id4")(pl.corr("v1", "v2").pow(2).alias("r2")),
        "q10": group("id1", "id2", "id3", "id4", "id5", "id6")(pl.sum("v3"), pl.len().alias("count")),
    }


def polars_questions(source, engine):
    """All by Polars."""
    import polars as pl

    return timed_queries(questions(pl.scan_parquet(source)), lambda q: q.collect(engine=engine))


def duckdb_questions(source, threads):
    """All by DuckDB."""
    import duckdb
    import polars as pl

    connection = duckdb.connect(config={"threads": threads})
    x = f"FROM '{source}' GROUP BY"
    texts = {
        "q1": f"SELECT id1, sum(v1) {x} id1",
        "q2": f"SELECT id1, id2, sum(v1) {x} id1, id2",
        "q3": f"SELECT id3, sum(v1), mean(v3) {x} id3",
        "q4": f"SELECT id4, mean(v1), mean(v2), mean(v3) {x} id4",
        "q5": f"SELECT id6, sum(v1), sum(v2), sum(v3) {x} id6",
        "q6": f"SELECT id4, id5, median(v3), stddev(v3) {x} id4, id5",
        "q7": f"SELECT id3, max(v1) - min(v2) {x} id3",
        "q8": f"SELECT id6, unnest(max(v3, 2)) {x} id6",
        "q9": f"SELECT id2, id4, corr(v1, v2) ^ 2 {x} id2, id4",
        "q10": f"SELECT id1, id2, id3, id4, id5, id6, sum(v3), count(*) {x} ALL",
    }
    return timed_queries(texts, lambda text: pl.DataFrame(connection.sql(text)))


def build(context):
    n_rows = context.pick(10_000_000, 1_000_000)
    source = context.data / f"groupby-{n_rows}.parquet"
    streaming = "polars, streaming"
    return [Workload(
        name="groupby",
        title=f"ten groupings of {n_rows:,} rows in Parquet",
        inputs=[Input("groupby", n_rows, source)],
        bars={streaming: 1.2},
        reference=streaming,
        check_value=close(1e-6),
        rounds=3,
        notes=notes,
        contenders=[
            Contender(streaming, [Call(ME, "polars_questions", dict(source=str(source), engine="streaming"))]),
            Contender("polars, in memory", [Call(ME, "polars_questions", dict(source=str(source), engine="in-memory"))], counts=False),
            Contender("duckdb", [Call(ME, "duckdb_questions", dict(source=str(source), threads=context.threads))], counts=False),
            Contender(TILEWORK, [bench(context, "groupby", input=source)]),
        ],
    )]
