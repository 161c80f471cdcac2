"""`table_sort`, `table_group`, `table_join`: tables of some gigabytes to Parquet, in a control group of 1 GiB.

DuckDB has 700 MB, Tilework `--memory 700MiB`; both write Snappy, which is DuckDB's own choice. Rows of `pdsh` at scale 10.
"""

from contest import TILEWORK, Call, Contender, Input, MIB, Workload

from workloads.shared import finished

ME = "workloads.tables_cap"
LIMIT, BUDGET = 1024 * MIB, 700
# Name, what it is, the query, the tables, keys that the result is in order of, the bar against DuckDB.
QUERIES = (
    (
        "table_sort", "all of lineitem in order of two keys", "SELECT * FROM lineitem ORDER BY l_shipdate, l_orderkey",
        ["lineitem"], ["l_shipdate", "l_orderkey"], 0.6,
    ),
    (
        "table_group", "lineitem grouped by order and supplier",
        "SELECT l_orderkey, l_suppkey, CAST(sum(l_quantity) AS DOUBLE) AS quantity, count(*) AS n FROM lineitem GROUP BY l_orderkey, l_suppkey",
        ["lineitem"], [], 1.2,
    ),
    (
        "table_join", "lineitem joined with orders", "SELECT * FROM lineitem JOIN orders ON l_orderkey = o_orderkey",
        ["lineitem", "orders"], [], 0.35,
    ),
)


def duckdb_copy(source, tables, query, output, threads):
    """A query to Parquet by DuckDB, order kept only where the query asks for one."""
    import time

    import duckdb

    settings = {"memory_limit": "700MB", "threads": threads, "temp_directory": f"{output}.spill", "preserve_insertion_order": False}
    connection = duckdb.connect(config=settings)
    for table in tables:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{source}/{table}.parquet'")
    start = time.perf_counter()
    connection.execute(f"COPY ({query}) TO '{output}' (FORMAT parquet, COMPRESSION snappy)")
    return {"seconds": time.perf_counter() - start}


def _one(context, folder, milliscale, name, title, query, tables, order, bar):
    ours, theirs = context.out / f"{name}.parquet", context.out / f"{name}-duckdb.parquet"
    options = ["--memory", f"{BUDGET}MiB", "--threads", str(context.threads), "--quiet", "--compression", "snappy", "--overwrite"]
    files = [word for table in tables for word in (f"--{table}", str(folder / f"{table}.parquet"))]
    arguments = dict(source=str(folder), tables=tables, query=query, output=str(theirs), threads=context.threads)
    return Workload(
        name=name,
        title=f"{title}, scale {milliscale / 1000:g}, in a control group of {LIMIT // MIB} MiB",
        inputs=[Input("pdsh", milliscale, folder)],
        bars={"duckdb": bar},
        reference="duckdb",
        verify=Call("verify", "table", {"order": order}),
        rounds=1,
        contenders=[
            Contender("duckdb", [Call(ME, "duckdb_copy", arguments)], theirs, limit_bytes=LIMIT),
            Contender(
                TILEWORK, [[context.tilework, "table", query, "-o", str(ours), *options, *files]], ours, limit_bytes=LIMIT, wall_only=True
            ),
        ],
        limits=[("memory", finished(LIMIT))],
    )


def build(context):
    milliscale = context.pick(10_000, 100)
    folder = context.data / f"pdsh-{milliscale}"
    return [_one(context, folder, milliscale, *query) for query in QUERIES]
