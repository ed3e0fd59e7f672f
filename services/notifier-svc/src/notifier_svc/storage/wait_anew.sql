-- What waited while nothing was sent has all its time before it.
UPDATE deliveries
SET waiting_since = now()
WHERE webhook_id = $1
    AND status = 'pending'
