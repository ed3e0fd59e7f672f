INSERT INTO journal
    (event_id, source, type, subject, time, content_type, body, headers, redacted_at, leads)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN now() END, $10)
