UPDATE webhooks
SET previous_secret = secret,
    previous_secret_until = now() + $3::interval,
    secret = $2,
    updated_at = now()
WHERE id = $1
    AND state <> 'deleted'
RETURNING
    id, url, types, description, state, state_reason, secret, previous_secret, previous_secret_until,
    failures, failing_since, resume_at, created_at, updated_at
