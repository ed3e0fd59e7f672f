DELETE FROM next_lead_keys
WHERE (manager_id, idempotency_key) IN (
    SELECT manager_id, idempotency_key
    FROM next_lead_keys
    WHERE created_at < now() - $1::interval
    ORDER BY created_at
    LIMIT $2::integer
    FOR UPDATE SKIP LOCKED
);
