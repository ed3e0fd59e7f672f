SELECT count(*)
FROM (
    SELECT
    FROM deliveries
    WHERE webhook_id = $1
        AND status = 'pending'
    LIMIT $2
) AS counted
