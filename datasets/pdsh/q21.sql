-- Suppliers who kept orders waiting
WITH several AS (
  SELECT l_orderkey AS several_key FROM lineitem GROUP BY l_orderkey HAVING COUNT(DISTINCT l_suppkey) > 1
),
late AS (
  SELECT l_orderkey, l_suppkey
  FROM lineitem
  LEFT SEMI JOIN several ON l_orderkey = several_key
  WHERE l_receiptdate > l_commitdate
),
blamed AS (SELECT l_orderkey AS blamed_key FROM late GROUP BY l_orderkey HAVING COUNT(DISTINCT l_suppkey) = 1)
SELECT s_name, COUNT(*) AS numwait
FROM late
LEFT SEMI JOIN blamed ON l_orderkey = blamed_key
JOIN supplier ON l_suppkey = s_suppkey
JOIN orders ON l_orderkey = o_orderkey
JOIN nation ON s_nationkey = n_nationkey
WHERE o_orderstatus = 'F' AND n_name = 'SAUDI ARABIA'
GROUP BY s_name
ORDER BY numwait DESC, s_name
LIMIT 100
