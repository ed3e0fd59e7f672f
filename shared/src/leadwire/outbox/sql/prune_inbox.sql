-- Not what is parked as well, under whatever subscription: that was handled, and somebody who requeued
-- it was cut off; whenever it is requeued again, it has no second effect.
WITH old AS (
    SELECT subscription, source, event_id
    FROM inbox
    WHERE received_at < now() - $1::interval
        AND NOT EXISTS (
            SELECT
            FROM parked
            WHERE parked.source = inbox.source
                AND parked.event_id = inbox.event_id
        )
    ORDER BY received_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM inbox
USING old
WHERE inbox.subscription = old.subscription
    AND inbox.source = old.source
    AND inbox.event_id = old.event_id
