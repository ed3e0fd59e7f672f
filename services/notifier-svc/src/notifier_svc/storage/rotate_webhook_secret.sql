-- Those that still sign go on, the newest first: who rotates again, since a secret was lost on the
-- way, must not take the one that the endpoint has. Nothing changes for who gives the one that is there.
UPDATE webhooks
SET previous_secrets = CASE
        WHEN secret = $2 THEN previous_secrets
        WHEN previous_secret_until > now() THEN (secret || previous_secrets)[1:$4::integer]
        ELSE ARRAY[secret]
    END,
    previous_secret_until = CASE
        WHEN secret = $2 THEN previous_secret_until ELSE now() + $3::interval
    END,
    secret = $2,
    updated_at = now()
WHERE id = $1
    AND state <> 'deleted'
RETURNING
    id, url, types, description, state, state_reason, secret, previous_secrets, previous_secret_until,
    failures, failing_since, resume_at, created_at, updated_at
