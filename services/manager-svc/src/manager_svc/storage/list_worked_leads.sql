-- A lead that nobody touched has no work side (rev 0), and an erased one is not spoken of.
SELECT
    leads.id, leads.created_at, contact_rev, leads.name, family_name, leads.email, cellphone,
    status, manager_id, managers.name AS manager_name,
    assigned_at, decided_at, leads.updated_at, leads.rev
FROM leads
LEFT JOIN managers ON managers.id = leads.manager_id
WHERE leads.id > $1::uuid AND leads.id <= $2::uuid AND leads.rev > 0 AND erased_at IS NULL
ORDER BY leads.id
LIMIT $3::integer;
