-- Only of those who still hold the lease: the number of attempts tells.
UPDATE deliveries
SET status = outcome.status,
    next_attempt_at = now() + outcome.delay,
    last_status = outcome.answer,
    last_error = outcome.error,
    leased_until = NULL,
    updated_at = now()
FROM unnest(
    $1::uuid[], $2::integer[], $3::text[], $4::interval[], $5::integer[], $6::text[]
) AS outcome (id, attempts, status, delay, answer, error)
WHERE deliveries.id = outcome.id
    AND deliveries.attempts = outcome.attempts
    AND deliveries.status = 'pending'
RETURNING deliveries.id, deliveries.updated_at
