-- Free places, free longest first, and as many of the oldest waiting leads, plus one for
-- each lead that somebody gave back, since those may have to be passed over.
-- Both come from partial indexes (slots_offered, leads_waiting) that hold nothing else.
-- The literal LIMITs tell the planner, whatever the plan cache does, that few rows are
-- wanted; LIMIT 256 is BATCH in matching.py.
WITH free AS MATERIALIZED (
    SELECT manager_id, number, free_since
    FROM slots
    WHERE free_since IS NOT NULL
    ORDER BY free_since, manager_id, number
    LIMIT 256
),

wanted AS (
    SELECT CASE WHEN count(*) = 0 THEN 0 ELSE count(*) + (
        SELECT count(*) FROM (
            SELECT 1 FROM leads
            WHERE
                given_back_by IS NOT NULL
                AND manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
            LIMIT 256
        ) AS given_back
    ) END AS leads
    FROM free
),

waiting AS MATERIALIZED (
    SELECT id, created_at, not_for
    FROM (
        SELECT
            id,
            created_at,
            CASE WHEN given_back_at > $1::timestamptz THEN given_back_by END AS not_for
        FROM leads
        WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
        ORDER BY created_at, id
        LIMIT 512
    ) AS oldest
    LIMIT (SELECT leads FROM wanted)
)

SELECT
    ARRAY(SELECT manager_id FROM free ORDER BY free_since, manager_id, number) AS manager_ids,
    ARRAY(SELECT number FROM free ORDER BY free_since, manager_id, number) AS numbers,
    ARRAY(SELECT id FROM waiting ORDER BY created_at, id) AS lead_ids,
    ARRAY(SELECT not_for FROM waiting ORDER BY created_at, id) AS not_for;
