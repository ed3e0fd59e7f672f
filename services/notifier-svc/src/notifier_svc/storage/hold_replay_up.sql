UPDATE replays
SET held_up_by = $2
WHERE id = $1
    AND held_up_by IS DISTINCT FROM $2
    AND status = 'running'
