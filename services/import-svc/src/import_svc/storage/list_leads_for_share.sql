-- Shared locks keep changes and erasures out until what is said here is in the outbox: so
-- nothing is said of a lead after its end, nor an older state after a newer one.
SELECT id, name, family_name, email, email_key, cellphone, attributes, origin, import_id,
    created_at, updated_at, rev, has_resume
FROM leads
WHERE id > $1 AND id <= $2
ORDER BY id
LIMIT $3
FOR SHARE
