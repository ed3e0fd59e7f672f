-- Parameters: subscription, message numbers, sessions, attempts to come, how many before them were
-- excused, delays in seconds.
UPDATE deliveries
SET
    session = NULL,
    attempt = settled.attempt,
    excused = settled.excused,
    available_at = clock_timestamp() + make_interval(secs => settled.delay)
FROM unnest($2::bigint[], $3::integer[], $4::integer[], $5::integer[], $6::double precision[])
    AS settled (message_number, session, attempt, excused, delay)
WHERE
    deliveries.message_number = settled.message_number
    AND deliveries.subscription_id = $1
    AND deliveries.session = settled.session
