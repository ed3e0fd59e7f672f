-- Any number may record or plan at once, but none while a lead is being erased: an event or
-- an email would slip in that the erasure does not see, and that does not see the erasure.
SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ' erasure', 0))
