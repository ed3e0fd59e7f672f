-- An import that failed waits for a worker again, with its body sent anew.
UPDATE imports
SET
    status = 'running', worker = NULL, finished_at = NULL, error_code = NULL, error_detail = NULL,
    error_extra = NULL, body_file = $4, body_bytes = $5, body_hash = $6, takes = 0, not_before = NULL, rate_since = NULL
WHERE id = $1 AND status = $2 AND worker IS NOT DISTINCT FROM $3
RETURNING id
