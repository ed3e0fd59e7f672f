-- Only what is settled: what is parked stays until somebody decides on it.
DELETE FROM deliveries
WHERE id IN (
    SELECT id
    FROM deliveries
    WHERE status IN ('delivered', 'cancelled')
        AND updated_at < now() - $1::interval
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
