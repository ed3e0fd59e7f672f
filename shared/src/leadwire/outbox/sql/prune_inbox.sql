WITH old AS (
    SELECT subscription, source, event_id
    FROM inbox
    WHERE received_at < now() - $1::interval
    ORDER BY received_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM inbox
USING old
WHERE inbox.subscription = old.subscription
    AND inbox.source = old.source
    AND inbox.event_id = old.event_id
