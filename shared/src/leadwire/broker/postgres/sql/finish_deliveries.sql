-- Parameters: subscription, message numbers, the session that claimed each. What another
-- session has claimed by now is left alone.
DELETE FROM deliveries
USING unnest($2::bigint[], $3::integer[]) AS settled (message_number, session)
WHERE
    deliveries.message_number = settled.message_number
    AND deliveries.subscription_id = $1
    AND deliveries.session = settled.session
