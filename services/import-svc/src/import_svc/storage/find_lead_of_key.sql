-- The key of an erased lead has none.
SELECT id, name, family_name, email, email_key, cellphone, attributes, origin, import_id,
    created_at, updated_at, rev, has_resume, request_hash
FROM lead_keys
LEFT JOIN leads ON leads.id = lead_keys.lead_id
WHERE key_hash = $1
