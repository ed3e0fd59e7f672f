UPDATE outbox
SET attempts = outbox.attempts + 1,
    last_error = failed.error
FROM unnest($1::bigint[], $2::text[]) AS failed (id, error)
WHERE outbox.id = failed.id
