UPDATE deliveries
SET next_attempt_at = now() + $2::interval,
    last_error = $3,
    updated_at = now()
WHERE id = $1
    AND status = 'pending'
