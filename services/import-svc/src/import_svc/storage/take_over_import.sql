-- Of several who want to go on with an import only the first finds it as it was left.
UPDATE imports
SET
    status = 'running', worker = $4, finished_at = NULL, error_code = NULL, error_detail = NULL,
    error_extra = NULL, body_file = $5, takes = takes + 1, not_before = NULL, rate_since = NULL
WHERE id = $1 AND status = $2 AND worker IS NOT DISTINCT FROM $3
RETURNING id
