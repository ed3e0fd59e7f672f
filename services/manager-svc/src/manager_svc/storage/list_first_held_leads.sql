-- Of each manager as many leads as are shown beside others', and how many he holds: a count over
-- all of his rows, before the LIMIT.
SELECT
    held.id, held.created_at, contact_rev, held.name, family_name, held.email, cellphone,
    status, managers.id AS manager_id, managers.name AS manager_name,
    assigned_at, decided_at, held.updated_at, held.rev, held_count
FROM managers
CROSS JOIN LATERAL (
    SELECT leads.*, count(*) OVER () AS held_count
    FROM slots
    JOIN leads ON leads.id = slots.lead_id
    WHERE slots.manager_id = managers.id
    ORDER BY assigned_at, leads.created_at, leads.id
    LIMIT $2::integer
) AS held
WHERE managers.id = ANY($1::uuid[])
ORDER BY managers.id, assigned_at, held.created_at, held.id;
