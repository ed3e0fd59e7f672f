UPDATE lead_keys
SET request_hash = NULL, lead_id = NULL, delete_after = $2
WHERE lead_id = $1
