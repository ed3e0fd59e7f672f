-- Always from the lowest id, without a cursor: an id that was drawn early and committed late
-- is seen by the next claim. Nothing is locked: the leader alone publishes.
SELECT id, event_id, type, content_type, body, headers
FROM outbox
WHERE parked_at IS NULL
ORDER BY id
LIMIT $1
