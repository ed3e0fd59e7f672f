-- A message below the lowest delivery has none of its own: its last consumer vanished
-- between finishing the delivery and deleting the message.
DELETE FROM messages
WHERE number IN (
    SELECT number
    FROM messages
    WHERE number < coalesce((SELECT min(message_number) FROM deliveries), 9223372036854775807)
    ORDER BY number
    LIMIT 10000
    FOR UPDATE SKIP LOCKED
)
