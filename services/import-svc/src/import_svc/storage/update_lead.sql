UPDATE leads
SET name = $2, family_name = $3, email = $4, email_key = $5, cellphone = $6, attributes = $7,
    updated_at = $8, rev = $9, has_resume = $10
WHERE id = $1
