-- Give the projection $2 leads more, which are as lead $1 but for what tells people apart.
INSERT INTO leads (
    life, id, contact_rev, name, family_name, email, cellphone, attributes, origin, import_id,
    has_resume, created_at, contact_updated_at, work_rev, status, manager_id, manager_name,
    assigned_at, decided_at, work_updated_at, erased, email_domain, name_key, family_name_key,
    email_key, rev, doc
)
SELECT
    life, copy.id, contact_rev, name, 'No' || n, 'lead' || n || '@example.org',
    '+1212' || (2000000 + n), attributes, origin, import_id,
    has_resume, created_at, contact_updated_at, work_rev, status, manager_id, manager_name,
    assigned_at, decided_at, work_updated_at, erased, email_domain,
    replace(name_key, 'nozero', 'no' || n), replace(family_name_key, 'nozero', 'no' || n),
    'lead' || n || '@example.org', rev,
    replace(
        replace(
            replace(replace(doc, leads.id::text, copy.id::text), 'Nozero', 'No' || n),
            'leadzero@', 'lead' || n || '@'
        ),
        '+12122000000', '+1212' || (2000000 + n)
    )
FROM
    leads
    CROSS JOIN generate_series(1, $2::integer) AS n
    -- Newer than any that came in before.
    CROSS JOIN LATERAL (
        SELECT ('f' || substr(leads.id::text, 2, 23) || lpad(to_hex(n), 12, '0'))::uuid AS id
    ) AS copy
WHERE leads.id = $1;
