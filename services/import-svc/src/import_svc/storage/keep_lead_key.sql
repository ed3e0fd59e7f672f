INSERT INTO lead_keys (key_hash, request_hash, lead_id)
VALUES ($1, $2, $3)
