SELECT
    id, event_id, kind, lead_id, recipient, status, attempts, last_error, created_at, updated_at,
    CASE status WHEN 'pending' THEN next_attempt_at END AS next_attempt_at
FROM deliveries
WHERE ($1::text IS NULL OR status = $1)
    AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
