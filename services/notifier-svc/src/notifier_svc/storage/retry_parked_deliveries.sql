UPDATE deliveries
SET status = 'pending',
    attempts = 0,
    next_attempt_at = now(),
    waiting_since = now(),
    updated_at = now()
WHERE id = ANY (ARRAY(
    SELECT id
    FROM deliveries
    WHERE webhook_id = $1
        AND status = 'parked'
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
