-- Parameters: subscription, session, limit. Whoever is claiming the same rows just now is
-- passed by. The index deliveries_free gives the rows in this order.
WITH due AS (
    SELECT message_number
    FROM deliveries
    WHERE subscription_id = $1 AND session IS NULL AND available_at <= now()
    ORDER BY available_at, message_number
    LIMIT $3
    FOR UPDATE SKIP LOCKED
),
claimed AS (
    UPDATE deliveries
    SET session = $2
    FROM due
    WHERE deliveries.message_number = due.message_number AND deliveries.subscription_id = $1
    RETURNING
        deliveries.message_number, deliveries.available_at, deliveries.attempt, deliveries.excused,
        deliveries.losses
)
SELECT
    claimed.message_number, claimed.attempt, claimed.excused, claimed.losses,
    messages.message_id, messages.type, messages.content_type,
    messages.headers::text AS headers, messages.body
FROM claimed
JOIN messages ON messages.number = claimed.message_number
ORDER BY claimed.available_at, claimed.message_number
