SELECT
    managers.id, name, email, managers.capacity, state, rev, created_at, updated_at,
    room.free AS has_room
FROM managers
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM slots WHERE slots.manager_id = managers.id AND free_since IS NOT NULL
    ) AS free
) AS room
WHERE
    CASE WHEN $1::text IS NULL THEN state <> 'removed' ELSE state = $1 END
    AND ($2::boolean IS NULL OR room.free = $2)
    AND ($3::uuid IS NULL OR managers.id > $3)
ORDER BY managers.id
LIMIT $4::integer;
