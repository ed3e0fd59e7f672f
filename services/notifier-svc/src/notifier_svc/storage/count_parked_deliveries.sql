-- By an index; no more than $1 rows are counted.
SELECT kind, count(*) AS parked
FROM (SELECT kind FROM deliveries WHERE status = 'parked' ORDER BY kind LIMIT $1) AS counted
GROUP BY kind
