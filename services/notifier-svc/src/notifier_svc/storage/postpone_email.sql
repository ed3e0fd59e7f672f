-- Only of who still holds the lease: the number of attempts tells.
UPDATE deliveries
SET next_attempt_at = now() + $2::interval,
    last_error = $3,
    leased_until = NULL,
    updated_at = now()
WHERE id = $1
    AND attempts = $4
    AND status = 'pending'
