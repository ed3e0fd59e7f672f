UPDATE journal
SET body = NULL,
    redacted_at = now()
WHERE subject = $1
    AND type <> 'lead_erased'
    AND body IS NOT NULL
