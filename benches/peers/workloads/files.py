"""`files_5000`: the sum of one column of 5,000 Parquet files of about 9 MB, which are one file under 5,000 names."""

from contest import TILEWORK, Call, Contender, Input, Workload, close

from workloads.shared import bench

ME = "workloads.files"


def polars_sum(source):
    """By Polars' streaming engine."""
    import time

    import polars as pl

    start = time.perf_counter()
    value = pl.scan_parquet(f"{source}/*.parquet").select(pl.col("l_quantity").sum()).collect(engine="streaming").item()
    return {"seconds": time.perf_counter() - start, "value": float(value)}


def build(context):
    n_files = context.pick(5000, 100)
    folder = context.data / f"files-{n_files}"
    return [Workload(
        name="files_5000",
        title=f"the sum of a column of {n_files} Parquet files",
        inputs=[Input("parquet_files", n_files, folder)],
        bar=1.2,
        reference="polars, streaming",
        check_value=close(1e-9),
        rounds=3,
        contenders=[
            Contender("polars, streaming", [Call(ME, "polars_sum", dict(source=str(folder)))]),
            Contender(TILEWORK, [bench(context, "sum_files", input=folder, column="l_quantity")]),
        ],
    )]
