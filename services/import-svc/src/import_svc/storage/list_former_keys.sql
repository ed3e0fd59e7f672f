SELECT kind, key
FROM lead_former_keys
WHERE lead_id = $1
