-- Those whose name contains $4; $5 are the parts that such a name has, by which the index
-- managers_by_part_of_name finds it. MATERIALIZED, for the planner would rather read all
-- managers in the order of their ids, hoping that enough of the first ones match.
WITH named AS MATERIALIZED (
    SELECT * FROM managers
    WHERE parts_of_name(folded_name) @> $5::text[] AND strpos(folded_name, $4::text) > 0
)

SELECT
    managers.id, name, email, managers.capacity, state, rev, created_at, updated_at,
    room.free AS has_room
FROM named AS managers
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM slots WHERE slots.manager_id = managers.id AND free_since IS NOT NULL
    ) AS free
) AS room
WHERE
    ($1::text IS NOT DISTINCT FROM 'removed') = (state = 'removed')
    AND (
        $1::text IS NULL
        OR $1 = CASE WHEN state <> 'active' THEN state WHEN room.free THEN 'free' ELSE 'busy' END
    )
    AND ($2::uuid IS NULL OR managers.id > $2)
ORDER BY managers.id
LIMIT $3::integer;
