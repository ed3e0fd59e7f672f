SELECT id, parked_id, decision, subscription, source, event_id, type, reason, decided_at
FROM parked_decisions
WHERE id < $1
ORDER BY id DESC
LIMIT $2
