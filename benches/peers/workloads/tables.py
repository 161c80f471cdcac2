"""`pdsh`: the 22 queries of the decision-support benchmark on Parquet files, by the texts in `datasets/pdsh`.

Everyone runs every query once before its clock starts, and once with it. `bench/tables.rs` is Tilework's side.
"""

import statistics

from contest import HERE, TILEWORK, Call, Contender, Input, Workload, close

from workloads.shared import bench

ME = "workloads.tables"
TABLES = ("region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem")
QUERIES = HERE.parent.parent / "datasets" / "pdsh"


def texts(scale):
    """The queries by name."""
    return {f.stem: f.read_text().replace("FRACTION", f"{0.0001 / scale:.12f}") for f in sorted(QUERIES.glob("q*.sql"))}


def timed_queries(queries, run):
    """Every query by `run`, which gives a frame of Polars, timed: the answer of a contender."""
    import time

    import polars.selectors as cs

    each, values = {}, []
    for name, query in queries.items():
        run(query)
        start = time.perf_counter()
        rows = run(query)
        each[name] = time.perf_counter() - start
        values.append(len(rows) + sum(column.cast(float).sum() for column in rows.select(cs.numeric())))
    return {"seconds": sum(each.values()), "each": each, "value": values}


def polars_queries(source, scale, engine):
    """All by Polars' SQL."""
    import polars as pl

    context = pl.SQLContext({t: pl.scan_parquet(f"{source}/{t}.parquet") for t in TABLES})
    return timed_queries(texts(scale), lambda text: context.execute(text).collect(engine=engine))


def duckdb_queries(source, scale, threads):
    """All by DuckDB."""
    import duckdb
    import polars as pl

    connection = duckdb.connect(config={"threads": threads})
    for t in TABLES:
        connection.execute(f"CREATE VIEW {t} AS SELECT * FROM '{source}/{t}.parquet'")
    return timed_queries(texts(scale), lambda text: pl.DataFrame(connection.sql(text.replace("LEFT SEMI", "SEMI").replace("LEFT ANTI", "ANTI"))))


def notes(runs):
    """A line for each query: seconds of everyone."""
    each = {name: [run.extra["each"] for run in ran if "each" in run.extra] for name, ran in runs.items()}
    times = {name: {q: statistics.median(r[q] for r in ran) for q in ran[0]} for name, ran in each.items() if ran}
    queries = next(iter(times.values()), {})
    return [f"`{q}`: " + ", ".join(f"{t[q]:.3f} s {name}" for name, t in times.items()) for q in queries]


def _at_scale(context, name, milliscale, bar, rounds, with_duckdb):
    folder = context.data / f"pdsh-{milliscale}"
    source, scale = str(folder), milliscale / 1000
    streaming = "polars, streaming"
    duckdb = Contender("duckdb", [Call(ME, "duckdb_queries", dict(source=source, scale=scale, threads=context.threads))], counts=False)
    return Workload(
        name=name,
        title=f"the 22 queries of the decision-support benchmark at scale {scale:g}, Parquet",
        inputs=[Input("pdsh", milliscale, folder)],
        bars={streaming: bar},
        reference=streaming,
        check_value=close(1e-6, 1e-6),
        contenders=[
            Contender(streaming, [Call(ME, "polars_queries", dict(source=source, scale=scale, engine="streaming"))]),
            *([duckdb] if with_duckdb else []),
            Contender(TILEWORK, [bench(context, "pdsh", input=source, queries=QUERIES, milliscale=milliscale)]),
        ],
        notes=notes,
        rounds=rounds,
    )


def build(context):
    return [
        _at_scale(context, "pdsh", context.pick(1000, 100), 1.15, 3, True),
        _at_scale(context, "pdsh_10", context.pick(10_000, 200), 1.0, 2, False),
    ]
