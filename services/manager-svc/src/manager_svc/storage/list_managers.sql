SELECT
    managers.id, name, email, managers.capacity, state, rev, created_at, updated_at,
    room.free_since
FROM managers
CROSS JOIN LATERAL (
    SELECT min(free_since) AS free_since FROM slots WHERE slots.manager_id = managers.id
) AS room
WHERE
    CASE WHEN $1::text IS NULL THEN state <> 'removed' ELSE state = $1 END
    AND ($2::boolean IS NULL OR (room.free_since IS NOT NULL) = $2)
    AND ($3::uuid IS NULL OR managers.id > $3)
ORDER BY managers.id
LIMIT $4::integer;
