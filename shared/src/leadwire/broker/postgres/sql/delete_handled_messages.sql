-- Run after the deliveries' deletion has committed: of two consumers that finish the last two
-- deliveries of a message at once, the later one sees that there is none left. Skipping what
-- another one is deleting keeps them from waiting for each other in a circle.
DELETE FROM messages
WHERE number IN (
    SELECT number
    FROM messages
    WHERE
        number = ANY ($1::bigint[])
        AND NOT EXISTS (SELECT FROM deliveries WHERE message_number = number)
    FOR UPDATE SKIP LOCKED
)
