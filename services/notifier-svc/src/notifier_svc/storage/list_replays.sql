SELECT *
FROM replays
WHERE ($1::text IS NULL OR status = $1)
    AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
