SELECT
    id, status, received, imported, failed, started_at, finished_at, error_code, error_detail,
    error_extra, failures_forgotten_at, bytes_done, body_bytes, rate_received, rate_bytes,
    extract(EPOCH FROM clock_timestamp() - rate_since)::float8 AS rate_seconds
FROM imports
WHERE id = $1
