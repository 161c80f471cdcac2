"""`pdsh_dask`: queries 1 to 7 of the decision-support benchmark by dask.dataframe, which has no SQL.

The same rows and columns come out as of the texts in `datasets/pdsh`, in dask's own words: conditions and columns are pushed into its scans by its
optimizer, small tables are merged last.
"""

import datetime

from contest import TILEWORK, Call, Contender, Input, Workload, close

from workloads.shared import bench, use_dask
from workloads.tables import QUERIES, timed_queries

ME = "workloads.tables_dask"
N_QUERIES = 7


def queries(source):
    """The queries by name, as functions that give frames of dask."""
    import dask.dataframe as dd

    def table(name):
        return dd.read_parquet(f"{source}/{name}.parquet", dtype_backend="pyarrow")

    def date(year, month, day):
        return datetime.date(year, month, day)

    def discounted(rows):
        return rows.assign(revenue=rows.l_extendedprice * (1 - rows.l_discount))

    def q01():
        rows = table("lineitem")
        rows = discounted(rows[rows.l_shipdate <= date(1998, 9, 2)])
        rows = rows.assign(charge=rows.revenue * (1 + rows.l_tax))
        aggregates = {
            "sum_qty": ("l_quantity", "sum"), "sum_base_price": ("l_extendedprice", "sum"), "sum_disc_price": ("revenue", "sum"),
            "sum_charge": ("charge", "sum"), "avg_qty": ("l_quantity", "mean"), "avg_price": ("l_extendedprice", "mean"),
            "avg_disc": ("l_discount", "mean"), "count_order": ("l_orderkey", "count"),
        }
        keys = ["l_returnflag", "l_linestatus"]
        return rows.groupby(keys).agg(**aggregates).reset_index().sort_values(keys)

    def q02():
        part, region, nation = table("part"), table("region"), table("nation")
        part = part[(part.p_size == 15) & part.p_type.str.endswith("BRASS")][["p_partkey", "p_mfgr"]]
        supplier = table("supplier").merge(nation, left_on="s_nationkey", right_on="n_nationkey")
        supplier = supplier.merge(region[region.r_name == "EUROPE"], left_on="n_regionkey", right_on="r_regionkey")
        offers = part.merge(table("partsupp"), left_on="p_partkey", right_on="ps_partkey")
        offers = offers.merge(supplier, left_on="ps_suppkey", right_on="s_suppkey")
        lowest = offers.groupby("p_partkey").ps_supplycost.min().reset_index()
        columns = ["s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment"]
        best = offers.merge(lowest, on=["p_partkey", "ps_supplycost"])[columns]
        return best.sort_values(["s_acctbal", "n_name", "s_name", "p_partkey"], ascending=[False, True, True, True]).head(100, compute=False, npartitions=-1)

    def q03():
        customer, orders, lineitem = table("customer"), table("orders"), table("lineitem")
        wanted = orders[orders.o_orderdate < date(1995, 3, 15)]
        wanted = wanted.merge(customer[customer.c_mktsegment == "BUILDING"][["c_custkey"]], left_on="o_custkey", right_on="c_custkey")
        rows = discounted(lineitem[lineitem.l_shipdate > date(1995, 3, 15)])
        rows = rows.merge(wanted, left_on="l_orderkey", right_on="o_orderkey")
        keys = ["l_orderkey", "o_orderdate", "o_shippriority"]
        sums = rows.groupby(keys).revenue.sum().reset_index()
        first = sums.sort_values(["revenue", "o_orderdate"], ascending=[False, True]).head(10, compute=False, npartitions=-1)
        return first[["l_orderkey", "revenue", "o_orderdate", "o_shippriority"]]

    def q04():
        orders, lineitem = table("orders"), table("lineitem")
        some = orders[(orders.o_orderdate >= date(1993, 7, 1)) & (orders.o_orderdate < date(1993, 10, 1))]
        late = lineitem[lineitem.l_commitdate < lineitem.l_receiptdate][["l_orderkey"]].drop_duplicates()
        rows = some.merge(late, left_on="o_orderkey", right_on="l_orderkey")
        return rows.groupby("o_orderpriority").o_orderkey.count().reset_index().sort_values("o_orderpriority")

    def q05():
        region, nation, orders = table("region"), table("nation"), table("orders")
        nation = nation.merge(region[region.r_name == "ASIA"], left_on="n_regionkey", right_on="r_regionkey")[["n_nationkey", "n_name"]]
        supplier = table("supplier").merge(nation, left_on="s_nationkey", right_on="n_nationkey")[["s_suppkey", "s_nationkey", "n_name"]]
        orders = orders[(orders.o_orderdate >= date(1994, 1, 1)) & (orders.o_orderdate < date(1995, 1, 1))][["o_orderkey", "o_custkey"]]
        orders = orders.merge(table("customer")[["c_custkey", "c_nationkey"]], left_on="o_custkey", right_on="c_custkey")
        rows = discounted(table("lineitem")).merge(orders, left_on="l_orderkey", right_on="o_orderkey")
        rows = rows.merge(supplier, left_on=["l_suppkey", "c_nationkey"], right_on=["s_suppkey", "s_nationkey"])
        return rows.groupby("n_name").revenue.sum().reset_index().sort_values("revenue", ascending=False)

    def q06():
        rows = table("lineitem")
        rows = rows[(rows.l_shipdate >= date(1994, 1, 1)) & (rows.l_shipdate < date(1995, 1, 1))]
        rows = rows[(rows.l_discount >= 0.05) & (rows.l_discount <= 0.07) & (rows.l_quantity < 24)]
        return (rows.l_extendedprice * rows.l_discount).sum()

    def q07():
        nation = table("nation")
        nation = nation[nation.n_name.isin(["FRANCE", "GERMANY"])][["n_nationkey", "n_name"]]
        sellers = table("supplier").merge(nation.rename(columns={"n_name": "supp_nation"}), left_on="s_nationkey", right_on="n_nationkey")
        buyers = table("customer").merge(nation.rename(columns={"n_name": "cust_nation"}), left_on="c_nationkey", right_on="n_nationkey")
        orders = table("orders")[["o_orderkey", "o_custkey"]]
        orders = orders.merge(buyers[["c_custkey", "cust_nation"]], left_on="o_custkey", right_on="c_custkey")
        rows = table("lineitem")
        rows = discounted(rows[(rows.l_shipdate >= date(1995, 1, 1)) & (rows.l_shipdate <= date(1996, 12, 31))])
        rows = rows.merge(sellers[["s_suppkey", "supp_nation"]], left_on="l_suppkey", right_on="s_suppkey")
        rows = rows.merge(orders, left_on="l_orderkey", right_on="o_orderkey")
        rows = rows[rows.supp_nation != rows.cust_nation]
        rows = rows.assign(l_year=rows.l_shipdate.dt.year)
        keys = ["supp_nation", "cust_nation", "l_year"]
        return rows.groupby(keys).revenue.sum().reset_index().sort_values(keys)

    return {"q01": q01, "q02": q02, "q03": q03, "q04": q04, "q05": q05, "q06": q06, "q07": q07}


def dask_queries(source, threads):
    """All by dask on threads."""
    import pandas as pd
    import polars as pl

    use_dask(threads)

    def run(query):
        found = query().compute()
        return pl.from_pandas(found if isinstance(found, pd.DataFrame) else pd.DataFrame({"value": [found]}))

    return timed_queries(queries(source), run)


def build(context):
    milliscale = context.pick(1000, 100)
    folder = context.data / f"pdsh-{milliscale}"
    options = dict(input=folder, queries=QUERIES, milliscale=milliscale, first=N_QUERIES)
    return [Workload(
        name="pdsh_dask",
        title=f"queries 1 to {N_QUERIES} of the decision-support benchmark at scale {milliscale / 1000:g}, Parquet",
        inputs=[Input("pdsh", milliscale, folder)],
        bars={"dask, threads": 0.2},
        reference="dask, threads",
        check_value=close(1e-6, 1e-6),
        rounds=3,
        contenders=[
            Contender("dask, threads", [Call(ME, "dask_queries", dict(source=str(folder), threads=context.threads))]),
            Contender(TILEWORK, [bench(context, "pdsh", **options)]),
        ],
    )]
