-- Let the relay have events of the outbox again, with $1 < id <= $2: they are the next that it
-- claims.
WITH chosen AS (
    SELECT id
    FROM outbox
    WHERE parked_at IS NOT NULL
        AND id > $1
        AND id <= $2
        AND ($3::text IS NULL OR type = $3)
    ORDER BY id
    LIMIT $4
    FOR UPDATE
),
requeued AS (
    UPDATE outbox
    SET parked_at = NULL, attempts = 0, last_error = NULL
    FROM chosen
    WHERE outbox.id = chosen.id
    RETURNING outbox.id, outbox.event_id, outbox.type
),
woken AS (
    SELECT count(pg_notify(current_schema() || '_outbox', '')::text) AS relays
)
INSERT INTO parked_decisions (parked_id, decision, source, event_id, type)
SELECT 'outbox-' || requeued.id, 'requeued', '', requeued.event_id, requeued.type
FROM requeued
CROSS JOIN woken
ORDER BY requeued.id
RETURNING id, parked_id, decision, subscription, source, event_id, type, reason, decided_at
