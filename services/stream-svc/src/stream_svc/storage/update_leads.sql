-- Store leads that this transaction has locked.
UPDATE leads
SET
    contact_rev = new.contact_rev,
    name = new.name,
    family_name = new.family_name,
    email = new.email,
    cellphone = new.cellphone,
    attributes = new.attributes,
    origin = new.origin,
    import_id = new.import_id,
    has_resume = new.has_resume,
    created_at = new.created_at,
    contact_updated_at = new.contact_updated_at,
    work_rev = new.work_rev,
    status = new.status,
    manager_id = new.manager_id,
    manager_name = new.manager_name,
    assigned_at = new.assigned_at,
    decided_at = new.decided_at,
    work_updated_at = new.work_updated_at,
    erased = new.erased,
    email_domain = new.email_domain,
    name_key = new.name_key,
    family_name_key = new.family_name_key,
    email_key = new.email_key,
    rev = new.rev,
    doc = new.doc
FROM unnest(
    $1::uuid [], $2::bigint [], $3::text [], $4::text [], $5::text [], $6::text [], $7::json [],
    $8::text [], $9::uuid [], $10::boolean [], $11::timestamptz [], $12::timestamptz [],
    $13::bigint [], $14::text [], $15::uuid [], $16::text [], $17::timestamptz [],
    $18::timestamptz [], $19::timestamptz [],
    $20::boolean [], $21::text [], $22::text [], $23::text [], $24::text [], $25::bigint [],
    $26::text []
) AS new (
    id, contact_rev, name, family_name, email, cellphone, attributes, origin, import_id,
    has_resume, created_at, contact_updated_at,
    work_rev, status, manager_id, manager_name, assigned_at, decided_at, work_updated_at,
    erased, email_domain, name_key, family_name_key, email_key, rev, doc
)
WHERE leads.life = $27 AND leads.id = new.id
