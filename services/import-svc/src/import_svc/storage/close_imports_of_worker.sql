UPDATE imports
SET status = 'failed', finished_at = $2, error_code = $3, error_detail = $4
WHERE worker = $1 AND status = 'running'
RETURNING id
