-- Where the URL changes, or sending begins again, what the circuit breaker knew is void.
UPDATE webhooks
SET url = coalesce($2, url),
    types = coalesce($3, types),
    description = coalesce($4, description),
    state = coalesce($5, state),
    state_reason = CASE WHEN $5 IS NULL THEN state_reason END,
    enabled_since = CASE
        WHEN $5 = 'enabled' AND state <> 'enabled' THEN now() ELSE enabled_since
    END,
    failures = CASE WHEN $2 IS NULL AND $5 IS NULL THEN failures ELSE 0 END,
    failing_since = CASE WHEN $2 IS NULL AND $5 IS NULL THEN failing_since END,
    resume_at = CASE WHEN $2 IS NULL AND $5 IS NULL THEN resume_at ELSE now() END,
    updated_at = now()
WHERE id = $1
    AND state <> 'deleted'
RETURNING
    id, url, types, description, state, state_reason, secret, previous_secrets, previous_secret_until,
    failures, failing_since, resume_at, created_at, updated_at
