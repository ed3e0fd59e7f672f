SELECT
    id, event_id, kind, lead_id, recipient, webhook_id, event_type, about, status, attempts,
    last_status, last_error, created_at, updated_at,
    CASE status WHEN 'pending' THEN next_attempt_at END AS next_attempt_at
FROM deliveries
WHERE id = $1
