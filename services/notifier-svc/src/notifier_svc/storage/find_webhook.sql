SELECT
    id, url, types, description, state, state_reason, secret, previous_secrets, previous_secret_until,
    failures, failing_since, resume_at, created_at, updated_at
FROM webhooks
WHERE id = $1
    AND state <> 'deleted'
