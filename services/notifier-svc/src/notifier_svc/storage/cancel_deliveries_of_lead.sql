UPDATE deliveries
SET status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END,
    recipient = NULL,
    body = NULL,
    html = NULL,
    updated_at = now()
WHERE lead_id = $1
