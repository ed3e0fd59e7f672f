-- Any number may record at once, but none while a lead is being erased: an event would
-- slip in that the erasure does not see, and that does not see the erasure.
SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ' erasure', 0))
