-- Large volume customer
WITH large AS (
  SELECT l_orderkey AS orderkey FROM lineitem GROUP BY l_orderkey HAVING SUM(l_quantity) > 300
)
SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, SUM(l_quantity) AS sum_qty
FROM orders
LEFT SEMI JOIN large ON o_orderkey = orderkey
JOIN lineitem ON o_orderkey = l_orderkey
JOIN customer ON c_custkey = o_custkey
GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
ORDER BY o_totalprice DESC, o_orderdate
LIMIT 100
