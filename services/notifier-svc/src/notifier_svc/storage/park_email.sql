-- Only of who still holds the lease: the number of attempts tells.
UPDATE deliveries
SET status = 'parked',
    last_error = $2,
    leased_until = NULL,
    updated_at = now()
WHERE id = $1
    AND attempts = $3
    AND status = 'pending'
RETURNING updated_at
