SELECT
    count(*) FILTER (WHERE parked_at IS NULL) AS pending,
    count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked,
    coalesce(
        extract(
            EPOCH FROM clock_timestamp() - min(created_at) FILTER (WHERE parked_at IS NULL)
        ),
        0
    )::float8 AS oldest_pending_seconds
FROM outbox
