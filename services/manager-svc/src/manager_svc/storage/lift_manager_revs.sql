-- The next managers by id, with a greater rev than they had.
WITH next_ones AS (
    SELECT id
    FROM managers
    WHERE id > $1
    ORDER BY id
    LIMIT $2
    FOR UPDATE
),

lifted AS (
    UPDATE managers
    SET rev = greatest(managers.rev + 1, $3)
    FROM next_ones
    WHERE managers.id = next_ones.id
    RETURNING managers.id
)

SELECT id
FROM lifted
ORDER BY id;
