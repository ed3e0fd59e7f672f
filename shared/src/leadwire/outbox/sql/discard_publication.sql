WITH gone AS (
    DELETE FROM outbox
    WHERE id = $1 AND parked_at IS NOT NULL
    RETURNING id, event_id, type
)
INSERT INTO parked_decisions (parked_id, decision, source, event_id, type, reason)
SELECT 'outbox-' || id, 'discarded', '', event_id, type, $2
FROM gone
RETURNING id, parked_id, decision, subscription, source, event_id, type, reason, decided_at
