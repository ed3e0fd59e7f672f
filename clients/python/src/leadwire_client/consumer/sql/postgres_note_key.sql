-- Waits for another transaction that has just noted the same key: whoever commits has the event.
INSERT INTO leadwire_inbox (subscription, source, event_id)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
RETURNING true;
