UPDATE imports
SET
    status = $3, finished_at = $4, error_code = $5, error_detail = $6,
    body_hash = coalesce($7, body_hash)
WHERE id = $1 AND status = 'running' AND worker = $2
