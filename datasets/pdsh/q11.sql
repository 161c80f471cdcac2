-- Important stock identification
WITH german AS (
  SELECT ps_partkey, ps_supplycost * ps_availqty AS worth
  FROM partsupp
  JOIN supplier ON ps_suppkey = s_suppkey
  JOIN nation ON s_nationkey = n_nationkey
  WHERE n_name = 'GERMANY'
),
total AS (SELECT SUM(worth) * FRACTION AS least FROM german),
stock AS (SELECT ps_partkey, SUM(worth) AS value FROM german GROUP BY ps_partkey)
SELECT ps_partkey, value
FROM stock CROSS JOIN total
WHERE value > least
ORDER BY value DESC
