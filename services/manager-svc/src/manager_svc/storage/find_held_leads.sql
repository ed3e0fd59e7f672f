SELECT
    leads.id, leads.created_at, contact_rev, leads.name, family_name, leads.email, cellphone,
    status, leads.manager_id, managers.name AS manager_name,
    assigned_at, decided_at, leads.updated_at, leads.rev
FROM slots
JOIN leads ON leads.id = slots.lead_id
JOIN managers ON managers.id = slots.manager_id
WHERE slots.manager_id = $1::uuid
ORDER BY assigned_at, leads.created_at, leads.id;
