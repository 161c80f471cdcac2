-- Product type profit measure
WITH profits AS (
  SELECT n_name AS nation, EXTRACT(YEAR FROM o_orderdate) AS o_year,
         l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity AS amount
  FROM lineitem
  JOIN part ON l_partkey = p_partkey
  JOIN partsupp ON l_partkey = ps_partkey AND l_suppkey = ps_suppkey
  JOIN supplier ON l_suppkey = s_suppkey
  JOIN orders ON l_orderkey = o_orderkey
  JOIN nation ON s_nationkey = n_nationkey
  WHERE p_name LIKE '%green%'
)
SELECT nation, o_year, SUM(amount) AS sum_profit
FROM profits
GROUP BY nation, o_year
ORDER BY nation, o_year DESC
