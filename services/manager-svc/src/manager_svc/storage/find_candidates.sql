-- The first free places and the oldest waiting leads, each in an unbroken row, and to whom the
-- leads are closed. What is read is bounded, and yet enough for the next pairs: why, and what
-- the numbers 256 (BATCH) and 1,000 (MOST_CLOSED) mean, says domain/matching.py.
--
-- Both come from partial indexes (slots_offered, leads_waiting) that hold nothing else. The
-- literal LIMITs tell the planner, whatever the plan cache does, that few rows are wanted. What
-- was given back is looked up one manager, or one lead, at a time: joined at once, the planner
-- might read all of it.
WITH first_places AS MATERIALIZED (
    SELECT manager_id, number, free_since FROM slots
    WHERE free_since IS NOT NULL
    ORDER BY free_since, manager_id, number
    LIMIT 256
),

-- The most leads that are closed to one of those managers.
most_closed AS MATERIALIZED (
    SELECT coalesce(max(closed.leads), 0) AS leads
    FROM (SELECT DISTINCT manager_id FROM first_places) AS somebody
    CROSS JOIN LATERAL (
        SELECT count(*) AS leads FROM given_back
        WHERE manager_id = somebody.manager_id AND at > $1::timestamptz
    ) AS closed
),

waiting AS MATERIALIZED (
    SELECT
        id,
        created_at,
        ARRAY(
            SELECT manager_id FROM given_back
            WHERE lead_id = oldest.id AND at > $1::timestamptz
        ) AS not_for
    FROM (
        SELECT id, created_at FROM leads
        WHERE manager_id IS NULL AND decided_at IS NULL AND erased_at IS NULL
        ORDER BY created_at, id
        LIMIT 256 + 1000
    ) AS oldest
    LIMIT (SELECT count(*) FROM first_places) + (SELECT leads FROM most_closed)
),

closed AS MATERIALIZED (
    SELECT id AS lead_id, unnest(not_for) AS manager_id FROM waiting
),

-- As many more as those managers have to whom one of the leads is closed.
further_places AS MATERIALIZED (
    SELECT manager_id, number, free_since FROM slots
    WHERE free_since IS NOT NULL
    ORDER BY free_since, manager_id, number
    LIMIT (
        SELECT coalesce(sum(offered.places), 0)
        FROM (SELECT DISTINCT manager_id FROM closed) AS somebody
        CROSS JOIN LATERAL (
            SELECT count(*) AS places FROM slots
            WHERE manager_id = somebody.manager_id AND free_since IS NOT NULL
        ) AS offered
    )
    OFFSET 256
),

free AS MATERIALIZED (
    SELECT * FROM first_places UNION ALL SELECT * FROM further_places
)

SELECT
    ARRAY(SELECT manager_id FROM free ORDER BY free_since, manager_id, number) AS manager_ids,
    ARRAY(SELECT free_since FROM free ORDER BY free_since, manager_id, number) AS free_since,
    ARRAY(SELECT number FROM free ORDER BY free_since, manager_id, number) AS numbers,
    ARRAY(SELECT id FROM waiting ORDER BY created_at, id) AS lead_ids,
    ARRAY(SELECT lead_id FROM closed ORDER BY lead_id, manager_id) AS closed_lead_ids,
    ARRAY(SELECT manager_id FROM closed ORDER BY lead_id, manager_id) AS closed_manager_ids;
