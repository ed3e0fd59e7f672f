UPDATE journal
SET body = $3,
    leads = array_remove(leads, $4),
    redacted_at = now()
WHERE received_at = $1
    AND position = $2
