-- Newest first; $1 is the id after which to go on, null for the first page.
SELECT
    id, status, received, imported, failed, started_at, finished_at, error_code, error_detail,
    error_extra, failures_forgotten_at, bytes_done, body_bytes, rate_received, rate_bytes,
    extract(EPOCH FROM clock_timestamp() - rate_since)::float8 AS rate_seconds
FROM imports
WHERE $1::uuid IS NULL OR id < $1
ORDER BY id DESC
LIMIT $2
