-- Waits for erasures that have not committed; see lock_for_forgetting.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' forgotten', 0))
