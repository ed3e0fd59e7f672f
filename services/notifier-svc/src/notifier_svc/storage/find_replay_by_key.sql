SELECT *
FROM replays
WHERE key_hash = $1
