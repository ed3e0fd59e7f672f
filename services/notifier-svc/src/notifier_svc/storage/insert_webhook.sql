INSERT INTO webhooks (id, url, types, description, state, secret)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING
    id, url, types, description, state, state_reason, secret, previous_secrets, previous_secret_until,
    failures, failing_since, resume_at, created_at, updated_at
