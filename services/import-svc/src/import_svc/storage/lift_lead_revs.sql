-- The next leads by id, with a greater rev than they had. The tag of the version is made of it.
WITH next_leads AS (
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
    FROM next_leads
    WHERE leads.id = next_leads.id
    RETURNING leads.id
)

SELECT id
FROM lifted
ORDER BY id
