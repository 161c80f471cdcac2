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


def timed_queries(scale, run):
    """Every query by `run(text)`, which gives rows as tuples, timed: the answer of a contender."""
    import time

    each, values = {}, []
    for name, text in texts(scale).items():
        run(text)
        start = time.perf_counter()
        rows = run(text)
        each[name] = time.perf_counter() - start
        numbers = [float(v) for row in rows() for v in row if isinstance(v, (int, float)) or type(v).__name__ == "Decimal"]
        values.append(len(rows()) + sum(numbers))
    return {"seconds": sum(each.values()), "each": each, "value": values}


def polars_queries(source, scale, engine):
    """All by Polars' SQL."""
    import polars as pl

    def run(text):
        context = pl.SQLContext({t: pl.scan_parquet(f"{source}/{t}.parquet") for t in TABLES})
        return context.execute(text).collect(engine=engine).rows

    return timed_queries(scale, run)


def duckdb_queries(source, scale, threads):
    """All by DuckDB."""
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    for t in TABLES:
        connection.execute(f"CREATE VIEW {t} AS SELECT * FROM '{source}/{t}.parquet'")

    def run(text):
        rows = connection.execute(text.replace("LEFT SEMI", "SEMI").replace("LEFT ANTI", "ANTI")).fetchall()
        return lambda: rows

    return timed_queries(scale, run)


def _notes(runs):
    """A line for each query: seconds of everyone."""
    each = {name: [run.extra["each"] for run in ran if "each" in run.extra] for name, ran in runs.items()}
    times = {name: {q: statistics.median(r[q] for r in ran) for q in ran[0]} for name, ran in each.items() if ran}
    queries = next(iter(times.values()), {})
    return [f"`{q}`: " + ", ".join(f"{t[q]:.3f} s {name}" for name, t in times.items()) for q in queries]


def build(context):
    milliscale = context.pick(1000, 100)
    folder = context.data / f"pdsh-{milliscale}"
    source, scale = str(folder), milliscale / 1000
    streaming = "polars, streaming"
    return [Workload(
        name="pdsh",
        title=f"the 22 queries of the decision-support benchmark at scale {scale:g}, Parquet",
        inputs=[Input("pdsh", milliscale, folder)],
        bars={streaming: 1.15},
        reference=streaming,
        check_value=close(1e-6, 1e-6),
        contenders=[
            Contender(streaming, [Call(ME, "polars_queries", dict(source=source, scale=scale, engine="streaming"))]),
            Contender("duckdb", [Call(ME, "duckdb_queries", dict(source=source, scale=scale, threads=context.threads))], counts=False),
            Contender(TILEWORK, [bench(context, "pdsh", input=source, queries=QUERIES, milliscale=milliscale)]),
        ],
        notes=_notes,
        rounds=3,
    )]
