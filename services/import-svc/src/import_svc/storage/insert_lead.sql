INSERT INTO leads (
    id, name, family_name, email, email_key, cellphone, attributes, origin, import_id,
    created_at, updated_at, rev, has_resume
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
