-- Small-quantity-order revenue
WITH chosen AS (
  SELECT l_partkey, l_quantity, l_extendedprice
  FROM lineitem
  JOIN part ON p_partkey = l_partkey
  WHERE p_brand = 'Brand#23' AND p_container = 'MED BOX'
),
usual AS (SELECT l_partkey AS partkey, 0.2 * AVG(l_quantity) AS little FROM chosen GROUP BY l_partkey)
SELECT SUM(l_extendedprice) / 7.0 AS avg_yearly
FROM chosen
JOIN usual ON l_partkey = partkey
WHERE l_quantity < little
