-- Global sales opportunity
WITH candidates AS (
  SELECT c_custkey, c_acctbal, SUBSTRING(c_phone, 1, 2) AS cntrycode
  FROM customer
  WHERE SUBSTRING(c_phone, 1, 2) IN ('13', '31', '23', '29', '30', '18', '17')
),
usual AS (SELECT AVG(c_acctbal) AS balance FROM candidates WHERE c_acctbal > 0.0)
SELECT cntrycode, COUNT(*) AS numcust, SUM(c_acctbal) AS totacctbal
FROM candidates
CROSS JOIN usual
LEFT ANTI JOIN orders ON c_custkey = o_custkey
WHERE c_acctbal > balance
GROUP BY cntrycode
ORDER BY cntrycode
