-- Delete at most $1 leads of lives that have ended: those before the served one, and those
-- between it and the coming one, which were given up. Two ranges, so that there is nothing to
-- be looked at if there is nothing to do.
WITH lives AS (
    SELECT life, coalesce(next_life, 2147483647) AS next_life FROM head
),

dead AS (
    (
        SELECT life, id FROM leads
        WHERE life < (SELECT lives.life FROM lives)
        LIMIT $1
    )
    UNION ALL
    (
        SELECT life, id FROM leads
        WHERE
            life > (SELECT lives.life FROM lives)
            AND life < (SELECT lives.next_life FROM lives)
        LIMIT $1
    )
    LIMIT $1
),

deleted AS (
    DELETE FROM leads USING dead
    WHERE leads.life = dead.life AND leads.id = dead.id
    RETURNING leads.id
)

SELECT count(*) AS deleted FROM deleted
