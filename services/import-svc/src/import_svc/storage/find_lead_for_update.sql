-- The lock makes the lead's events stand in the outbox in the order of its changes.
SELECT id, name, family_name, email, email_key, cellphone, attributes, origin, import_id,
    created_at, updated_at, rev, has_resume
FROM leads
WHERE id = $1
FOR UPDATE
