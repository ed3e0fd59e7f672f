SELECT
    id, name, email, capacity, state, rev, created_at, updated_at,
    EXISTS (
        SELECT 1 FROM slots WHERE slots.manager_id = managers.id AND free_since IS NOT NULL
    ) AS has_room
FROM managers
WHERE id > $1::uuid AND id <= $2::uuid
ORDER BY id
LIMIT $3::integer;
