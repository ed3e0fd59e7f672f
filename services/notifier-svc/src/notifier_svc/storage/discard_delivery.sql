UPDATE deliveries
SET status = 'cancelled',
    last_error = 'discarded: ' || $2::text,
    updated_at = now()
WHERE id = $1
    AND status = 'parked'
