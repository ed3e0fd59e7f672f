-- Record the events of a batch; returns those that had not been recorded before. In one order,
-- so that two batches with the same events wait for each other instead of dead-locking.
INSERT INTO inbox (subscription, source, event_id)
SELECT $1, event.source, event.event_id
FROM unnest($2::text [], $3::text []) AS event (source, event_id)
ORDER BY event.source, event.event_id
ON CONFLICT DO NOTHING
RETURNING source, event_id
