-- What consumers hold is not counted: the index has the others only.
SELECT count(*)
FROM (
    SELECT
    FROM deliveries
    WHERE session IS NULL
        AND subscription_id = (SELECT id FROM subscriptions WHERE name = $1)
    LIMIT $2
) AS waiting
