UPDATE journal
SET body = $3,
    redacted_at = now()
WHERE received_at = $1
    AND position = $2
