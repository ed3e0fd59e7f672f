-- All come from the partial index of running imports, of which there are few.
SELECT
    count(*) FILTER (WHERE worker IS NOT NULL) AS running,
    count(*) FILTER (WHERE worker IS NULL) AS waiting,
    coalesce(
        extract(
            EPOCH FROM clock_timestamp() - min(started_at) FILTER (WHERE worker IS NULL)
        ),
        0
    )::float8 AS oldest_seconds
FROM imports
WHERE status = 'running'
