-- Customer distribution
WITH wanted AS (SELECT o_orderkey, o_custkey FROM orders WHERE o_comment NOT LIKE '%special%requests%'),
counts AS (
  SELECT c_custkey, COUNT(o_orderkey) AS c_count
  FROM customer
  LEFT JOIN wanted ON c_custkey = o_custkey
  GROUP BY c_custkey
)
SELECT c_count, COUNT(*) AS custdist
FROM counts
GROUP BY c_count
ORDER BY custdist DESC, c_count DESC
