INSERT INTO lead_keys (idempotency_key, request_hash, lead_id)
VALUES ($1, $2, $3)
