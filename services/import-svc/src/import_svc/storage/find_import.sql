SELECT id, status, received, imported, failed, started_at, finished_at, error_code, error_detail
FROM imports
WHERE id = $1
