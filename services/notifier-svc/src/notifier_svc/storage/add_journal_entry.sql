-- An event and its deliveries to webhooks come to be in one statement: while there is no
-- webhook, planning costs the look into an empty table. Of the event nothing may be sent where
-- nothing may be kept.
WITH entry AS (
    INSERT INTO journal
        (event_id, source, type, subject, time, content_type, body, headers, redacted_at, leads)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN now() END, $10)
    RETURNING *
)
INSERT INTO deliveries
    (kind, webhook_id, source, event_id, event_type, about, entry_received_at, entry_position)
SELECT
    'webhook', webhooks.id, entry.source, event_id, entry.type, entry.subject,
    received_at, position
FROM entry
CROSS JOIN webhooks
WHERE body IS NOT NULL
    AND webhooks.state IN ('enabled', 'paused')
    AND (cardinality(types) = 0 OR entry.type = ANY (types))
