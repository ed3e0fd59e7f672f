SELECT *
FROM replays
WHERE status = 'running'
ORDER BY id
