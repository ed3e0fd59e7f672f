-- Waits for a transaction that handles the same event now, and then sees its outcome.
INSERT INTO inbox (subscription, source, event_id)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
RETURNING 1
