SELECT count(*)
FROM (SELECT FROM outbox WHERE parked_at IS NULL LIMIT $1) AS counted
