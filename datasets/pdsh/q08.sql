-- National market share
WITH american AS (
  SELECT n_nationkey AS c_nation FROM nation JOIN region ON n_regionkey = r_regionkey WHERE r_name = 'AMERICA'
),
sellers AS (SELECT s_suppkey, n_name FROM supplier JOIN nation ON s_nationkey = n_nationkey),
trade AS (
  SELECT EXTRACT(YEAR FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume, n_name
  FROM lineitem
  JOIN part ON l_partkey = p_partkey
  JOIN orders ON l_orderkey = o_orderkey
  JOIN customer ON o_custkey = c_custkey
  JOIN american ON c_nationkey = c_nation
  JOIN sellers ON l_suppkey = s_suppkey
  WHERE o_orderdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31' AND p_type = 'ECONOMY ANODIZED STEEL'
)
SELECT o_year, SUM(CASE WHEN n_name = 'BRAZIL' THEN volume ELSE 0 END) / SUM(volume) AS mkt_share
FROM trade
GROUP BY o_year
ORDER BY o_year
