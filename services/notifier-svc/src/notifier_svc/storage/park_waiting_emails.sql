-- Webhooks are left alone: their receivers know a repetition by its id.
UPDATE deliveries
SET status = 'parked',
    last_error = $1,
    leased_until = NULL,
    updated_at = now()
WHERE webhook_id IS NULL
    AND status = 'pending'
RETURNING id
