-- By an index that has no bodies; no more than $1 rows are counted.
SELECT subscription, count(*) AS parked
FROM (SELECT subscription FROM parked ORDER BY subscription LIMIT $1) AS counted
GROUP BY subscription
