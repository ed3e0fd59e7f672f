DELETE FROM deliveries
WHERE id IN (
    SELECT id
    FROM deliveries
    WHERE status <> 'pending'
        AND updated_at < now() - $1::interval
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
