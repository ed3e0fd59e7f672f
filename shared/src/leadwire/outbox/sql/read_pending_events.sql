-- The columns are those of claim_events.
SELECT id, event_id, type, content_type, body, headers
FROM outbox
WHERE id = ANY ($1::bigint[]) AND parked_at IS NULL
ORDER BY id
