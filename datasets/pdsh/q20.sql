-- Potential part promotion
WITH forest AS (SELECT p_partkey FROM part WHERE p_name LIKE 'forest%'),
shipped AS (
  SELECT l_partkey, l_suppkey, 0.5 * SUM(l_quantity) AS half
  FROM lineitem
  LEFT SEMI JOIN forest ON l_partkey = p_partkey
  WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'
  GROUP BY l_partkey, l_suppkey
),
excess AS (
  SELECT ps_suppkey
  FROM partsupp
  JOIN shipped ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey
  WHERE ps_availqty > half
)
SELECT s_name, s_address
FROM supplier
LEFT SEMI JOIN excess ON s_suppkey = ps_suppkey
JOIN nation ON s_nationkey = n_nationkey
WHERE n_name = 'CANADA'
ORDER BY s_name
