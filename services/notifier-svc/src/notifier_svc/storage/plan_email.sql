INSERT INTO deliveries (id, source, event_id, kind, lead_id, recipient, subject, body, html)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT ON CONSTRAINT deliveries_once_per_event DO NOTHING
