-- Bounded, as it is run most in an outage, when the table is largest: no more than $1 rows are
-- counted of each kind, and the oldest is found by the primary key.
SELECT
    (
        SELECT count(*)
        FROM (SELECT FROM outbox WHERE parked_at IS NULL LIMIT $1) AS counted
    ) AS pending,
    (
        SELECT count(*)
        FROM (SELECT FROM outbox WHERE parked_at IS NOT NULL LIMIT $1) AS counted
    ) AS parked,
    coalesce(
        extract(
            EPOCH FROM clock_timestamp() - (
                SELECT created_at
                FROM outbox
                WHERE parked_at IS NULL
                ORDER BY id
                LIMIT 1
            )
        ),
        0
    )::float8 AS oldest_pending_seconds
