-- Parameters: subscription, message numbers, sessions, attempts to come, delays in seconds.
UPDATE deliveries
SET
    session = NULL,
    attempt = settled.attempt,
    available_at = clock_timestamp() + make_interval(secs => settled.delay)
FROM unnest($2::bigint[], $3::integer[], $4::integer[], $5::double precision[])
    AS settled (message_number, session, attempt, delay)
WHERE
    deliveries.message_number = settled.message_number
    AND deliveries.subscription_id = $1
    AND deliveries.session = settled.session
