-- The backends of relays whose removal waits for the lock of the gate. An erasure takes events out of
-- the outbox too, but has locked a lead then.
SELECT waiting.pid
FROM pg_locks AS waiting
WHERE waiting.locktype = 'advisory'
    AND NOT waiting.granted
    AND waiting.objid = hashtext('witness ' || $1)::oid
    AND NOT EXISTS (
        SELECT FROM pg_locks AS other
        WHERE other.pid = waiting.pid AND other.relation = to_regclass($1 || '.leads')
    )
