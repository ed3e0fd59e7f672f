-- Those whose name contains $5; $6 are the parts that such a name has, by which the index
-- managers_by_part_of_name finds it. The cost of the function keeps the planner from reading
-- all managers in the order of their ids, in the hope that enough of the first ones match.
SELECT
    managers.id, name, email, managers.capacity, state, rev, created_at, updated_at,
    room.free_since
FROM managers
CROSS JOIN LATERAL (
    SELECT min(free_since) AS free_since FROM slots WHERE slots.manager_id = managers.id
) AS room
WHERE
    parts_of_name(folded_name) @> $6::text[]
    AND strpos(folded_name, $5::text) > 0
    AND CASE WHEN $1::text IS NULL THEN state <> 'removed' ELSE state = $1 END
    AND ($2::boolean IS NULL OR (room.free_since IS NOT NULL) = $2)
    AND ($3::uuid IS NULL OR managers.id > $3)
ORDER BY managers.id
LIMIT $4::integer;
