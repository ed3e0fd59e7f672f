UPDATE imports
SET status = $3, finished_at = $4, error_code = $5, error_detail = $6, body_hash = $7
WHERE id = $1 AND status = 'running' AND worker = $2
