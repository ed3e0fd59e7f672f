UPDATE outbox
SET attempts = outbox.attempts + 1,
    last_error = refused.error,
    parked_at = now()
FROM unnest($1::bigint[], $2::text[]) AS refused (id, error)
WHERE outbox.id = refused.id
