-- Waits for chunks that have not committed; see lock_for_chunk. Before any lock on rows, for which a
-- chunk may wait in turn.
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' failures', 0))
