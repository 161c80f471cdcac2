-- Minimum cost supplier
WITH offers AS (
  SELECT ps_partkey, ps_supplycost, s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
  FROM part
  JOIN partsupp ON p_partkey = ps_partkey
  JOIN supplier ON ps_suppkey = s_suppkey
  JOIN nation ON s_nationkey = n_nationkey
  JOIN region ON n_regionkey = r_regionkey
  WHERE p_size = 15 AND p_type LIKE '%BRASS' AND r_name = 'EUROPE'
),
lowest AS (SELECT ps_partkey AS partkey, MIN(ps_supplycost) AS cost FROM offers GROUP BY ps_partkey)
SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
FROM offers
JOIN lowest ON ps_partkey = partkey AND ps_supplycost = cost
ORDER BY s_acctbal DESC, n_name, s_name, p_partkey
LIMIT 100
