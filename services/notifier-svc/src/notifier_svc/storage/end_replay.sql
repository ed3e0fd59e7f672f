UPDATE replays
SET status = $2, error_code = $3, error = $4, held_up_by = NULL, finished_at = now()
WHERE id = $1
    AND status = 'running'
