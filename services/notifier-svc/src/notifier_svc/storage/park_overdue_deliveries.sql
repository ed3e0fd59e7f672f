-- What waits behind an endpoint that has failed for so long is given up with it, although it was
-- perhaps never tried itself.
WITH overdue AS (
    SELECT picked.id
    FROM webhooks
    CROSS JOIN LATERAL (
        SELECT id
        FROM deliveries
        WHERE webhook_id = webhooks.id
            AND status = 'pending'
            AND waiting_since <= now() - $1::interval
            AND (leased_until IS NULL OR leased_until < now())
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    ) AS picked
    WHERE state = 'enabled'
        AND failing_since <= now() - $1
    LIMIT $2
)

UPDATE deliveries
SET status = 'parked',
    last_error = coalesce(last_error, $3),
    leased_until = NULL,
    updated_at = now()
WHERE id = ANY (ARRAY(SELECT overdue.id FROM overdue))
RETURNING id, event_id, event_type, about, attempts, last_error, updated_at
