SELECT
    leads.id, leads.created_at, contact_rev, leads.name, family_name, leads.email, cellphone,
    status, manager_id, managers.name AS manager_name,
    assigned_at, decided_at, leads.updated_at, leads.rev
FROM leads
LEFT JOIN managers ON managers.id = leads.manager_id
WHERE leads.id = $1::uuid AND erased_at IS NULL;
