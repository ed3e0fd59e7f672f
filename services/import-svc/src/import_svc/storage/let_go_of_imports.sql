-- What runs on a body that is stored waits for another worker; anything else has ended.
-- $2 names the imports, null means all of the worker.
UPDATE imports
SET
    worker = CASE WHEN body_file IS NULL THEN worker END,
    rate_since = NULL,
    status = CASE WHEN body_file IS NULL THEN 'failed' ELSE status END,
    finished_at = CASE WHEN body_file IS NULL THEN now() END,
    error_code = CASE WHEN body_file IS NULL THEN $3::text END,
    error_detail = CASE WHEN body_file IS NULL THEN $4::text END
WHERE worker = $1 AND status = 'running' AND ($2::uuid[] IS NULL OR id = ANY($2))
RETURNING id, status
