INSERT INTO parked (
    subscription, source, event_id, type, content_type, body, headers, reason, attempts
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (subscription, source, event_id, body_hash)
DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts, parked_at = now()
