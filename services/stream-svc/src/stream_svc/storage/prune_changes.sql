-- Forget the oldest changes, at most $2 of them, that were written before $1 or belong to an
-- ended epoch. The log is written in the order of time, so the first one to be kept ends the
-- search.
WITH mine AS (
    SELECT pos FROM pruned FOR UPDATE
),

oldest AS (
    SELECT pos, at FROM changes ORDER BY pos LIMIT $2
),

last_expired AS (
    SELECT max(oldest.pos) AS pos
    FROM oldest CROSS JOIN mine
    WHERE oldest.at < $1 OR oldest.pos <= mine.pos
),

forgotten AS (
    DELETE FROM changes USING last_expired
    WHERE changes.pos <= last_expired.pos
    RETURNING changes.pos
),

moved AS (
    UPDATE pruned SET pos = greatest(pruned.pos, last_expired.pos)
    FROM last_expired CROSS JOIN mine
    WHERE last_expired.pos IS NOT NULL
)

SELECT count(*) AS forgotten FROM forgotten
