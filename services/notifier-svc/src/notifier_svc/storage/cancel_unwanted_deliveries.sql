-- What waits for a webhook that is disabled or deleted, and what is parked at one that is deleted:
-- nobody can have it tried again.
WITH unwanted AS (
    SELECT waiting.id
    FROM webhooks
    CROSS JOIN LATERAL (
        SELECT id
        FROM deliveries
        WHERE webhook_id = webhooks.id
            AND status = 'pending'
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    ) AS waiting
    WHERE state IN ('disabled', 'deleted')
    LIMIT $1
),

orphaned AS (
    SELECT parked.id
    FROM webhooks
    CROSS JOIN LATERAL (
        SELECT id
        FROM deliveries
        WHERE webhook_id = webhooks.id
            AND status = 'parked'
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    ) AS parked
    WHERE state = 'deleted'
    LIMIT $1
)

UPDATE deliveries
SET status = 'cancelled',
    last_error = $2,
    leased_until = NULL,
    updated_at = now()
WHERE id = ANY (ARRAY(SELECT unwanted.id FROM unwanted UNION ALL SELECT orphaned.id FROM orphaned))
