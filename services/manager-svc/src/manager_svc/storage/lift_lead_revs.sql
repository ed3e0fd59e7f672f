-- Also of leads that nobody has touched (rev 0): somebody may have, after the backup was taken, and
-- told of it.
WITH next_ones AS (
    SELECT id
    FROM leads
    WHERE id > $1
    ORDER BY id
    LIMIT $2
    FOR UPDATE
),

lifted AS (
    UPDATE leads
    SET rev = greatest(leads.rev + 1, $3)
    FROM next_ones
    WHERE leads.id = next_ones.id
    RETURNING leads.id
)

SELECT id
FROM lifted
ORDER BY id;
