INSERT INTO outbox (event_id, aggregate_id, type, content_type, body, headers)
VALUES ($1, $2, $3, $4, $5, $6)
