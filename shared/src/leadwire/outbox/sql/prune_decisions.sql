DELETE FROM parked_decisions
WHERE decided_at < now() - $1::interval
