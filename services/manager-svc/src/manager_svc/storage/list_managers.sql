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
    ($2::text IS NOT DISTINCT FROM 'removed') = (state = 'removed')
    AND ($1::text IS NULL OR folded_name LIKE $1)
    AND (
        $2::text IS NULL
        OR $2 = CASE WHEN state <> 'active' THEN state WHEN room.free THEN 'free' ELSE 'busy' END
    )
    AND ($3::uuid IS NULL OR managers.id > $3)
ORDER BY managers.id
LIMIT $4::integer;
