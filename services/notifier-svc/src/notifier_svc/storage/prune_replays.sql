DELETE FROM replays
WHERE status <> 'running'
    AND finished_at < now() - $1::interval
