WITH holder AS MATERIALIZED (
    SELECT id, name
    FROM managers
    WHERE id = (SELECT manager_id FROM leads WHERE id = $1::uuid)
    FOR NO KEY UPDATE
)

SELECT
    leads.id, created_at, contact_rev, leads.name, family_name, email, cellphone,
    status, manager_id, holder.name AS manager_name, assigned_at, decided_at, updated_at, rev
FROM leads
LEFT JOIN holder ON true
WHERE leads.id = $1::uuid AND erased_at IS NULL
FOR UPDATE OF leads;
