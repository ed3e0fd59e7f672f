-- The claim is a lease, committed at once: nothing is open while an email is sent, and what
-- a dead process had claimed is due again when the lease ends.
WITH due AS (
    SELECT id
    FROM deliveries
    WHERE status = 'pending'
        AND webhook_id IS NULL
        AND next_attempt_at <= now()
    ORDER BY next_attempt_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries
SET attempts = deliveries.attempts + 1,
    next_attempt_at = now() + $2::interval,
    leased_until = now() + $2::interval,
    updated_at = now()
FROM due
WHERE deliveries.id = due.id
RETURNING
    deliveries.id, event_id, kind, lead_id, recipient, subject, body, html, attempts, created_at
