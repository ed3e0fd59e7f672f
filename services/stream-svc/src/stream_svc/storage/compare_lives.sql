-- How many leads both lives show, and how many known ones have not come as far in the
-- coming life. Of the work on an erased lead nobody speaks again.
WITH lives AS (
    SELECT life, next_life FROM head
),

served AS (
    SELECT id, contact_rev, work_rev, erased, doc IS NOT NULL AS visible
    FROM leads
    WHERE life = (SELECT life FROM lives)
),

coming AS (
    SELECT id, contact_rev, work_rev, doc IS NOT NULL AS visible
    FROM leads
    WHERE life = (SELECT next_life FROM lives)
)

SELECT
    count(*) FILTER (WHERE served.visible) AS served,
    count(*) FILTER (WHERE coming.visible) AS coming,
    count(*) FILTER (
        WHERE served.contact_rev > coalesce(coming.contact_rev, 0)
        OR (served.work_rev > coalesce(coming.work_rev, 0) AND NOT served.erased)
    ) AS missing
FROM served FULL JOIN coming USING (id)
