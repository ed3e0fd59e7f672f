-- The places free longest, and as many of the oldest waiting leads. What is read is bounded,
-- and yet hides no pair that could be made: why, says domain/matching.py.
--
-- Both come from partial indexes (slots_offered, leads_waiting) that hold nothing else. The
-- literal LIMITs tell the planner, whatever the plan cache does, that few rows are wanted;
-- 256 is BATCH in matching.py, 1000 the greatest capacity that a CHECK allows.
--
-- The first place may be that of a manager who gave leads back. His places may be more in a
-- row than BATCH, and the first leads may all be closed to him: so then as many more places
-- are read as he has and, if nobody else is free, the first lead that is open to him. He
-- gave back no more than 1,000, what he held: the next lead that he gets forgives them all.
WITH giver AS MATERIALIZED (
    SELECT manager_id
    FROM (
        SELECT manager_id FROM slots
        WHERE free_since IS NOT NULL
        ORDER BY free_since, manager_id, number
        LIMIT 1
    ) AS first
    WHERE EXISTS (
        SELECT 1 FROM leads
        WHERE given_back_by = first.manager_id AND given_back_at > $1::timestamptz
    )
),

free AS MATERIALIZED (
    SELECT manager_id, number, free_since
    FROM (
        SELECT manager_id, number, free_since FROM slots
        WHERE free_since IS NOT NULL
        ORDER BY free_since, manager_id, number
        LIMIT 256 + 1000
    ) AS first
    LIMIT 256 + (
        SELECT count(*) FROM slots
        WHERE manager_id = (SELECT manager_id FROM giver) AND free_since IS NOT NULL
    )
),

oldest AS MATERIALIZED (
    SELECT id, created_at, given_back_by, given_back_at
    FROM (
        SELECT id, created_at, given_back_by, given_back_at FROM leads
        WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
        ORDER BY created_at, id
        LIMIT 256
    ) AS first
    LIMIT (SELECT count(*) FROM free)
),

alone AS MATERIALIZED (
    SELECT manager_id FROM giver
    WHERE NOT EXISTS (SELECT 1 FROM free WHERE free.manager_id <> giver.manager_id)
),

open_to_giver AS MATERIALIZED (
    SELECT lead.*
    FROM alone
    CROSS JOIN LATERAL (
        SELECT id, created_at, given_back_by, given_back_at FROM leads
        WHERE
            manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
            AND (
                given_back_by IS DISTINCT FROM alone.manager_id
                OR given_back_at <= $1::timestamptz
            )
        ORDER BY created_at, id
        LIMIT 1
    ) AS lead
),

waiting AS MATERIALIZED (
    SELECT
        id,
        created_at,
        CASE WHEN given_back_at > $1::timestamptz THEN given_back_by END AS not_for
    FROM (SELECT * FROM oldest UNION SELECT * FROM open_to_giver) AS candidate
)

SELECT
    ARRAY(SELECT manager_id FROM free ORDER BY free_since, manager_id, number) AS manager_ids,
    ARRAY(SELECT free_since FROM free ORDER BY free_since, manager_id, number) AS free_since,
    ARRAY(SELECT number FROM free ORDER BY free_since, manager_id, number) AS numbers,
    ARRAY(SELECT id FROM waiting ORDER BY created_at, id) AS lead_ids,
    ARRAY(SELECT not_for FROM waiting ORDER BY created_at, id) AS not_for;
