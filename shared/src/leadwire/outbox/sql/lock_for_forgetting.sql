-- Shared by erasures, and kept until they commit. Who parks has the lock alone: so either finds
-- what the other has written.
SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ' forgotten', 0))
