SELECT
    id, event_id, kind, lead_id, recipient, webhook_id, event_type, about, status, attempts,
    last_status, last_error, created_at, updated_at,
    CASE status WHEN 'pending' THEN next_attempt_at END AS next_attempt_at
FROM deliveries
WHERE ($1::text IS NULL OR status = $1)
    AND ($2::uuid IS NULL OR webhook_id = $2)
    AND ($3::text IS NULL OR kind = $3)
    AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC
LIMIT $5
