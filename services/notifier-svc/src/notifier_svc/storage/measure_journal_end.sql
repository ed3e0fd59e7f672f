-- All below the horizon is complete; what has begun by now stands below the ceiling.
SELECT
    now() AS now,
    journal_horizon() AS horizon,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint + ahead AS ceiling
FROM journal_clock
