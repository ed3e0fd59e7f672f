-- The row stays as long as what was delivered to it, so that what waits is cancelled; its secrets
-- do not.
UPDATE webhooks
SET state = 'deleted',
    secret = '',
    previous_secrets = '{}',
    previous_secret_until = NULL,
    updated_at = now()
WHERE id = $1
    AND state <> 'deleted'
