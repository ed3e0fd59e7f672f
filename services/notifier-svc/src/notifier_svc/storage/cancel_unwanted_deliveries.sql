WITH unwanted AS (
    SELECT picked.id
    FROM webhooks
    CROSS JOIN LATERAL (
        SELECT id
        FROM deliveries
        WHERE webhook_id = webhooks.id
            AND status = 'pending'
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    ) AS picked
    WHERE state IN ('disabled', 'deleted')
    LIMIT $1
)

UPDATE deliveries
SET status = 'cancelled',
    last_error = $2,
    leased_until = NULL,
    updated_at = now()
WHERE id = ANY (ARRAY(SELECT unwanted.id FROM unwanted))
