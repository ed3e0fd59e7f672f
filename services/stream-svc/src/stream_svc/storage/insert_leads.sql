-- Store leads that were not there a moment ago. One that another transaction has stored
-- meanwhile is left alone and not returned: it must be locked, read and merged.
INSERT INTO leads (
    id, contact_rev, name, family_name, email, cellphone, attributes, origin, import_id,
    has_resume, created_at, contact_updated_at,
    work_rev, status, manager_id, manager_name, assigned_at, decided_at, work_updated_at,
    erased, email_domain, name_key, family_name_key, email_key, rev, doc, life
)
SELECT new.*, $27::integer FROM unnest(
    $1::uuid [], $2::bigint [], $3::text [], $4::text [], $5::text [], $6::text [], $7::json [],
    $8::text [], $9::uuid [], $10::boolean [], $11::timestamptz [], $12::timestamptz [],
    $13::bigint [], $14::text [], $15::uuid [], $16::text [], $17::timestamptz [],
    $18::timestamptz [], $19::timestamptz [],
    $20::boolean [], $21::text [], $22::text [], $23::text [], $24::text [], $25::bigint [],
    $26::text []
) AS new
ON CONFLICT (life, id) DO NOTHING
RETURNING id
