UPDATE deliveries
SET status = 'cancelled',
    last_error = 'discarded: ' || $3::text,
    updated_at = now()
WHERE id = ANY (ARRAY(
    SELECT id
    FROM deliveries
    WHERE webhook_id = $1
        AND status = 'parked'
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
