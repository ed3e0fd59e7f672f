-- What is parked, too: there is nothing left to decide on.
UPDATE deliveries
SET status = CASE WHEN status IN ('pending', 'parked') THEN 'cancelled' ELSE status END,
    recipient = NULL,
    subject = NULL,
    body = NULL,
    html = NULL,
    updated_at = now()
WHERE lead_id = $1
