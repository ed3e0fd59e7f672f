-- Bounded, as it is run again and again: no more than $1 rows are counted of each kind. Both come
-- from partial indexes (leads_waiting, slots_offered), to which ORDER BY leads the planner.
SELECT
    (
        SELECT count(*)
        FROM (
            SELECT FROM leads
            WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
            ORDER BY created_at, id
            LIMIT $1
        ) AS counted
    ) AS waiting,
    coalesce(
        extract(
            EPOCH FROM clock_timestamp() - (
                SELECT created_at FROM leads
                WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
                ORDER BY created_at, id
                LIMIT 1
            )
        ),
        0
    )::float8 AS oldest_seconds,
    (
        SELECT count(*)
        FROM (
            SELECT FROM slots
            WHERE free_since IS NOT NULL
            ORDER BY free_since, manager_id, number
            LIMIT $1
        ) AS counted
    ) AS free_places;
