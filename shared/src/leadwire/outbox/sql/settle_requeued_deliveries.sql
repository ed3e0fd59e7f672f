-- Delete what the broker has accepted again, and note it. What was parked anew meanwhile, since
-- its consumer was quick and failed again, has another time and stays. Locked in order of the
-- ids, as erasures do, so that none waits for the other in turn.
WITH requeued AS (
    SELECT *
    FROM unnest(
        $1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[]
    ) AS requeued (id, parked_at, subscription, source, event_id, type)
),
accepted AS (
    SELECT parked.id
    FROM parked
    JOIN requeued ON parked.id = requeued.id AND parked.parked_at = requeued.parked_at
    ORDER BY parked.id
    FOR UPDATE OF parked
),
gone AS (
    DELETE FROM parked
    USING accepted
    WHERE parked.id = accepted.id
)
INSERT INTO parked_decisions (parked_id, decision, subscription, source, event_id, type)
SELECT 'consumer-' || id, 'requeued', subscription, source, event_id, type
FROM requeued
ORDER BY id
RETURNING id, parked_id, decision, subscription, source, event_id, type, reason, decided_at
