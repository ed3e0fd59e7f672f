-- Shared by chunks, and kept until they commit. Who erases has the lock alone: so a failure is there
-- when the lead is erased by which it was judged, or the lead is gone when the row is judged.
SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ' failures', 0))
