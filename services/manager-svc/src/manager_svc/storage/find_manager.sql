SELECT
    id, name, email, capacity, state, rev, created_at, updated_at,
    (SELECT min(free_since) FROM slots WHERE slots.manager_id = managers.id) AS free_since
FROM managers
WHERE id = $1::uuid;
