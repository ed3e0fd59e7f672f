WITH gone AS (
    DELETE FROM parked
    WHERE id = $1
    RETURNING id, subscription, source, event_id, type
)
INSERT INTO parked_decisions (parked_id, decision, subscription, source, event_id, type, reason)
SELECT 'consumer-' || id, 'discarded', subscription, source, event_id, type, $2
FROM gone
RETURNING id, parked_id, decision, subscription, source, event_id, type, reason, decided_at
