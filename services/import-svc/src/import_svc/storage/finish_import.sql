UPDATE imports
SET status = $2, finished_at = $3, error_code = $4, error_detail = $5
WHERE id = $1 AND status = 'running'
