SELECT *
FROM replays
WHERE id = $1
