-- Also of who no longer holds the lease: it is sent.
UPDATE deliveries
SET status = 'delivered',
    last_error = NULL,
    leased_until = NULL,
    updated_at = now()
WHERE id = $1
    AND status = 'pending'
