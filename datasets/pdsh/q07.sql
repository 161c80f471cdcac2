-- Volume shipping
WITH sellers AS (
  SELECT s_suppkey, n_name AS supp_nation FROM supplier JOIN nation ON s_nationkey = n_nationkey
  WHERE n_name IN ('FRANCE', 'GERMANY')
),
buyers AS (
  SELECT c_custkey, n_name AS cust_nation FROM customer JOIN nation ON c_nationkey = n_nationkey
  WHERE n_name IN ('FRANCE', 'GERMANY')
),
shipping AS (
  SELECT supp_nation, cust_nation, EXTRACT(YEAR FROM l_shipdate) AS l_year, l_extendedprice * (1 - l_discount) AS volume
  FROM lineitem
  JOIN sellers ON l_suppkey = s_suppkey
  JOIN orders ON l_orderkey = o_orderkey
  JOIN buyers ON o_custkey = c_custkey
  WHERE l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31' AND supp_nation <> cust_nation
)
SELECT supp_nation, cust_nation, l_year, SUM(volume) AS revenue
FROM shipping
GROUP BY supp_nation, cust_nation, l_year
ORDER BY supp_nation, cust_nation, l_year
